import { expect, test } from 'vitest';
import { pair } from '../simulation/cases.ts';
import type { CallFault } from '../simulation/gate.ts';
import { type Life, live } from '../simulation/life.ts';
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

test('a death that is left out because it equals the next is the same life from there on', async () => {
  const life = (number: number, death: CallFault) =>
    live({ name: death, seed: 1, world: { jobs: 1 }, faults: new Map([[number, death]]) });
  /** What happens, without the numbers of calls and without the call that the process died at. */
  const told = ({ trace }: Life): readonly string[] =>
    trace.filter((line) => !line.includes('<<')).map((line) => line.replace(/ call \d+ /, ' call '));
  const { settled, calls } = await live({ name: 'plain', seed: 1, world: { jobs: 1 }, faults: new Map() });
  expect(settled.size).toBeGreaterThan(calls.length / 2);
  for (const number of [...settled].filter((_, index) => index % 4 === 0)) {
    const [after, before] = [await life(number, 'die-after'), await life(number + 1, 'die-before')];
    // The call that the first died at is told in the second as any other.
    const own = before.trace
      .find((line) => line.includes(` call ${number} `))
      ?.replace(/ call \d+ /, ' call ');
    const rest = [...told(before)];
    rest.splice(rest.indexOf(own ?? ''), 1);
    expect(told(after).toSorted(), `call ${number}`).toEqual(rest.toSorted());
  }
});
