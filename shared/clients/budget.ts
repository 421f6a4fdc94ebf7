import { minutes, seconds } from '../domain/time.ts';
import type { Clock } from '../ports.ts';

/**
 * A pace for the calls of one identity: at most so many in any minute (or other window), evenly spread after a short burst, and a full
 * stop when the service says 429. CIS counts per identity, across everything that uses it.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues
 */
export class CallBudget {
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

  /** Waits until a call may start. */
  async take(): Promise<void> {
    for (;;) {
      const waitMs = this.waitMs();
      if (waitMs <= 0) break;
      await this.#clock.sleep(waitMs);
    }
    this.#started.push(this.#clock.now());
  }

  /** How long a call that started now would have to wait, in milliseconds. */
  waitMs(): number {
    const now = this.#clock.now();
    this.#started = this.#started.filter((at) => at > now - this.#windowMs);
    const oldest = this.#started.length < this.#most ? undefined : this.#started[0];
    const freeAt = oldest === undefined ? now : oldest + this.#windowMs;
    return Math.max(freeAt, this.#stoppedUntil) - now;
  }

  /** The service refused a call for its rate: everything stops. */
  refused(retryAfterMs: number | undefined): void {
    this.#refusals += 1;
    const waitMs = retryAfterMs ?? this.#stopsMs[this.#refusals === 1 ? 0 : 1];
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#clock.now() + waitMs);
  }

  /** An answer that was no refusal; `remaining` and `resetMs` are from the `Ratelimit` header, where there is one. */
  answered(limit?: { readonly remaining: number; readonly resetMs: number }): void {
    this.#refusals = 0;
    if (limit !== undefined && limit.remaining <= 0) {
      this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#clock.now() + limit.resetMs);
    }
  }
}
