import { type Finding, finding } from '../finding.ts';
import { jobKey, type LogpushJob } from '../logpush.ts';
import type { RotationRecord } from './record.ts';
import { look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';

/** The jobs of this record were given its key, this one among them. */
export const isCarriedBy = ({ carried }: RotationRecord, job: LogpushJob): boolean =>
  carried?.jobs.includes(jobKey(job.ref)) === true;

/**
 * Jobs that do not hold the secret's key: they show another, or show none and were never given it.
 *
 * What a job hides is taken for what it was given.
 */
export function driftOf({ record, facts, memory }: RotationView): readonly LogpushJob[] {
  const isCurrent = record.carried?.keyId === facts.currentKeyId;
  return (facts.jobs?.jobs ?? []).flatMap(({ job }) => {
    const { destinationKey } = job;
    const holds =
      destinationKey.state === 'visible' && memory.currentValue !== undefined
        ? destinationKey.key.equals(memory.currentValue)
        : isCurrent && isCarriedBy(record, job);
    return holds ? [] : [job];
  });
}

/**
 * Once a day all jobs are looked at: some may have come since, and people or other tools may have turned one back to the key
 * before, which ends without anybody's doing.
 *
 * @returns undefined when that is not due yet
 */
export function decideStillCarried(view: RotationView): Step | 'drifted' | undefined {
  const { record, facts, memory, now } = view;
  const { carried } = record;
  if (carried === undefined || carried.abandoned === true) return undefined;
  if (now < carried.checkedAt + TIMING.carriedCheckMs) return undefined;
  if (facts.jobs === undefined) return look('jobs');
  if (memory.currentValue === undefined && facts.currentValueGone !== true) return look('current-value');
  if (driftOf(view).length > 0) return 'drifted';
  if (!facts.jobs.complete) return rest('zones that could not be read', undefined, carriedFindings(view));
  return note({ kind: 'carried', keyId: carried.keyId });
}

/** What stays to be said while no rotation is under way. */
export function carriedFindings({ record, binding, facts }: RotationView): readonly Finding[] {
  const { carried } = record;
  if (carried === undefined) return [];
  if (carried.abandoned === true) {
    const detail = `its rotation was abandoned: jobs may carry another key than ${carried.keyId}`;
    return [finding('carry-abandoned', `binding ${binding.name}`, detail, carried.checkedAt)];
  }
  // A look of this run says it itself.
  if (facts.jobs !== undefined) return [];
  return carried.unclear.map(({ label, detail }) =>
    finding('destination-unreadable', `job ${label}`, detail),
  );
}
