import { type Finding, finding } from '../finding.ts';
import { jobKey, type LogpushJob } from '../logpush.ts';
import { formatInstant, minutes } from '../time.ts';
import { decideFailing } from './decide-rollback.ts';
import { drainEndsAt, isOnItsLastDay, lastMoveAt, mayRetire } from './old-key.ts';
import type { JobProgress, Rotation } from './record.ts';
import { look, note, type RotationView, rest, type Step } from './steps.ts';
import { CANARIES, TIMING } from './timing.ts';

/** Has a canary job pushed since CIS must have taken the new key over? It opens the fleet, it proves nothing yet. */
export function decideConfirming(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  const key = rotation.canaries.at(-1);
  const canary = key === undefined ? undefined : rotation.jobs[key];
  if (key === undefined || canary === undefined) return note({ kind: 'enter', phase: 'moving' });
  const workingFrom = canary.movedAt + TIMING.propagationMs;
  if (now < workingFrom) return rest(`the canary job ${canary.label}, which CIS may serve late`, workingFrom);
  if (facts.canaries === undefined) return look('canaries');
  const seen = facts.canaries;
  const works = Object.entries(seen).some(([of, job]) => {
    const progress = rotation.jobs[of];
    return job !== null && progress !== undefined && hasPushedSinceMove(progress, job);
  });
  if (works) return note({ kind: 'open-fleet' });
  const job = seen[key];
  if (job === null || job === undefined || !job.enabled) return note({ kind: 'enter', phase: 'moving' });
  if (hasFailedSinceMove(canary, job)) {
    if (!isFailingForGood(canary, job, now))
      return rest(`the canary job ${canary.label}, which fails`, now + TIMING.canaryFailingMs);
    return decideFailing(view, rotation, [{ progress: canary, job }], 'canary-failed');
  }
  const silentFrom = canary.movedAt + TIMING.canarySilentMs;
  if (now < silentFrom) return rest(`a push by the canary job ${canary.label}`, silentFrom);
  if (rotation.canaries.length < CANARIES) return note({ kind: 'enter', phase: 'moving' });
  // Silence is no refusal. What did the very action may move; what did not may when waiting is worse.
  if (rotation.qualified === 'action' || isOnItsLastDay(rotation, now)) return note({ kind: 'open-fleet' });
  return rest('a push by one of the jobs that moved', undefined, [
    finding('canary-silent', `rotation ${rotation.runId}`, `no push by ${rotation.canaries.length} job(s)`),
  ]);
}

const hasPushedSinceMove = (progress: JobProgress, job: LogpushJob): boolean =>
  job.lastCompleteAt !== undefined &&
  job.lastCompleteAt >= progress.movedAt + TIMING.propagationMs &&
  (job.lastErrorAt === undefined || job.lastErrorAt < job.lastCompleteAt);

const hasFailedSinceMove = (progress: JobProgress, job: LogpushJob): boolean =>
  job.lastErrorAt !== undefined &&
  job.lastErrorAt > progress.movedAt + TIMING.propagationMs &&
  (job.lastCompleteAt === undefined || job.lastCompleteAt < job.lastErrorAt);

const isFailingForGood = (progress: JobProgress, job: LogpushJob, now: number): boolean =>
  hasFailedSinceMove(progress, job) &&
  now - Math.max(job.lastCompleteAt ?? 0, progress.movedAt + TIMING.propagationMs) > TIMING.canaryFailingMs;

interface Moved {
  readonly progress: JobProgress;
  readonly job: LogpushJob;
}

/** The moved jobs that are enabled, as they are now. */
function movedJobs({ facts }: RotationView, rotation: Rotation): readonly Moved[] {
  return (facts.jobs?.jobs ?? []).flatMap(({ job }) => {
    const progress = rotation.jobs[jobKey(job.ref)];
    return progress === undefined || !job.enabled ? [] : [{ progress, job }];
  });
}

const failingFindings = (failing: readonly Moved[]): readonly Finding[] =>
  failing.map(({ progress, job }) =>
    finding(
      'job-failing-after-move',
      `job ${progress.label}`,
      `it failed at ${formatInstant(job.lastErrorAt ?? progress.movedAt)}: ${job.errorMessage ?? 'no message'}`,
      job.lastErrorAt,
    ),
  );

/** The old key stays untouched while CIS may push with it; twice the fleet is looked at, for a key that does not work. */
export function decideDraining(view: RotationView, rotation: Rotation): Step {
  const { now, facts } = view;
  const endsAt = drainEndsAt(view, rotation);
  if (now >= endsAt) return note({ kind: 'enter', phase: 'proving' });
  const delayMs = TIMING.drainLooksMs[rotation.fleetLooks];
  if (delayMs === undefined) return rest('the drain: CIS may still push with the old key', endsAt);
  const lookAt = Math.max(lastMoveAt(rotation) + delayMs, rotation.lookAt ?? 0);
  if (now < lookAt) return rest('the drain: CIS may still push with the old key', Math.min(lookAt, endsAt));
  if (facts.jobs === undefined) return look('jobs');
  const moved = movedJobs(view, rotation);
  const failing = moved.filter(({ progress, job }) => isFailingForGood(progress, job, now));
  const works = moved.some(({ progress, job }) => hasPushedSinceMove(progress, job));
  if (failing.length > 0 && !works) return decideFailing(view, rotation, failing, 'job-failing-after-move');
  if (failing.length === 0) return note({ kind: 'looked', lookAt: now, draining: true });
  return rest('the drain: CIS may still push with the old key', endsAt, failingFindings(failing));
}

/** A push that covers time after the drain can only have been made with the new key: that is proof. */
export function decideProving(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  if (rotation.lookAt !== undefined && now < rotation.lookAt)
    return rest(`proof from ${unsettled(rotation)} job(s)`, rotation.lookAt);
  if (facts.jobs === undefined) return look('jobs');
  const unmoved = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  if (unmoved.length > 0) return note({ kind: 'enter', phase: 'moving' });
  const seen = new Map(facts.jobs.jobs.map(({ job }) => [jobKey(job.ref), job]));
  const changed: Record<string, JobProgress> = {};
  for (const [key, progress] of Object.entries(rotation.jobs)) {
    const judged = judge(view, progress, seen.get(key), facts.jobs.complete);
    if (judged.state !== progress.state || judged.lastCompleteAt !== progress.lastCompleteAt)
      changed[key] = judged;
  }
  if (Object.keys(changed).length > 0) return note({ kind: 'record-jobs', jobs: changed });
  if (unsettled(rotation) === 0)
    return note({ kind: 'enter', phase: mayRetire(rotation) ? 'disabling' : 'deleting' });
  const moved = movedJobs(view, rotation);
  const failing = moved.filter(({ progress, job }) => isFailingForGood(progress, job, now));
  const works = Object.values(rotation.jobs).some((job) => job.state === 'proven');
  if (failing.length > 0 && !works) return decideFailing(view, rotation, failing, 'job-failing-after-move');
  const pauseMs = Math.max(minutes(15), Math.min(TIMING.strayAgeMs, (now - lastMoveAt(rotation)) / 12));
  if (failing.length === 0) return note({ kind: 'looked', lookAt: now + pauseMs, draining: false });
  return rest(`proof from ${unsettled(rotation)} job(s)`, undefined, failingFindings(failing));
}

const isSettled = (job: JobProgress): boolean => job.state !== 'moved' && job.state !== 'confirmed';

const unsettled = (rotation: Rotation): number =>
  Object.values(rotation.jobs).filter((job) => !isSettled(job)).length;

function judge(
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
