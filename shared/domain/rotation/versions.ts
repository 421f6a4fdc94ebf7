import type { SecretLock, SecretVersion } from '../keys.ts';
import type { Slot } from '../slot.ts';
import { isStampedFor } from './stamp.ts';
import { GUARD_LOCK } from './timing.ts';

/** What the keeper writes about a key into the metadata of the secret version that holds it. */
export const VERSION_METADATA = {
  keyId: 'api_key_id',
  previousKeyId: 'previous_api_key_id',
  /** The stamp of the rotation that made the version. */
  rotation: 'rotation',
  /** Instead of `rotation`, on a version that brought an old key back: the stamp of the rotation that failed. */
  restored: 'restored_from_rotation',
} as const;

/** Attributes of the guard lock while a rotation goes back. It outlives the ledger. */
export const ROLLING_BACK = { state: 'rolling-back' } as const;

export const versionOf = (
  versions: readonly SecretVersion[],
  alias: 'current' | 'previous',
): SecretVersion | undefined => versions.find((version) => version.alias === alias);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The id of the key in a version, if the keeper wrote it there. */
export const keyIdIn = (version: SecretVersion | undefined): string | undefined =>
  text(version?.metadata[VERSION_METADATA.keyId]);

export const previousKeyIdIn = (version: SecretVersion | undefined): string | undefined =>
  text(version?.metadata[VERSION_METADATA.previousKeyId]);

/** Who made a version: a rotation of this secret, a roll back, or somebody else. */
export function makerOf(
  version: SecretVersion | undefined,
  slot: Slot,
): { readonly kind: 'rotation' | 'roll-back'; readonly stamp: string } | { readonly kind: 'other' } {
  const rotation = text(version?.metadata[VERSION_METADATA.rotation]);
  if (rotation !== undefined && isStampedFor(rotation, slot)) return { kind: 'rotation', stamp: rotation };
  const restored = text(version?.metadata[VERSION_METADATA.restored]);
  if (restored !== undefined && isStampedFor(restored, slot)) return { kind: 'roll-back', stamp: restored };
  return { kind: 'other' };
}

export const guardOn = (
  locks: readonly SecretLock[],
  alias: 'current' | 'previous',
): SecretLock | undefined => locks.find((lock) => lock.name === GUARD_LOCK && lock.versionAlias === alias);

export const isRollingBack = (lock: SecretLock | undefined): boolean =>
  lock?.attributes['state'] === ROLLING_BACK.state;

/** How the guard lock of another member of the same secret is called here. */
export const othersGuard = (member: string | undefined): string =>
  `${GUARD_LOCK} of ${member === undefined ? 'the whole secret' : `member ${member}`}`;

export const isOthersGuard = ({ name }: SecretLock): boolean => name.startsWith(`${GUARD_LOCK} of `);

/** Locks of others on the previous version: consumers that still run on the old key. */
export const foreignOnPrevious = (locks: readonly SecretLock[]): readonly SecretLock[] =>
  locks.filter((lock) => lock.versionAlias === 'previous' && lock.name !== GUARD_LOCK);
