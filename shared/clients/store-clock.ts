import { LedgerUnavailableError } from '../errors.ts';
import type { Clock, Instants, Transport } from '../ports.ts';

/** `Date` is in whole seconds, and what is behind them is cut off. */
const CUT_OFF_MS = 999;

/**
 * The clock of a store, as far as the `Date` of its answers shows it. A store that made an answer at `date`, after the
 * request left at `sentAt` and before the answer came at `receivedAt`, is ahead of our clock by at least
 * `date - receivedAt` and at most `date + 999 - sentAt` milliseconds.
 *
 * Only the newest answer counts. Bounds of several could be narrowed to what they share, but what they share is wrong as
 * soon as one of the two clocks was set, and nothing would tell.
 */
export class StoreClock {
  readonly #clock: Clock;
  #ahead: Instants | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The transport to the store, which reads the time off each answer. */
  reading(transport: Transport): Transport {
    return {
      send: async (request) => {
        const sentAt = this.#clock.now();
        const answer = await transport.send(request);
        const receivedAt = this.#clock.now();
        const date = Date.parse(answer.headers['date'] ?? '');
        // An answer without it was made by something on the way, which has a clock of its own.
        const isOfTheStore = answer.headers['x-amz-request-id'] !== undefined;
        if (isOfTheStore && !Number.isNaN(date))
          this.#ahead = { atLeast: date - receivedAt, atMost: date + CUT_OFF_MS - sentAt };
        return answer;
      },
    };
  }

  /** @throws {LedgerUnavailableError} before the first answer */
  now(): Instants {
    if (this.#ahead === undefined) throw new LedgerUnavailableError('ledger: the store has not answered yet');
    const now = this.#clock.now();
    return { atLeast: now + this.#ahead.atLeast, atMost: now + this.#ahead.atMost };
  }
}
