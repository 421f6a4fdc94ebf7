import { type Finding, finding } from '../finding.ts';
import { jobKey, type LogpushJob } from '../logpush.ts';
import { formatInstant } from '../time.ts';
import type { JobProgress, Rotation } from './record.ts';
import { act, look, note, type RotationView, rest, type SelectedJob, type Step } from './steps.ts';
import { CANARIES, TIMING } from './timing.ts';

/** Text for people: `700123 (http_requests of shop.example)`. */
export const jobLabel = ({ job, zone }: SelectedJob): string =>
  `${job.ref.jobId} (${job.dataset} of ${zone.name})`;

/** One canary job first; when it works, all others. */
export function decideMoving(view: RotationView, rotation: Rotation): Step {
  const { facts, memory } = view;
  if (facts.jobs === undefined) return look('jobs');
  if (memory.value === undefined) return look('value');
  const left = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  const next = left.filter(({ job }) => !memory.failedMoves.has(jobKey(job.ref)));
  if (!rotation.fleetOpen) return decideCanary(rotation, left, next);
  const [first] = next;
  if (first !== undefined) return moveJob(rotation, first, 'fleet');
  if (left.length > 0) return rest('the jobs that could not be moved');
  if (!facts.jobs.complete) return rest('zones that could not be read');
  return note({ kind: 'enter', phase: 'draining' });
}

function decideCanary(rotation: Rotation, left: readonly SelectedJob[], next: readonly SelectedJob[]): Step {
  if (mayMoveAllAtOnce(rotation)) return note({ kind: 'open-fleet' });
  const enabled = left.filter(({ job }) => job.enabled);
  if (enabled.length === 0) {
    // Without an enabled job no push can tell anything; moving the others cannot lose a log.
    if (rotation.canaries.length === 0 || rotation.qualified === 'action')
      return note({ kind: 'open-fleet' });
    return silent(rotation);
  }
  const candidates = next.filter(({ job }) => job.enabled).toSorted(byFreshness);
  const [canary] = candidates;
  return canary === undefined
    ? rest('the jobs that could not be moved')
    : moveJob(rotation, canary, 'canary');
}

/** The old key is dead already, and the new one did what a job does: waiting for a canary would only lose logs. */
const mayMoveAllAtOnce = (rotation: Rotation): boolean =>
  rotation.qualified === 'action' &&
  (rotation.reason === 'key-missing' ||
    rotation.reason === 'key-disabled' ||
    rotation.reason === 'key-expired');

function byFreshness(a: SelectedJob, b: SelectedJob): number {
  const difference = (b.job.lastCompleteAt ?? 0) - (a.job.lastCompleteAt ?? 0);
  return difference !== 0 ? difference : jobKey(a.job.ref) < jobKey(b.job.ref) ? -1 : 1;
}

function moveJob(rotation: Rotation, selected: SelectedJob, role: 'canary' | 'fleet'): Step {
  const { job } = selected;
  if (job.destination.kind !== 'cloud-logs' || rotation.newKeyId === undefined) {
    // Selection lets only Cloud Logs destinations through, and no job moves before the key is stored.
    return rest('a destination that can be sent again');
  }
  return act({
    kind: 'move-job',
    job: job.ref,
    label: jobLabel(selected),
    destination: job.destination,
    enabled: job.enabled,
    role,
    keyId: rotation.newKeyId,
  });
}

const silent = (rotation: Rotation): Step =>
  rest('a push by one of the jobs that moved', undefined, [
    finding('canary-silent', `rotation ${rotation.runId}`, `no push by ${rotation.canaries.length} job(s)`),
  ]);

/** Has the canary job pushed since CIS must have taken the new key over? It opens the fleet, it proves nothing yet. */
export function decideConfirming(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  const key = rotation.canaries.at(-1);
  const canary = key === undefined ? undefined : rotation.jobs[key];
  if (canary === undefined) return note({ kind: 'enter', phase: 'moving' });
  const workingFrom = canary.movedAt + TIMING.propagationMs;
  if (now < workingFrom) return rest(`the canary job ${canary.label}, which CIS may serve late`, workingFrom);
  if (facts.canary === undefined) return look('canary');
  if (facts.canary === null || !facts.canary.enabled) return note({ kind: 'enter', phase: 'moving' });
  if (pushedSince(facts.canary, workingFrom)) return note({ kind: 'open-fleet' });
  const job = facts.canary;
  if (job.lastErrorAt !== undefined && job.lastErrorAt > workingFrom) {
    const lastSuccessAt = job.lastCompleteAt ?? canary.movedAt;
    if (now - lastSuccessAt > TIMING.canaryFailingMs) {
      const detail = `it failed at ${formatInstant(job.lastErrorAt)}, after it had been given key ${rotation.newKeyId}`;
      return rest('a person: the new key does not work', undefined, [
        finding('canary-failed', `job ${canary.label}`, detail, job.lastErrorAt),
      ]);
    }
    return rest(`the canary job ${canary.label}, which fails`, now + TIMING.canaryFailingMs);
  }
  const silentFrom = canary.movedAt + TIMING.canarySilentMs;
  if (now < silentFrom) return rest(`a push by the canary job ${canary.label}`, silentFrom);
  if (rotation.canaries.length < CANARIES) return note({ kind: 'enter', phase: 'moving' });
  return rotation.qualified === 'action' ? note({ kind: 'open-fleet' }) : silent(rotation);
}

const pushedSince = (job: LogpushJob, since: number): boolean =>
  job.lastCompleteAt !== undefined &&
  job.lastCompleteAt >= since &&
  (job.lastErrorAt === undefined || job.lastErrorAt < job.lastCompleteAt);

/** The end of the time in which CIS may still push with the old key. */
export const drainEndsAt = (view: RotationView, rotation: Rotation): number =>
  Math.max(...Object.values(rotation.jobs).map((job) => job.movedAt)) + view.binding.rotation.drainMs;

export function decideDraining(view: RotationView, rotation: Rotation): Step {
  const endsAt = drainEndsAt(view, rotation);
  if (view.now < endsAt) return rest('the drain: CIS may still push with the old key', endsAt);
  return note({ kind: 'enter', phase: 'proving' });
}

/** A push that covers time after the drain can only have been made with the new key: that is proof. */
export function decideProving(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  if (facts.jobs === undefined) return look('jobs');
  const unmoved = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  if (unmoved.length > 0) return note({ kind: 'enter', phase: 'moving' });
  const seen = new Map(facts.jobs.jobs.map((selected) => [jobKey(selected.job.ref), selected.job]));
  const changed: Record<string, JobProgress> = {};
  const findings: Finding[] = [];
  let waiting = 0;
  for (const [key, progress] of Object.entries(rotation.jobs)) {
    const job = seen.get(key);
    const judged = judge(view, progress, job, facts.jobs.complete);
    if (judged.state !== progress.state || judged.lastCompleteAt !== progress.lastCompleteAt)
      changed[key] = judged;
    if (!isSettled(judged)) waiting += 1;
    if (job?.enabled === true && failingAfterMove(progress, job)) {
      const detail = `it has failed since ${formatInstant(job.lastErrorAt ?? now)}: ${job.errorMessage ?? 'no message'}`;
      findings.push(finding('job-failing-after-move', `job ${progress.label}`, detail, job.lastErrorAt));
    }
  }
  if (Object.keys(changed).length > 0) return note({ kind: 'record-jobs', jobs: changed });
  if (waiting > 0) return rest(`proof from ${waiting} job(s)`, undefined, findings);
  return note({ kind: 'enter', phase: mayDisable(rotation) ? 'disabling' : 'deleting' });
}

const isSettled = (job: JobProgress): boolean => job.state !== 'moved' && job.state !== 'confirmed';

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
  if (pushedSince(job, progress.movedAt + TIMING.propagationMs)) return { ...seen, state: 'confirmed' };
  return { ...seen, state: 'moved' };
}

const failingAfterMove = (progress: JobProgress, job: LogpushJob): boolean =>
  job.lastErrorAt !== undefined && job.lastErrorAt > progress.movedAt + TIMING.propagationMs;

export const mayDisable = (rotation: Rotation): boolean =>
  rotation.oldKeyId !== undefined &&
  !rotation.oldKeyGone &&
  (rotation.oldKeyOrigin === 'stamped' || rotation.oldKeyOrigin === 'adopted-disable');
