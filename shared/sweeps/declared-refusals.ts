import { type Declared, declaredName, jobToBe } from '../domain/declared/job.ts';
import { codeOfRefusal } from '../domain/declared/refusal.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { describeHold, type Hold, holdOf } from '../domain/hold.ts';
import type { LogpushJob } from '../domain/logpush.ts';
import { ApiError } from '../errors.ts';
import { describeError } from './context.ts';

/** Calls that make or delete: they take Manager, all others of CIS less. */
const MAKING: ReadonlySet<string> = new Set([
  'createLogpushJob',
  'deleteLogpushJob',
  'challengeOwnership',
  'validateOwnership',
]);

export const subjectOf = (declared: Declared): string => `declared ${declaredName(declared)}`;

/** What an error on the way to a declared job stands for. What CIS says of it is in the detail, cleared of credentials. */
export function refusedFinding(declared: Declared, error: unknown, jobsInZone: number): Finding {
  const subject = subjectOf(declared);
  const detail = describeError(error);
  if (!(error instanceof ApiError) || error.service !== 'cis' || error.effect !== 'none')
    return finding('declared-failed', subject, detail);
  if (MAKING.has(error.operation)) return finding(codeOfRefusal(error, jobsInZone), subject, detail);
  if (error.operation === 'updateLogpushJob') {
    const code = codeOfRefusal(error, jobsInZone);
    const todo =
      'give the keeper’s service ID Writer on the CIS instance (`internet-svcs.zones.update`): it may not change jobs';
    return finding(code, subject, detail, undefined, code === 'declared-not-authorized' ? { todo } : {});
  }
  return finding(error.status === 405 ? 'declared-plan' : 'declared-failed', subject, detail);
}

/** A hold keeps the job by now. */
export function heldFinding(
  declared: Declared,
  holds: readonly Hold[],
  now: number,
  job: LogpushJob = jobToBe(declared),
): Finding {
  const hold = holdOf(holds, job, declared.zone, now);
  const detail = hold === undefined ? 'a hold says so' : describeHold(hold);
  return finding('declared-held', subjectOf(declared), detail);
}
