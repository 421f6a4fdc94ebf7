import type { Binding } from '../binding.ts';
import { type Finding, finding } from '../finding.ts';
import type { ApiKey, SecretMetadata } from '../keys.ts';
import { slotName } from '../slot.ts';
import { days, formatDuration, formatInstant } from '../time.ts';
import { type DuePolicy, decideDue } from './due.ts';
import { whyDead } from './old-key.ts';
import { failureOf } from './past.ts';
import type { DueReason, Rotation } from './record.ts';
import { LEFT_AFTER_ROTATION_MS } from './secret-fits.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { MINTS_PER_WINDOW, TIMING } from './timing.ts';
import { foreignOnPrevious, guardOn, keyIdIn, versionOf } from './versions.ts';

/**
 * Others make the keys of this secret: Secrets Manager, or whoever puts a new version there. No rotation is under way. A key
 * that the jobs have not been given yet is carried to them; where Secrets Manager makes the keys it is asked for the next one
 * when that is due. What the secret held before is never touched.
 *
 * Which key the jobs were given last is in the ledger. Without it every job is given the present one again, which changes
 * nothing for those that have it.
 */
export function decideCarry(view: RotationView): Step {
  const { binding, facts, now } = view;
  const { versions, secret, currentKeyId } = facts;
  if (secret === undefined) return look('secret');
  if (versions === undefined) return look('versions');
  if (currentKeyId === undefined) return look('current-key');
  if (facts.keys === undefined) return look('keys');
  const key = facts.keys.find((candidate) => candidate.id === currentKeyId);
  if (key !== undefined && key.iamId !== binding.iamId) {
    const detail = `key ${key.id} belongs to ${key.iamId}, not to ${binding.iamId}`;
    return rest('a binding that fits its secret', undefined, [
      finding('identity-mismatch', `binding ${binding.name}`, detail),
    ]);
  }
  const { compromised } = view;
  const isCompromised = compromised?.cut === 'after-move' && compromised.keyId === currentKeyId;
  const due = isCompromised
    ? ({ reason: 'compromised' } as const)
    : view.forced
      ? ({ reason: 'forced' } as const)
      : decideDue(currentKeyId, key, secret, policyOf(binding, secret), now);
  const dead = currentKeyId === null || key === undefined ? 'IAM does not know it' : whyDead(key, now);
  // A key that somebody else has is carried nowhere.
  if (dead === undefined && !isCompromised && isToBeCarried(view))
    return isRefused(view) ? decideRequest(view, 'key-refused', key) : decideOpening(view, key);
  if (!('reason' in due)) return rest('the next due date', due.dueAt, failuresOf(view));
  return binding.managedBy === 'others'
    ? dueElsewhere(view, due.reason, dead, key)
    : decideRequest(view, due.reason, key);
}

const isAsked = ({ forced, compromised }: RotationView): boolean => forced || compromised !== undefined;

/** Where Secrets Manager has a schedule of its own, the keeper asks only for what that should have made and has not. */
const policyOf = ({ rotation }: Binding, { engine }: SecretMetadata): DuePolicy =>
  engine?.intervalMs === undefined
    ? rotation
    : { beforeMs: LEFT_AFTER_ROTATION_MS, maxAgeMs: engine.intervalMs + days(1) };

/**
 * A key that failed twice is not tried a third time where Secrets Manager can make another. That one takes the readable copy of
 * the key before with it, which lives on in the jobs.
 */
const isRefused = ({ record, facts, binding }: RotationView): boolean =>
  binding.managedBy === 'secrets-manager' &&
  record.history.filter(
    ({ newKeyId, outcome }) =>
      newKeyId === facts.currentKeyId && (outcome === 'rolled-back' || outcome === 'qualification-refused'),
  ).length >= TRIES_OF_A_KEY;

const TRIES_OF_A_KEY = 2;

/** Nothing but a carried key is known to be in the jobs. What only others can make can only be carried once more. */
const isToBeCarried = ({ record, facts, forced, binding }: RotationView): boolean =>
  record.carriedKeyId !== facts.currentKeyId || (forced && binding.managedBy === 'others');

/** Only others can make the next key. */
function dueElsewhere(
  view: RotationView,
  reason: DueReason,
  dead: string | undefined,
  key: ApiKey | undefined,
): Step {
  const { binding, facts } = view;
  const which = `key ${facts.currentKeyId ?? 'unknown to IAM'} of ${slotName(binding.secret)}`;
  const waitsFor = 'whoever manages this key to store a new one';
  if (dead !== undefined)
    return rest(waitsFor, undefined, [
      finding(
        'managed-key-dead',
        `binding ${binding.name}`,
        `${which}: ${dead}, and its jobs cannot push with it`,
      ),
    ]);
  const ends = key?.expiresAt === undefined ? '' : `; it ends ${formatInstant(key.expiresAt)}`;
  return rest(waitsFor, undefined, [
    finding('managed-key-due', `binding ${binding.name}`, `${which} is due (${reason})${ends}`),
    ...failuresOf(view),
  ]);
}

/** The secret holds a key that the jobs may not have. */
function decideOpening(view: RotationView, key: ApiKey | undefined): Step {
  const { binding, record, facts, memory, now } = view;
  const version = versionOf(facts.versions ?? [], 'current');
  if (key === undefined || version === undefined) return rest('a current version of the secret');
  if (record.notBefore !== undefined && now < record.notBefore && !isAsked(view))
    return rest('the next try after a failed one', record.notBefore, failuresOf(view));
  if (facts.jobs === undefined) return look('jobs');
  const { jobs, complete } = facts.jobs;
  if (jobs.length === 0) {
    if (!complete) return rest('zones that can be read');
    return rest('a job to rotate for', undefined, [
      finding(
        'binding-selects-no-job',
        `binding ${binding.name}`,
        'no Logpush job matches any of its selectors',
      ),
    ]);
  }
  if (jobs.every(({ job }) => job.destinationKey.state === 'visible') && complete) {
    if (memory.currentValue === undefined && facts.currentValueGone !== true) return look('current-value');
    const { currentValue } = memory;
    if (
      currentValue !== undefined &&
      !view.forced &&
      jobs.every(
        ({ job }) => job.destinationKey.state === 'visible' && job.destinationKey.key.equals(currentValue),
      )
    )
      return note({ kind: 'carried', keyId: key.id });
  }
  const before = versionOf(facts.versions ?? [], 'previous');
  const oldKeyId = record.carriedKeyId ?? keyIdIn(before);
  return note({
    kind: 'open',
    reason: 'new-version',
    oldKey: { id: oldKeyId, origin: 'theirs', expiresAt: undefined },
    attempt: 1,
    found: {
      keyId: key.id,
      versionId: version.id,
      ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt }),
      ...(before === undefined ? {} : { oldVersionId: before.id }),
    },
  });
}

/** Secrets Manager is asked for the next key. Before that every refusal has been ruled out. */
function decideRequest(view: RotationView, reason: DueReason, key: ApiKey | undefined): Step {
  const { binding, record, facts, now } = view;
  const refuse = (waitsFor: string, code: Finding['code'], detail: string, until?: number): Step =>
    rest(waitsFor, until, [...failuresOf(view), finding(code, `binding ${binding.name}`, detail)]);
  if (record.notBefore !== undefined && now < record.notBefore && !isAsked(view))
    return rest('the next try after a failed one', record.notBefore, failuresOf(view));
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
    return refuse(
      'a job to rotate for',
      'binding-selects-no-job',
      'no Logpush job matches any of its selectors',
    );
  }
  return note({
    kind: 'open',
    reason,
    oldKey: {
      // Jobs carry what they were given last, whatever the secret holds by now.
      id: record.carriedKeyId ?? facts.currentKeyId ?? undefined,
      origin: 'theirs',
      expiresAt: record.carriedKeyId === facts.currentKeyId ? key?.expiresAt : undefined,
    },
    attempt: 1,
  });
}

function failuresOf({ record, binding }: RotationView): readonly Finding[] {
  const last = record.history.at(-1);
  const failed = last === undefined ? undefined : failureOf(last, binding);
  return failed === undefined ? [] : [failed];
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
  if (current?.metadata['rotation'] === rotation.newKeyName && keyId !== undefined)
    return note({ kind: 'found-version', versionId: current.id, keyId });
  const shownAt = rotation.mintIntentAt + TIMING.listLagMs;
  if (now < shownAt) return rest('Secrets Manager to list the version that may have been made', shownAt);
  return note({
    kind: 'close',
    outcome: 'mint-failed',
    detail: 'Secrets Manager did not answer, and lists no new version',
  });
}

/** Somebody has made a newer version meanwhile: the jobs get that one instead. */
export function decideSuperseded({ facts }: RotationView, rotation: Rotation): Step | undefined {
  if (facts.versions === undefined) return look('versions');
  const current = versionOf(facts.versions, 'current');
  if (current === undefined || current.id === rotation.versionId) return undefined;
  const detail = `the secret holds version ${current.id} now`;
  return note({ kind: 'close', outcome: 'superseded', detail });
}
