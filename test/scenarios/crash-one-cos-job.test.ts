import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('a job that pushes to a bucket, beside one without a key: whatever call it dies at, nothing is lost', async () => {
  const world = { jobs: 1, destination: 'cos', neighbours: true } as const;
  expect(await surviveEveryDeath('1 job on COS and its neighbours', { world })).toBeGreaterThan(400);
});
