import { hours, minutes, seconds } from './time.ts';

/** Bounds of what a clock shows: the clock that all times of a budget are of. */
export interface Now {
  readonly atLeast: number;
  readonly atMost: number;
}

/** Calls of one process, none of which starts before `from` or after `to`. */
export interface Block {
  readonly holder: string;
  readonly calls: number;
  readonly from: number;
  readonly to: number;
}

/** What all processes that use one identity know of its calls. */
export interface BudgetRecord {
  readonly blocks: readonly Block[];
  /** Calls a minute that were found to be few enough, and when; they grow again with time. */
  readonly learnt?: { readonly callsPerMinute: number; readonly at: number };
  /** Nobody calls before `until`. */
  readonly stop?: { readonly at: number; readonly until: number };
}

/** Who asks, and for what share of which budget. */
export interface Asker {
  readonly holder: string;
  /** The calls it has started, whatever the record says of them: an answer may have been lost. */
  readonly own: readonly Block[];
  /** Calls a minute of all processes. */
  readonly most: number;
  /** How many processes divide the budget without knowing of each other; 1 where the record is common. */
  readonly sharers: number;
}

/** Of the 100 calls a minute that IBM allows an identity these are ours, unless the configuration says otherwise. */
export const CALLS_PER_MINUTE = 80;

export const EMPTY_BUDGET: BudgetRecord = { blocks: [] };

const WINDOW_MS = minutes(1);
/** A reserved call that has not started by then is lost. */
export const SLOT_MS = seconds(15);
/** Whatever was reserved by others counts no longer after this. */
export const FORGOTTEN_MS = WINDOW_MS + SLOT_MS;
/** Fewer are waited for, lest a process goes to the ledger for every call. */
const FEWEST_CALLS = 5;
/** However often calls are refused, the pace does not fall below this. */
const FLOOR_PER_MINUTE = 10;
/** Without a refusal the pace grows by this much, this often, until it is what is configured. */
const GROWTH_PER_MINUTE = 5;
const GROWTH_EVERY_MS = minutes(10);
/** Seconds until a reset are whole ones. */
const RESET_ROUNDING_MS = seconds(1);
const FIRST_STOP_MS = seconds(60);
const NEXT_STOP_MS = seconds(300);
export const LONGEST_STOP_MS = hours(1);
/** So long after a refusal an answer that tells of many calls left does not raise the pace: it may tell of another limit. */
const DISTRUST_MS = hours(1);

/** Calls a minute that this asker may count on now. */
export function rateNow({ learnt }: BudgetRecord, { most, sharers }: Asker, now: Now): number {
  // What was learnt in the future was learnt on another clock.
  const isKnown = learnt !== undefined && learnt.at <= now.atMost;
  const steps = isKnown ? Math.floor(Math.max(0, now.atLeast - learnt.at) / GROWTH_EVERY_MS) : 0;
  const all = isKnown ? Math.min(most, learnt.callsPerMinute + steps * GROWTH_PER_MINUTE) : most;
  return Math.max(1, Math.floor(all / sharers));
}

/** Whether the pace cannot become any slower. */
export const isSlowest = (record: BudgetRecord, asker: Asker, now: Now): boolean =>
  rateNow(record, { ...asker, sharers: 1 }, now) <= FLOOR_PER_MINUTE;

/** The blocks of which a call may share a minute with one that starts now. */
function recent({ blocks }: BudgetRecord, { holder, own }: Asker, now: Now): readonly Block[] {
  const others = blocks.filter((block) => block.holder !== holder && block.from <= now.atMost);
  return [...others, ...own].filter((block) => block.to > now.atLeast - WINDOW_MS);
}

const callsOf = (blocks: readonly Block[]): number => blocks.reduce((sum, { calls }) => sum + calls, 0);

/** Nobody's stop lies in the future: such a one was written by another clock. */
const stopOf = ({ stop }: BudgetRecord, now: Now) =>
  stop !== undefined && stop.at <= now.atMost ? stop : undefined;

/**
 * Reserves up to `calls` calls for the next `SLOT_MS`, such that in no minute more calls start than the budget allows,
 * whoever starts them. Blocks count from the earliest to the latest instant at which one of their calls may start.
 *
 * @returns the record with the block, or how long nothing can be had
 */
export function reserve(
  record: BudgetRecord,
  asker: Asker,
  calls: number,
  now: Now,
): { readonly record: BudgetRecord; readonly calls: number } | { readonly waitMs: number } {
  const stoppedMs = (stopOf(record, now)?.until ?? 0) - now.atLeast;
  if (stoppedMs > 0) return { waitMs: stoppedMs };
  const rate = rateNow(record, asker, now);
  const blocks = recent(record, asker, now);
  const free = rate - callsOf(blocks);
  const least = Math.min(calls, FEWEST_CALLS, rate);
  if (free < least) return { waitMs: freeAt(blocks, least - free) - now.atLeast };
  const block = {
    holder: asker.holder,
    calls: Math.min(calls, free),
    from: now.atLeast,
    to: now.atMost + SLOT_MS,
  };
  return { record: { ...record, blocks: [...blocks, block] }, calls: block.calls };
}

/** When so many of the calls of these blocks are surely more than a minute old. */
function freeAt(blocks: readonly Block[], calls: number): number {
  let freed = 0;
  for (const block of blocks.toSorted((a, b) => a.to - b.to)) {
    freed += block.calls;
    if (freed >= calls) return block.to + WINDOW_MS;
  }
  throw new RangeError(`${calls} calls are more than there are`);
}

/** What a refusal, or the sight of one coming, changes. */
export interface SlowDown {
  readonly record: BudgetRecord;
  /** For how long nobody calls. */
  readonly stopMs: number;
  /** Calls of the last minute as far as the record knows, and how many were allowed. */
  readonly calls: number;
  readonly rate: number;
}

/**
 * Stops everybody, and halves the pace: calls were refused although we kept within it, so somebody else uses the identity.
 * Once a minute at most, because the effect does not show sooner.
 *
 * @param stopMs - as the service asks; else 60 s, and 300 s if the stop before did not help
 */
export function slowDown(record: BudgetRecord, asker: Asker, stopMs: number | undefined, now: Now): SlowDown {
  const before = stopOf(record, now);
  const isStopped = before !== undefined && now.atLeast < before.until;
  const wasInVain = before !== undefined && !isStopped && now.atLeast < before.until + WINDOW_MS;
  const ms = Math.min(stopMs ?? (wasInVain ? NEXT_STOP_MS : FIRST_STOP_MS), LONGEST_STOP_MS);
  const until = Math.max(isStopped ? before.until : 0, now.atMost + ms);
  const blocks = recent(record, asker, now);
  return {
    record: {
      blocks,
      learnt: halved(record, asker, now),
      stop: { at: now.atLeast, until },
    },
    stopMs: until - now.atLeast,
    calls: callsOf(blocks),
    rate: rateNow(record, asker, now),
  };
}

function halved(record: BudgetRecord, asker: Asker, now: Now): NonNullable<BudgetRecord['learnt']> {
  const { learnt } = record;
  const isFresh = learnt !== undefined && learnt.at <= now.atMost && now.atLeast < learnt.at + WINDOW_MS;
  if (isFresh) return learnt;
  const half = Math.floor(rateNow(record, { ...asker, sharers: 1 }, now) / 2);
  return { callsPerMinute: Math.max(half, Math.min(FLOOR_PER_MINUTE, asker.most)), at: now.atLeast };
}

/** What an answer tells of an identity's quota of calls a minute. */
export interface Sight {
  /** Calls that are left of it. */
  readonly left: number;
  /** How many of them are not ours to use. */
  readonly spare: number;
  /** When the minute ends that is counted: all of it, or its oldest call. */
  readonly resetMs: number;
}

/**
 * Sets the pace by what others leave of the quota: what we called in the minute that is counted, and what is left of it. How much of
 * an open block was called only its holder knows, so there is a least and a most of that.
 *
 * @returns undefined when the pace is between the two; else it is the least
 */
export function adjust(record: BudgetRecord, asker: Asker, sight: Sight, now: Now): BudgetRecord | undefined {
  const blocks = recent(record, asker, now);
  const countedMs = Math.max(0, WINDOW_MS - sight.resetMs) + RESET_ROUNDING_MS;
  const counted = blocks.filter(({ to }) => to > now.atLeast - countedMs);
  const used = counted.filter((block) => block.holder === asker.holder || isUsed(block));
  const before = rateNow(record, asker, now);
  const leaves = (ours: readonly Block[]): number => callsOf(ours) + sight.left - sight.spare;
  const least = Math.min(asker.most, Math.max(leaves(used), FLOOR_PER_MINUTE));
  if (before === least || (before > least && before <= leaves(counted))) return undefined;
  const stop = stopOf(record, now);
  if (least > before && stop !== undefined && now.atLeast < stop.at + DISTRUST_MS) return undefined;
  return { ...record, blocks, learnt: { callsPerMinute: least, at: now.atLeast } };
}

/** Its calls have been called: one that is only reserved reaches over its whole slot. */
const isUsed = ({ from, to }: Block): boolean => to - from < SLOT_MS;

/** The record by another clock, which shows `ms` more. */
export const shifted = ({ blocks, learnt, stop }: BudgetRecord, ms: number): BudgetRecord => ({
  blocks: blocks.map((block) => ({ ...block, from: block.from + ms, to: block.to + ms })),
  ...(learnt === undefined ? {} : { learnt: { ...learnt, at: learnt.at + ms } }),
  ...(stop === undefined ? {} : { stop: { at: stop.at + ms, until: stop.until + ms } }),
});
