import { type Finding, finding } from '../domain/finding.ts';
import { judgeOutcome } from '../domain/report.ts';
import { DeadlineError, LedgerConflictError, NotPermittedError } from '../errors.ts';
import {
  type CisInstance,
  describeError,
  isExpected,
  type SweepContext,
  type SweepResult,
} from './context.ts';
import { ElsewhereLook } from './declared-elsewhere.ts';
import { DeclaredMemory } from './declared-records.ts';
import { ensureInstance, type Part, type Sums, wantedOf } from './ensure-instance.ts';
import { modeChanged } from './permission.ts';

/**
 * Sees to the Logpush jobs that the configuration declares: log retention on first, a job that is missing is made, one that
 * differs is reported or made as declared, one that cannot be changed is replaced. Jobs that are not declared are left alone,
 * unless a declaration names them; LogDNA jobs, which push nothing any more, are reported.
 *
 * No request that makes a job is sent twice. It is noted in the ledger before it goes out; whoever comes after that looks for
 * the job first. What there was no time for the next run sees to first.
 */
export async function ensureLogpush(context: SweepContext): Promise<SweepResult> {
  const sums: Sums = {
    findings: [],
    actions: [],
    waiting: [],
    jobs: [],
    looked: new Map(),
    successes: 0,
    failures: 0,
  };
  const elsewhere = new ElsewhereLook(context);
  let stopped: Finding | undefined;
  const parts = await partsOf(context);
  for (const [i, part] of parts.entries()) {
    try {
      await ensureInstance(context, part, sums, elsewhere);
    } catch (error) {
      if (error instanceof NotPermittedError) {
        stopped = modeChanged(error);
        break;
      }
      if (!isExpected(error)) throw error;
      if (error instanceof DeadlineError) {
        sums.failures += 1;
        sums.findings.push(...notReached(context, parts.slice(i), sums));
        break;
      }
      const isOvertaken = error instanceof LedgerConflictError;
      if (!isOvertaken) sums.failures += 1;
      const code = isOvertaken ? 'declared-overtaken' : 'declared-failed';
      sums.findings.push(finding(code, `instance ${part.instance.crn}`, describeError(error)));
    }
  }
  const { successes, failures, actions, waiting, jobs } = sums;
  const findings = stopped === undefined ? sums.findings : [...sums.findings, stopped];
  const outcome = stopped === undefined ? judgeOutcome(findings, failures, successes) : 'partial';
  return { outcome, findings, actions, waiting, jobs, rotations: [] };
}

/** All instances in a ring that begins where the last run stopped: the zones before that place come last. */
async function partsOf(context: SweepContext): Promise<readonly Part[]> {
  const { instances } = context;
  for (const [i, instance] of instances.entries()) {
    const from = await whereStopped(context, instance);
    if (from === undefined) continue;
    const others = [...instances.slice(i + 1), ...instances.slice(0, i)].map((other) => ({
      instance: other,
    }));
    const before = from === '' ? [] : [{ instance, until: from }];
    return [{ instance, from }, ...others, ...before];
  }
  return instances.map((instance) => ({ instance }));
}

async function whereStopped(context: SweepContext, instance: CisInstance): Promise<string | undefined> {
  if (wantedOf(context, instance).length === 0) return undefined;
  try {
    return (await DeclaredMemory.read(context, instance.crn)).next;
  } catch (error) {
    if (!isExpected(error)) throw error;
    // It is read again, and told, when it is the instance's turn.
    return undefined;
  }
}

function notReached(context: SweepContext, parts: readonly Part[], { looked }: Sums): readonly Finding[] {
  const instances = new Set(parts.map(({ instance }) => instance));
  return [...instances].flatMap((instance) => {
    const all = wantedOf(context, instance).length;
    const left = all - (looked.get(instance.crn) ?? 0);
    const detail = `${left} of ${all} declared jobs were not looked at: the run had no time left`;
    return left > 0 ? [finding('declared-not-reached', `instance ${instance.crn}`, detail)] : [];
  });
}
