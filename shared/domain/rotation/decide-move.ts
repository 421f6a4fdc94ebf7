import { finding } from '../finding.ts';
import { jobKey } from '../logpush.ts';
import { evidenceOf, failingFindings, judgeMoved } from './after-move.ts';
import { decideFailing } from './decide-rollback.ts';
import { describeHeld, type HeldJob, heldAmong, heldFinding } from './held.ts';
import { jobLabel, movableNow, moveJob } from './move-job.ts';
import { isDead, whyDead } from './old-key.ts';
import type { Rotation } from './record.ts';
import { look, note, type RotationView, rest, type SelectedJob, type Step } from './steps.ts';
import { TIMING } from './timing.ts';

/** One canary job first; when it works, all others. */
export function decideMoving(view: RotationView, rotation: Rotation): Step {
  const { facts, memory } = view;
  const dead = decideOldKey(view, rotation);
  if (dead !== undefined) return dead;
  if (facts.jobs === undefined) return look('jobs');
  const left = facts.jobs.jobs.filter(({ job }) => rotation.jobs[jobKey(job.ref)] === undefined);
  if (left.length > 0 && memory.value === undefined) {
    return facts.valueProblem === undefined ? look('value') : valueGone(view, facts.valueProblem);
  }
  const held = heldAmong(view, left);
  const kept = new Set(held.map(({ selected }) => selected));
  const next = movableNow(view, left).filter((selected) => !kept.has(selected));
  if (!rotation.fleetOpen) return decideCanary(view, rotation, { left, held, next });
  const [first] = next;
  if (first !== undefined) return moveJob(rotation, first, 'fleet');
  if (mayGoOnWithout(view, rotation, { left, held })) return note({ kind: 'enter', phase: 'draining' });
  if (left.length > 0) return decideLeft(view, rotation, { left, held });
  if (!facts.jobs.complete) return rest('zones that could not be read');
  return note({ kind: 'enter', phase: 'draining' });
}

/**
 * Nothing is retired where others make the keys, unless somebody else has the old one: who is held or refused is looked for once a
 * day, and so is, after a while, who failed for another reason or is in a zone that cannot be read.
 */
function mayGoOnWithout(
  { binding, facts, memory, now }: RotationView,
  { jobs, compromised, phases, startedAt }: Rotation,
  { left, held }: Pick<Unmoved, 'left' | 'held'>,
): boolean {
  if (binding.managedBy === 'keeper' || compromised === true || Object.keys(jobs).length === 0) return false;
  const kept = new Set(held.map(({ selected }) => selected));
  const lasts = (selected: SelectedJob): boolean =>
    kept.has(selected) || memory.failedMoves.get(jobKey(selected.job.ref))?.refused === true;
  if (facts.jobs?.complete === true && left.every(lasts)) return true;
  return now - (phases.at(-1)?.at ?? startedAt) >= TIMING.leftPatienceMs;
}

/** Nobody told the keeper why others have made a new key: the old one may have been retired with it, or ends by itself. */
export function decideOldKey({ binding, facts, now }: RotationView, rotation: Rotation): Step | undefined {
  if (binding.managedBy === 'keeper' || rotation.oldKeyId === undefined || rotation.oldKeyDead)
    return undefined;
  const { oldKey } = facts;
  if (oldKey === undefined) return look('old-key');
  const isDead = whyDead(oldKey, now) !== undefined;
  const expiresAt = oldKey === null || oldKey === 'unreadable' ? undefined : oldKey.expiresAt;
  const isNews = expiresAt !== undefined && rotation.oldKeyExpiresAt !== expiresAt;
  if (!isDead && !isNews) return undefined;
  return note({ kind: 'old-key-seen', isDead, ...(expiresAt === undefined ? {} : { expiresAt }) });
}

/** The secret no longer gives the new key: nothing can be moved any more, and only a person can bring it back. */
export const valueGone = ({ binding }: RotationView, problem: string): Step =>
  rest('a person: the new key cannot be read any more', undefined, [
    finding('secret-unusable', `binding ${binding.name}`, problem),
  ]);

/** Jobs that have the old key yet, those of them that holds keep, and those that may move now. */
interface Unmoved {
  readonly left: readonly SelectedJob[];
  readonly held: readonly HeldJob[];
  readonly next: readonly SelectedJob[];
}

function decideCanary(view: RotationView, rotation: Rotation, { left, held, next }: Unmoved): Step {
  // The old key is dead already, and the new one did what a job does: waiting for a canary would only lose logs.
  const proved = rotation.qualified === 'action' || rotation.reason === 'ledger-lost';
  // Each minute on the old key is one for whoever else has it.
  if (proved && (rotation.compromised === true || isDead(rotation, view.now)))
    return note({ kind: 'open-fleet' });
  const enabled = left.filter(({ job }) => job.enabled);
  // Without an enabled job no push can tell anything; moving the others cannot lose a log.
  if (enabled.length === 0) return note({ kind: 'open-fleet' });
  const [canary] = next.filter(({ job }) => job.enabled).toSorted(byFreshness);
  return canary === undefined
    ? decideLeft(view, rotation, { left, held })
    : moveJob(rotation, canary, 'canary');
}

/** Jobs are left that could not be moved in this run. When no job works with the new key it may be the key's fault. */
function decideLeft(
  view: RotationView,
  rotation: Rotation,
  { left, held }: Pick<Unmoved, 'left' | 'held'>,
): Step {
  const moved = judgeMoved(view, rotation);
  const waits = held.length === 0 ? rest('the jobs that could not be moved') : restHeld(view, rotation, held);
  if (moved.works) return waits;
  if (moved.failing.length > 0) return decideFailing(view, rotation, evidenceOf(rotation, moved.failing));
  const refused = left.find(({ job }) => view.memory.failedMoves.get(jobKey(job.ref))?.refused === true);
  if (refused === undefined || moved.jobs.length > 0) return waits;
  const why = view.memory.failedMoves.get(jobKey(refused.job.ref))?.detail ?? 'refused';
  return decideFailing(view, rotation, {
    code: 'job-move-failed',
    subject: `job ${jobLabel(refused)}`,
    detail: `CIS refuses key ${rotation.newKeyId} for the first jobs that it was given: ${why}`,
    since: view.now,
    destination: refused.job.destination,
  });
}

/** A hold may last for days: jobs that fail meanwhile are told. */
function restHeld(view: RotationView, rotation: Rotation, held: readonly HeldJob[]): Step {
  const { waitsFor, until } = describeHeld(held);
  return rest(waitsFor, until, [
    ...held.map((one) => heldFinding(rotation, view.now, one)),
    ...failingFindings(judgeMoved(view, rotation).failing),
  ]);
}

function byFreshness(a: SelectedJob, b: SelectedJob): number {
  const difference = (b.job.lastCompleteAt ?? 0) - (a.job.lastCompleteAt ?? 0);
  return difference !== 0 ? difference : jobKey(a.job.ref) < jobKey(b.job.ref) ? -1 : 1;
}
