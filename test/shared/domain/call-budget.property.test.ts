import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjust, type Block, rateNow, SLOT_MS } from '../../../shared/domain/call-budget.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';

const NOW = { atLeast: Date.UTC(2026, 2, 1), atMost: Date.UTC(2026, 2, 1) };
const QUOTA = 100;
const SPARE = 5;
const FLOOR = 10;

/** A block of this minute: used up some time ago, or reserved just now and used in part. */
const aBlock = fc
  .record({
    holder: fc.constantFrom('own', 'b', 'c', 'd'),
    calls: fc.integer({ min: 1, max: 20 }),
    agoMs: fc.integer({ min: 0, max: seconds(40) }),
    isOpen: fc.boolean(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ holder, calls, agoMs, isOpen, share }) => {
    const from = NOW.atLeast - agoMs;
    const isReserved = isOpen && holder !== 'own';
    const block: Block = { holder, calls, from, to: isReserved ? from + SLOT_MS : from };
    return { block, used: isReserved ? Math.floor(calls * share) : calls };
  });

test('whatever of their blocks processes have used: a pace that was adjusted leaves what others take, and five calls more', () => {
  fc.assert(
    fc.property(
      fc.array(aBlock, { maxLength: 8 }),
      fc.integer({ min: 0, max: QUOTA }),
      fc.option(fc.integer({ min: 10, max: 80 }), { nil: undefined }),
      (seen, theirs, learnt) => {
        const used = seen.reduce((sum, block) => sum + block.used, 0);
        const left = Math.max(0, QUOTA - theirs - used);
        const blocks = seen.map(({ block }) => block);
        const record = {
          blocks: blocks.filter(({ holder }) => holder !== 'own'),
          ...(learnt === undefined ? {} : { learnt: { callsPerMinute: learnt, at: NOW.atLeast } }),
        };
        const asker = {
          holder: 'own',
          own: blocks.filter(({ holder }) => holder === 'own'),
          most: 80,
          sharers: 1,
        };
        const sight = { left, spare: SPARE, resetMs: seconds(1) };
        const before = rateNow(record, asker, NOW);
        const adjusted = adjust(record, asker, sight, NOW);
        const most = Math.max(FLOOR, used + left - SPARE);
        if (adjusted !== undefined) {
          const after = rateNow(adjusted, asker, NOW);
          expect(after).not.toBe(before);
          expect(after).toBeLessThanOrEqual(Math.min(80, most));
          expect(after).toBeGreaterThanOrEqual(FLOOR);
        } else if (blocks.every((block) => block.to - block.from < SLOT_MS)) {
          // What everybody has used is known, so the pace is what it can be.
          expect(before).toBe(Math.min(80, most));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('blocks of before the minute that is counted are not counted', () => {
  const own = [{ holder: 'own', calls: 60, from: NOW.atLeast - seconds(30), to: NOW.atLeast - seconds(30) }];
  const asker = { holder: 'own', own, most: 80, sharers: 1 };
  const pace = (resetMs: number): number => {
    const sight = { left: 15, spare: SPARE, resetMs };
    const adjusted = adjust({ blocks: [] }, asker, sight, NOW);
    return rateNow(adjusted ?? { blocks: [] }, asker, NOW);
  };
  expect([pace(seconds(1)), pace(seconds(50)), pace(minutes(2))]).toEqual([70, 10, 10]);
});
