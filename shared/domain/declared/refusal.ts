import type { FindingCode } from '../finding.ts';

/** What is known of a call to CIS that was refused. */
interface Refused {
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Cleared of anything that looks like a credential. */
  readonly reason: string;
}

/**
 * What a refused create stands for. The status tells first, then the code, and the text last: IBM publishes neither for
 * Logpush.
 *
 * @param jobsInZone - a quota that is reached without a job is a plan that has none
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export function codeOfRefusal({ status, code, reason }: Refused, jobsInZone: number): FindingCode {
  if (status === 405) return 'declared-plan';
  if (code === '1004') {
    if (/fields? (?:is|are) not allowed/i.test(reason)) return 'declared-fields-refused';
    const isQuota = /max(?:imum)? (?:number of )?jobs/i.test(reason) && jobsInZone > 0;
    return isQuota ? 'declared-quota' : 'declared-plan';
  }
  if (status === 403) return 'declared-not-authorized';
  if (status !== 400 && status !== 409) return 'declared-failed';
  if (code === '1001') return 'declared-zone-missing';
  return TEXTS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'declared-refused';
}

const TEXTS: readonly (readonly [RegExp, FindingCode])[] = [
  [/retention/i, 'declared-retention-refused'],
  [/already exists|must be unique|duplicate/i, 'declared-path-taken'],
  [/validating destination|error writing|error uploading/i, 'declared-destination-refused'],
  [/ownership/i, 'declared-ownership-invalid'],
];
