import { type Finding, type FindingCode, finding } from '../finding.ts';
import { type Destination, jobKey, type LogpushJob } from '../logpush.ts';
import { formatInstant } from '../time.ts';
import type { JobProgress, Rotation } from './record.ts';
import type { RotationView } from './steps.ts';
import { TIMING } from './timing.ts';

/** A push that CIS can have made with the new key, and no failure after it. */
export const hasPushedSinceMove = (progress: JobProgress, job: LogpushJob): boolean =>
  job.lastCompleteAt !== undefined &&
  job.lastCompleteAt >= progress.movedAt + TIMING.propagationMs &&
  (job.lastErrorAt === undefined || job.lastErrorAt < job.lastCompleteAt);

export const hasFailedSinceMove = (progress: JobProgress, job: LogpushJob): boolean =>
  job.lastErrorAt !== undefined &&
  job.lastErrorAt > progress.movedAt + TIMING.propagationMs &&
  (job.lastCompleteAt === undefined || job.lastCompleteAt < job.lastErrorAt);

export const isFailingForGood = (progress: JobProgress, job: LogpushJob, now: number): boolean =>
  hasFailedSinceMove(progress, job) &&
  now - Math.max(job.lastCompleteAt ?? 0, progress.movedAt + TIMING.propagationMs) > TIMING.canaryFailingMs;

interface Moved {
  readonly progress: JobProgress;
  readonly job: LogpushJob;
}

/** The moved jobs that are enabled, as they are now: which fail, and whether any works. */
export function judgeMoved(
  { facts, now }: RotationView,
  rotation: Rotation,
): { readonly jobs: readonly Moved[]; readonly failing: readonly Moved[]; readonly works: boolean } {
  const jobs = (facts.jobs?.jobs ?? []).flatMap(({ job }) => {
    const progress = rotation.jobs[jobKey(job.ref)];
    return progress === undefined || !job.enabled ? [] : [{ progress, job }];
  });
  return {
    jobs,
    failing: jobs.filter(({ progress, job }) => isFailingForGood(progress, job, now)),
    works: jobs.some(({ progress, job }) => hasPushedSinceMove(progress, job)),
  };
}

/** What speaks against the new key. */
export interface Evidence {
  readonly code: FindingCode;
  readonly subject: string;
  readonly detail: string;
  readonly since: number;
  /** Where the old key is tried. */
  readonly destination: Destination;
}

/** @param failing - at least one */
export function evidenceOf(
  rotation: Rotation,
  failing: readonly Moved[],
  code: FindingCode = 'job-failing-after-move',
): Evidence {
  const [first] = failing;
  if (first === undefined) throw new Error('nothing fails');
  const { progress, job } = first;
  const since = job.lastErrorAt ?? progress.movedAt;
  return {
    code,
    subject: `job ${progress.label}`,
    detail: `${failing.length} job(s) fail with key ${rotation.newKeyId} and none works, the last at ${formatInstant(since)}: ${job.errorMessage ?? 'no message'}`,
    since,
    destination: job.destination,
  };
}

export const failingFindings = (failing: readonly Moved[]): readonly Finding[] =>
  failing.map(({ progress, job }) =>
    finding(
      'job-failing-after-move',
      `job ${progress.label}`,
      `it failed at ${formatInstant(job.lastErrorAt ?? progress.movedAt)}: ${job.errorMessage ?? 'no message'}`,
      job.lastErrorAt,
    ),
  );

const isSettled = (job: JobProgress): boolean => job.state !== 'moved' && job.state !== 'confirmed';

export const unsettled = (rotation: Rotation): number =>
  Object.values(rotation.jobs).filter((job) => !isSettled(job)).length;

/** What a moved job shows now. */
export function judge(
  view: RotationView,
  progress: JobProgress,
  job: LogpushJob | undefined,
  complete: boolean,
): JobProgress {
  if (isSettled(progress) && progress.state !== 'moved-while-disabled') return progress;
  // A job that is missing from an incomplete look is unknown, not gone.
  if (job === undefined) return complete ? { ...progress, state: 'gone' } : progress;
  if (!job.enabled) return { ...progress, state: 'moved-while-disabled' };
  const last = job.lastCompleteAt;
  const seen = last === undefined ? progress : { ...progress, lastCompleteAt: last };
  if (last !== undefined && last >= progress.movedAt + view.binding.rotation.drainMs)
    return { ...seen, state: 'proven' };
  const quiet = job.lastErrorAt === undefined;
  if (quiet && view.now >= progress.movedAt + TIMING.idleUnprovenMs)
    return { ...seen, state: 'idle-unproven' };
  if (hasPushedSinceMove(progress, job)) return { ...seen, state: 'confirmed' };
  return { ...seen, state: 'moved' };
}
