import { expect, test } from 'vitest';
import type { Life } from '../simulation/case.ts';
import { drawLife } from '../simulation/cases.ts';
import type { CallFault } from '../simulation/gate.ts';
import { live } from '../simulation/life.ts';
import { ALONE } from '../simulation/runner.ts';
import { survive } from '../simulation/survive.ts';

test('two rotations with one fault or two, by one keeper or several, drawn from a seed', async () => {
  const seeds = Array.from({ length: 60 }, (_, n) => n + 1);
  expect(await survive(seeds.map((seed) => () => drawLife(seed)))).toBe(60);
});

test('two keepers at once: one of them wins each step, and nothing is done twice', async () => {
  const cases = Array.from({ length: 20 }, (_, n) => () => ({
    name: 'two keepers at once',
    seed: n + 1,
    world: { jobs: 4 } as const,
    faults: new Map(),
    runners: [ALONE, { ...ALONE, name: 'B' }],
  }));
  expect(await survive(cases)).toBe(20);
});

test('a seed replays with the same trace', async () => {
  const [first, second] = [await live(drawLife(77)), await live(drawLife(77))];
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
