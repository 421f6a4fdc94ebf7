import pLimit from 'p-limit';
import type { RunReport } from '../domain/report.ts';
import type { Shard } from '../domain/shard.ts';
import { putTogether, type ShardRun, type Together } from '../domain/shard-report.ts';
import type { LedgerStore } from '../ports.ts';
import { describeError, isExpected } from './context.ts';
import { readRun } from './runs.ts';

/** Documents of the ledger that are read at once. */
const PARALLEL_READS = 8;

/**
 * The report of the first shard with what the newest kept run of each other has found and done. What cannot be read is said to
 * be so.
 *
 * @param everyMs - how often the function runs; absent = on no schedule
 */
export async function gatherShards(
  ledger: LedgerStore,
  own: RunReport,
  { of }: Shard,
  everyMs: number | undefined,
): Promise<Together> {
  const limit = pLimit(PARALLEL_READS);
  const indices = Array.from({ length: of - 1 }, (_, n) => n + 1);
  const others = await Promise.all(
    indices.map((index) => limit(() => shardRun(ledger, own.function, { index, of }))),
  );
  return putTogether(own, others, await sinceWhen(ledger, own, of), everyMs);
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

/** When there first were so many; who cannot tell counts from this run on, and knows better with the next. */
async function sinceWhen(
  ledger: LedgerStore,
  { function: name, startedAt }: RunReport,
  of: number,
): Promise<number> {
  try {
    const shard = (await readRun(ledger, name))?.shard;
    return shard?.of === of && shard.since !== undefined ? shard.since : startedAt;
  } catch (error) {
    if (!isExpected(error)) throw error;
    return startedAt;
  }
}
