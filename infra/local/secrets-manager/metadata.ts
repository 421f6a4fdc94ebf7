import { invalid, nameTaken } from './errors.ts';
import type { Secret } from './state.ts';
import type { Json, Payload, SecretType } from './types.ts';
import type { Instance } from './wire.ts';

export interface NewVersion {
  readonly payload: Payload;
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
}

/** What a metadata PATCH changes; `expiresAt: null` removes the expiry. */
export interface SecretChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly customMetadata?: Json | undefined;
  readonly expiresAt?: number | null | undefined;
}

/** Writes the metadata of a secret. @throws {Denied} 409 for a name that is taken, 400 for an expiry in the past */
export function changeMetadata(instance: Instance, secret: Secret, change: SecretChange, at: number): void {
  if (change.name !== undefined) requireFreeName(instance, { type: secret.type, name: change.name }, secret);
  requireFuture(change.expiresAt ?? undefined, at);
  secret.name = change.name ?? secret.name;
  secret.description = change.description ?? secret.description;
  secret.labels = change.labels ?? secret.labels;
  // Whether nested members are merged is not documented. Replacing catches callers who send a part.
  secret.customMetadata = change.customMetadata ?? secret.customMetadata;
  if (change.expiresAt !== undefined) secret.expiresAt = change.expiresAt ?? undefined;
  secret.updatedAt = at;
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
