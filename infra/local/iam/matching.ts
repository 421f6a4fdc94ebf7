import type { Target } from '../host.ts';
import { serviceTypeOf } from './roles.ts';
import { timeHolds } from './time-conditions.ts';

/** One condition on an attribute, as it travels. */
export interface Attribute {
  readonly key: string;
  readonly operator: string;
  readonly value: string | boolean | readonly string[];
}

/** A condition of a policy, or several of them. */
export type Rule =
  | Attribute
  | { readonly operator?: 'and' | 'or' | undefined; readonly conditions: readonly Rule[] };

/** Which attributes of what is asked for there are, in every spelling a policy may use for them. */
type Known = Readonly<Record<string, readonly string[]>>;

/** What a policy says about resources, and under which condition. */
export interface Scope {
  readonly resource: readonly Attribute[];
  readonly tags: readonly Attribute[];
  readonly rule?: Rule;
}

/**
 * Whether a policy covers a target at an instant: every attribute must fit, one that is absent or blank does not restrict.
 * Nothing here bears tags, so a policy that asks for one covers nothing.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-condition-properties
 */
export function covers(scope: Scope, action: string, target: Target, at: number): boolean {
  if (scope.tags.length > 0) return false;
  const known = attributesOf(target);
  if (
    !scope.resource.every(
      (attribute) => attribute.value === '' || attributeHolds(attribute, known[attribute.key]),
    )
  )
    return false;
  return scope.rule === undefined || ruleHolds(scope.rule, conditionsOf(action, target), at);
}

function attributesOf(target: Target): Known {
  const { service, accountId, instanceId, region, resource, resourceGroupId } = target;
  const type = serviceTypeOf(service);
  return {
    accountId: [accountId],
    serviceName: [service],
    serviceType: [type],
    // https://cloud.ibm.com/docs/account?topic=account-account-services: IAM's own services are one group.
    ...(service.startsWith('iam-') ? { service_group_id: ['IAM'] } : {}),
    ...(instanceId === undefined
      ? {}
      : {
          serviceInstance: [
            instanceId,
            `crn:v1:bluemix:public:${service}:${region ?? 'global'}:a/${accountId}:${instanceId}::`,
          ],
        }),
    ...(region === undefined ? {} : { region: [region] }),
    ...(resourceGroupId === undefined ? {} : { resourceGroupId: [resourceGroupId] }),
    ...(resource === undefined ? {} : { resourceType: [resource.type], resource: [resource.name] }),
  };
}

/**
 * Actions on objects know the path, everything else no condition at all but listings: they know the prefix and the delimiter, as
 * empty texts where the request names none.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-fine-grained-access-control
 */
function conditionsOf(action: string, { path, prefix = '', delimiter = '' }: Target): Known {
  if (/\.object\.[^.]+$/.test(action)) return path === undefined ? {} : { path: [path] };
  return action.endsWith('.bucket.get') ? { prefix: [prefix], delimiter: [delimiter] } : {};
}

function ruleHolds(rule: Rule, known: Known, at: number): boolean {
  if ('conditions' in rule) {
    const one = (condition: Rule): boolean => ruleHolds(condition, known, at);
    return rule.operator === 'or' ? rule.conditions.some(one) : rule.conditions.every(one);
  }
  const [, kind, name] = /^\{\{(resource|environment)\.attributes\.(\w+)\}\}$/.exec(rule.key) ?? [];
  if (kind === 'environment') return timeHolds(rule.operator, rule.value, at);
  return kind === 'resource' && attributeHolds(rule, known[name ?? '']);
}

/** Whether a condition on an attribute holds where the attribute has these values, or is not there. */
export function attributeHolds(
  { operator, value }: Attribute,
  present: readonly string[] | undefined,
): boolean {
  if (operator === 'stringExists') return String(value) === String(present !== undefined);
  if (present === undefined) return false;
  const wanted = typeof value === 'object' ? value : [String(value)];
  switch (operator) {
    case 'stringEquals':
    case 'stringEqualsAnyOf':
      return wanted.some((text) => present.includes(text));
    case 'stringMatch':
    case 'stringMatchAnyOf':
      return wanted.some((pattern) => present.some((text) => matches(pattern, text)));
    default:
      return false;
  }
}

/** `*` is any text, `?` any one character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
