import { type Asker, type BudgetRecord, isSlowest, type Now, rateNow, type Sight } from './call-budget.ts';
import { minutes } from './time.ts';

/** How far an identity is from its limit, as a `Ratelimit` header says. */
export interface RateLimit {
  readonly remaining: number;
  readonly resetMs: number;
  /** All calls of the window, and how long it is, where `Ratelimit-Policy` says so. */
  readonly quota?: number;
  readonly windowMs?: number;
}

/** With fewer calls left the pace is looked at: IBM's 100 a minute less the 80 that are ours by default, or a fifth of a smaller quota. */
const LOW = 20;
const LOW_SHARE = 1 / 5;
/** A quarter of these stays free: a few calls are under way, and others may call a little more often than they did. */
const SPARE_SHARE = 1 / 4;
/** How often, while there are no fewer than that. Then a pace that was learnt is looked at too, for the others may be gone. */
const LOOK_EVERY_MS = minutes(1);

/** What a process knows when an answer comes. */
interface Known {
  readonly record: BudgetRecord;
  readonly asker: Asker;
  readonly now: Now;
  /** The record has the calls of all processes of the identity. */
  readonly seesAll: boolean;
  /** When the pace was last held against what an answer told. */
  readonly lookedAt: number;
}

/** What an answer asks for: this process waits; everybody stops and slows down; the pace is set by what others leave. */
type Wanted =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'slow-down'; readonly stopMs: number }
  | { readonly kind: 'adjust'; readonly sight: Sight };

/** @returns undefined when the pace stays as it is */
export function decidePace(limit: RateLimit, known: Known): Wanted | undefined {
  const { remaining: left, resetMs, quota = LOW / LOW_SHARE, windowMs } = limit;
  const { record, asker, now, seesAll, lookedAt } = known;
  const low = Math.min(LOW, quota * LOW_SHARE);
  const isLow = left < low;
  // A burst limit that is over before anybody could be told.
  if (windowMs !== undefined && windowMs < minutes(1))
    return isLow ? { kind: 'wait', ms: Math.min(resetMs, windowMs) } : undefined;
  // The ledger knows our calls of the last minute, and only who uses it does: else nobody can tell what others leave.
  if (windowMs !== minutes(1) || !seesAll) {
    // Who cannot become slower stands still for a refusal alone.
    if (!isLow || isSlowest(record, asker, now)) return undefined;
    return { kind: 'slow-down', stopMs: Math.max(resetMs, minutes(1)) };
  }
  const spare = Math.floor(low * SPARE_SHARE);
  const isDue = now.atLeast >= lookedAt + LOOK_EVERY_MS;
  if (left < spare || (isDue && (isLow || rateNow(record, { ...asker, sharers: 1 }, now) < asker.most)))
    return { kind: 'adjust', sight: { left, spare, resetMs } };
  return undefined;
}
