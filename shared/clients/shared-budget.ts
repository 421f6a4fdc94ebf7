import {
  type Asker,
  adjust,
  type Block,
  type BudgetRecord,
  EMPTY_BUDGET,
  FORGOTTEN_MS,
  LONGEST_STOP_MS,
  reserve,
  type Sight,
  SLOT_MS,
  type SlowDown,
  shifted,
  slowDown,
} from '../domain/call-budget.ts';
import { decidePace, type RateLimit } from '../domain/rate-limit.ts';
import { minutes, seconds } from '../domain/time.ts';
import { DeadlineError, LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import type { Clock, Instants, LedgerStore, Log, Random } from '../ports.ts';
import type { Pace } from './budget.ts';
import { readBudget, writeBudget } from './budget-document.ts';

/** Calls of the first block; each that is used up is followed by one of twice as many. */
const FIRST_CALLS = 5;
const MOST_CALLS = 20;
/** How often a write is tried that others were faster with. */
const MOST_CONFLICTS = 8;
/** How often the ledger may fail before this process goes on without it, and how soon it is asked again. */
const MOST_FAILURES = 2;
const ASK_AGAIN_MS = seconds(5);
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
  #identity: string | undefined;
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
    const { shared } = this.#options;
    const wanted = decidePace(limit, {
      record: this.#known,
      asker: this.#asker(),
      now: this.#now(),
      seesAll: shared === undefined || (shared.writes && this.#lost === undefined),
      lookedAt: this.#lookedAt,
    });
    if (wanted?.kind === 'wait') this.#stop(wanted.ms);
    else if (wanted?.kind === 'slow-down') await this.#slowDown(wanted.stopMs);
    else if (wanted?.kind === 'adjust') await this.#adjust(wanted.sight);
  }

  /** By this process's own clock. */
  #now(): Instants {
    const now = this.#options.clock.now();
    return { atLeast: now, atMost: now };
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
      this.#known = adjust(this.#known, this.#asker(), sight, this.#now()) ?? this.#known;
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
    return this.#begin(reserve(this.#known, this.#asker(), this.#wanted, this.#now()), clock.now());
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
    this.#stop(Math.min(stopMs ?? minutes(1), LONGEST_STOP_MS));
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
      const slowed = told ?? slowDown(this.#known, this.#asker(), stopMs, this.#now());
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
    // Once: a login that fails later must not hide what came of a call.
    const identity = (this.#identity ??= await shared.identity());
    for (let [conflicts, failures] = [0, 0]; conflicts < MOST_CONFLICTS && failures < MOST_FAILURES; ) {
      try {
        const stored = await readBudget(ledger, identity);
        const here = clock.now();
        const now = ledger.now?.() ?? this.#now();
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
