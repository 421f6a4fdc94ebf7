import { expect, test } from 'vitest';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { mergeParts, splitByAge } from '../../../shared/sweeps/observation-parts.ts';
import { isYoung, NOTHING_SEEN } from '../../../shared/sweeps/observations.ts';
import { START } from '../../support/builders.ts';

test.each([
  [minutes(6), true],
  [minutes(7), false],
  [-minutes(6), true],
  [-hours(1), false],
] as const)('a look of %i ms ago, by the clock of who looked, is young: %s', (agoMs, expected) => {
  expect(isYoung({ endedAt: START - agoMs }, START)).toBe(expected);
});

test('of the shards that are behind the one that has waited longest comes first', () => {
  const now = START + hours(2);
  const part = (index: number, agoMs: number) => {
    const at = now - agoMs;
    return { ...NOTHING_SEEN, shard: { index, of: 5 }, seenAt: at, endedAt: at };
  };
  const all = mergeParts([
    part(0, minutes(8)),
    part(1, minutes(40)),
    part(2, minutes(1)),
    part(4, minutes(20)),
  ]);
  expect(splitByAge(all, now).behind.map(({ index }) => index)).toEqual([3, 1, 4, 0]);
});
