import { type Access, type AccessPolicy, isRecent, subjectFits } from './access-policy.ts';

/** A service, and which roles on the whole of it show what it has. */
interface Source {
  readonly service: string;
  /** As policies call its kind. */
  readonly type: 'platform_service' | 'service';
  readonly roles: RegExp;
}

/** Services whose viewers read what decides about access, and the name that people know them by. */
const SOURCES = [
  {
    service: 'iam-access-management',
    name: 'IAM Access Management',
    type: 'platform_service',
    roles: /^role:(Viewer|Operator|Editor|Administrator)$/,
  },
  {
    service: 'iam-groups',
    name: 'IAM Access Groups',
    type: 'platform_service',
    roles: /^role:(Viewer|Editor|Administrator)$/,
  },
] as const satisfies readonly (Source & { readonly name: string })[];

/**
 * The rights to read policies and groups that we cannot see that we have. Who has them sees the policies that give them, so
 * who does not see them may have been shown only a part.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-account-services
 */
export function blindSpots(own: Access | undefined, now: number): readonly string[] {
  if (own === undefined) return ['whether all policies were seen is not known'];
  const { accountId } = own;
  const missing = SOURCES.filter((source) => !isOpen(own, source, now)).map(({ name }) => name);
  if (missing.length === 0) return [];
  const reasons = own.gaps.length === 0 ? '' : ` (${own.gaps.join('; ')})`;
  return [
    `it is not certain that all policies were seen: ${own.iamId} needs Viewer on ${missing.join(' and ')} in account ${accountId}${reasons}`,
  ];
}

/**
 * Whether an identity is sure to be shown every instance of a service in the account, so that one that it is not shown is not there.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-userroles
 */
export const seesInstances = (own: Access, service: string, now: number): boolean =>
  isOpen(own, { service, type: 'service', roles: /^role:(Viewer|Operator|Editor|Administrator)$/ }, now);

/** Whether an identity is sure to be shown the context-based restrictions of the account. */
export const seesRestrictions = (own: Access, now: number): boolean =>
  isOpen(
    own,
    {
      service: 'context-based-restrictions',
      type: 'platform_service',
      roles: /^role:(Viewer|Operator|Editor|Administrator)$/,
    },
    now,
  );

const isOpen = (own: Access, source: Source, now: number): boolean =>
  own.policies.some(
    (policy) =>
      !isRecent(policy, now) &&
      subjectFits(policy, own).fit === 'yes' &&
      opens(policy, source, own.accountId),
  );

/** Whether a policy gives one of the roles on the whole of a service. */
function opens(policy: AccessPolicy, { service, type, roles }: Source, accountId: string): boolean {
  const wide: Readonly<Record<string, string>> = {
    accountId,
    serviceName: service,
    serviceType: type,
    ...(type === 'platform_service' ? { service_group_id: 'IAM' } : {}),
  };
  return (
    policy.type === 'access' &&
    policy.state === 'active' &&
    !policy.tagged &&
    policy.rule === undefined &&
    policy.pattern === undefined &&
    policy.resource.some(({ key }) => key !== 'accountId') &&
    policy.resource.every(
      ({ key, operator, values }) => operator === 'stringEquals' && values[0] === wide[key],
    ) &&
    policy.roles.some(({ id }) => roles.test(id.split(':').slice(-2).join(':')))
  );
}
