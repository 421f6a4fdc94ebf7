import { expect, test } from 'vitest';
import { everyDeath } from '../simulation/cases.ts';
import { survive } from '../simulation/survive.ts';

test.each([3, 4] as const)('%i jobs: whatever call it dies at, nothing is lost', async (jobs) => {
  const cases = await everyDeath({ seed: 1, world: { jobs } });
  expect(cases.length).toBeGreaterThan(500);
  process.stdout.write(
    `${jobs} jobs, every call × 3 deaths and a lost ledger: ${await survive(cases)} cases, 0 violations\n`,
  );
});
