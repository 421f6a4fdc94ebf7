import { finding } from '../finding.ts';
import { jobKey } from '../logpush.ts';
import { isDead } from './old-key.ts';
import type { Rotation } from './record.ts';
import {
  type Action,
  act,
  look,
  note,
  type RotationView,
  rest,
  type SelectedJob,
  type Step,
} from './steps.ts';

/** Text for people: `700123 (http_requests of shop.example)`. */
export const jobLabel = ({ job, zone }: SelectedJob): string =>
  `${job.ref.jobId} (${job.dataset} of ${zone.name})`;

/** One canary job first; when it works, all others. */
export function decideMoving(view: RotationView, rotation: Rotation): Step {
  const { facts, memory } = view;
  if (facts.jobs === undefined) return look('jobs');
  const left = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  if (left.length > 0 && memory.value === undefined) {
    return facts.valueProblem === undefined ? look('value') : valueGone(view, facts.valueProblem);
  }
  const next = left.filter(({ job }) => !memory.failedMoves.has(jobKey(job.ref)));
  if (!rotation.fleetOpen) return decideCanary(view, rotation, left, next);
  const [first] = next;
  if (first !== undefined) return moveJob(rotation, first, 'fleet');
  if (left.length > 0) return rest('the jobs that could not be moved');
  if (!facts.jobs.complete) return rest('zones that could not be read');
  return note({ kind: 'enter', phase: 'draining' });
}

/** The secret no longer gives the new key: nothing can be moved any more, and only a person can bring it back. */
export const valueGone = ({ binding }: RotationView, problem: string): Step =>
  rest('a person: the new key cannot be read any more', undefined, [
    finding('secret-unusable', `binding ${binding.name}`, problem),
  ]);

function decideCanary(
  view: RotationView,
  rotation: Rotation,
  left: readonly SelectedJob[],
  next: readonly SelectedJob[],
): Step {
  // The old key is dead already, and the new one did what a job does: waiting for a canary would only lose logs.
  const proved = rotation.qualified === 'action' || rotation.reason === 'ledger-lost';
  if (proved && isDead(rotation, view.now)) return note({ kind: 'open-fleet' });
  const enabled = left.filter(({ job }) => job.enabled);
  // Without an enabled job no push can tell anything; moving the others cannot lose a log.
  if (enabled.length === 0) return note({ kind: 'open-fleet' });
  const [canary] = next.filter(({ job }) => job.enabled).toSorted(byFreshness);
  return canary === undefined
    ? rest('the jobs that could not be moved')
    : moveJob(rotation, canary, 'canary');
}

function byFreshness(a: SelectedJob, b: SelectedJob): number {
  const difference = (b.job.lastCompleteAt ?? 0) - (a.job.lastCompleteAt ?? 0);
  return difference !== 0 ? difference : jobKey(a.job.ref) < jobKey(b.job.ref) ? -1 : 1;
}

/** Gives a job the new key, or on the way back the old one. */
export function moveJob(
  rotation: Rotation,
  selected: SelectedJob,
  role: Extract<Action, { kind: 'move-job' }>['role'],
): Step {
  const { job } = selected;
  const keyId = role === 'back' ? rotation.oldKeyId : rotation.newKeyId;
  if (job.destination.kind !== 'cloud-logs' || keyId === undefined) {
    // Selection lets only Cloud Logs destinations through, and no job moves before the key is stored.
    return rest('a destination that can be sent again');
  }
  const { destination, enabled } = job;
  return act({
    kind: 'move-job',
    job: job.ref,
    label: jobLabel(selected),
    destination,
    enabled,
    role,
    keyId,
  });
}
