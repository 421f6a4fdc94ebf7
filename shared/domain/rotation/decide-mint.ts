import { type Finding, finding } from '../finding.ts';
import type { ApiKey, SecretLock, SecretMetadata } from '../keys.ts';
import type { CloudLogsDestination } from '../logpush.ts';
import { formatDuration, formatInstant } from '../time.ts';
import { decideDue } from './due.ts';
import type { OldKeyOrigin, Rotation } from './record.ts';
import { isStampedFor } from './stamp.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { GUARD_LOCK, KEYS_PER_IDENTITY, MINTS_PER_WINDOW, TIMING } from './timing.ts';

/** No rotation is under way: is one due, and may it begin? Nothing is minted before every refusal has been ruled out. */
export function decideBegin(view: RotationView): Step {
  const { binding, record, facts, now } = view;
  const { secret, versions, keys, locks, jobs } = facts;
  const subject = `binding ${binding.name}`;
  if (secret === undefined) return look('secret');
  if (secret.type !== 'arbitrary' || secret.state !== 1) {
    const detail = `secret ${secret.id} has type ${secret.type} and state ${secret.state}, not arbitrary and 1 (active)`;
    return rest('a usable secret', undefined, [finding('secret-unusable', subject, detail)]);
  }
  if (versions === undefined) return look('versions');
  if (facts.currentKeyId === undefined) return look('current-key');
  if (keys === undefined) return look('keys');
  const keyId = facts.currentKeyId;
  const key = keys.find((candidate) => candidate.id === keyId);
  if (key !== undefined && key.iamId !== binding.iamId) {
    const detail = `key ${key.id} belongs to ${key.iamId}, not to ${binding.iamId}`;
    return rest('a binding that fits its secret', undefined, [finding('identity-mismatch', subject, detail)]);
  }
  // The last rotation could not move the secret's expiry; another one could not either, and would never end.
  const stuck = record.history.at(-1)?.outcome === 'complete' && record.history.at(-1)?.newKeyId === keyId;
  const due = decideDue(keyId, key, stuck ? withoutExpiry(secret) : secret, binding.rotation, now);
  const notices = [
    ...strayFindings(view, keys),
    ...predecessorFindings(view, keys),
    ...(stuck ? expiryFindings(view, secret, key) : []),
  ];
  if ('dueAt' in due) return rest(`key ${keyId} is due ${formatInstant(due.dueAt)}`, due.dueAt, notices);
  if (record.notBefore !== undefined && now < record.notBefore) {
    return rest('the next try after a failed one', record.notBefore, notices);
  }
  const recent = record.mints.filter((at) => now - at < TIMING.mintWindowMs);
  if (recent.length >= MINTS_PER_WINDOW) {
    const detail = `${recent.length} keys were minted within ${formatDuration(TIMING.mintWindowMs)}`;
    const until = (recent[0] ?? now) + TIMING.mintWindowMs;
    return rest('the limit of keys per day', until, [...notices, finding('mint-limit', subject, detail)]);
  }
  if (locks === undefined) return look('locks');
  const held = locks.filter((lock) => lock.versionAlias === 'previous');
  if (held.length > 0) {
    const detail = `the previous version of secret ${secret.id} is locked by ${held.map((lock) => lock.name).join(', ')}`;
    return rest('the lock on the previous version', undefined, [
      ...notices,
      finding('previous-version-locked', subject, detail),
    ]);
  }
  if (keys.length >= KEYS_PER_IDENTITY) {
    const detail = `${binding.iamId} has ${keys.length} API keys`;
    return rest('room for one more API key', undefined, [
      ...notices,
      finding('key-quota-full', subject, detail),
    ]);
  }
  if (jobs === undefined) return look('jobs');
  if (jobs.jobs.length === 0) {
    if (!jobs.complete) return rest('zones that can be read', undefined, notices);
    const detail = 'no Logpush job matches any of its selectors';
    return rest('a job to rotate for', undefined, [
      ...notices,
      finding('binding-selects-no-job', subject, detail),
    ]);
  }
  const last = record.history.at(-1);
  const attempt = last !== undefined && last.outcome !== 'complete' ? last.attempt + 1 : 1;
  return note({
    kind: 'open',
    reason: due.reason,
    oldKeyId: keyId ?? undefined,
    oldKeyOrigin: originOf(view, key),
    attempt,
  });
}

function withoutExpiry(secret: SecretMetadata): SecretMetadata {
  const { expiresAt: _, ...kept } = secret;
  return kept;
}

function originOf({ binding }: RotationView, key: ApiKey | undefined): OldKeyOrigin {
  if (key === undefined) return 'none';
  if (isStampedFor(key.name, binding.secret.id)) return 'stamped';
  if (binding.adopt?.apiKeyId !== key.id) return 'unstamped';
  return binding.adopt.retire === 'disable' ? 'adopted-disable' : 'adopted-never';
}

function strayFindings({ record }: RotationView, keys: readonly ApiKey[]): readonly Finding[] {
  return record.strays
    .filter((stray) => keys.some((key) => key.id === stray.keyId))
    .map((stray) =>
      finding('stray-key', `key ${stray.keyId}`, 'its value was lost before it was stored', stray.since),
    );
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
function predecessorFindings({ record, now }: RotationView, keys: readonly ApiKey[]): readonly Finding[] {
  return record.history.flatMap((past) => {
    if (past.outcome !== 'complete' || past.oldKeyOrigin !== 'unstamped') return [];
    const key = keys.find((candidate) => candidate.id === past.oldKeyId);
    if (key === undefined || key.disabled || (key.expiresAt !== undefined && key.expiresAt <= now)) return [];
    const detail = 'it still accepts logins; no job of the binding uses it any more';
    return [finding('predecessor-unstamped', `key ${key.id}`, detail, past.endedAt)];
  });
}

/** Guard lock, intent, key, enabling: in this order, so that a key that nobody knows is born dead. */
export function decideMinting(view: RotationView, rotation: Rotation): Step {
  const { memory, facts, binding, now } = view;
  if (rotation.mintIntentAt !== undefined && !memory.intended) return decideRecovery(view, rotation);
  if (rotation.mintIntentAt === undefined) {
    if (facts.locks === undefined) return look('locks');
    if (!facts.locks.some(isGuardOnCurrent)) return act({ kind: 'lock-version' });
    return note({ kind: 'intend-mint' });
  }
  if (rotation.newKeyId === undefined) {
    return act({ kind: 'mint-key', name: rotation.newKeyName, expiresAt: now + binding.rotation.keyLifeMs });
  }
  if (!memory.enabled) return act({ kind: 'enable-key', keyId: rotation.newKeyId });
  return note({ kind: 'enter', phase: 'qualifying' });
}

const isGuardOnCurrent = (lock: SecretLock): boolean =>
  lock.name === GUARD_LOCK && lock.versionAlias === 'current';

/**
 * The run that asked for the key died. Either a version of the secret names the key, and the rotation goes on, or
 * the value is lost and the attempt ends: nothing asks for a key twice without knowing what became of the first.
 */
function decideRecovery(view: RotationView, rotation: Rotation): Step {
  const { versions, keys } = view.facts;
  if (versions === undefined) return look('versions');
  const published = versions.find(
    (version) => rotation.newKeyId !== undefined && version.metadata['api_key_id'] === rotation.newKeyId,
  );
  if (published?.alias === 'current') return note({ kind: 'recover', versionId: published.id });
  if (rotation.newKeyId !== undefined) {
    return note({ kind: 'close', outcome: 'value-lost', strayKeyId: rotation.newKeyId });
  }
  if (keys === undefined) return look('keys');
  const minted = keys.find((key) => key.name === rotation.newKeyName);
  if (minted !== undefined) return note({ kind: 'close', outcome: 'value-lost', strayKeyId: minted.id });
  // A list right after a create may miss the new key; only an old intent without a key means that none was made.
  const settledAt = (rotation.mintIntentAt ?? view.now) + TIMING.canaryFailingMs;
  if (view.now < settledAt) return rest('IAM to list the key that may have been minted', settledAt);
  return note({ kind: 'close', outcome: 'mint-failed' });
}

export function decideQualifying(view: RotationView, rotation: Rotation): Step {
  if (view.memory.value === undefined || rotation.newKeyId === undefined)
    return decideRecovery(view, rotation);
  if (rotation.qualified === undefined) {
    return act({ kind: 'qualify-key', keyId: rotation.newKeyId, destinations: destinationsOf(view) });
  }
  return note({ kind: 'enter', phase: 'publishing' });
}

function destinationsOf({ binding, facts }: RotationView): readonly CloudLogsDestination[] {
  const wanted = new Map<string, CloudLogsDestination>();
  const inUse = (facts.jobs?.jobs ?? []).map(({ job }) => job.destination);
  for (const destination of [...inUse, ...binding.jobs.map((selector) => selector.destination)]) {
    if (destination.kind === 'cloud-logs')
      wanted.set(`${destination.instanceId}/${destination.region}`, destination);
  }
  return [...wanted.values()];
}

export function decidePublishing(view: RotationView, rotation: Rotation): Step {
  const { facts, memory } = view;
  if (memory.value === undefined || rotation.newKeyId === undefined) return decideRecovery(view, rotation);
  if (rotation.versionId !== undefined) return note({ kind: 'enter', phase: 'moving' });
  if (facts.secret === undefined) return look('secret');
  const needed = rotation.newKeyExpiresAt;
  // The secret's own expiry would destroy every version, the new one included, so it moves before the key is stored.
  if (facts.secret.expiresAt !== undefined && needed !== undefined && facts.secret.expiresAt < needed) {
    return act({ kind: 'extend-secret', expiresAt: needed });
  }
  return act({ kind: 'publish-key', keyId: rotation.newKeyId });
}
