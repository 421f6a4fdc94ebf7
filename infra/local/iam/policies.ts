import type { Host, Target } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Settings } from '../settings.ts';
import { isBetween, type ServiceInstance } from './authorizations.ts';
import { type Groups, PUBLIC_ACCESS } from './groups.ts';
import { type Attribute, covers } from './matching.ts';
import {
  contentOf,
  equals,
  isBroader,
  type PolicyContent,
  type SimplePolicy,
  sameAttributes,
  sameResources,
  sameTexts,
  targetOf,
} from './policy-content.ts';
import type { Propagation } from './propagation.ts';
import type { Roles } from './role-registry.ts';

/** A policy as it is now. */
export interface PolicyState extends PolicyContent {
  readonly id: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
  readonly tag: string;
  readonly state: 'active' | 'deleted';
  /** Roles that do not work, for who granted them does not hold them. */
  readonly idle: readonly string[];
}

/** What a policy said from one change to the next. */
interface Version {
  readonly policy: PolicyState;
  readonly since: number;
  until?: number;
}

/** How often a policy has let something through. */
interface Permits {
  lastAt: number;
  count: number;
}

/** Policies of every account, what they said before, and what is permitted by them. Grants only add. */
export class Policies {
  readonly #host: Host;
  readonly #propagation: Propagation;
  readonly #groups: Groups;
  readonly #roles: Roles;
  readonly #random: SeededRandom;
  readonly #current = new Map<string, PolicyState>();
  readonly #bySubject = new Map<string, Version[]>();
  readonly #permits = new Map<string, Permits>();
  readonly #resourceGroups = new Map<string, string>();

  constructor(host: Host, propagation: Propagation, groups: Groups, roles: Roles) {
    this.#host = host;
    this.#propagation = propagation;
    this.#groups = groups;
    this.#roles = roles;
    this.#random = host.random.fork('policies');
  }

  /** An instance that is in no resource group here is in the default one of its account. */
  putInResourceGroup(instanceId: string, resourceGroupId: string): void {
    this.#resourceGroups.set(instanceId, resourceGroupId);
  }

  add(simple: SimplePolicy): PolicyState {
    const content = contentOf(simple, this.#roles);
    return this.create(simple.accountId, content, 'IBM', simple.since);
  }

  /** Lets an instance of one service use an instance of another, as world and tests begin with it. */
  authorize(
    accountId: string,
    source: ServiceInstance,
    target: ServiceInstance,
    roles: readonly string[],
  ): PolicyState {
    const side = ({ service, instance }: ServiceInstance): readonly Attribute[] => [
      equals('accountId', accountId),
      equals('serviceName', service),
      equals('serviceInstance', instance),
    ];
    const crns = roles.map((name) => this.#roles.crnOf(target.service, name));
    const content = { type: 'authorization', tags: [], roles: crns } as const;
    return this.create(accountId, { ...content, subject: side(source), resource: side(target) }, 'IBM');
  }

  create(accountId: string, content: PolicyContent, by: string, since = this.#host.now()): PolicyState {
    return this.#write({
      ...content,
      id: this.#random.uuid(),
      accountId,
      createdAt: since,
      createdBy: by,
      modifiedAt: since,
      modifiedBy: by,
      tag: this.#newTag(),
      state: 'active',
      idle: this.#idleRoles(accountId, content, by),
    });
  }

  replace(policy: PolicyState, content: PolicyContent, by: string): PolicyState {
    const { id, accountId, createdAt, createdBy, state } = policy;
    this.#end(policy);
    return this.#write({
      ...content,
      id,
      accountId,
      createdAt,
      createdBy,
      state,
      modifiedAt: this.#host.now(),
      modifiedBy: by,
      tag: this.#newTag(),
      idle: this.#idleRoles(accountId, content, by),
    });
  }

  /** A deleted policy stays visible to who asks for deleted ones. */
  remove(policy: PolicyState, by: string): void {
    this.#end(policy);
    this.#current.set(policy.id, {
      ...policy,
      state: 'deleted',
      modifiedAt: this.#host.now(),
      modifiedBy: by,
      tag: this.#newTag(),
    });
  }

  get(id: string): PolicyState | undefined {
    return this.#current.get(id);
  }

  all(): readonly PolicyState[] {
    return [...this.#current.values()];
  }

  /** Another active policy that is in the way of this one. */
  conflicting(accountId: string, content: PolicyContent, self?: PolicyState): PolicyState | undefined {
    const { conflictingPolicy } = this.#host.settings.iam;
    return this.all().find(
      (policy) =>
        policy.id !== self?.id &&
        policy.accountId === accountId &&
        policy.state === 'active' &&
        policy.type === content.type &&
        sameAttributes(policy.subject, content.subject) &&
        IN_THE_WAY[conflictingPolicy](policy, content),
    );
  }

  permits(id: string): Readonly<Permits> | undefined {
    return this.#permits.get(id);
  }

  /** Whether a policy of the identity itself, of its groups, or of everybody, permits an action. */
  allows(iamId: string, action: string, target: Target, at: number): boolean {
    const group = this.#resourceGroups.get(target.instanceId ?? '') ?? `default-of-${target.accountId}`;
    const placed = target.instanceId === undefined ? target : { ...target, resourceGroupId: group };
    for (const subject of [iamId, ...this.#groups.groupsOf(iamId, target.accountId, at), PUBLIC_ACCESS]) {
      for (const version of this.#bySubject.get(subject) ?? []) {
        if (!this.#permitted(version, action, placed, at)) continue;
        const { count } = this.#permits.get(version.policy.id) ?? { count: 0 };
        this.#permits.set(version.policy.id, { lastAt: at, count: count + 1 });
        return true;
      }
    }
    return false;
  }

  #permitted(version: Version, action: string, target: Target, at: number): boolean {
    const { policy } = version;
    return (
      policy.accountId === target.accountId &&
      this.#propagation.acts(version, at) &&
      policy.roles.some(
        (crn) => this.#roles.actionsOf(target.service, crn).includes(action) && !policy.idle.includes(crn),
      ) &&
      covers(policy, action, target, at)
    );
  }

  /** Whether an authorization gives an instance of one service a role, by the name that people see, on an instance of another. */
  isAuthorized(source: ServiceInstance, target: ServiceInstance, role: string, at: number): boolean {
    const crn = this.#roles.crnOf(target.service, role);
    return (this.#bySubject.get(AUTHORIZATIONS) ?? []).some(
      ({ policy, ...span }) =>
        this.#propagation.acts(span, at) && policy.roles.includes(crn) && isBetween(policy, source, target),
    );
  }

  #write(policy: PolicyState): PolicyState {
    this.#current.set(policy.id, policy);
    for (const subject of filedUnder(policy)) {
      const versions = this.#bySubject.get(subject) ?? [];
      versions.push({ policy, since: policy.modifiedAt });
      this.#bySubject.set(subject, versions);
    }
    return policy;
  }

  #end(policy: PolicyState): void {
    for (const subject of filedUnder(policy))
      for (const version of this.#bySubject.get(subject) ?? [])
        if (version.policy.id === policy.id) version.until ??= this.#host.now();
  }

  /** In a world where nobody can give away what they do not hold: the roles with an action that their giver may not do there. */
  #idleRoles(accountId: string, content: PolicyContent, by: string): readonly string[] {
    const target = targetOf(accountId, content);
    if (this.#host.settings.iam.grantsBeyondOwn === 'work' || by === 'IBM' || target === undefined) return [];
    const holds = (action: string): boolean => this.allows(by, action, target, this.#host.now());
    return content.roles.filter((crn) => !this.#roles.actionsOf(target.service, crn).every(holds));
  }

  #newTag(): string {
    return `1-${this.#random.hex(32)}`;
  }
}

/** Which policy of a subject is in the way of another one of it. */
const IN_THE_WAY: Readonly<
  Record<Settings['iam']['conflictingPolicy'], (policy: PolicyContent, added: PolicyContent) => boolean>
> = {
  'same-attributes': sameResources,
  'same-attributes-and-roles': (policy, added) =>
    sameResources(policy, added) && sameTexts(policy.roles, added.roles),
  'broader-too': (policy, added) => sameResources(policy, added) || isBroader(policy, added),
};

const AUTHORIZATIONS = 'authorizations';

/** Where a policy is looked for: by who has it. Those of services are few, and all in one place. */
const filedUnder = ({ type, subject }: PolicyState): readonly string[] =>
  type === 'authorization' ? [AUTHORIZATIONS] : subject.map(({ value }) => String(value));
