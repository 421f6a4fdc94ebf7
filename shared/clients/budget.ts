import type { RateLimit } from '../domain/rate-limit.ts';
import { minutes, seconds } from '../domain/time.ts';
import type { Clock } from '../ports.ts';

/** Says when a call may start, and is told what came of it. */
export interface Pace {
  /** Waits until a call may start. @returns false, and no call may start, when that would be after `startsBy` */
  take(startsBy: number): Promise<boolean>;
  /** The service refused a call for its rate. */
  refused(retryAfterMs: number | undefined): void | Promise<void>;
  /** An answer that was no refusal. */
  answered(limit?: RateLimit): void | Promise<void>;
}

/**
 * The pace of one process alone: at most so many calls in any minute (or other window), at once or not, and a full stop
 * when the service says 429.
 */
export class CallBudget implements Pace {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #stopsMs: readonly [number, number];
  /** When each of the last calls started; older ones no longer count. */
  #started: number[] = [];
  #stoppedUntil = 0;
  #refusals = 0;

  /**
   * @param most - calls in any window of `windowMs`
   * @param stopsMs - how long everything stops at the first refusal without a hint, and at each that follows it
   */
  constructor(
    clock: Clock,
    most: number,
    windowMs: number = minutes(1),
    stopsMs: readonly [number, number] = [seconds(60), seconds(300)],
  ) {
    this.#clock = clock;
    this.#most = most;
    this.#windowMs = windowMs;
    this.#stopsMs = stopsMs;
  }

  async take(startsBy = Number.POSITIVE_INFINITY): Promise<boolean> {
    for (let waitMs = this.#waitMs(); waitMs > 0; waitMs = this.#waitMs()) {
      if (this.#clock.now() + waitMs > startsBy) return false;
      await this.#clock.sleep(waitMs);
    }
    this.#started.push(this.#clock.now());
    return true;
  }

  /** How long a call that started now would have to wait, in milliseconds. */
  #waitMs(): number {
    const now = this.#clock.now();
    this.#started = this.#started.filter((at) => at > now - this.#windowMs);
    const oldest = this.#started.length < this.#most ? undefined : this.#started[0];
    const freeAt = oldest === undefined ? now : oldest + this.#windowMs;
    return Math.max(freeAt, this.#stoppedUntil) - now;
  }

  /** Everything stops. Without a hint 60 s, then 300 s. */
  refused(retryAfterMs: number | undefined): void {
    this.#refusals += 1;
    const waitMs = retryAfterMs ?? this.#stopsMs[this.#refusals === 1 ? 0 : 1];
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#clock.now() + waitMs);
  }

  answered(limit?: RateLimit): void {
    this.#refusals = 0;
    if (limit !== undefined && limit.remaining <= 0) {
      this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#clock.now() + limit.resetMs);
    }
  }
}
