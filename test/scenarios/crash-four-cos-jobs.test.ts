import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('4 jobs that push to a bucket: whatever call it dies at, nothing is lost', async () => {
  const world = { jobs: 4, destination: 'cos' } as const;
  expect(await surviveEveryDeath('4 jobs on COS', { world })).toBeGreaterThan(500);
});
