import { destinationName, isKeyed, type KeyedDestination } from '../logpush.ts';
import { valueGone } from './decide-move.ts';
import { decideRequesting } from './decide-request.ts';
import type { Rotation } from './record.ts';
import { act, look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';
import { guardOn, keyIdIn, versionOf } from './versions.ts';

/** Guard lock, intent, key, enabling: in this order, so that a key that nobody knows is born dead. */
export function decideMinting(view: RotationView, rotation: Rotation): Step {
  const { memory, facts, binding, now } = view;
  if (rotation.mintIntentAt !== undefined && !memory.intended) return decideRecovery(view, rotation);
  if (rotation.mintIntentAt === undefined) {
    if (facts.locks === undefined) return look('locks');
    if (guardOn(facts.locks, 'current') === undefined) return act({ kind: 'lock-version' });
    return note({ kind: 'intend-mint' });
  }
  if (rotation.newKeyId === undefined) {
    return act({ kind: 'mint-key', name: rotation.newKeyName, expiresAt: now + binding.rotation.keyLifeMs });
  }
  if (!memory.enabled) return act({ kind: 'enable-key', keyId: rotation.newKeyId });
  return note({ kind: 'enter', phase: 'qualifying' });
}

/**
 * The run that asked for the key died. Either a version of the secret names the key, and the rotation goes on, or
 * the value is lost and the attempt ends: nothing asks for a key twice without knowing what became of the first.
 */
function decideRecovery(view: RotationView, rotation: Rotation): Step {
  const { versions, keys } = view.facts;
  if (versions === undefined) return look('versions');
  const current = versionOf(versions, 'current');
  if (current !== undefined && rotation.newKeyId !== undefined && keyIdIn(current) === rotation.newKeyId)
    return note({ kind: 'recover', versionId: current.id });
  if (rotation.newKeyId !== undefined) {
    // It may have been stored by a request whose answer never came, and a list may show that late.
    const shownAt = (rotation.phases.at(-1)?.at ?? view.now) + TIMING.listLagMs;
    if (rotation.phase === 'publishing' && view.now < shownAt)
      return rest('Secrets Manager to list the version that may have been made', shownAt);
    return valueLost(rotation.newKeyId);
  }
  if (keys === undefined) return look('keys');
  const minted = keys.find((key) => key.name === rotation.newKeyName);
  if (minted !== undefined) return valueLost(minted.id);
  // A list right after a create may miss the new key; only an old intent without a key means that none was made.
  const settledAt = (rotation.mintIntentAt ?? view.now) + TIMING.listLagMs;
  if (view.now < settledAt) return rest('IAM to list the key that may have been minted', settledAt);
  return note({ kind: 'close', outcome: 'mint-failed', detail: 'IAM did not answer, and lists no such key' });
}

const valueLost = (keyId: string): Step =>
  note({
    kind: 'close',
    outcome: 'value-lost',
    detail: `the run that made key ${keyId} ended before it was stored`,
    strayKeyId: keyId,
  });

export function decideQualifying(view: RotationView, rotation: Rotation): Step {
  if (view.binding.managedBy !== 'keeper') return decideFound(view, rotation);
  if (view.memory.value === undefined || rotation.newKeyId === undefined)
    return decideRecovery(view, rotation);
  if (rotation.qualified === undefined) {
    return act({ kind: 'qualify-key', keyId: rotation.newKeyId, destinations: destinationsOf(view) });
  }
  return note({ kind: 'enter', phase: 'publishing' });
}

/** The secret holds the new key, so its value can be read as often as it takes. */
function decideFound(view: RotationView, rotation: Rotation): Step {
  const { memory, facts } = view;
  if (rotation.qualified !== undefined) return note({ kind: 'enter', phase: 'moving' });
  if (memory.value === undefined)
    return facts.valueProblem === undefined ? look('value') : valueGone(view, facts.valueProblem);
  // It is tried where the jobs push.
  if (facts.jobs === undefined) return look('jobs');
  const keyId = rotation.newKeyId ?? '';
  return act({ kind: 'qualify-key', keyId, destinations: destinationsOf(view) });
}

function destinationsOf({ binding, facts }: RotationView): readonly KeyedDestination[] {
  const wanted = new Map<string, KeyedDestination>();
  const inUse = (facts.jobs?.jobs ?? []).map(({ job }) => job.destination);
  // A selected bucket without a path names no place to try; its jobs do.
  const selected = binding.jobs.flatMap(({ destination }) =>
    destination.kind === 'cloud-logs' ? [destination] : [],
  );
  for (const destination of [...inUse, ...selected])
    if (isKeyed(destination)) wanted.set(destinationName(destination), destination);
  return [...wanted.values()];
}

export function decidePublishing(view: RotationView, rotation: Rotation): Step {
  if (view.binding.managedBy !== 'keeper') return decideRequesting(view, rotation);
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
