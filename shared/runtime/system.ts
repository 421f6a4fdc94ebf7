import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../ports.ts';

/** `setTimeout` takes a longer wait for 1 ms. @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The machine's clock.
 *
 * @param offsetMs - how far the clock to follow is ahead of the machine's; not zero only for a local cloud, whose
 *   time can be moved. A wait takes real time either way.
 */
export function systemClock(offsetMs = 0): Clock {
  return {
    now: () => Date.now() + offsetMs,
    async sleep(ms, signal) {
      const until = performance.now() + (Number.isNaN(ms) ? 0 : ms);
      for (let rest = ms; rest > 0; rest = until - performance.now()) {
        if (signal?.aborted === true) return;
        await timer(Math.min(Math.ceil(rest), LONGEST_TIMER_MS), signal);
      }
    },
  };
}

/** A timer that is left behind would keep the process alive. */
const timer = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(id);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const id = setTimeout(wake, ms);
    signal?.addEventListener('abort', wake);
  });

/** The machine's cryptographic randomness. */
export function systemRandom(): Random {
  return {
    // 53 bits: as many as a number in [0, 1) can tell apart.
    next: () => Number(randomBytes(8).readBigUInt64BE() >> 11n) / 2 ** 53,
    hex: (length) =>
      randomBytes(Math.ceil(length / 2))
        .toString('hex')
        .slice(0, length),
  };
}
