import { expect, test } from 'vitest';
import { surviveEveryDeath } from '../simulation/survive.ts';

test('a key in a kv secret: whatever call it dies at, nothing is lost, and what else is in there stays', async () => {
  const of = { kind: 'keeper in a kv', world: { jobs: 1 } } as const;
  expect(await surviveEveryDeath('1 job whose key is in a kv secret', of)).toBeGreaterThan(400);
});
