import { expect, test } from 'vitest';
import { everyDeath, pair } from '../simulation/cases.ts';
import { live } from '../simulation/life.ts';
import { newKeyDies, newKeyFails } from '../simulation/outside.ts';
import { survive } from '../simulation/survive.ts';

const SEED = 1;

async function told(name: string, cases: Awaited<ReturnType<typeof everyDeath>>): Promise<void> {
  expect(cases.length).toBeGreaterThan(400);
  process.stdout.write(`${name}: ${await survive(cases)} cases, 0 violations\n`);
}

test.each([1, 2] as const)('%i job(s): whatever call it dies at, nothing is lost', async (jobs) => {
  await told(
    `${jobs} job(s), every call × 3 deaths and a lost ledger`,
    await everyDeath({ seed: SEED, world: { jobs } }),
  );
});

test('jobs that push to a bucket: whatever call it dies at, nothing is lost', async () => {
  const cases = await everyDeath({ seed: SEED, world: { jobs: 2, destination: 'cos' } });
  await told('2 jobs on COS, every call × 3 deaths and a lost ledger', cases);
});

test('on the way back: whatever call it dies at, nothing but what the failing key costs is lost', async () => {
  const of = { seed: SEED, world: { jobs: 2 }, lossIsOutside: true } as const;
  await told(
    'a rotation that rolls back, every call × 3 deaths and a lost ledger',
    await everyDeath(of, () => [newKeyFails()]),
  );
});

test('a new key that dies is replaced at once: whatever call it dies at', async () => {
  const of = { seed: SEED, world: { jobs: 1 }, lossIsOutside: true } as const;
  await told(
    'a new key that dies, every call × 3 deaths and a lost ledger',
    await everyDeath(of, () => [newKeyDies()]),
  );
});

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
