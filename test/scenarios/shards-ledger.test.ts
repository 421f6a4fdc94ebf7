import { expect, test } from 'vitest';
import { type Shard, WHOLE } from '../../shared/domain/shard.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { runShards } from '../support/sharded.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

const later = ({ clock, world }: VirtualKeeper, ms: number): void => {
  clock.advance(ms);
  world.catchUp();
};

test('what observations cost in the ledger: without shards a list an instance, and one for each look that comes late', async () => {
  const ledger = createMemoryLedger();
  const asked: string[] = [];
  const keeper = virtualKeeper({
    ledger: {
      ...ledger,
      read: async (key) => {
        if (key.startsWith('observations/')) asked.push('read');
        return ledger.read(key);
      },
      list: async (prefix) => {
        if (prefix.startsWith('observations/')) asked.push('list');
        return ledger.list(prefix);
      },
    },
  });
  const costs = async (name: FunctionName, shard: Shard = WHOLE): Promise<string> => {
    asked.length = 0;
    await keeper.run(name, { shard });
    return ['read', 'list']
      .map((what) => `${asked.filter((one) => one === what).length} ${what}s`)
      .join(', ');
  };
  // Two instances.
  expect(await costs(CHECK)).toBe('2 reads, 2 lists');
  later(keeper, minutes(5));
  expect(await costs(CHECK)).toBe('2 reads, 0 lists');
  expect(await costs('verify-buckets')).toBe('2 reads, 2 lists');
  // Of a shard that looks for the first time: its own, and the one of all; later its own.
  later(keeper, minutes(10));
  await runShards(keeper, CHECK, 4, (index) => index !== 3);
  expect(await costs(CHECK, { index: 3, of: 4 })).toBe('4 reads, 2 lists');
  later(keeper, minutes(5));
  expect(await costs(CHECK, { index: 3, of: 4 })).toBe('2 reads, 0 lists');
  // Who needs all of the fleet: the one of all, and each shard's.
  await runShards(keeper, CHECK, 4);
  expect(await costs('verify-buckets')).toBe('10 reads, 2 lists');
});
