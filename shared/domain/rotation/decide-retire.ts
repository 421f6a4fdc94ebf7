import { type Finding, finding } from '../finding.ts';
import type { ApiKey } from '../keys.ts';
import { jobKey } from '../logpush.ts';
import { slotName } from '../slot.ts';
import { formatInstant } from '../time.ts';
import { failingFindings, judgeMoved } from './after-move.ts';
import { decideCut } from './decide-compromised.ts';
import { valueGone } from './decide-move.ts';
import { jobLabel } from './move-job.ts';
import { activityShownAt, mayRetire, quietSince } from './old-key.ts';
import type { Rotation } from './record.ts';
import { act, type JobsLook, look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';
import { foreignOnPrevious, guardOn } from './versions.ts';

/** The old key is disabled only when nothing logs in with it any more and every job still holds the new one. */
export function decideDisabling(view: RotationView, rotation: Rotation): Step {
  const { facts, now, memory } = view;
  const { oldKeyId } = rotation;
  const cut = decideCut(rotation);
  if (cut !== undefined) return cut;
  if (rotation.disabledAt !== undefined) return decideWatching(view, rotation, rotation.disabledAt);
  if (oldKeyId === undefined || rotation.oldKeyGone) return note({ kind: 'enter', phase: 'deleting' });
  const earliest = activityShownAt(view, rotation);
  if (now < earliest) return rest('IAM to show every login with the old key', earliest);
  if (facts.oldKey === undefined) return look('old-key');
  if (facts.oldKey === null) return note({ kind: 'old-key-gone' });
  if (facts.oldKey === 'unreadable') {
    const detail = 'IAM refuses to show it, so nothing can be told about who still uses it';
    return keep('the right to read the old key', finding('old-key-unreadable', `key ${oldKeyId}`, detail));
  }
  if (facts.oldKey.disabled) return note({ kind: 'old-key-disabled' });
  if (facts.jobs === undefined) return look('jobs');
  const used = useOf(view, rotation, facts.oldKey, facts.jobs);
  if (used !== undefined) return used;
  // Whatever they fail from, nothing is taken from anybody meanwhile: the watch after it could not tell what it did.
  const { failing } = judgeMoved(view, rotation);
  if (failing.length > 0) return rest('jobs that fail to push again', undefined, failingFindings(failing));
  if (!facts.jobs.complete) return rest('zones that could not be read');
  if (facts.jobs.unclear.length > 0) return rest('a person: jobs that may carry the old key cannot be read');
  if (memory.value === undefined)
    return facts.valueProblem === undefined ? look('value') : valueGone(view, facts.valueProblem);
  const { value } = memory;
  const moveAgain = facts.jobs.jobs.filter(({ job }) => {
    if (rotation.jobs[jobKey(job.ref)] === undefined) return true;
    return job.destinationKey.state === 'visible' && !job.destinationKey.key.equals(value);
  });
  if (moveAgain.length > 0)
    return note({ kind: 'move-again', jobs: moveAgain.map(({ job }) => jobKey(job.ref)) });
  return decideOtherUsers(view, oldKeyId, facts.jobs, facts.oldKey.locked);
}

const keep = (waitsFor: string, why: Finding): Step => rest(waitsFor, undefined, [why]);

/** Logins since the drain, as far as IAM shows them. @returns undefined when nobody uses it */
function useOf(view: RotationView, rotation: Rotation, oldKey: ApiKey, jobs: JobsLook): Step | undefined {
  const subject = `key ${oldKey.id}`;
  const quiet = quietSince(view, rotation);
  const { lastAuthnAt } = oldKey;
  if (lastAuthnAt === undefined) {
    if (jobs.jobs.some(({ job }) => job.destinationKey.state === 'visible')) return undefined;
    const detail = 'IAM shows no login with it at all, and CIS hides which key a job carries';
    return keep(
      'a person: nothing tells whether the old key is in use',
      finding('old-key-unreadable', subject, detail),
    );
  }
  if (lastAuthnAt <= quiet) return undefined;
  const goneAt = lastAuthnAt + TIMING.usersGoneMs;
  if (view.now >= goneAt) return undefined;
  const detail = `last login ${formatInstant(lastAuthnAt)}, after it should have gone quiet at ${formatInstant(quiet)}`;
  return rest('whoever still uses the old key', goneAt, [
    finding('old-key-still-used', subject, detail, lastAuthnAt),
  ]);
}

/** Those whom logins do not show: the secret itself, consumers that lock its previous version, jobs of nobody's. */
function decideOtherUsers(view: RotationView, oldKeyId: string, jobs: JobsLook, locked: boolean): Step {
  const { facts, memory, binding } = view;
  if (facts.versions === undefined) return look('versions');
  if (facts.currentKeyId === undefined) return look('current-key');
  if (facts.currentKeyId === oldKeyId) {
    const detail = `its current version holds the old key ${oldKeyId} again`;
    return keep(
      'a person: the secret holds the old key',
      finding('secret-rotated-elsewhere', slotName(binding.secret), detail),
    );
  }
  if (facts.locks === undefined) return look('locks');
  const consumers = foreignOnPrevious(facts.locks);
  if (consumers.length > 0) {
    const detail = `its previous version, with the old key, is locked by ${consumers.map((lock) => lock.name).join(', ')}`;
    return keep(
      'the lock on the previous version',
      finding('previous-version-locked', slotName(binding.secret), detail),
    );
  }
  if (jobs.others.length > 0) {
    if (memory.oldValue === undefined && facts.oldValueProblem === undefined) return look('old-value');
    const user = jobs.others.find(({ key }) => memory.oldValue?.equals(key) === true);
    if (user !== undefined) {
      const detail = `job ${user.label}, which the binding does not select, carries it`;
      return keep(
        'a person: a job of no binding uses the old key',
        finding('old-key-still-used', `key ${oldKeyId}`, detail),
      );
    }
  }
  return act({ kind: 'disable-key', keyId: oldKeyId, unlockFirst: locked });
}

/** After disabling, tokens of the old key die within an hour: a job that fails then still needed it. */
function decideWatching(view: RotationView, rotation: Rotation, disabledAt: number): Step {
  const { facts, now } = view;
  const watchEndsAt = disabledAt + TIMING.watchMs;
  const lookAt = Math.max(disabledAt + TIMING.propagationMs, rotation.lookAt ?? 0);
  if (now < lookAt) return rest('the last tokens of the disabled key', Math.min(lookAt, watchEndsAt));
  if (facts.jobs === undefined) return look('jobs');
  const victim = facts.jobs.jobs.find(
    ({ job }) =>
      job.enabled &&
      job.lastErrorAt !== undefined &&
      job.lastErrorAt > disabledAt &&
      (job.lastCompleteAt === undefined || job.lastCompleteAt < job.lastErrorAt),
  );
  // A key that somebody else has stays off, whoever needs it.
  if (victim !== undefined && rotation.compromised === true)
    return rest(
      'jobs that fail to push again',
      undefined,
      failingFindings(judgeMoved(view, rotation).failing),
    );
  if (victim !== undefined && rotation.oldKeyId !== undefined) {
    const detail = `job ${victim.job.ref.jobId} failed at ${formatInstant(victim.job.lastErrorAt ?? now)}`;
    return act({ kind: 'enable-old-key', keyId: rotation.oldKeyId, detail });
  }
  if (now < watchEndsAt) return note({ kind: 'looked', lookAt: now + TIMING.propagationMs, draining: false });
  if (!facts.jobs.complete) return rest('zones that could not be read');
  return note({ kind: 'enter', phase: 'deleting' });
}

/** Deletes what bears our stamp, then frees the previous version: only now can the next rotation begin. */
export function decideDeleting(view: RotationView, rotation: Rotation): Step {
  const { now, facts } = view;
  const { oldKeyId } = rotation;
  if (mayRetire(rotation) && rotation.disabledAt !== undefined && oldKeyId !== undefined) {
    const unproven = Object.values(rotation.jobs).some(
      (job) => job.state !== 'proven' && job.state !== 'gone',
    );
    const at = rotation.disabledAt + (unproven ? TIMING.deleteUnprovenAfterMs : TIMING.deleteAfterMs);
    if (now < at) return rest('the time in which the disabled key could be needed again', at);
    if (rotation.oldKeyOrigin === 'stamped') {
      if (facts.oldKey === undefined) return look('old-key');
      if (facts.oldKey === null) return note({ kind: 'old-key-gone' });
      if (rotation.compromised === true && facts.oldKey !== 'unreadable' && !facts.oldKey.disabled)
        return act({ kind: 'cut-key', keyId: oldKeyId });
      if (facts.oldKey === 'unreadable' || !facts.oldKey.disabled) {
        const detail =
          facts.oldKey === 'unreadable'
            ? 'IAM refuses to show it'
            : 'somebody enabled it again, so somebody needs it';
        return keep(
          'a person: the old key is not what it was',
          finding('old-key-still-used', `key ${oldKeyId}`, detail),
        );
      }
      return act({ kind: 'delete-key', keyId: oldKeyId });
    }
  }
  if (view.binding.managedBy !== 'keeper') {
    const again = decideLastLook(view, rotation);
    if (again !== undefined) return again;
    // Where others store the keys there is no guard of ours.
    if (view.binding.managedBy === 'others') return note({ kind: 'complete' });
  }
  if (facts.locks === undefined) return look('locks');
  if (guardOn(facts.locks, 'previous') !== undefined)
    return act({ kind: 'release-previous', rollingBack: false });
  return note({ kind: 'complete' });
}

/** Nobody will look at these jobs again before tomorrow: each must have the new key now, as far as it shows. */
function decideLastLook({ facts, memory }: RotationView, rotation: Rotation): Step | undefined {
  if (facts.jobs === undefined) return look('jobs');
  if (memory.value === undefined && facts.valueProblem === undefined) return look('value');
  // Who turns a job back time and again is not outdone: it is told of, and looked at once a day.
  if ((rotation.movedAgain ?? 0) >= MOVES_AGAIN) return undefined;
  const left = new Set(rotation.left?.map(({ label }) => label));
  const moveAgain = facts.jobs.jobs.filter(({ job, zone }) => {
    // It came, or could be read, since the others were moved.
    if (rotation.jobs[jobKey(job.ref)] === undefined) return !left.has(jobLabel({ job, zone }));
    const { destinationKey } = job;
    return destinationKey.state === 'visible' && memory.value?.equals(destinationKey.key) === false;
  });
  if (moveAgain.length > 0)
    return note({ kind: 'move-again', jobs: moveAgain.map(({ job }) => jobKey(job.ref)) });
  return undefined;
}

const MOVES_AGAIN = 2;
