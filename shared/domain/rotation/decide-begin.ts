import { type Finding, type FindingCode, finding } from '../finding.ts';
import type { ApiKey, SecretMetadata } from '../keys.ts';
import { omit } from '../omit.ts';
import { slotName } from '../slot.ts';
import { formatDuration, formatInstant } from '../time.ts';
import { decideBackoff } from './decide-backoff.ts';
import { decideCarry } from './decide-carry.ts';
import { newSuspects } from './decide-quarantine.ts';
import { decideRebuild } from './decide-rebuild.ts';
import { decideDue } from './due.ts';
import { whyDead } from './old-key.ts';
import { attemptAfter, failureOf } from './past.ts';
import type { DueReason, PastRotation, RotationRecord } from './record.ts';
import { whyUnfit } from './secret-fits.ts';
import { isStampedFor, originOf } from './stamp.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { KEYS_PER_IDENTITY, MINTS_PER_WINDOW, TIMING } from './timing.ts';
import {
  foreignOnPrevious,
  guardOn,
  isOthersGuard,
  isRollingBack,
  keyIdIn,
  makerOf,
  versionOf,
} from './versions.ts';

/** No rotation is under way: is one due, and may it begin? Nothing is minted before every refusal has been ruled out. */
export function decideBegin(view: RotationView): Step {
  const { binding, facts } = view;
  const { secret, versions, keys } = facts;
  const subject = `binding ${binding.name}`;
  if (secret === undefined) return look('secret');
  const unfit = whyUnfit(binding, secret);
  if (unfit !== undefined) return rest('a secret that fits its binding', undefined, [unfit]);
  if (binding.managedBy !== 'keeper') return decideCarry(view);
  if (versions === undefined) return look('versions');
  if (facts.currentKeyId === undefined) return look('current-key');
  if (keys === undefined) return look('keys');
  const keyId = facts.currentKeyId;
  const key = keys.find((candidate) => candidate.id === keyId);
  if (key !== undefined && key.iamId !== binding.iamId) {
    const detail = `key ${key.id} belongs to ${key.iamId}, not to ${binding.iamId}`;
    return rest('a binding that fits its secret', undefined, [finding('identity-mismatch', subject, detail)]);
  }
  const rebuilding = decideRebuild(view, keys);
  if (rebuilding !== undefined) return rebuilding;
  const suspects = newSuspects(view, keys, versions);
  if (suspects.length > 0) return note({ kind: 'suspect', suspects });
  const notices = noticesOf(view, secret, keys, key);
  const due = dueOf(view, secret, keys, key);
  if ('dueAt' in due) return rest(`key ${keyId} is due ${formatInstant(due.dueAt)}`, due.dueAt, notices);
  return decideBackoff(view, notices) ?? decideOpening(view, due.reason, keys, notices);
}

/** Due, and now it may be refused: the limit of keys a day, foreign locks, the quota, nothing to rotate for. */
function decideOpening(
  view: RotationView,
  reason: DueReason,
  keys: readonly ApiKey[],
  notices: readonly Finding[],
): Step {
  const { binding, record, facts } = view;
  const subject = `binding ${binding.name}`;
  const refuse = (waitsFor: string, code: Finding['code'], detail: string, until?: number): Step =>
    rest(waitsFor, until, [...notices, finding(code, subject, detail)]);
  // The secret's versions and locks are the other rotation's for now.
  const { busy } = view.neighbours;
  if (busy !== undefined) {
    const detail = `its key is due (${reason}); the rotation of binding ${busy}, whose key is in the same secret, is under way`;
    return waitForNeighbour(
      view,
      `the rotation of binding ${busy}, whose key is in the same secret`,
      detail,
      reason,
    );
  }
  const limitEndsAt = mintLimitEndsAt(view, keys);
  if (limitEndsAt !== undefined) {
    const detail = `${MINTS_PER_WINDOW} keys were minted within ${formatDuration(TIMING.mintWindowMs)}`;
    return refuse('the limit of keys per day', 'mint-limit', detail, limitEndsAt);
  }
  const { locks, jobs } = facts;
  if (locks === undefined) return look('locks');
  // Of a rotation that went back when its ledger was lost: what it has marked must stay until it has gone on.
  if (locks.some((lock) => isOthersGuard(lock) && isRollingBack(lock)))
    return waitForNeighbour(
      view,
      'the way back of another member of the same secret',
      `its key is due (${reason}); another member of the same secret goes back first`,
      reason,
    );
  const foreign = foreignOnPrevious(locks);
  if (foreign.length > 0) {
    const detail = `the previous version of secret ${binding.secret.id} is locked by ${foreign.map((lock) => lock.name).join(', ')}`;
    return refuse('the lock on the previous version', 'previous-version-locked', detail);
  }
  // Left by a rotation that was abandoned, or carried there when somebody else rotated the secret.
  if (guardOn(locks, 'previous') !== undefined) return act({ kind: 'release-previous', rollingBack: false });
  if (keys.length >= KEYS_PER_IDENTITY)
    return refuse(
      'room for one more API key',
      'key-quota-full',
      `${binding.iamId} has ${keys.length} API keys`,
    );
  if (jobs === undefined) return look('jobs');
  if (jobs.jobs.length === 0) {
    if (!jobs.complete) return rest('zones that can be read', undefined, notices);
    return refuse(
      'a job to rotate for',
      'binding-selects-no-job',
      'no Logpush job matches any of its selectors',
    );
  }
  const key = keys.find((candidate) => candidate.id === facts.currentKeyId);
  return note({
    kind: 'open',
    reason,
    oldKey: {
      id: facts.currentKeyId ?? undefined,
      origin: originOf(binding, key),
      expiresAt: key?.expiresAt,
    },
    attempt: attemptAfter(record.history.at(-1)),
  });
}

/** A key that is dead waits as well, and costs logs meanwhile. */
function waitForNeighbour(
  { binding }: RotationView,
  waitsFor: string,
  detail: string,
  reason: DueReason,
): Step {
  const found = finding('rotation-waits-for-neighbour', `binding ${binding.name}`, detail);
  return rest(waitsFor, undefined, [DEAD_KEY.has(reason) ? { ...found, severity: 'critical' } : found]);
}

const DEAD_KEY: ReadonlySet<DueReason> = new Set(['key-missing', 'key-disabled', 'key-expired']);

/** Keys that were minted within a day, by the ledger or, where it was lost, by their stamps. */
function mintLimitEndsAt(
  { record, binding, now }: RotationView,
  keys: readonly ApiKey[],
): number | undefined {
  const recent = (moments: readonly number[]): readonly number[] =>
    moments.filter((at) => now - at < TIMING.mintWindowMs).toSorted((a, b) => a - b);
  const stamped = keys.filter((key) => isStampedFor(key.name, binding.secret));
  const noted = recent(record.mints);
  const seen = recent(stamped.map((key) => key.createdAt));
  const mints = noted.length >= seen.length ? noted : seen;
  const first = mints.at(-MINTS_PER_WINDOW);
  return first === undefined ? undefined : first + TIMING.mintWindowMs;
}

type Due = ReturnType<typeof decideDue>;

function dueOf(
  view: RotationView,
  secret: SecretMetadata,
  keys: readonly ApiKey[],
  key: ApiKey | undefined,
): Due {
  const { record, facts, binding, now } = view;
  // Once it is cut it is dead, and that says more.
  if (view.compromised?.cut === 'after-move' && view.compromised.keyId === facts.currentKeyId)
    return { reason: 'compromised' };
  if (view.forced) return { reason: 'forced' };
  const currentKeyId = facts.currentKeyId ?? null;
  // The last rotation could not move the secret's expiry; another one could not either, and would never end.
  const shown = isExpiryStuck(record, currentKeyId) ? omit(secret, 'expiresAt') : secret;
  const due = decideDue(currentKeyId, key, shown, binding.rotation, now);
  const displaced = displacedKeyId(view);
  if (displaced === undefined || 'reason' in due) return due;
  const jobsKey = keys.find((candidate) => candidate.id === displaced);
  // IAM's list may lag; a displaced key that it does not show is not called missing.
  if (jobsKey === undefined) return due;
  const other = decideDue(displaced, jobsKey, omit(secret, 'expiresAt'), binding.rotation, now);
  return 'reason' in other || other.dueAt < due.dueAt ? other : due;
}

/** The key that jobs carry although the secret holds another: somebody else made the current version. */
function displacedKeyId({ facts, binding }: RotationView): string | undefined {
  const versions = facts.versions ?? [];
  const previous = versionOf(versions, 'previous');
  const displaced =
    makerOf(versionOf(versions, 'current'), binding.secret).kind === 'other' &&
    makerOf(previous, binding.secret).kind !== 'other';
  // Whoever changed another member of the secret has left this one as it was.
  return displaced && keyIdIn(previous) !== facts.currentKeyId ? keyIdIn(previous) : undefined;
}

const isExpiryStuck = ({ history }: RotationRecord, keyId: string | null): boolean =>
  history.at(-1)?.outcome === 'complete' && history.at(-1)?.newKeyId === keyId;

/** What a person should know although nothing is done about it now. */
function noticesOf(
  view: RotationView,
  secret: SecretMetadata,
  keys: readonly ApiKey[],
  key: ApiKey | undefined,
): readonly Finding[] {
  const { record, binding, facts } = view;
  const findings = [...predecessorFindings(view, keys)];
  if (isExpiryStuck(record, facts.currentKeyId ?? null)) findings.push(...expiryFindings(view, secret, key));
  const displaced = displacedKeyId(view);
  if (displaced !== undefined) {
    const detail = `its current version holds key ${facts.currentKeyId ?? 'unknown to IAM'}; the jobs carry key ${displaced}`;
    findings.push(finding('secret-rotated-elsewhere', slotName(binding.secret), detail));
  }
  const last = record.history.at(-1);
  const failed = last === undefined ? undefined : failureOf(last, binding);
  if (failed !== undefined) findings.push(failed);
  return findings;
}

/** A secret that ends before the key in it: all its versions end with it, unless a lock holds them. */
function expiryFindings(
  { now }: RotationView,
  secret: SecretMetadata,
  key: ApiKey | undefined,
): readonly Finding[] {
  if (secret.expiresAt === undefined || key?.expiresAt === undefined || secret.expiresAt >= key.expiresAt)
    return [];
  const detail = `it expires in ${formatDuration(secret.expiresAt - now)}, its key ${formatInstant(key.expiresAt)}`;
  return [finding('secret-expiry-stuck', `secret ${secret.id}`, detail)];
}

/** Old keys that are not ours to touch and can still log in. */
function predecessorFindings(
  { record, now, facts }: RotationView,
  keys: readonly ApiKey[],
): readonly Finding[] {
  return record.history.flatMap((past) => {
    const left = whyLeft(past);
    const key = keys.find((candidate) => candidate.id === past.oldKeyId);
    if (left === undefined || key === undefined || whyDead(key, now) !== undefined) return [];
    if (key.id === facts.currentKeyId) return [];
    return [finding(left.code, `key ${key.id}`, left.detail, past.endedAt)];
  });
}

function whyLeft({
  outcome,
  oldKeyOrigin,
}: PastRotation): { readonly code: FindingCode; readonly detail: string } | undefined {
  if (outcome === 'abandoned') {
    const detail = 'its rotation was abandoned: it still accepts logins, and jobs may carry it';
    return { code: 'predecessor-abandoned', detail };
  }
  if (outcome !== 'complete') return undefined;
  const detail = 'it still accepts logins; no job of the binding uses it any more';
  if (oldKeyOrigin === 'unstamped') return { code: 'predecessor-unstamped', detail };
  return oldKeyOrigin === 'adopted-never' ? { code: 'predecessor-kept', detail } : undefined;
}
