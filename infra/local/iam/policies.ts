import type { Host, Target } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { type Groups, PUBLIC_ACCESS } from './groups.ts';
import { type Attribute, covers, type Rule, type Scope } from './matching.ts';
import type { Propagation } from './propagation.ts';
import { actionsOf, type RoleView, roleCrn } from './roles.ts';

/** What somebody writes into a policy. */
export interface PolicyContent extends Scope {
  readonly subject: readonly Attribute[];
  /** CRNs. */
  readonly roles: readonly string[];
  readonly pattern?: string;
  readonly description?: string;
}

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
}

/** What a policy said from one change to the next. */
interface Version {
  readonly policy: PolicyState;
  readonly since: number;
  until?: number;
}

/** A policy in few words, as worlds and tests give it. */
export interface SimplePolicy {
  readonly accountId: string;
  /** Of the account, or of another one. */
  readonly iamId?: string;
  readonly groupId?: string;
  /** Absent = all services that IAM knows, except its own. */
  readonly service?: string;
  /** As people see them, for example `Object Writer`. */
  readonly roles: readonly string[];
  readonly instanceId?: string;
  /** A bucket; absent = all of the instance. */
  readonly resource?: string;
  readonly resourceGroupId?: string;
  /** Object keys that it is for, with `*` and `?`. */
  readonly path?: string;
  /** Since when it is so; now, when absent. */
  readonly since?: number;
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
  readonly #random: SeededRandom;
  readonly #current = new Map<string, PolicyState>();
  readonly #bySubject = new Map<string, Version[]>();
  readonly #permits = new Map<string, Permits>();
  readonly #customRoles = new Map<string, RoleView>();
  readonly #resourceGroups = new Map<string, string>();

  constructor(host: Host, propagation: Propagation, groups: Groups) {
    this.#host = host;
    this.#propagation = propagation;
    this.#groups = groups;
    this.#random = host.random.fork('policies');
  }

  /** @see https://cloud.ibm.com/docs/account?topic=account-custom-roles */
  addCustomRole(accountId: string, name: string, actions: readonly string[]): string {
    const crn = `crn:v1:ibmcloud:public:iam-access-management::a/${accountId}::customRole:${name.replaceAll(' ', '')}`;
    this.#customRoles.set(crn, { crn, displayName: name, actions });
    return crn;
  }

  /** An instance that is in no resource group here is in the default one of its account. */
  putInResourceGroup(instanceId: string, resourceGroupId: string): void {
    this.#resourceGroups.set(instanceId, resourceGroupId);
  }

  add(simple: SimplePolicy): PolicyState {
    const content = contentOf(simple, this.#customRoles);
    return this.create(simple.accountId, content, 'IBM', simple.since);
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
      policy.roles.some((crn) => this.actionsOf(target.service, crn).includes(action)) &&
      covers(policy, action, target, at)
    );
  }

  /** What a role, IBM's or the account's own, may do with a service. */
  actionsOf(service: string, crn: string): readonly string[] {
    return this.#customRoles.get(crn)?.actions ?? actionsOf(service, crn);
  }

  customRoles(accountId: string): readonly RoleView[] {
    return [...this.#customRoles.values()].filter(({ crn }) => crn.includes(`:a/${accountId}:`));
  }

  #write(policy: PolicyState): PolicyState {
    this.#current.set(policy.id, policy);
    for (const { value } of policy.subject) {
      const subject = String(value);
      const versions = this.#bySubject.get(subject) ?? [];
      versions.push({ policy, since: policy.modifiedAt });
      this.#bySubject.set(subject, versions);
    }
    return policy;
  }

  #end({ id, subject }: PolicyState): void {
    for (const { value } of subject)
      for (const version of this.#bySubject.get(String(value)) ?? [])
        if (version.policy.id === id) version.until ??= this.#host.now();
  }

  #newTag(): string {
    return `1-${this.#random.hex(32)}`;
  }
}

const equals = (key: string, value: string): Attribute => ({ key, operator: 'stringEquals', value });

function contentOf(simple: SimplePolicy, customRoles: ReadonlyMap<string, RoleView>): PolicyContent {
  const { accountId, iamId, groupId, service, instanceId, resource, resourceGroupId, path } = simple;
  const optional = (key: string, value: string | undefined): readonly Attribute[] =>
    value === undefined ? [] : [equals(key, value)];
  const custom = [...customRoles.values()];
  return {
    subject: [...optional('iam_id', iamId), ...optional('access_group_id', groupId)],
    resource: [
      equals('accountId', accountId),
      ...(service === undefined && resourceGroupId === undefined ? [equals('serviceType', 'service')] : []),
      ...optional('serviceName', service),
      ...optional('resourceGroupId', resourceGroupId),
      ...optional('serviceInstance', instanceId),
      ...(resource === undefined ? [] : [equals('resourceType', 'bucket'), equals('resource', resource)]),
    ],
    tags: [],
    roles: simple.roles.map(
      (role) => custom.find(({ displayName }) => displayName === role)?.crn ?? roleCrn(service, role),
    ),
    ...(path === undefined ? {} : { pattern: ATTRIBUTE_PATTERN, rule: pathRule(path) }),
  };
}

/** The one pattern of conditions on resource attributes. @see https://cloud.ibm.com/docs/account?topic=account-iam-condition-properties */
export const ATTRIBUTE_PATTERN = 'attribute-based-condition:resource:literal-and-wildcard';

const pathRule = (value: string): Rule => ({
  operator: 'or',
  conditions: [{ key: '{{resource.attributes.path}}', operator: 'stringMatch', value }],
});
