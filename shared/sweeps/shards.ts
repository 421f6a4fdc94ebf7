import type { RunReport } from '../domain/report.ts';
import { type Shard, shardsOf } from '../domain/shard.ts';
import { putTogether, type ShardRun, sinceWhen, type Together } from '../domain/shard-report.ts';
import type { LedgerStore } from '../ports.ts';
import { describeError, isExpected } from './context.ts';
import { readEach } from './read-each.ts';
import { readRun } from './runs.ts';

/**
 * The first shard's own report, which says since when there are so many of them, and that of all: with what the newest kept run
 * of each other has found and done. What cannot be read is said to be so.
 *
 * @param everyMs - how often the function runs; absent = on no schedule
 */
export async function gatherShards(
  ledger: LedgerStore,
  run: RunReport,
  shard: Shard,
  everyMs: number | undefined,
): Promise<{ readonly own: RunReport; readonly together: Together }> {
  const [before, ...others] = await readEach(shardsOf(shard.of), (one) =>
    shardRun(ledger, run.function, one),
  );
  const own = { ...run, shard: { ...shard, since: sinceWhen(run, before?.run, everyMs) } };
  return { own, together: putTogether(own, others, everyMs) };
}

async function shardRun(ledger: LedgerStore, name: string, shard: Shard): Promise<ShardRun> {
  try {
    const run = await readRun(ledger, name, shard);
    return run === undefined ? { shard } : { shard, run };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { shard, unclear: describeError(error) };
  }
}
