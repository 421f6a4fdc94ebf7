import { finding } from '../finding.ts';
import { jobKey } from '../logpush.ts';
import { minutes } from '../time.ts';
import {
  evidenceOf,
  failingFindings,
  hasFailedSinceMove,
  hasPushedSinceMove,
  isFailingForGood,
  judge,
  judgeMoved,
  unsettled,
} from './after-move.ts';
import { decideCut } from './decide-compromised.ts';
import { decideOldKey } from './decide-move.ts';
import { decideFailing } from './decide-rollback.ts';
import { heldAmong } from './held.ts';
import { drainEndsAt, isOnItsLastDay, lastMoveAt, mayRetire } from './old-key.ts';
import type { JobProgress, Rotation } from './record.ts';
import { look, note, type RotationView, rest, type SelectedJob, type Step } from './steps.ts';
import { CANARIES, TIMING } from './timing.ts';

/** Has a canary job pushed since CIS must have taken the new key over? It opens the fleet, it proves nothing yet. */
export function decideConfirming(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  const dead = decideOldKey(view, rotation);
  if (dead !== undefined) return dead;
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
    return decideFailing(view, rotation, evidenceOf(rotation, [{ progress: canary, job }], 'canary-failed'));
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

/** The old key stays untouched while CIS may push with it; twice the fleet is looked at, for a key that does not work. */
export function decideDraining(view: RotationView, rotation: Rotation): Step {
  const { now, facts } = view;
  const cut = decideCut(rotation);
  if (cut !== undefined) return cut;
  const endsAt = drainEndsAt(view, rotation);
  if (now >= endsAt) return note({ kind: 'enter', phase: 'proving' });
  const delayMs = TIMING.drainLooksMs[rotation.fleetLooks];
  if (delayMs === undefined) return rest('the drain: CIS may still push with the old key', endsAt);
  const lookAt = Math.max(lastMoveAt(rotation) + delayMs, rotation.lookAt ?? 0);
  if (now < lookAt) return rest('the drain: CIS may still push with the old key', Math.min(lookAt, endsAt));
  if (facts.jobs === undefined) return look('jobs');
  const { failing, works } = judgeMoved(view, rotation);
  if (failing.length > 0 && !works) return decideFailing(view, rotation, evidenceOf(rotation, failing));
  if (failing.length === 0) return note({ kind: 'looked', lookAt: now, draining: true });
  return rest('the drain: CIS may still push with the old key', endsAt, failingFindings(failing));
}

/** Where a rotation goes on without some jobs these are tried once a day, as they are when none is under way. */
function isTimeFor(view: RotationView, rotation: Rotation, unmoved: readonly SelectedJob[]): boolean {
  const triedAt = rotation.phases.findLast(({ phase }) => phase === 'moving')?.at ?? rotation.startedAt;
  return view.now - triedAt >= TIMING.carriedCheckMs && unmoved.length > heldAmong(view, unmoved).length;
}

/** A push that covers time after the drain can only have been made with the new key: that is proof. */
export function decideProving(view: RotationView, rotation: Rotation): Step {
  const { facts, now } = view;
  const cut = decideCut(rotation);
  if (cut !== undefined) return cut;
  if (rotation.lookAt !== undefined && now < rotation.lookAt)
    return rest(`proof from ${unsettled(rotation)} job(s)`, rotation.lookAt);
  if (facts.jobs === undefined) return look('jobs');
  const unmoved = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  if (unmoved.length > 0 && (view.binding.managedBy === 'keeper' || isTimeFor(view, rotation, unmoved)))
    return note({ kind: 'enter', phase: 'moving' });
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
  const { failing, works: isPushing } = judgeMoved(view, rotation);
  const works = isPushing || Object.values(rotation.jobs).some((job) => job.state === 'proven');
  if (failing.length > 0 && !works) return decideFailing(view, rotation, evidenceOf(rotation, failing));
  const pauseMs = Math.max(minutes(15), Math.min(TIMING.strayAgeMs, (now - lastMoveAt(rotation)) / 12));
  if (failing.length === 0) return note({ kind: 'looked', lookAt: now + pauseMs, draining: false });
  return rest(`proof from ${unsettled(rotation)} job(s)`, undefined, failingFindings(failing));
}
