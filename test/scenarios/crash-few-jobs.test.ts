import { expect, test } from 'vitest';
import { everyDeath, pair } from '../simulation/cases.ts';
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
