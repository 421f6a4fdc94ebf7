import { expect, test } from 'vitest';
import { newKeyFails } from '../simulation/outside.ts';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('on the way back: whatever call it dies at, nothing but what the failing key costs is lost', async () => {
  const of = { world: { jobs: 2 }, lossIsOutside: true } as const;
  const lived = await surviveEveryDeath('a rotation that rolls back', of, () => [newKeyFails()]);
  expect(lived).toBeGreaterThan(400);
});
