import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test.each([1, 2] as const)('%i job(s): whatever call it dies at, nothing is lost', async (jobs) => {
  expect(await surviveEveryDeath(`${jobs} job(s)`, { world: { jobs } })).toBeGreaterThan(400);
});
