import type { Host, IamForServices } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { forbidden, notFound, unauthenticated, versionLocked } from './errors.ts';
import { type LockMode, type NewLock, putLocks, removeLocks } from './locks.ts';
import {
  changeMetadata,
  type NewSecret,
  type NewVersion,
  requireFreeName,
  requireFuture,
  type SecretChange,
} from './metadata.ts';
import {
  addVersion,
  currentOf,
  lockCount,
  requireActive,
  requireUnlockedPrevious,
  type Secret,
  settleExpiry,
  type Version,
} from './state.ts';
import { type SecretTruth, truthOf } from './truth.ts';
import { type Json, type Payload, type SecretType, textOf, textsIn } from './types.ts';
import type { Instance } from './wire.ts';

/** How late, at most, an expired secret is destroyed. */
const EXPIRY_LAG_MS = 120_000;

/** Who made what the world file brings: a person who is no part of the story. */
const FOUNDER = 'IBMid-0000000000';

/** The actions that a role may hold, as far as the routes ask for them. */
export type Action =
  | 'secrets-manager.secret-metadata.read'
  | 'secrets-manager.secret.read'
  | 'secrets-manager.secret.create'
  | 'secrets-manager.secret-version.create'
  | 'secrets-manager.secret-metadata.update'
  | 'secrets-manager.secret-locks.create'
  | 'secrets-manager.secret-locks.delete'
  | 'secrets-manager.secret.delete';

/**
 * Secrets Manager: its instances and their secrets. Every write goes through here, so that expiry,
 * the trace and the record of all payloads miss nothing.
 *
 * @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2
 */
export class SecretsManager {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #random: SeededRandom;
  readonly #instances = new Map<string, Instance>();
  readonly #payloads = new Set<string>();

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
    this.#random = host.random.fork('secrets-manager');
  }

  get settings(): Host['settings']['secretsManager'] {
    return this.#host.settings.secretsManager;
  }

  addInstance(instance: {
    readonly guid: string;
    readonly region: string;
    readonly accountId: string;
  }): void {
    this.#instances.set(instance.guid, { ...instance, secrets: new Map() });
  }

  /** Puts a secret into an instance as if it had been there since `createdAt`. @throws {Error} without the instance */
  addSecret(secret: {
    readonly instanceId: string;
    readonly id: string;
    readonly name: string;
    readonly type?: SecretType;
    readonly payload: Payload;
    readonly createdAt: number;
    readonly expiresAt?: number;
    readonly versionMetadata?: Json;
  }): void {
    const instance = this.#instances.get(secret.instanceId);
    if (instance === undefined) throw new Error(`no Secrets Manager instance ${secret.instanceId}`);
    this.#insert(instance, { type: 'arbitrary', ...secret }, FOUNDER, secret.createdAt);
  }

  /** Every secret as it is now; never a payload. */
  truth(): readonly SecretTruth[] {
    const at = this.#host.now();
    return [...this.#instances.values()].flatMap((instance) =>
      this.secrets(instance, at).map((secret) => truthOf(instance.guid, secret)),
    );
  }

  /** Every text ever held as a value or in one, to search outputs for leaks. */
  secretValues(): readonly string[] {
    return [...this.#payloads];
  }

  /** The value of `current`, or a member of a `kv`, for checkers; undefined when there is none (any more). */
  currentPayload(instanceId: string, secretId: string, member?: string): string | undefined {
    const secret = this.#instances.get(instanceId)?.secrets.get(secretId);
    if (secret === undefined) return undefined;
    this.#settle(secret, this.#host.now());
    return textOf(currentOf(secret)?.payload, member);
  }

  /** A random trace id for one answer. */
  newTrace(): string {
    return this.#random.uuid();
  }

  /** @throws {Denied} 401 without a valid token, 404 without the instance, 403 without the role */
  admit(
    authorization: string | undefined,
    instanceId: string,
    action: Action,
    at: number,
  ): { readonly instance: Instance; readonly iamId: string } {
    const principal = this.#iam.authenticate(authorization, at);
    if (principal === undefined) throw unauthenticated();
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) throw notFound('instance');
    const target = {
      service: 'secrets-manager',
      accountId: instance.accountId,
      instanceId: instance.guid,
      region: instance.region,
    };
    if (!this.#iam.allows(principal.iamId, action, target, at)) throw forbidden(action);
    return { instance, iamId: principal.iamId };
  }

  secrets(instance: Instance, at: number): readonly Secret[] {
    const secrets = [...instance.secrets.values()];
    for (const secret of secrets) this.#settle(secret, at);
    return secrets;
  }

  /** @throws {Denied} 404 */
  secret(instance: Instance, id: string, at: number): Secret {
    const secret = instance.secrets.get(id);
    if (secret === undefined) throw notFound('secret');
    this.#settle(secret, at);
    return secret;
  }

  /** @throws {Denied} 404 for an unknown group, 409 for a name that is taken, 400 for an expiry in the past */
  createSecret(instance: Instance, secret: NewSecret, by: string, at: number): Secret {
    if ((secret.groupId ?? 'default') !== 'default') throw notFound('secret group');
    requireFreeName(instance, secret, undefined);
    requireFuture(secret.expiresAt, at);
    const created = this.#insert(instance, secret, by, at);
    this.#emit(at, 'secret-created', `secret ${created.name} was created`);
    return created;
  }

  /** Every version goes with it. @throws {Denied} 412 while any version is locked */
  deleteSecret(instance: Instance, secret: Secret, at: number): void {
    if (lockCount(secret) > 0) throw versionLocked();
    instance.secrets.delete(secret.id);
    this.#emit(at, 'secret-deleted', `secret ${secret.name} was deleted`);
  }

  /** @throws {Denied} 409 for a name that is taken, 412 where this world refuses it while the secret is locked */
  updateSecret(instance: Instance, secret: Secret, change: SecretChange, at: number): void {
    requireActive(secret);
    if (this.settings.patchWhileLocked === 'refuse' && lockCount(secret) > 0) throw versionLocked();
    changeMetadata(instance, secret, change, at);
    this.#emit(at, 'secret-updated', `metadata of secret ${secret.name} was changed`);
  }

  /**
   * Makes a new version.
   *
   * @param checked - the lock on `previous` was looked at earlier, and another writer may have slipped in since
   * @throws {Denied} 412 when `previous` is locked
   */
  createVersion(secret: Secret, version: NewVersion, checked: boolean, by: string, at: number): Version {
    requireActive(secret);
    if (!checked) requireUnlockedPrevious(secret);
    const created = this.#version(version, by, at);
    addVersion(secret, created, at);
    secret.customMetadata = version.customMetadata ?? secret.customMetadata;
    this.#emit(at, 'version-created', `secret ${secret.name} has the new version ${created.id}`);
    return created;
  }

  /** @throws {Denied} 400 */
  putLocks(
    secret: Secret,
    version: Version,
    locks: readonly NewLock[],
    mode: LockMode | undefined,
    by: string,
    at: number,
  ): void {
    requireActive(secret);
    const effect = putLocks(secret, version, locks, mode, by, at);
    for (const name of effect.put) {
      const moved = effect.removedFromPrevious.includes(name);
      const text = `lock ${name} of secret ${secret.name} ${moved ? 'moved to' : 'was put on'} version ${version.id}`;
      this.#emit(at, moved ? 'lock-moved' : 'lock-created', text);
    }
    if (effect.previousWiped) {
      this.#emit(at, 'version-data-deleted', `secret ${secret.name} lost the data of its previous version`);
    }
    this.#settle(secret, at);
  }

  removeLocks(secret: Secret, version: Version, names: readonly string[] | undefined, at: number): void {
    for (const name of removeLocks(version, names)) {
      this.#emit(at, 'lock-removed', `lock ${name} of secret ${secret.name} left version ${version.id}`);
    }
    this.#settle(secret, at);
  }

  #insert(instance: Instance, secret: NewSecret, by: string, at: number): Secret {
    const id = secret.id ?? this.#random.uuid();
    const created: Secret = {
      id,
      type: secret.type,
      groupId: secret.groupId ?? 'default',
      createdAt: at,
      createdBy: by,
      name: secret.name,
      description: secret.description,
      labels: secret.labels ?? [],
      customMetadata: secret.customMetadata,
      updatedAt: at,
      retrievedAt: undefined,
      expiresAt: secret.expiresAt,
      expiryLagMs: this.#host.random.fork(`expiry of ${id}`).below(EXPIRY_LAG_MS),
      destroyedAt: undefined,
      versions: [this.#version(secret, by, at)],
    };
    instance.secrets.set(id, created);
    return created;
  }

  #version(version: NewVersion, by: string, at: number): Version {
    for (const text of textsIn(version.payload)) this.#payloads.add(text);
    return {
      id: this.#random.uuid(),
      createdAt: at,
      createdBy: by,
      payload: version.payload,
      downloaded: false,
      metadata: version.versionMetadata,
      locks: new Map(),
    };
  }

  #settle(secret: Secret, at: number): void {
    if (settleExpiry(secret, at)) {
      this.#emit(at, 'secret-destroyed', `secret ${secret.name} expired and was destroyed`);
    }
  }

  #emit(at: number, kind: string, text: string): void {
    this.#host.emit({ at, kind, text });
  }
}
