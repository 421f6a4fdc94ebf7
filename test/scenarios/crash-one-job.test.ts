import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('1 job: whatever call it dies at, nothing is lost', async () => {
  expect(await surviveEveryDeath('1 job', { world: { jobs: 1 } })).toBeGreaterThan(400);
});
