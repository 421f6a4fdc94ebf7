import { expect, test } from 'vitest';
import { newKeyFails } from '../simulation/outside.ts';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('on the way back of a bucket’s jobs: whatever call it dies at, nothing but what the failing key costs is lost', async () => {
  const of = { world: { jobs: 2, destination: 'cos' }, lossIsOutside: true } as const;
  const lived = await surviveEveryDeath('a rotation on COS that rolls back', of, () => [newKeyFails()]);
  expect(lived).toBeGreaterThan(400);
});
