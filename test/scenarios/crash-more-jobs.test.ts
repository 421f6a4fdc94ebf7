import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test.each([3, 4] as const)('%i jobs: whatever call it dies at, nothing is lost', async (jobs) => {
  expect(await surviveEveryDeath(`${jobs} jobs`, { world: { jobs } })).toBeGreaterThan(500);
});
