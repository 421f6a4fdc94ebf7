import type { Clock } from '../../shared/ports.ts';

/** A clock that can be moved forward by hand. */
export interface MovableClock extends Clock {
  advance(ms: number): void;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/**
 * Virtual time: it stands still while anything runs and jumps to the next sleeper when everything waits.
 *
 * `run(work)` drives it. It never jumps while a request is in flight (`hold`), and when the work waits for something
 * that no sleeper will ever bring, it throws "stuck" instead of hanging.
 */
export class VirtualClock implements MovableClock {
  #now: number;
  #order = 0;
  #held = 0;
  #sleepers: Sleeper[] = [];

  constructor(startAt: number) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + Math.max(0, ms), order: this.#order++, wake });
    });
  }

  /** Time stands still until the returned function is called. */
  hold(): () => void {
    this.#held += 1;
    return () => {
      this.#held -= 1;
    };
  }

  /** Moves time by hand and wakes everyone whose time has come. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#pop(until); next !== undefined; next = this.#pop(until)) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = until;
  }

  /** Runs `work` to its end, letting time jump whenever everything waits. @throws {Error} "stuck" */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    done.catch(() => {}); // The caller sees the rejection below; this one must not count as unhandled.
    for (;;) {
      await macrotask();
      if (settled) return done;
      if (this.#held > 0) continue;
      const next = this.#pop(Number.POSITIVE_INFINITY);
      if (next === undefined) throw new Error('stuck: the work waits, and no sleeper will ever wake it');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }

  #pop(until: number): Sleeper | undefined {
    let best: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (
        best === undefined ||
        sleeper.at < best.at ||
        (sleeper.at === best.at && sleeper.order < best.order)
      ) {
        best = sleeper;
      }
    }
    if (best === undefined || best.at > until) return undefined;
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== best);
    return best;
  }
}

/** Real time plus what was advanced by hand: the clock of a served local cloud. */
export class ServedClock implements MovableClock {
  #offsetMs: number;

  constructor(startAt: number) {
    this.#offsetMs = startAt - Date.now();
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      // What is due already is due at once; Node would warn.
      setTimeout(wake, Math.max(0, ms));
    });
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}

/** Lets every microtask and immediate that is already due run first. */
const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
