import { finding } from '../finding.ts';
import { jobKey } from '../logpush.ts';
import { formatInstant } from '../time.ts';
import { drainEndsAt, mayDisable } from './decide-move.ts';
import type { Rotation } from './record.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';

/** The old key is disabled only when nothing logs in with it any more and every job still holds the new one. */
export function decideDisabling(view: RotationView, rotation: Rotation): Step {
  const { facts, now, memory } = view;
  const { oldKeyId } = rotation;
  if (rotation.disabledAt !== undefined) return decideWatching(view, rotation, rotation.disabledAt);
  if (oldKeyId === undefined || rotation.oldKeyGone) return note({ kind: 'enter', phase: 'deleting' });
  const drainEnd = drainEndsAt(view, rotation);
  const earliest = drainEnd + TIMING.activityLagMs;
  if (now < earliest) return rest('IAM to show every login with the old key', earliest);
  if (facts.oldKey === undefined) return look('old-key');
  if (facts.oldKey === null) return note({ kind: 'old-key-gone' });
  if (facts.oldKey === 'unreadable') {
    const detail = 'IAM refuses to show it, so nothing can be told about who still uses it';
    return rest('the right to read the old key', undefined, [
      finding('old-key-unreadable', `key ${oldKeyId}`, detail),
    ]);
  }
  if (facts.oldKey.lastAuthnAt !== undefined && facts.oldKey.lastAuthnAt > drainEnd) {
    const detail = `last login ${formatInstant(facts.oldKey.lastAuthnAt)}, after the drain ended ${formatInstant(drainEnd)}`;
    return rest('a person: something still uses the old key', undefined, [
      finding('old-key-still-used', `key ${oldKeyId}`, detail, facts.oldKey.lastAuthnAt),
    ]);
  }
  if (facts.jobs === undefined) return look('jobs');
  if (!facts.jobs.complete) return rest('zones that could not be read');
  if (memory.value === undefined) return look('value');
  const { value } = memory;
  const moveAgain = facts.jobs.jobs.filter(({ job }) => {
    if (rotation.jobs[jobKey(job.ref)] === undefined) return true;
    return job.destinationKey.state === 'visible' && !job.destinationKey.key.equals(value);
  });
  if (moveAgain.length > 0) {
    return note({ kind: 'move-again', jobs: moveAgain.map(({ job }) => jobKey(job.ref)) });
  }
  return act({ kind: 'disable-key', keyId: oldKeyId, unlockFirst: facts.oldKey.locked });
}

/** After disabling, tokens of the old key die within an hour: a job that fails then still needed it. */
function decideWatching(view: RotationView, rotation: Rotation, disabledAt: number): Step {
  const { facts, now } = view;
  const watchEndsAt = disabledAt + TIMING.watchMs;
  if (facts.jobs === undefined) return look('jobs');
  const victims = facts.jobs.jobs.filter(
    ({ job }) =>
      job.enabled &&
      job.lastErrorAt !== undefined &&
      job.lastErrorAt > disabledAt &&
      (job.lastCompleteAt === undefined || job.lastCompleteAt < job.lastErrorAt),
  );
  const [victim] = victims;
  if (victim !== undefined && rotation.oldKeyId !== undefined) {
    const detail = `job ${victim.job.ref.jobId} failed at ${formatInstant(victim.job.lastErrorAt ?? now)}`;
    return act({ kind: 'enable-old-key', keyId: rotation.oldKeyId, detail });
  }
  if (now < watchEndsAt) return rest('the last tokens of the disabled key', watchEndsAt);
  return note({ kind: 'enter', phase: 'deleting' });
}

/** Deletes what bears our stamp, then frees the previous version: only now can the next rotation begin. */
export function decideDeleting(view: RotationView, rotation: Rotation): Step {
  const { now } = view;
  if (mayDisable(rotation) && rotation.disabledAt !== undefined && rotation.oldKeyId !== undefined) {
    const unproven = Object.values(rotation.jobs).some(
      (job) => job.state !== 'proven' && job.state !== 'gone',
    );
    const at = rotation.disabledAt + (unproven ? TIMING.deleteUnprovenAfterMs : TIMING.deleteAfterMs);
    if (now < at) return rest('the time in which the disabled key could be needed again', at);
    if (rotation.oldKeyOrigin === 'stamped') return act({ kind: 'delete-key', keyId: rotation.oldKeyId });
  }
  if (view.facts.locks === undefined) return look('locks');
  if (view.facts.locks.some((lock) => lock.versionAlias === 'previous'))
    return act({ kind: 'release-previous' });
  return note({ kind: 'complete' });
}
