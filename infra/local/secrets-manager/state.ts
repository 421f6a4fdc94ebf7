import { invalid, notFound, versionLocked } from './errors.ts';
import type { Json, Payload, SecretType } from './types.ts';

/** How many versions keep their metadata; the oldest goes when one more comes. */
const VERSIONS_KEPT = 50;

export type Alias = 'current' | 'previous';

/** A named hold on one version. It has no owner and no end: anyone with the role may replace or remove it. */
export interface Lock {
  readonly name: string;
  readonly description: string | undefined;
  readonly attributes: Json | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly createdBy: string;
}

export interface Version {
  readonly id: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Undefined once it is wiped; only `current` and `previous` ever keep one. */
  payload: Payload | undefined;
  downloaded: boolean;
  /** `version_custom_metadata`. */
  metadata: Json | undefined;
  readonly locks: Map<string, Lock>;
}

export interface Secret {
  readonly id: string;
  readonly type: SecretType;
  readonly groupId: string;
  readonly createdAt: number;
  readonly createdBy: string;
  name: string;
  description: string | undefined;
  labels: readonly string[];
  customMetadata: Json | undefined;
  updatedAt: number;
  /** When a value was last read; undefined = never. */
  retrievedAt: number | undefined;
  expiresAt: number | undefined;
  /** How much later than `expiresAt` the service gets round to destroying it. */
  readonly expiryLagMs: number;
  destroyedAt: number | undefined;
  /** Oldest first; the last is `current`, the one before it `previous`. */
  versions: Version[];
}

export const currentOf = (secret: Secret): Version | undefined => secret.versions.at(-1);
export const previousOf = (secret: Secret): Version | undefined => secret.versions.at(-2);

export function aliasOf(secret: Secret, version: Version): Alias | undefined {
  if (version === currentOf(secret)) return 'current';
  return version === previousOf(secret) ? 'previous' : undefined;
}

/** @param idOrAlias - a version id, `current` or `previous`. @throws {Denied} 404 */
export function findVersion(secret: Secret, idOrAlias: string): Version {
  const version =
    idOrAlias === 'current'
      ? currentOf(secret)
      : idOrAlias === 'previous'
        ? previousOf(secret)
        : secret.versions.find((candidate) => candidate.id === idOrAlias);
  if (version === undefined) throw notFound('secret version');
  return version;
}

export const lockCount = (secret: Secret): number =>
  secret.versions.reduce((sum, version) => sum + version.locks.size, 0);

/** @throws {Denied} 412 when the version that a rotation would push out is locked; a locked `current` is no obstacle */
export function requireUnlockedPrevious(secret: Secret): void {
  if ((previousOf(secret)?.locks.size ?? 0) > 0) throw versionLocked();
}

/** @throws {Denied} 400; what a destroyed secret answers to a change is not documented */
export function requireActive(secret: Secret): void {
  if (secret.destroyedAt !== undefined) throw invalid('The secret is destroyed.');
}

/**
 * Makes a version the current one. The one before becomes `previous` and keeps its locks; the one before that loses
 * its payload. The secret's own expiry stays as it is.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-manual-rotation
 */
export function addVersion(secret: Secret, version: Version, at: number): void {
  secret.versions.push(version);
  const pushedOut = secret.versions.at(-3);
  if (pushedOut !== undefined) {
    pushedOut.payload = undefined;
    // Only a rotation that raced past the check pushes out a locked version; a version without payload holds no lock.
    pushedOut.locks.clear();
  }
  if (secret.versions.length > VERSIONS_KEPT) secret.versions.shift();
  secret.updatedAt = at;
}

/** The value of a version, if it still has one. Reading it is remembered. */
export function readPayload(secret: Secret, version: Version, at: number): Payload | undefined {
  if (version.payload === undefined) return undefined;
  version.downloaded = true;
  secret.retrievedAt = at;
  return version.payload;
}

/**
 * Destroys a secret whose time has come, with every version. A lock on any version postpones that until the last
 * lock is gone.
 *
 * @returns whether it was destroyed just now
 */
export function settleExpiry(secret: Secret, at: number): boolean {
  if (secret.destroyedAt !== undefined || secret.expiresAt === undefined) return false;
  if (at < secret.expiresAt + secret.expiryLagMs || lockCount(secret) > 0) return false;
  secret.destroyedAt = at;
  for (const version of secret.versions) version.payload = undefined;
  return true;
}
