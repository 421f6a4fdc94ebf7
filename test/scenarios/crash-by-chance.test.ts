import { expect, test } from 'vitest';
import { pair } from '../simulation/cases.ts';
import { live } from '../simulation/life.ts';
import { survive } from '../simulation/survive.ts';

test('a death and one more fault, drawn from a seed', async () => {
  const seeds = Array.from({ length: 200 }, (_, n) => n + 1);
  expect(await survive(seeds.map((seed) => () => pair(seed)))).toBe(200);
});

test('two keepers at once: one of them wins each step, and nothing is done twice', async () => {
  const cases = Array.from({ length: 20 }, (_, n) => () => ({
    name: 'two keepers at once',
    seed: n + 1,
    world: { jobs: 4 } as const,
    faults: new Map(),
    twice: true,
  }));
  expect(await survive(cases)).toBe(20);
});

test('a seed replays with the same trace', async () => {
  const [first, second] = [await live(pair(77)), await live(pair(77))];
  expect(first.trace.length).toBeGreaterThan(100);
  expect(second.trace).toEqual(first.trace);
});
