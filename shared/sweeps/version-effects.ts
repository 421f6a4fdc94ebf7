import { finding } from '../domain/finding.ts';
import type { Action, RotationView } from '../domain/rotation/steps.ts';
import { keyIdIn, VERSION_METADATA, versionOf } from '../domain/rotation/versions.ts';
import { slotName } from '../domain/slot.ts';
import { ApiError } from '../errors.ts';
import { type Applied, done, required } from './applied.ts';
import { describeError, type SweepContext } from './context.ts';
import type { KeyStore } from './key-store.ts';

/**
 * Stores the old key again. The caller has seen that the secret does not hold it. If the process dies after the
 * request, the next run sees that it does; a second version of the same key would do no harm.
 */
export async function restoreVersion(
  context: SweepContext,
  { memory, record }: RotationView,
  action: Extract<Action, { kind: 'restore-version' }>,
  store: KeyStore,
): Promise<Applied> {
  const metadata = {
    [VERSION_METADATA.keyId]: action.keyId,
    [VERSION_METADATA.restored]: record.current?.newKeyName ?? '',
  };
  const version = await store.createVersion(required(memory.oldValue), metadata);
  return done(context.ports.clock.now(), { versionId: version.id });
}

/**
 * Whether a secret's expiry can be moved while it is locked is not documented. If not, the rotation goes on: our own
 * guard lock keeps the secret from being destroyed, and a person is told.
 */
export async function extendSecret(
  context: SweepContext,
  { binding }: RotationView,
  action: Extract<Action, { kind: 'extend-secret' }>,
  store: KeyStore,
): Promise<Applied> {
  const { clock } = context.ports;
  try {
    await store.setExpiry(action.expiresAt);
    return done(clock.now());
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 412 && error.status !== 409)) throw error;
    const stuck = finding('secret-expiry-stuck', slotName(binding.secret), describeError(error));
    return done(clock.now(), {}, [stuck]);
  }
}

/**
 * Stores the key as a new version. On an unclear answer the versions are read back first: the guard lock lets at
 * most one version through, so a second try can only be refused, never rotate twice.
 */
export async function publish(
  context: SweepContext,
  { binding, memory, record }: RotationView,
  action: Extract<Action, { kind: 'publish-key' }>,
  store: KeyStore,
): Promise<Applied> {
  const { clock } = context.ports;
  const metadata = {
    [VERSION_METADATA.keyId]: action.keyId,
    [VERSION_METADATA.previousKeyId]: record.current?.oldKeyId ?? '',
    [VERSION_METADATA.rotation]: record.current?.newKeyName ?? '',
  };
  for (let tries = 1; ; tries += 1) {
    let refused: ApiError;
    try {
      const version = await store.createVersion(required(memory.value), metadata);
      return done(clock.now(), { versionId: version.id });
    } catch (error) {
      if (!(error instanceof ApiError) || (error.effect === 'none' && error.status !== 412)) throw error;
      refused = error;
    }
    const versions = await store.versions();
    const ours = versions.find((version) => keyIdIn(version) === action.keyId);
    if (ours?.alias === 'current') return done(clock.now(), { versionId: ours.id });
    if (refused.status === 412 || ours !== undefined) {
      const detail =
        'the previous version is locked or newer versions exist: somebody else rotated this secret';
      return {
        kind: 'end',
        note: { kind: 'close', outcome: 'value-lost', detail, strayKeyId: action.keyId },
        finding: finding('publish-unclear', `binding ${binding.name}`, detail),
      };
    }
    if (tries >= 2) throw refused;
  }
}

/**
 * Secrets Manager makes a key and stores it as a new version. On an unclear answer the versions are read back: the guard lock
 * lets at most one through. If the process dies, the next run finds the version by its stamp.
 */
export async function requestVersion(
  { ports: { clock } }: SweepContext,
  { record, binding }: RotationView,
  store: KeyStore,
): Promise<Applied> {
  const stamp = record.current?.newKeyName ?? '';
  const metadata = {
    [VERSION_METADATA.previousKeyId]: record.current?.oldKeyId ?? '',
    [VERSION_METADATA.rotation]: stamp,
  };
  let refusal: string | undefined;
  try {
    await store.createVersion(undefined, metadata);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Nothing was made; whether it is asked again at once or after a while makes no difference to that.
    if (error.effect === 'none' && error.status !== 412) refusal = describeError(error);
  }
  const current = versionOf(await store.versions(), 'current');
  const keyId = keyIdIn(current);
  if (current !== undefined && current.metadata[VERSION_METADATA.rotation] === stamp && keyId !== undefined)
    return done(clock.now(), { versionId: current.id, keyId });
  const detail =
    refusal ?? 'no new version was made: the previous one is locked, or somebody else rotated this secret';
  return {
    kind: 'end',
    note: { kind: 'close', outcome: 'mint-failed', detail },
    finding: finding('publish-unclear', `binding ${binding.name}`, detail),
  };
}
