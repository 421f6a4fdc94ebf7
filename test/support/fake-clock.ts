import type { Clock, Random } from '../../shared/ports.ts';

/** A clock that stands still, except that a sleep takes exactly its time. */
export function fakeClock(startAt = Date.UTC(2026, 8, 1, 10)): Clock & { advance(ms: number): void } {
  let now = startAt;
  return {
    now: () => now,
    async sleep(ms) {
      now += Math.max(0, ms);
    },
    advance(ms) {
      now += ms;
    },
  };
}

/** Randomness that is always the same. */
export const fixedRandom: Random = { next: () => 0.5, hex: (length) => 'a'.repeat(length) };
