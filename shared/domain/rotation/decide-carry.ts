import type { Binding } from '../binding.ts';
import { type Finding, finding } from '../finding.ts';
import type { ApiKey, SecretMetadata } from '../keys.ts';
import { slotName } from '../slot.ts';
import { days, formatInstant } from '../time.ts';
import { carryNotices, decideStillCarried, driftOf, isCarriedBy } from './carried.ts';
import { decideBackoff } from './decide-backoff.ts';
import { decideRequest } from './decide-request.ts';
import { type DuePolicy, decideDue } from './due.ts';
import { jobLabel } from './move-job.ts';
import { whyDead } from './old-key.ts';
import { attemptAfter } from './past.ts';
import type { DueReason, Rotation } from './record.ts';
import { LEFT_AFTER_ROTATION_MS } from './secret-fits.ts';
import { look, note, type RotationView, rest, type Step } from './steps.ts';
import { keyIdIn, versionOf } from './versions.ts';

/**
 * Others make the keys of this secret: Secrets Manager, or whoever puts a new version there. No rotation is under way. A key
 * that the jobs have not been given yet is carried to them; where Secrets Manager makes the keys it is asked for the next one
 * when that is due. What the secret held before is never touched.
 *
 * Which key the jobs were given last is in the ledger. Without it every job is given the present one again, which changes
 * nothing for those that have it.
 */
export function decideCarry(view: RotationView): Step {
  const { binding, facts, now, record } = view;
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
  const dead = currentKeyId === null || key === undefined ? 'IAM does not know it' : whyDead(key, now);
  const due = dueOf(view, key, secret);
  // The next key takes this one from the jobs, whoever of them has it: it must be known by then which that was.
  if (dead === undefined && key !== undefined && isCompromised(view) && record.carried === undefined)
    return note({ kind: 'carried', keyId: key.id });
  // A key that somebody else has is carried nowhere.
  if (dead === undefined && key !== undefined && !isCompromised(view) && !isRequested(view, due)) {
    if (isToBeCarried(view))
      return isRefused(view)
        ? decideRequest(view, 'key-refused', key)
        : decideOpening(view, key, 'new-version');
    const checking = decideStillCarried(view);
    if (checking !== undefined)
      return checking === 'drifted' ? decideOpening(view, key, 'job-without-key') : checking;
  }
  if (!('reason' in due)) return rest('the next due date', due.dueAt, carryNotices(view));
  return binding.managedBy === 'others'
    ? dueElsewhere(view, due.reason, dead, key)
    : decideRequest(view, due.reason, key);
}

/** What Secrets Manager replaces now need not be carried first. */
const isRequested = ({ binding, forced }: RotationView, due: ReturnType<typeof decideDue>): boolean =>
  binding.managedBy === 'secrets-manager' && 'reason' in due && !forced;

const isCompromised = ({ compromised, facts }: RotationView): boolean =>
  compromised?.cut === 'after-move' && compromised.keyId === facts.currentKeyId;

function dueOf(
  view: RotationView,
  key: ApiKey | undefined,
  secret: SecretMetadata,
): ReturnType<typeof decideDue> {
  if (isCompromised(view)) return { reason: 'compromised' };
  if (view.forced) return { reason: 'forced' };
  return decideDue(view.facts.currentKeyId ?? null, key, secret, policyOf(view.binding, secret), view.now);
}

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
  (record.carried?.keyId !== facts.currentKeyId && record.carried?.abandoned?.keyId !== facts.currentKeyId) ||
  (forced && (binding.managedBy === 'others' || record.carried?.abandoned !== undefined));

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
  const say = (code: Finding['code'], detail: string): Step =>
    rest(waitsFor, undefined, [finding(code, `binding ${binding.name}`, detail), ...carryNotices(view)]);
  if (dead !== undefined)
    return say('managed-key-dead', `${which}: ${dead}, and its jobs cannot push with it`);
  const ends = key?.expiresAt === undefined ? '' : `; it ends ${formatInstant(key.expiresAt)}`;
  return say('managed-key-due', `${which} is due (${reason})${ends}`);
}

/** The secret holds a key that jobs may not have. */
function decideOpening(view: RotationView, key: ApiKey, reason: 'new-version' | 'job-without-key'): Step {
  const { binding, record, facts, memory } = view;
  const version = versionOf(facts.versions ?? [], 'current');
  if (version === undefined) return rest('a current version of the secret');
  const backoff = decideBackoff(view, carryNotices(view));
  if (backoff !== undefined) return backoff;
  if (facts.jobs === undefined) return look('jobs');
  const { jobs, complete } = facts.jobs;
  if (jobs.length === 0) {
    if (!complete) return rest('zones that can be read');
    const detail = 'no Logpush job matches any of its selectors';
    return rest('a job to rotate for', undefined, [
      finding('binding-selects-no-job', `binding ${binding.name}`, detail),
    ]);
  }
  if (memory.currentValue === undefined && facts.currentValueGone !== true) return look('current-value');
  const drifted = new Set(driftOf(view));
  const isDrift = reason === 'job-without-key';
  if (drifted.size === 0 && complete && !view.forced) return note({ kind: 'carried', keyId: key.id });
  return note({
    kind: 'open',
    reason,
    oldKey: oldKeyOf(view, key),
    attempt: attemptAfter(record.history.at(-1)),
    found: {
      keyId: key.id,
      versionId: version.id,
      ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt }),
      ...oldVersionOf(view),
      kept: isDrift ? jobs.filter(({ job }) => !drifted.has(job)) : [],
      lost: isDrift
        ? jobs.filter(({ job }) => drifted.has(job) && isCarriedBy(record, job)).map((one) => jobLabel(one))
        : [],
    },
  });
}

function oldVersionOf({ facts }: RotationView): { readonly oldVersionId?: string } {
  const before = versionOf(facts.versions ?? [], 'previous');
  return before === undefined ? {} : { oldVersionId: before.id };
}

/** What the jobs were given last. A job that lost the secret's own key may hold anything. */
function oldKeyOf({ record, facts }: RotationView, key: ApiKey) {
  const before = versionOf(facts.versions ?? [], 'previous');
  const carried = record.carried?.keyId;
  const id = carried === undefined || carried === key.id ? keyIdIn(before) : carried;
  const expiresAt = id !== undefined && id === keyIdIn(before) ? before?.expiresAt : undefined;
  return { id, origin: 'theirs', expiresAt } as const;
}

/** Somebody has stored a newer key meanwhile: the jobs get that one instead. */
export function decideSuperseded({ facts }: RotationView, rotation: Rotation): Step | undefined {
  if (facts.versions === undefined) return look('versions');
  const current = versionOf(facts.versions, 'current');
  if (current === undefined || current.id === rotation.versionId) return undefined;
  // A list that does not show the rotation's own version is older than that.
  if (!facts.versions.some(({ id }) => id === rotation.versionId)) return undefined;
  if (facts.currentKeyId === undefined) return look('current-key');
  // What else is in the secret may have changed.
  if (facts.currentKeyId === rotation.newKeyId)
    return note({ kind: 'found-version', versionId: current.id, keyId: facts.currentKeyId });
  const detail = `the secret holds version ${current.id} now`;
  return note({ kind: 'close', outcome: 'superseded', detail });
}
