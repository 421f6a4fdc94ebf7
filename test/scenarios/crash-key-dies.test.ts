import { expect, test } from 'vitest';
import { newKeyDies } from '../simulation/outside.ts';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('a new key that dies is replaced at once: whatever call it dies at', async () => {
  const of = { world: { jobs: 1 }, lossIsOutside: true } as const;
  const lived = await surviveEveryDeath('a new key that dies', of, () => [newKeyDies()]);
  expect(lived).toBeGreaterThan(400);
});
