import { finding } from '../finding.ts';
import { isKeyed, jobKey, type LogpushJob } from '../logpush.ts';
import type { Secret } from '../secret.ts';
import type { Evidence } from './after-move.ts';
import { movableNow, moveJob } from './move-job.ts';
import { isDead, whyDead } from './old-key.ts';
import type { Rotation } from './record.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';
import { foreignOnPrevious, guardOn, isRollingBack, keyIdIn, versionOf } from './versions.ts';

/**
 * Jobs fail with the new key and none works: is it the key, or the destination? The old key's probe tells. If it still
 * delivers the rotation goes back; if it is refused alike the destination has an outage, and moving would not help.
 */
export function decideFailing(view: RotationView, rotation: Rotation, evidence: Evidence): Step {
  const { now } = view;
  const { code, subject, detail, since } = evidence;
  const again = now + TIMING.probeFreshMs;
  if (rotation.oldKeyId === undefined || isDead(rotation, now))
    return rest('a person: the old key is dead too', again, [finding(code, subject, detail, since)]);
  const { probe } = rotation;
  if (probe === undefined || now - probe.at >= TIMING.probeFreshMs) {
    if (!isKeyed(evidence.destination)) return rest('a destination that can be tried', again);
    if (view.memory.oldValue === undefined) {
      const problem = view.facts.oldValueProblem;
      return problem === undefined ? look('old-value') : stuck(rotation, problem);
    }
    return act({ kind: 'probe-old-key', keyId: rotation.oldKeyId, destination: evidence.destination });
  }
  if (probe.verdict === 'yes' && rotation.compromised === true)
    return rest('a person: somebody else has the old key', again, [finding(code, subject, detail, since)]);
  if (probe.verdict === 'yes') return note({ kind: 'roll-back', detail });
  if (probe.verdict === 'unknown')
    return rest('an answer about the old key', again, [finding(code, subject, detail, since)]);
  // Nothing is known of the destination then.
  if (probe.verdict === 'dead') {
    const both = `${detail}; IAM does not accept the old key ${rotation.oldKeyId} either`;
    return rest('a person: the old key is dead too', again, [finding(code, subject, both, since)]);
  }
  const outage = `${detail}; it refuses the old key alike`;
  return rest('the destination, which refuses both keys', again, [
    finding('destination-outage', subject, outage, since),
  ]);
}

/** Jobs first: each gets the old key again. Until all have it the new key stays alive. */
export function decideRollingBack(view: RotationView, rotation: Rotation): Step {
  const { facts, memory, now, binding } = view;
  // What others make and retire stays in the secret as they put it there; the jobs alone go back.
  const isTheirs = binding.managedBy !== 'keeper';
  const marking = isTheirs ? undefined : decideMarking(view, rotation);
  if (marking !== undefined) return marking;
  if (rotation.compromised === true) return stuck(rotation, 'somebody else has it');
  if (facts.oldKey === undefined) return look('old-key');
  // A job must not be moved to a key that cannot push.
  const dead = whyDead(facts.oldKey, now);
  if (dead !== undefined) return stuck(rotation, dead);
  if (facts.jobs === undefined) return look('jobs');
  const { oldValue } = memory;
  const left = facts.jobs.jobs.filter(({ job }) => mayHoldNewKey(rotation, job, oldValue));
  if (left.length > 0 && oldValue === undefined) {
    if (facts.oldValueProblem === undefined) return look('old-value');
    return stuck(rotation, facts.oldValueProblem);
  }
  const [next] = movableNow(view, left);
  if (next !== undefined) return moveJob(rotation, next, 'back');
  if (left.length > 0) return rest('the jobs that could not be moved back');
  if (!facts.jobs.complete) return rest('zones that could not be read');
  // Without its ledger nobody knows whether these were moved: the new key must outlive that.
  if (rotation.reason === 'ledger-lost' && facts.jobs.unclear.length > 0)
    return rest('a person: jobs that may carry the new key cannot be read');
  return isTheirs
    ? note({ kind: 'close', outcome: 'rolled-back', detail: rotation.rollback?.detail ?? 'jobs failed' })
    : note({ kind: 'enter', phase: 'restoring' });
}

/** The way back is marked where it outlives the ledger, before the first job goes. */
function decideMarking({ facts }: RotationView, rotation: Rotation): Step | undefined {
  if (facts.versions === undefined) return look('versions');
  const current = versionOf(facts.versions, 'current');
  // A version that brings the old key back may have been made by a run that died then.
  if (rotation.oldKeyId !== undefined && keyIdIn(current) === rotation.oldKeyId)
    return note({ kind: 'enter', phase: 'restoring' });
  if (facts.locks === undefined) return look('locks');
  return isRollingBack(guardOn(facts.locks, 'current')) ? undefined : act({ kind: 'mark-rollback' });
}

/**
 * A run that died may have moved a job without a word, and a rotation that lost its ledger does not know of any: a job that does
 * not show that it has the old key may have the new one. One that had the new key before this rotation keeps it.
 */
function mayHoldNewKey(
  rotation: Rotation,
  { ref, destinationKey }: LogpushJob,
  oldValue: Secret | undefined,
): boolean {
  const progress = rotation.jobs[jobKey(ref)];
  if (progress?.state === 'moved-back' || progress?.state === 'kept') return false;
  if (progress !== undefined || rotation.reason === 'ledger-lost') return true;
  return destinationKey.state !== 'visible' || oldValue === undefined || !destinationKey.key.equals(oldValue);
}

const stuck = (rotation: Rotation, problem: string): Step =>
  rest('a person: there is no old key to go back to', undefined, [
    finding('rollback-stuck', `key ${rotation.oldKeyId}`, problem),
  ]);

/** Then the secret: it holds the old key again, and only then is the new one disabled. */
export function decideRestoring(view: RotationView, rotation: Rotation): Step {
  const { facts, memory, now } = view;
  const { oldKeyId, newKeyId, rollback } = rotation;
  if (oldKeyId === undefined || rollback === undefined) return rest('an old key to go back to');
  if (facts.locks === undefined) return look('locks');
  if (!rollback.restored) {
    if (facts.versions === undefined) return look('versions');
    if (keyIdIn(versionOf(facts.versions, 'current')) === oldKeyId) return note({ kind: 'restored' });
    if (memory.oldValue === undefined) {
      if (facts.oldValueProblem === undefined) return look('old-value');
      return stuck(rotation, facts.oldValueProblem);
    }
    // Consumers that lock the old version keep Secrets Manager from making another; they run on the old key anyway.
    const foreign = foreignOnPrevious(facts.locks);
    if (foreign.length > 0) {
      const detail = `the previous version is locked by ${foreign.map((lock) => lock.name).join(', ')}`;
      return rest('the lock on the previous version', undefined, [
        finding('previous-version-locked', `key ${oldKeyId}`, detail),
      ]);
    }
    if (guardOn(facts.locks, 'previous') !== undefined)
      return act({ kind: 'release-previous', rollingBack: true });
    return act({ kind: 'restore-version', keyId: oldKeyId });
  }
  if (!rollback.newKeyDisabled && newKeyId !== undefined) {
    const movedBack = Object.values(rotation.jobs).map((job) => job.movedAt);
    const earliest = Math.max(rotation.startedAt, ...movedBack) + TIMING.propagationMs;
    if (now < earliest) return rest('CIS to take the old key over everywhere', earliest);
    return act({ kind: 'disable-new-key', keyId: newKeyId });
  }
  if (guardOn(facts.locks, 'previous') !== undefined || isRollingBack(guardOn(facts.locks, 'current')))
    return act({ kind: 'release-previous', rollingBack: false });
  return note({
    kind: 'close',
    outcome: 'rolled-back',
    detail: rollback.detail,
    ...(newKeyId === undefined ? {} : { strayKeyId: newKeyId }),
  });
}
