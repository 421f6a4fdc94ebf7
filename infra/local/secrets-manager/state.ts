import type { Credential } from './credentials.ts';
import { invalid, notFound, versionLocked } from './errors.ts';
import type { Lease } from './lease.ts';
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

/** The states that no deed of a client brings here: 0 not usable yet, 2 suspended, 3 could not be created. */
export type HeldState = 0 | 2 | 3;

const STATES = {
  0: 'pre_activation',
  1: 'active',
  2: 'suspended',
  3: 'deactivated',
  5: 'destroyed',
} as const;

export interface Version {
  readonly id: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly autoRotated: boolean;
  /** Undefined once it is wiped; only `current` and `previous` ever keep one. */
  payload: Payload | undefined;
  /** The key that Secrets Manager made for it; of `iam_credentials` alone. */
  credential: Credential | undefined;
  downloaded: boolean;
  /** `version_custom_metadata`. */
  metadata: Json | undefined;
  readonly locks: Map<string, Lock>;
}

export interface Secret {
  readonly id: string;
  readonly type: SecretType;
  readonly instanceId: string;
  /** Of `iam_credentials` alone. */
  readonly lease: Lease | undefined;
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
  /** Of a secret whose expiry is its own; that of `iam_credentials` is the end of the current lease. */
  expiresAt: number | undefined;
  /** How much later than `expiresAt` the service gets round to destroying it. */
  readonly expiryLagMs: number;
  destroyedAt: number | undefined;
  /** A state that a world puts a secret into, and that it leaves by nothing else. */
  heldState: HeldState | undefined;
  nextRotationAt: number | undefined;
  /** When the next try is due, after one that was refused or failed. */
  rotationRetryAt: number | undefined;
  /** Until when everything has happened that time brings. */
  settledAt: number;
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

/** @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#get-secret-metadata */
export const stateOf = (secret: Secret): HeldState | 1 | 5 =>
  secret.heldState ?? (secret.destroyedAt === undefined ? 1 : 5);

export const stateDescription = (secret: Secret): string => STATES[stateOf(secret)];

export const expiryOf = (secret: Secret): number | undefined =>
  secret.lease === undefined ? secret.expiresAt : currentOf(secret)?.credential?.expiresAt;

/** @throws {Denied} 400; what a secret in another state answers to a change is not documented */
export function requireActive(secret: Secret): void {
  if (stateOf(secret) !== 1) throw invalid(`The secret is ${stateDescription(secret)}.`);
}

/**
 * Makes a version the current one. The one before becomes `previous` and keeps its locks; the one before that loses
 * its payload. The secret's own expiry stays as it is.
 *
 * @returns the version that lost its payload
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-manual-rotation
 */
export function addVersion(secret: Secret, version: Version, at: number): Version | undefined {
  secret.versions.push(version);
  const pushedOut = secret.versions.at(-3);
  if (pushedOut !== undefined) {
    pushedOut.payload = undefined;
    // Only a rotation that raced past the check pushes out a locked version; a version without payload holds no lock.
    pushedOut.locks.clear();
  }
  if (secret.versions.length > VERSIONS_KEPT) secret.versions.shift();
  secret.updatedAt = at;
  return pushedOut;
}

/** The value of a version, if it still has one. Reading it is remembered. */
export function readPayload(secret: Secret, version: Version, at: number): Payload | undefined {
  if (version.payload === undefined || stateOf(secret) !== 1) return undefined;
  version.downloaded = true;
  secret.retrievedAt = at;
  return version.payload;
}
