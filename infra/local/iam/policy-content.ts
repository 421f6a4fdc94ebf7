import type { Target } from '../host.ts';
import type { Attribute, Rule, Scope } from './matching.ts';
import type { Roles } from './role-registry.ts';

/** What somebody writes into a policy. */
export interface PolicyContent extends Scope {
  /** `access` of an identity or a group, or the `authorization` of one service at another. */
  readonly type: 'access' | 'authorization';
  readonly subject: readonly Attribute[];
  /** CRNs. */
  readonly roles: readonly string[];
  readonly pattern?: string;
  readonly description?: string;
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
  /** Absent = all of the instance, or of the account. */
  readonly resource?: Target['resource'];
  readonly resourceGroupId?: string;
  /** Object keys that it is for, with `*` and `?`. */
  readonly path?: string;
  /** Since when it is so; now, when absent. */
  readonly since?: number;
}

/** What a policy is about; undefined where it names no service. */
export function targetOf(
  accountId: string,
  { resource }: Pick<PolicyContent, 'resource'>,
): Target | undefined {
  const valueOf = (name: string): string | undefined => {
    const attribute = resource.find(({ key }) => key === name);
    return typeof attribute?.value === 'string' ? attribute.value : undefined;
  };
  const [service, instanceId, type, name] = [
    'serviceName',
    'serviceInstance',
    'resourceType',
    'resource',
  ].map(valueOf);
  if (service === undefined) return undefined;
  return {
    service,
    accountId,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(name !== undefined && (type === 'bucket' || type === 'serviceid' || type === 'secret-group')
      ? { resource: { type, name } }
      : {}),
  };
}

/** Attributes are a set by their keys, roles one by their CRNs. */
export const sameAttributes = (some: readonly Attribute[], others: readonly Attribute[]): boolean =>
  sameTexts(some.map(attributeText), others.map(attributeText));

const attributeText = ({ key, operator, value }: Attribute): string => JSON.stringify([key, operator, value]);

export const sameTexts = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((text) => others.includes(text));

type Covered = Pick<PolicyContent, 'resource' | 'tags' | 'rule' | 'roles'>;

export const sameResources = (one: Covered, other: Covered): boolean =>
  sameAttributes(one.resource, other.resource) && sameAttributes(one.tags, other.tags);

/** Whether a policy gives, without conditions, every role of another one on all that the other is about. */
export function isBroader(policy: Covered, other: Covered): boolean {
  const texts = other.resource.map(attributeText);
  return (
    policy.rule === undefined &&
    policy.tags.length === 0 &&
    policy.resource.every((attribute) => texts.includes(attributeText(attribute))) &&
    other.roles.every((role) => policy.roles.includes(role))
  );
}

export const equals = (key: string, value: string): Attribute => ({ key, operator: 'stringEquals', value });

export function contentOf(simple: SimplePolicy, roles: Roles): PolicyContent {
  const { accountId, iamId, groupId, service, instanceId, resource, resourceGroupId, path } = simple;
  const optional = (key: string, value: string | undefined): readonly Attribute[] =>
    value === undefined ? [] : [equals(key, value)];
  const custom = roles.customOf(accountId);
  return {
    type: 'access',
    subject: [...optional('iam_id', iamId), ...optional('access_group_id', groupId)],
    resource: [
      equals('accountId', accountId),
      ...(service === undefined && resourceGroupId === undefined ? [equals('serviceType', 'service')] : []),
      ...optional('serviceName', service),
      ...optional('resourceGroupId', resourceGroupId),
      ...optional('serviceInstance', instanceId),
      ...(resource === undefined
        ? []
        : [equals('resourceType', resource.type), equals('resource', resource.name)]),
    ],
    tags: [],
    roles: simple.roles.map(
      (role) => custom.find(({ displayName }) => displayName === role)?.crn ?? roles.crnOf(service, role),
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
