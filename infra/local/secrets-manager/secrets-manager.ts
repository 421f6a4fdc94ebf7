import type { Host, IamForSecretsManager } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { Chronicle } from './chronicle.ts';
import { Clockwork } from './clockwork.ts';
import { Credentials } from './credentials.ts';
import { forbidden, invalid, keyNotMade, notFound, unauthenticated, versionLocked } from './errors.ts';
import { type Happening, ITSELF } from './happenings.ts';
import { type Lease, requireFitting } from './lease.ts';
import { type LockMode, type NewLock, putLocks, removeLocks } from './locks.ts';
import {
  changeMetadata,
  firstState,
  groupOf,
  type NewSecret,
  requireFreeName,
  requireFuture,
  type SecretChange,
} from './metadata.ts';
import { Rotations } from './rotations.ts';
import {
  currentOf,
  type HeldState,
  lockCount,
  previousOf,
  requireActive,
  type Secret,
  type Version,
} from './state.ts';
import { type SecretTruth, truthOf } from './truth.ts';
import { type Json, type Payload, type SecretType, textOf } from './types.ts';
import { type Making, VersionMaker } from './version-maker.ts';
import type { Instance } from './wire.ts';

/** How late, at most, an expired secret is destroyed. */
const EXPIRY_LAG_MS = 120_000;

/** Who made what the world file brings: a person who is no part of the story. */
const FOUNDER = 'IBMid-0000000000';

/** The actions that a role may hold, as far as the routes ask for them. */
export type Action =
  | 'secrets-manager.secrets.list'
  | 'secrets-manager.secret-metadata.read'
  | 'secrets-manager.secret-versions.list'
  | 'secrets-manager.secret-version-metadata.read'
  | 'secrets-manager.secret-version-metadata.update'
  | 'secrets-manager.secret-locks.list'
  | 'secrets-manager.secret-version-locks.list'
  | 'secrets-manager.secret.read'
  | 'secrets-manager.secret-version.read'
  | 'secrets-manager.secret.create'
  | 'secrets-manager.secret-version.create'
  | 'secrets-manager.secret-metadata.update'
  | 'secrets-manager.secret-locks.create'
  | 'secrets-manager.secret-version-locks.create'
  | 'secrets-manager.secret-version-locks.delete'
  | 'secrets-manager.secret-version-data.delete'
  | 'secrets-manager.secret.delete';

/**
 * Secrets Manager: its instances and their secrets. Every write goes through here or `rotations`, so
 * that expiry, the trace and the record of all payloads miss nothing.
 *
 * @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2
 */
export class SecretsManager {
  readonly #host: Host;
  readonly #iam: IamForSecretsManager;
  readonly #random: SeededRandom;
  readonly #instances = new Map<string, Instance>();
  readonly #chronicle: Chronicle;
  readonly #credentials: Credentials;
  readonly #versions: VersionMaker;
  readonly #clockwork: Clockwork;
  /** Everything about the versions of a secret. */
  readonly rotations: Rotations;
  /** Secrets whose keys come and go with time alone. */
  readonly #leased = new Set<Secret>();

  constructor(host: Host, iam: IamForSecretsManager) {
    this.#host = host;
    this.#iam = iam;
    this.#random = host.random.fork('secrets-manager');
    this.#chronicle = new Chronicle(host);
    this.#credentials = new Credentials(host, iam);
    this.#versions = new VersionMaker(this.#random, this.#credentials);
    const accountOf = (secret: Secret): string => this.instance(secret.instanceId).accountId;
    this.rotations = new Rotations(
      this.settings,
      this.#chronicle,
      this.#credentials,
      this.#versions,
      accountOf,
    );
    this.#clockwork = new Clockwork(this.settings, this.#credentials, {
      rotate: (secret, at) => this.rotations.rotate(secret, at),
      warn: (secret, subKind, at) =>
        this.#chronicle.happen(secret, 'secret_about_to_expire', ITSELF, at, subKind),
      expirationBlocked: (secret, at) =>
        this.#chronicle.happen(secret, 'secret_expiration_blocked', ITSELF, at),
      expired: (secret, at) => {
        if (at === secret.destroyedAt)
          this.#chronicle.emit(at, 'secret-destroyed', `secret ${secret.name} expired and was destroyed`);
        this.#chronicle.happen(secret, 'secret_expired', ITSELF, at);
      },
    });
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

  /** Puts a secret into an instance as if it had been there since `createdAt`. @throws {Denied} 404 without the instance */
  addSecret(secret: {
    readonly instanceId: string;
    readonly id: string;
    readonly name: string;
    readonly type?: SecretType;
    readonly payload?: Payload;
    readonly lease?: Lease;
    readonly createdAt: number;
    readonly expiresAt?: number;
    readonly versionMetadata?: Json;
  }): void {
    const instance = this.instance(secret.instanceId);
    const making = { accountId: instance.accountId, by: FOUNDER, at: secret.createdAt };
    this.#insert(instance, { type: 'arbitrary', payload: undefined, ...secret }, making);
  }

  /** When `catchUp` has something to do next; never, where Secrets Manager made no keys. */
  nextChangeAt(): number {
    return Math.min(...[...this.#leased].map((secret) => this.#clockwork.nextAt(secret)));
  }

  /** Keys that have come to their end and rotations that are due: what others notice of them without asking here. */
  catchUp(at: number): void {
    for (const secret of this.#leased) this.#clockwork.settle(secret, at);
  }

  /** Holds a secret in a state that no client brings about; undefined lets it go on. @throws {Denied} 404 */
  hold(instanceId: string, secretId: string, state: HeldState | undefined): void {
    this.secret(this.instance(instanceId), secretId, this.#host.now()).heldState = state;
  }

  /** What has happened since the last call, for Event Notifications; in the order of time. */
  takeHappenings(): readonly Happening[] {
    for (const instance of this.#instances.values()) this.secrets(instance, this.#host.now());
    return this.#chronicle.take();
  }

  /** Where an instance is. @throws {Denied} 404 */
  instance(id: string): Instance {
    const instance = this.#instances.get(id);
    if (instance === undefined) throw notFound('instance');
    return instance;
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
    return this.#versions.texts;
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

  /**
   * @param secret - the id of the one that it is about, whose group may be all that the caller may do it in
   * @throws {Denied} 401 without a valid token, 404 without the instance, 403 without the role
   */
  admit(
    authorization: string | undefined,
    instanceId: string,
    action: Action,
    at: number,
    secret: string | undefined,
  ): { readonly instance: Instance; readonly iamId: string } {
    const principal = this.#iam.authenticate(authorization, at);
    if (principal === undefined) throw unauthenticated();
    const instance = this.instance(instanceId);
    const target = {
      service: 'secrets-manager',
      accountId: instance.accountId,
      instanceId: instance.guid,
      region: instance.region,
      ...groupOf(instance, secret),
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

  /** @throws {Denied} 404 for an unknown group, 409 for a name that is taken, 400 for what does not fit */
  createSecret(instance: Instance, secret: NewSecret, by: string, at: number): Secret {
    if ((secret.groupId ?? 'default') !== 'default') throw notFound('secret group');
    requireFreeName(instance, secret, undefined);
    requireFuture(secret.expiresAt, at);
    if (secret.lease !== undefined) {
      requireFitting(secret.lease);
      if (!this.#credentials.knows(secret.lease, instance.accountId))
        throw invalid('service_id is no service ID of the account.');
    }
    const created = this.#insert(instance, secret, { accountId: instance.accountId, by, at });
    this.#chronicle.emit(at, 'secret-created', `secret ${created.name} was created`);
    this.#chronicle.happen(created, 'secret_created', by, at);
    return created;
  }

  /** Every version goes with it, and every key that was made for one. @throws {Denied} 412 while any version is locked */
  deleteSecret(instance: Instance, secret: Secret, by: string, at: number): void {
    if (lockCount(secret) > 0) throw versionLocked();
    for (const { credential } of secret.versions) this.#credentials.end(credential, at);
    instance.secrets.delete(secret.id);
    this.#leased.delete(secret);
    this.#chronicle.emit(at, 'secret-deleted', `secret ${secret.name} was deleted`);
    this.#chronicle.happen(secret, 'secret_deleted', by, at);
  }

  /** @throws {Denied} 409 for a name that is taken, 412 where this world refuses it while the secret is locked */
  updateSecret(instance: Instance, secret: Secret, change: SecretChange, at: number): void {
    requireActive(secret);
    if (this.settings.patchWhileLocked === 'refuse' && lockCount(secret) > 0) throw versionLocked();
    changeMetadata(instance, secret, change, at);
    this.#chronicle.emit(at, 'secret-updated', `metadata of secret ${secret.name} was changed`);
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
      this.#chronicle.emit(at, moved ? 'lock-moved' : 'lock-created', text);
    }
    if (effect.previousWiped) {
      this.#credentials.end(previousOf(secret)?.credential, at);
      this.#chronicle.emit(
        at,
        'version-data-deleted',
        `secret ${secret.name} lost the data of its previous version`,
      );
    }
    this.#settle(secret, at);
  }

  removeLocks(secret: Secret, version: Version, names: readonly string[] | undefined, at: number): void {
    for (const name of removeLocks(version, names)) {
      this.#chronicle.emit(
        at,
        'lock-removed',
        `lock ${name} of secret ${secret.name} left version ${version.id}`,
      );
    }
    this.#settle(secret, at);
  }

  #insert(instance: Instance, secret: NewSecret, making: Making): Secret {
    const id = secret.id ?? this.#random.uuid();
    const version = this.#versions.make(secret, secret, making);
    if (version === undefined) throw keyNotMade();
    const created = firstState(secret, id, instance, version, {
      expiryLagMs: this.#host.random.fork(`expiry of ${id}`).below(EXPIRY_LAG_MS),
      settledAt: this.#host.now(),
    });
    instance.secrets.set(id, created);
    if (created.lease !== undefined) this.#leased.add(created);
    return created;
  }

  #settle(secret: Secret, at: number): void {
    this.#clockwork.settle(secret, at);
  }
}
