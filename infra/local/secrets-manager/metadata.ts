import { invalid, nameTaken } from './errors.ts';
import {
  type Lease,
  nextRotation,
  type Rotation,
  requireFitting,
  requireSuccessor,
  type Ttl,
} from './lease.ts';
import { currentOf, expiryOf, type Secret, type Version } from './state.ts';
import type { Json, Payload, SecretType } from './types.ts';
import type { Instance } from './wire.ts';

export interface NewVersion {
  /** Undefined where Secrets Manager makes the value itself. */
  readonly payload: Payload | undefined;
  /** A version id or alias whose credential the new version takes. */
  readonly restoreFrom?: string | undefined;
  /** Replaces that of the secret. */
  readonly customMetadata?: Json | undefined;
  readonly versionMetadata?: Json | undefined;
}

export interface NewSecret extends NewVersion {
  readonly id?: string;
  readonly type: SecretType;
  readonly name: string;
  readonly groupId?: string;
  readonly description?: string | undefined;
  readonly labels?: readonly string[];
  readonly expiresAt?: number | undefined;
  /** Of `iam_credentials`. */
  readonly lease?: Lease | undefined;
}

/** A secret as it is once its first version is made. */
export const firstState = (
  secret: NewSecret,
  id: string,
  instance: Instance,
  version: Version,
  timing: Pick<Secret, 'expiryLagMs' | 'settledAt'>,
): Secret => ({
  ...timing,
  id,
  type: secret.type,
  instanceId: instance.guid,
  lease: secret.lease,
  groupId: secret.groupId ?? 'default',
  createdAt: version.createdAt,
  createdBy: version.createdBy,
  name: secret.name,
  description: secret.description,
  labels: secret.labels ?? [],
  customMetadata: secret.customMetadata,
  updatedAt: version.createdAt,
  retrievedAt: undefined,
  expiresAt: secret.expiresAt,
  destroyedAt: undefined,
  heldState: undefined,
  nextRotationAt: nextRotation(secret.lease, version.createdAt),
  rotationRetryAt: undefined,
  versions: [version],
});

/** What a metadata PATCH changes; `expiresAt: null` removes the expiry. */
export interface SecretChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly customMetadata?: Json | undefined;
  readonly expiresAt?: number | null | undefined;
  /** Of the next version on. */
  readonly ttl?: Ttl | undefined;
  /** A null turns automatic rotation off. */
  readonly rotation?: Rotation | null | undefined;
}

/** Writes the metadata of a secret. @throws {Denied} 409 for a name that is taken, 400 for an expiry in the past */
export function changeMetadata(instance: Instance, secret: Secret, change: SecretChange, at: number): void {
  if (change.name !== undefined) requireFreeName(instance, { type: secret.type, name: change.name }, secret);
  requireFuture(change.expiresAt ?? undefined, at);
  if (secret.lease !== undefined) changeLease(secret, secret.lease, change, at);
  secret.name = change.name ?? secret.name;
  secret.description = change.description ?? secret.description;
  secret.labels = change.labels ?? secret.labels;
  // Whether nested members are merged is not documented. Replacing catches callers who send a part.
  secret.customMetadata = change.customMetadata ?? secret.customMetadata;
  if (change.expiresAt !== undefined) secret.expiresAt = change.expiresAt ?? undefined;
  secret.updatedAt = at;
}

function changeLease(secret: Secret, lease: Lease, change: SecretChange, at: number): void {
  const ttl = change.ttl ?? lease.ttl;
  const rotation = change.rotation === undefined ? lease.rotation : (change.rotation ?? undefined);
  requireFitting({ ...lease, ttl, rotation });
  if (change.rotation !== undefined) {
    const next = nextRotation({ rotation }, currentOf(secret)?.createdAt ?? at);
    if (next !== undefined) requireSuccessor(Math.max(at, next), expiryOf(secret));
    secret.nextRotationAt = next;
    secret.rotationRetryAt = undefined;
  }
  lease.ttl = ttl;
  lease.rotation = rotation;
}

/** Names are unique per type in the whole instance, not per group. */
export function requireFreeName(
  instance: Instance,
  { type, name }: Pick<Secret, 'type' | 'name'>,
  self: Secret | undefined,
): void {
  for (const other of instance.secrets.values()) {
    if (other !== self && other.type === type && other.name === name) throw nameTaken();
  }
}

export function requireFuture(expiresAt: number | undefined, at: number): void {
  if (expiresAt !== undefined && expiresAt <= at) throw invalid('expiration_date must be in the future.');
}

/** The group that a secret is in, as policies name it; nothing for a secret that is not there. */
export function groupOf(
  instance: Instance,
  secret: string | undefined,
): {
  readonly resource?: { readonly type: 'secret-group'; readonly name: string };
} {
  const group = instance.secrets.get(secret ?? '')?.groupId;
  return group === undefined ? {} : { resource: { type: 'secret-group', name: group } };
}
