import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('3 jobs that push to a bucket: whatever call it dies at, nothing is lost', async () => {
  const world = { jobs: 3, destination: 'cos' } as const;
  expect(await surviveEveryDeath('3 jobs on COS', { world })).toBeGreaterThan(500);
});
