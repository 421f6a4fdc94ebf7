import { type Finding, finding } from '../finding.ts';
import type { ApiKey } from '../keys.ts';
import { slotName } from '../slot.ts';
import { formatDuration } from '../time.ts';
import { carryNotices } from './carried.ts';
import { decideBackoff } from './decide-backoff.ts';
import { attemptAfter } from './past.ts';
import type { DueReason, Rotation } from './record.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { MINTS_PER_WINDOW, TIMING } from './timing.ts';
import { foreignOnPrevious, guardOn, keyIdIn, VERSION_METADATA, versionOf } from './versions.ts';

/** Secrets Manager is asked for the next key. Before that every refusal has been ruled out. */
export function decideRequest(view: RotationView, reason: DueReason, key: ApiKey | undefined): Step {
  const { binding, record, facts, now } = view;
  const last = record.history.at(-1);
  const notices = carryNotices(view);
  const refuse = (waitsFor: string, code: Finding['code'], detail: string, until?: number): Step =>
    rest(waitsFor, until, [...notices, finding(code, `binding ${binding.name}`, detail)]);
  const backoff = decideBackoff(view, notices);
  if (backoff !== undefined) return backoff;
  const asked = record.mints.filter((at) => now - at < TIMING.mintWindowMs);
  const first = asked.at(-MINTS_PER_WINDOW);
  if (first !== undefined) {
    const detail = `${MINTS_PER_WINDOW} keys were asked for within ${formatDuration(TIMING.mintWindowMs)}`;
    return refuse('the limit of keys per day', 'mint-limit', detail, first + TIMING.mintWindowMs);
  }
  if (facts.locks === undefined) return look('locks');
  const foreign = foreignOnPrevious(facts.locks);
  if (foreign.length > 0) {
    const detail = `the previous version of ${slotName(binding.secret)} is locked by ${foreign.map((lock) => lock.name).join(', ')}`;
    return refuse('the lock on the previous version', 'previous-version-locked', detail);
  }
  if (guardOn(facts.locks, 'previous') !== undefined)
    return act({ kind: 'release-previous', rollingBack: false });
  if (facts.jobs === undefined) return look('jobs');
  if (facts.jobs.jobs.length === 0) {
    if (!facts.jobs.complete) return rest('zones that can be read');
    const detail = 'no Logpush job matches any of its selectors';
    return refuse('a job to rotate for', 'binding-selects-no-job', detail);
  }
  return note({ kind: 'open', reason, oldKey: oldKeyOf(view, key), attempt: attemptAfter(last) });
}

/** Jobs carry what they were given last, whatever the secret holds by now. */
function oldKeyOf({ record, facts }: RotationView, key: ApiKey | undefined) {
  const id = record.carried?.keyId ?? facts.currentKeyId ?? undefined;
  const holding = facts.versions?.find((version) => version.alias !== undefined && keyIdIn(version) === id);
  const expiresAt = (key?.id === id ? key?.expiresAt : undefined) ?? holding?.expiresAt;
  return { id, origin: 'theirs', expiresAt } as const;
}

/**
 * Guard lock, intent, request: the lock goes with the version to `previous` and keeps a second request from making another
 * key, and Secrets Manager from rotating by itself while the jobs are moved.
 */
export function decideRequesting({ facts, memory, now }: RotationView, rotation: Rotation): Step {
  if (rotation.versionId !== undefined) return note({ kind: 'enter', phase: 'qualifying' });
  if (rotation.mintIntentAt === undefined) {
    if (facts.locks === undefined) return look('locks');
    if (guardOn(facts.locks, 'current') === undefined) return act({ kind: 'lock-version' });
    return note({ kind: 'intend-mint' });
  }
  if (memory.intended) return act({ kind: 'request-version' });
  // The run that asked died, and the answer with it.
  if (facts.versions === undefined) return look('versions');
  const current = versionOf(facts.versions, 'current');
  const keyId = keyIdIn(current);
  if (current?.metadata[VERSION_METADATA.rotation] === rotation.newKeyName && keyId !== undefined)
    return note({ kind: 'found-version', versionId: current.id, keyId });
  const shownAt = rotation.mintIntentAt + TIMING.listLagMs;
  if (now < shownAt) return rest('Secrets Manager to list the version that may have been made', shownAt);
  const detail = 'Secrets Manager did not answer, and lists no new version';
  return note({ kind: 'close', outcome: 'mint-failed', detail });
}
