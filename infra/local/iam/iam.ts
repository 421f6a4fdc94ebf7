import { days, minutes, seconds } from '../../../shared/domain/time.ts';
import type { Host, IamForSecretsManager, IamForServices, Principal, Target } from '../host.ts';
import { type ComputeResource, ComputeResources } from './compute-resources.ts';
import { Groups } from './groups.ts';
import { Policies } from './policies.ts';
import type { SimplePolicy } from './policy-content.ts';
import { Profiles } from './profiles.ts';
import { Propagation } from './propagation.ts';
import { Roles } from './role-registry.ts';
import { makeToken } from './tokens.ts';

/** An API key with its value; only the simulator has this. */
export interface KeyState {
  readonly id: string;
  name: string;
  description: string;
  readonly iamId: string;
  readonly accountId: string;
  readonly value: string;
  readonly createdAt: number;
  readonly createdBy: string;
  modifiedAt: number;
  expiresAt: number | undefined;
  locked: boolean;
  disabled: boolean;
  /** Since when it is disabled, while it is; a disabled key may mint for a short while. */
  disabledAt: number | undefined;
  deletedAt: number | undefined;
  actionWhenLeaked: string;
  storeValue: boolean;
  entityTag: string;
  readonly logins: number[];
}

export interface KeyTruth {
  readonly id: string;
  readonly name: string;
  readonly iamId: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly locked: boolean;
  readonly disabled: boolean;
  readonly deleted: boolean;
  readonly lastAuthnAt?: number;
}

export interface ServiceIdState {
  readonly id: string;
  readonly iamId: string;
  readonly name: string;
  readonly accountId: string;
}

type NewKey = Pick<
  KeyState,
  'id' | 'name' | 'iamId' | 'accountId' | 'value' | 'createdAt' | 'locked' | 'disabled'
> & {
  readonly expiresAt?: number;
};

/** Keys are removed when both their expiry and their last change are this old, locked or not. */
const REMOVAL_MS = days(90);
/** Logins are kept by the minute, two days of them: of a key that is always busy, too, IAM shows one from before its lag. */
const LOGIN_MINUTES = 2 * 24 * 60;

/** IAM: service IDs, API keys, tokens, policies. @see https://cloud.ibm.com/apidocs/iam-identity-token-api */
export class Iam implements IamForSecretsManager {
  readonly #host: Host;
  readonly #serviceIds = new Map<string, ServiceIdState>();
  readonly #users = new Map<string, Omit<ServiceIdState, 'id'>>();
  readonly #keys = new Map<string, KeyState>();
  readonly #byValue = new Map<string, KeyState>();
  readonly #tokens = new Map<string, { readonly principal: Principal; readonly expiresAt: number }>();
  readonly #refusedKeys = new Set<string>();
  readonly groups: Groups;
  readonly policies: Policies;
  readonly roles: Roles;
  readonly profiles: Profiles;
  readonly #computeResources: ComputeResources;

  constructor(host: Host) {
    this.#host = host;
    const propagation = new Propagation(host);
    this.groups = new Groups(host, propagation);
    this.roles = new Roles(host);
    this.policies = new Policies(host, propagation, this.groups, this.roles);
    this.profiles = new Profiles(host);
    this.#computeResources = new ComputeResources(host);
  }

  addServiceId(serviceId: Omit<ServiceIdState, 'iamId'>): void {
    this.#serviceIds.set(`iam-${serviceId.id}`, { ...serviceId, iamId: `iam-${serviceId.id}` });
  }

  addUser(user: Omit<ServiceIdState, 'id'>): void {
    this.#users.set(user.iamId, user);
  }

  /** Deletes an identity: its keys go, and its tokens die at once. */
  removeServiceId(id: string): void {
    this.#serviceIds.delete(`iam-${id}`);
    for (const key of this.#keys.values()) if (key.iamId === `iam-${id}`) key.deletedAt ??= this.#host.now();
  }

  /** What stands in the token file of a workload of Code Engine when it is written at this instant. */
  computeResourceToken(resource: ComputeResource, at: number): string {
    return this.#computeResources.tokenFile(resource, at);
  }

  computeResource(token: string, at: number): ComputeResource | undefined {
    return this.#computeResources.resourceOf(token, at);
  }

  serviceId(iamId: string): ServiceIdState | undefined {
    return this.#serviceIds.get(iamId);
  }

  addPolicy(policy: SimplePolicy): void {
    this.policies.add(policy);
  }

  /** Takes the policies of an identity about one service away; they act until the world's policy delay has passed. */
  removePolicy(iamId: string, service: string): void {
    for (const policy of this.policies.all()) {
      const about = [...policy.subject, ...policy.resource].map(({ value }) => value);
      if (policy.state === 'active' && about.includes(iamId) && about.includes(service))
        this.policies.remove(policy, iamId);
    }
  }

  addKey(key: NewKey): KeyState {
    const state: KeyState = {
      ...key,
      description: '',
      createdBy: key.iamId,
      modifiedAt: key.createdAt,
      expiresAt: key.expiresAt,
      disabledAt: key.disabled ? key.createdAt : undefined,
      deletedAt: undefined,
      actionWhenLeaked: 'none',
      storeValue: false,
      entityTag: this.newTag(),
      logins: [],
    };
    this.#keys.set(state.id, state);
    this.#byValue.set(state.value, state);
    return state;
  }

  isServiceIdOf(iamId: string, accountId: string): boolean {
    return this.#serviceIds.get(iamId)?.accountId === accountId;
  }

  hasRoomForKey(iamId: string): boolean {
    const owned = this.liveKeys().filter((key) => key.iamId === iamId);
    return owned.length < this.#host.settings.iam.keysPerIdentity;
  }

  makeLockedKey(key: Omit<NewKey, 'locked' | 'disabled' | 'expiresAt'>): boolean {
    if (!this.isServiceIdOf(key.iamId, key.accountId) || !this.hasRoomForKey(key.iamId)) return false;
    this.addKey({ ...key, locked: true, disabled: false });
    return true;
  }

  lockKey(id: string): void {
    const key = this.#keys.get(id);
    if (key !== undefined) key.locked = true;
  }

  deleteKey(id: string, at: number): void {
    const key = this.#keys.get(id);
    if (key !== undefined) key.deletedAt ??= at;
  }

  /** From now on a key gets no token although it looks good: a restriction of its account, or a region that lags. */
  refuseLogins(id: string): void {
    this.#refusedKeys.add(id);
  }

  newTag(): string {
    return `1-${this.#host.random.hex(32)}`;
  }

  /** Keys that exist, for the API; what has been expired and untouched for 90 days is gone. */
  liveKeys(): readonly KeyState[] {
    const now = this.#host.now();
    return [...this.#keys.values()].filter((key) => {
      if (key.deletedAt !== undefined) return false;
      return key.expiresAt === undefined || Math.max(key.expiresAt, key.modifiedAt) + REMOVAL_MS > now;
    });
  }

  liveKey(id: string): KeyState | undefined {
    return this.liveKeys().find((key) => key.id === id);
  }

  liveKeyByValue(value: string): KeyState | undefined {
    const key = this.#byValue.get(value);
    return key === undefined ? undefined : this.liveKey(key.id);
  }

  /** Whether a value was ever used: own values must be unique. */
  isKnownValue(value: string): boolean {
    return this.#byValue.has(value);
  }

  keys(): readonly KeyTruth[] {
    return [...this.#keys.values()].map((key) => {
      const lastAuthnAt = key.logins.at(-1);
      return {
        id: key.id,
        name: key.name,
        iamId: key.iamId,
        accountId: key.accountId,
        createdAt: key.createdAt,
        locked: key.locked,
        disabled: key.disabled,
        deleted: key.deletedAt !== undefined,
        ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt }),
        ...(lastAuthnAt === undefined ? {} : { lastAuthnAt }),
      };
    });
  }

  keyIdOf(value: string | undefined): string | undefined {
    return value === undefined ? undefined : this.#byValue.get(value)?.id;
  }

  /** Every key value and every token there ever was, for searches in what must not hold them. */
  secretValues(): readonly string[] {
    return [...this.#byValue.keys(), ...this.#tokens.keys(), ...this.#computeResources.tokens()];
  }

  grantToken(apiKey: string, at: number): ReturnType<IamForServices['grantToken']> {
    const key = this.#byValue.get(apiKey);
    const { newKeyDelaySeconds, removalDelaySeconds, deadKeyCode, tokenLifeSeconds } =
      this.#host.settings.iam;
    const refused = (code: string) => ({ ok: false, status: 400, code }) as const;
    if (key === undefined || at < key.createdAt + seconds(newKeyDelaySeconds)) return refused('BXNIM0415E');
    if (this.#refusedKeys.has(key.id)) return refused('BXNIM0462E');
    if (key.deletedAt !== undefined && at >= key.deletedAt + seconds(removalDelaySeconds))
      return refused('BXNIM0415E');
    if (key.disabledAt !== undefined && at >= key.disabledAt + seconds(removalDelaySeconds))
      return refused(deadKeyCode);
    if (key.expiresAt !== undefined && at >= key.expiresAt) return refused(deadKeyCode);
    const identity = this.#serviceIds.get(key.iamId) ?? this.#users.get(key.iamId);
    if (identity === undefined) return refused('BXNIM0415E');
    noteLogin(key.logins, at);
    return this.issue(identity, at, seconds(tokenLifeSeconds), 'urn:ibm:params:oauth:grant-type:apikey');
  }

  /** Makes a token of an identity. A token outlives its key, but not its identity, unless that is a trusted profile. */
  issue(identity: Omit<ServiceIdState, 'id'>, at: number, lifeMs: number, grantType: string) {
    const { iamId, accountId, name } = identity;
    const expiresAt = Math.floor((at + lifeMs) / 1_000) * 1_000;
    const token = makeToken({
      iamId,
      accountId,
      name,
      at,
      expiresAt,
      grantType,
      jti: this.#host.random.hex(32),
    });
    const principal = { iamId, accountId };
    this.#tokens.set(token, { principal, expiresAt });
    return { ok: true, token, expiresAt, principal } as const;
  }

  authenticate(authorization: string | undefined, at: number): Principal | undefined {
    if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined;
    return this.principalOf(authorization.slice('bearer '.length).trim(), at);
  }

  principalOf(token: string, at: number): Principal | undefined {
    const known = this.#tokens.get(token);
    if (known === undefined || at >= known.expiresAt) return undefined;
    return this.#exists(known.principal.iamId) ? known.principal : undefined;
  }

  #exists(iamId: string): boolean {
    return this.#serviceIds.has(iamId) || this.#users.has(iamId) || this.profiles.everHad(iamId);
  }

  allows(iamId: string, action: string, target: Target, at: number): boolean {
    return this.policies.allows(iamId, action, target, at);
  }
  /**
   * Whether an authorization lets an instance of one service act on an instance of another.
   *
   * @param sourceInstance, targetInstance - a GUID, or a CRN, which says the account as well
   * @param role - as people see it, for example `Notifications Manager`
   */
  isAuthorized(
    sourceService: string,
    sourceInstance: string,
    targetService: string,
    targetInstance: string,
    role: string,
  ): boolean {
    const source = { service: sourceService, instance: sourceInstance };
    const target = { service: targetService, instance: targetInstance };
    return this.policies.isAuthorized(source, target, role, this.#host.now());
  }
}

function noteLogin(logins: number[], at: number): void {
  const last = logins.at(-1);
  if (last !== undefined && Math.floor(last / minutes(1)) === Math.floor(at / minutes(1))) logins.pop();
  logins.push(at);
  if (logins.length > LOGIN_MINUTES) logins.shift();
}
