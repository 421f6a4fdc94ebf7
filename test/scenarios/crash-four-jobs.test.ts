import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('4 jobs: whatever call it dies at, nothing is lost', async () => {
  expect(await surviveEveryDeath('4 jobs', { world: { jobs: 4 } })).toBeGreaterThan(500);
});
