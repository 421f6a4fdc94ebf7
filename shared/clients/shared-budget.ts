import {
  type Asker,
  adjust,
  type Block,
  type BudgetRecord,
  EMPTY_BUDGET,
  FORGOTTEN_MS,
  rateNow,
  reserve,
  type Sight,
  SLOT_MS,
  type SlowDown,
  shifted,
  slowDown,
} from '../domain/call-budget.ts';
import { minutes, seconds } from '../domain/time.ts';
import { DeadlineError, LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import type { Clock, Instants, LedgerStore, Log, Random } from '../ports.ts';
import type { Pace, RateLimit } from './budget.ts';
import { readBudget, writeBudget } from './budget-document.ts';

/** Calls of the first block; each that is used up is followed by one of twice as many. */
const FIRST_CALLS = 5;
const MOST_CALLS = 20;
/** How often a write is tried that others were faster with. */
const MOST_CONFLICTS = 8;
/** How often the ledger may fail before this process goes on without it, and how soon it is asked again. */
const MOST_FAILURES = 2;
const ASK_AGAIN_MS = seconds(5);
/** With fewer calls left the pace is looked at: IBM's 100 a minute less the 80 that are ours by default, or a fifth of a smaller quota. */
const LOW = 20;
const LOW_SHARE = 1 / 5;
/** A quarter of these stays free: a few calls are under way, and others may call a little more often than they did. */
const SPARE_SHARE = 1 / 4;
/** How often, while there are no fewer than that. Then a pace that was learnt is looked at too, for the others may be gone. */
const LOOK_EVERY_MS = minutes(1);
const OURS_ARE_LONG_OVER_MS = minutes(5);

/** Where the processes of one identity tell each other of their calls. */
export interface BudgetLedger {
  readonly ledger: LedgerStore;
  /** A plan reads what was learnt and writes nothing. */
  readonly writes: boolean;
  /** How many processes may use the identity at once while they cannot tell each other. */
  readonly processes: number;
  /** Whose calls these are. */
  readonly identity: () => Promise<string>;
}

export interface SharedBudgetOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls in any minute, of all processes together. */
  readonly callsPerMinute: number;
  readonly log?: Log;
  /** Absent: this process is alone. */
  readonly shared?: BudgetLedger;
}

/** A block that is being used. `until` and all other times of a process are by its own clock. */
interface Current {
  readonly calls: number;
  readonly from: number;
  readonly until: number;
  used: number;
  lastAt: number;
}

/**
 * The pace of all processes that use one identity, for CIS counts per identity: each reserves a few calls in the ledger
 * before it makes them. Without the ledger, and in a plan, a process keeps to its share of the budget.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues
 */
export class SharedBudget implements Pace {
  readonly #options: SharedBudgetOptions;
  readonly #holder: string;
  #turn: Promise<unknown> = Promise.resolve();
  #current: Current | undefined;
  /** What this process has used of its blocks. */
  #spent: Block[] = [];
  #wanted = FIRST_CALLS;
  #stoppedUntil = 0;
  /** When the pace was last held against what an answer told. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** What the ledger said last of pace and stop. */
  #known: BudgetRecord = EMPTY_BUDGET;
  /** Since when the ledger fails, and when it is asked again. */
  #lost: { readonly since: number; readonly askAt: number } | undefined;

  constructor(options: SharedBudgetOptions) {
    this.#options = options;
    this.#holder = options.random.hex(12);
  }

  async take(startsBy: number): Promise<boolean> {
    const { clock } = this.#options;
    for (;;) {
      const waitMs = await this.#inTurn(() => this.#ask());
      if (waitMs <= 0) return true;
      if (clock.now() + waitMs > startsBy) return false;
      await clock.sleep(waitMs);
    }
  }

  async refused(retryAfterMs: number | undefined): Promise<void> {
    const slowed = await this.#slowDown(retryAfterMs);
    if (slowed === undefined) return;
    const { calls, rate, stopMs } = slowed;
    // Inside the budget means that somebody else uses the identity.
    const facts = { calls, allowed: rate, isInside: calls <= rate, stopSeconds: Math.ceil(stopMs / 1000) };
    this.#options.log?.warn('call refused for its rate', facts);
  }

  async answered(limit?: RateLimit): Promise<void> {
    if (limit === undefined) return;
    const { remaining: left, resetMs, quota = LOW / LOW_SHARE, windowMs } = limit;
    const low = Math.min(LOW, quota * LOW_SHARE);
    // The ledger knows our calls of the last minute, and only who uses it does: else nobody can tell what others leave.
    if (windowMs !== minutes(1) || !this.#seesAll()) {
      if (left < low) await this.#slowDown(Math.max(resetMs, minutes(1)));
      return;
    }
    const spare = Math.floor(low * SPARE_SHARE);
    const isDue = this.#options.clock.now() >= this.#lookedAt + LOOK_EVERY_MS;
    if (left < spare || (isDue && (left < low || this.#isSlowed())))
      await this.#adjust({ left, spare, resetMs });
  }

  #isSlowed(): boolean {
    const now = this.#options.clock.now();
    const all = { ...this.#asker(), sharers: 1 };
    return rateNow(this.#known, all, { atLeast: now, atMost: now }) < all.most;
  }

  #seesAll(): boolean {
    const { shared } = this.#options;
    return shared === undefined || (shared.writes && this.#lost === undefined);
  }

  /** What others leave becomes the pace of all processes. If this one dies before or during that, the next answer tells another. */
  async #adjust(sight: Sight): Promise<void> {
    const { clock, shared } = this.#options;
    this.#lookedAt = clock.now();
    await this.#inTurn(async () => {
      this.#settle();
      if (shared !== undefined) {
        await this.#exchange((record, asker, now) => {
          const adjusted = adjust(record, asker, sight, now);
          return { value: undefined, ...(adjusted === undefined ? {} : { record: adjusted }) };
        });
        return;
      }
      const now = clock.now();
      this.#known = adjust(this.#known, this.#asker(), sight, { atLeast: now, atMost: now }) ?? this.#known;
    });
  }

  /** One at a time, in the order in which they came. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Takes one call. @returns how long to wait before asking again; 0 when the call may start */
  async #ask(): Promise<number> {
    const { clock } = this.#options;
    if (clock.now() < this.#stoppedUntil) return this.#stoppedUntil - clock.now();
    if (!isUsable(this.#current, clock.now())) {
      const waitMs = await this.#renew();
      if (waitMs > 0) return waitMs;
    }
    const current = this.#current;
    if (!isUsable(current, clock.now())) return ASK_AGAIN_MS;
    current.used += 1;
    current.lastAt = clock.now();
    return 0;
  }

  /** Reserves the next block. @returns how long there is none; 0 when there is one */
  async #renew(): Promise<number> {
    const { clock, shared } = this.#options;
    this.#settle();
    if (shared?.writes === true && clock.now() >= (this.#lost?.askAt ?? 0)) {
      const reserved = await this.#exchange((record, asker, now) => {
        const at = clock.now();
        const outcome = reserve(record, asker, this.#wanted, now);
        return { value: { outcome, at }, ...('record' in outcome ? { record: outcome.record } : {}) };
      });
      // A block that took its whole slot to reserve is of no use.
      if (reserved !== undefined && clock.now() <= reserved.at + SLOT_MS) {
        this.#lost = undefined;
        return this.#begin(reserved.outcome, reserved.at);
      }
      const since = this.#lost?.since ?? clock.now();
      const isOver = clock.now() >= since + FORGOTTEN_MS;
      this.#lost = { since, askAt: clock.now() + (isOver ? FORGOTTEN_MS : ASK_AGAIN_MS) };
    }
    // Until nothing counts any more that was reserved together, a share might be too much.
    if (this.#lost !== undefined && clock.now() < this.#lost.since + FORGOTTEN_MS) return ASK_AGAIN_MS;
    if (shared?.writes === false) await this.#exchange(() => ({ value: undefined }));
    const now = clock.now();
    return this.#begin(reserve(this.#known, this.#asker(), this.#wanted, { atLeast: now, atMost: now }), now);
  }

  #begin(outcome: ReturnType<typeof reserve>, at: number): number {
    if ('waitMs' in outcome) return outcome.waitMs;
    this.#current = { calls: outcome.calls, from: at, until: at + SLOT_MS, used: 0, lastAt: at };
    return 0;
  }

  /** Ends the current block: what was not used of it is given back with the next write. */
  #settle(): void {
    const current = this.#current;
    this.#current = undefined;
    const longAgo = this.#options.clock.now() - OURS_ARE_LONG_OVER_MS;
    this.#spent = this.#spent.filter(({ to }) => to > longAgo);
    if (current === undefined || current.used === 0) return;
    const { calls, used, from, lastAt } = current;
    this.#spent.push({ holder: this.#holder, calls: used, from, to: lastAt });
    this.#wanted = used === calls ? Math.min(MOST_CALLS, 2 * this.#wanted) : FIRST_CALLS;
  }

  /** @returns undefined when everything was stopped already: the call was under way */
  async #slowDown(stopMs: number | undefined): Promise<SlowDown | undefined> {
    const { clock, shared } = this.#options;
    const isStopped = clock.now() < this.#stoppedUntil;
    // At once, for the others that wait; how long without a hint is known only from the ledger.
    this.#stop(stopMs ?? minutes(1));
    if (isStopped) return undefined;
    return this.#inTurn(async () => {
      this.#settle();
      const told =
        shared?.writes === true
          ? await this.#exchange((record, asker, now) => {
              const value = slowDown(record, asker, stopMs, now);
              return { value, record: value.record };
            })
          : undefined;
      const now = clock.now();
      const slowed = told ?? slowDown(this.#known, this.#asker(), stopMs, { atLeast: now, atMost: now });
      if (told === undefined) this.#known = { ...slowed.record, blocks: [] };
      this.#stop(slowed.stopMs);
      return slowed;
    });
  }

  #stop(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#options.clock.now() + ms);
  }

  /** This process on its own, by its own clock. */
  #asker(): Asker {
    const { callsPerMinute, shared } = this.#options;
    return {
      holder: this.#holder,
      own: this.#spent,
      most: callsPerMinute,
      sharers: shared?.processes ?? 1,
    };
  }

  /**
   * Reads the common record, and writes what is made of it. When another process was faster it is read again.
   *
   * @returns undefined when the ledger does not serve
   */
  async #exchange<T>(
    change: (record: BudgetRecord, asker: Asker, now: Instants) => { value: T; record?: BudgetRecord },
  ): Promise<T | undefined> {
    const { clock, random, shared } = this.#options;
    if (shared === undefined) return undefined;
    const { ledger } = shared;
    const identity = await shared.identity();
    for (let [conflicts, failures] = [0, 0]; conflicts < MOST_CONFLICTS && failures < MOST_FAILURES; ) {
      try {
        const stored = await readBudget(ledger, identity);
        const here = clock.now();
        const now = ledger.now?.() ?? { atLeast: here, atMost: here };
        const { value, record } = change(stored.record, this.#commonAsker(here, now), now);
        if (record !== undefined) await writeBudget(ledger, random, identity, { ...stored, record });
        this.#known = { ...shifted(record ?? stored.record, here - now.atLeast), blocks: [] };
        return value;
      } catch (error) {
        if (error instanceof LedgerConflictError) conflicts += 1;
        else if (error instanceof LedgerUnavailableError) failures += 1;
        else throw error;
        // A run that is being stopped does not wait; what came of its calls is told all the same.
        await clock.sleep(seconds(0.1 * (conflicts + failures)) * random.next()).catch(unlessStopped);
      }
    }
    return undefined;
  }

  /** This process by the clock of the ledger, with what it has used since its last write. */
  #commonAsker(here: number, now: Instants): Asker {
    const own = this.#spent.map((block) => ({
      ...block,
      from: block.from + now.atLeast - here,
      to: block.to + now.atMost - here,
    }));
    return { ...this.#asker(), own, sharers: 1 };
  }
}

const isUsable = (current: Current | undefined, now: number): current is Current =>
  current !== undefined && current.used < current.calls && now <= current.until;

function unlessStopped(error: unknown): void {
  if (!(error instanceof DeadlineError)) throw error;
}
