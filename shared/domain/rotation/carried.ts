import { type Finding, finding } from '../finding.ts';
import { describeHold } from '../hold.ts';
import { jobKey, type LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import { heldAmong } from './held.ts';
import { jobLabel } from './move-job.ts';
import { failureOf } from './past.ts';
import type { Rotation, RotationRecord, ToldJob } from './record.ts';
import { look, note, type RotationView, type SelectedJob, type Step } from './steps.ts';
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

/** Jobs that were not given the key that the secret holds, and what is known of why. */
export function withoutKey(view: RotationView, jobs: readonly SelectedJob[]): readonly ToldJob[] {
  const holds = new Map(heldAmong(view, jobs).map(({ selected, hold }) => [selected, describeHold(hold)]));
  return jobs.map((selected) => {
    const why = holds.get(selected);
    const detail =
      'it was not given the key that the secret holds; the one that it carries may end at any time';
    return { label: jobLabel(selected), detail: why === undefined ? detail : `${detail}; ${why}` };
  });
}

/** What a rotation to a key that others made goes on without. */
export function withLeft(view: RotationView, rotation: Rotation): Rotation {
  const seen = view.facts.jobs?.jobs ?? [];
  const left = seen.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  const before = omit(rotation, 'left');
  return rotation.oldKeyOrigin === 'theirs' && left.length > 0
    ? { ...before, left: withoutKey(view, left) }
    : before;
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
  if (carried === undefined || carried.abandoned !== undefined) return undefined;
  if (now < carried.checkedAt + TIMING.carriedCheckMs) return undefined;
  if (facts.jobs === undefined) return look('jobs');
  if (memory.currentValue === undefined && facts.currentValueGone !== true) return look('current-value');
  // Without it nothing can be compared.
  if (memory.currentValue === undefined) return undefined;
  const drifted = new Set(driftOf(view));
  const selected = facts.jobs.jobs.filter(({ job }) => drifted.has(job));
  // Who is held is told of, and nobody waits for it.
  if (selected.length > heldAmong(view, selected).length) return 'drifted';
  return note({ kind: 'carried', keyId: carried.keyId });
}

export const withoutFindings = (jobs: readonly ToldJob[]): readonly Finding[] =>
  jobs.map(({ label, detail }) => finding('job-without-key', `job ${label}`, detail));

/** What is said before a rotation begins: why the last attempt failed, until one succeeds, and who was not given the key. */
export function carryNotices(view: RotationView): readonly Finding[] {
  const last = view.record.history.at(-1);
  const failed = last === undefined ? undefined : failureOf(last, view.binding);
  return [...(failed === undefined ? [] : [failed]), ...carriedFindings(view)];
}

/** What stays to be said while no rotation is under way. */
function carriedFindings({ record, binding, facts }: RotationView): readonly Finding[] {
  const { carried } = record;
  if (carried === undefined) return [];
  if (carried.abandoned !== undefined) {
    const detail = `its rotation to key ${carried.abandoned.keyId} was abandoned: jobs may carry another`;
    return [finding('carry-abandoned', `binding ${binding.name}`, detail, carried.checkedAt)];
  }
  const without = withoutFindings(carried.without);
  const unread =
    carried.unread === true
      ? [finding('zone-unreadable', `binding ${binding.name}`, 'jobs there may not have the secret’s key')]
      : [];
  // A look of this run says the rest itself.
  const unclear = facts.jobs === undefined ? carried.unclear : [];
  return [
    ...without,
    ...unread,
    ...unclear.map(({ label, detail }) => finding('destination-unreadable', `job ${label}`, detail)),
  ];
}
