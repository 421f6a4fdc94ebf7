import type { RunReport } from '../domain/report.ts';
import { type Shard, WHOLE } from '../domain/shard.ts';
import { summed, type Together } from '../domain/shard-report.ts';
import { LedgerConflictError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { describeError, isExpected } from '../sweeps/context.ts';
import { keepRun } from '../sweeps/runs.ts';
import { gatherShards } from '../sweeps/shards.ts';
import type { Config } from './config/config.ts';
import type { connect } from './connect.ts';
import { beat, tellPeople } from './notify.ts';

type Connected = ReturnType<typeof connect>;

/**
 * Ends a run whose outcome is settled: tells people, keeps its report, gives the sign of life. Of several shards the first does
 * that for all; the others only keep what they found, but each tells what an event led it to find on its own secrets.
 *
 * @param isWhole - the run was not narrowed
 * @param everyMs - how often the function runs; absent = on no schedule
 * @returns the report, with what kept it from telling
 */
export async function concludeRun(
  config: Config,
  connected: Connected,
  run: RunReport,
  { isWhole, everyMs }: { readonly isWhole: boolean; readonly everyMs: number | undefined },
): Promise<RunReport> {
  const { ports, counts } = connected;
  const { shard = WHOLE } = run;
  if (shard.index > 0 && isWhole) {
    await keep(ports, run, shard);
    return { ...run, calls: counts() };
  }
  const alone = { report: run, callsOfOthers: {}, isWhole };
  if (shard.of === 1 || !isWhole || run.withoutLedger === true)
    return conclude(config, connected, alone, isWhole);
  const { own, together } = await gatherShards(ports.ledger, run, shard, everyMs);
  await keep(ports, own, shard);
  return conclude(config, connected, together, isWhole);
}

async function conclude(
  config: Config,
  connected: Connected,
  { report: told, callsOfOthers, isWhole: isSeenWhole }: Together,
  isWhole: boolean,
): Promise<RunReport> {
  const calls = () => summed([callsOfOthers, connected.counts()]);
  // It comes after the outcome is settled: a channel that fails changes nothing about the run.
  const untold = await tellPeople(config, connected, told, !isSeenWhole);
  const report = { ...told, findings: [...told.findings, ...untold], calls: calls() };
  // A run that was narrowed must not pass for one that has seen to everything: the schedule's is kept.
  const isKept = isWhole && (await keep(connected.ports, report));
  if (isKept && isSeenWhole) await beat(config, connected, report);
  return { ...report, calls: calls() };
}

/** Without the kept report the fleet's page is older; the run is what it was. @returns whether the ledger has one */
async function keep(ports: Ports, report: RunReport, shard: Shard = WHOLE): Promise<boolean> {
  try {
    await keepRun(ports, report, shard);
    return true;
  } catch (error) {
    if (!isExpected(error)) throw error;
    const { function: name, runId } = report;
    ports.log.warn('run report not kept', { function: name, runId, error: describeError(error) });
    return error instanceof LedgerConflictError;
  }
}
