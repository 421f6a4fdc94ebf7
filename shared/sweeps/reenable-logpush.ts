import { type Finding, finding } from '../domain/finding.ts';
import { mostChanges } from '../domain/repair/decide.ts';
import { type JobReport, judgeOutcome, type ReportedAction } from '../domain/report.ts';
import { LedgerConflictError, NotPermittedError } from '../errors.ts';
import { describeError, isExpected, type SweepContext, type SweepResult } from './context.ts';
import { Diagnoser } from './diagnose.ts';
import { readObservation } from './observation-parts.ts';
import { modeChanged } from './permission.ts';
import { Causes } from './repair-cause.ts';
import { InstanceRepair } from './repair-instance.ts';
import { ShownKeys } from './shown-keys.ts';

/**
 * Switches on again what failures disabled: only when the cause is gone, never against a person, never inside a hold,
 * and never in a loop. The key goes into the job with the same request that enables it.
 *
 * The attempt is noted before the request. If the process dies before, between or after, the next run sees whether the
 * job is enabled, and counts the attempt if it is not.
 */
export async function reenableLogpush(context: SweepContext): Promise<SweepResult> {
  const sums = { findings: [] as Finding[], actions: [] as ReportedAction[], jobs: [] as JobReport[] };
  const shown = new ShownKeys(context);
  const shared = {
    causes: new Causes(context, shown),
    diagnoser: new Diagnoser(context, shown),
    budget: { left: mostChanges(await fleetSize(context), context.repair.maxChanges) },
    unproven: new Map(),
    past: [],
  };
  let failures = 0;
  let stopped: Finding | undefined;
  for (const instance of context.instances) {
    const run = new InstanceRepair(context, instance, shared);
    try {
      await run.toEnd();
    } catch (error) {
      if (error instanceof NotPermittedError) stopped = modeChanged(error);
      else if (isExpected(error)) {
        const code = error instanceof LedgerConflictError ? 'repair-overtaken' : 'repair-stopped';
        if (code === 'repair-stopped') failures += 1;
        run.findings.push(finding(code, `instance ${instance.crn}`, describeError(error)));
      } else throw error;
    }
    sums.findings.push(...run.findings);
    sums.actions.push(...run.actions);
    sums.jobs.push(...run.jobs);
    if (stopped !== undefined) break;
  }
  if (stopped !== undefined) sums.findings.push(stopped);
  const outcome =
    stopped === undefined
      ? judgeOutcome(sums.findings, failures, context.instances.length - failures)
      : 'partial';
  return { outcome, ...sums, waiting: [], rotations: [] };
}

async function fleetSize({ instances, ports }: SweepContext): Promise<number> {
  let size = 0;
  for (const { crn } of instances)
    size += Object.keys((await readObservation(ports.ledger, crn)).jobs).length;
  return size;
}
