import { type Access, type AccessPolicy, isRecent, subjectFits } from './access-policy.ts';

/** Services whose viewers read what decides about access, and the name that people know them by. */
const SOURCES = [
  {
    service: 'iam-access-management',
    name: 'IAM Access Management',
    roles: /^role:(Viewer|Operator|Editor|Administrator)$/,
  },
  { service: 'iam-groups', name: 'IAM Access Groups', roles: /^role:(Viewer|Editor|Administrator)$/ },
] as const;

/**
 * The rights to read policies and groups that we cannot see that we have. Who has them sees the policies that give them, so
 * who does not see them may have been shown only a part.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-account-services
 */
export function blindSpots(own: Access | undefined, now: number): readonly string[] {
  if (own === undefined) return ['whether all policies were seen is not known'];
  const { accountId } = own;
  const missing = SOURCES.filter(
    (source) =>
      !own.policies.some(
        (policy) =>
          !isRecent(policy, now) &&
          subjectFits(policy, own).fit === 'yes' &&
          opens(policy, source, accountId),
      ),
  ).map(({ name }) => name);
  if (missing.length === 0) return [];
  const reasons = own.gaps.length === 0 ? '' : ` (${own.gaps.join('; ')})`;
  return [
    `it is not certain that all policies were seen: ${own.iamId} needs Viewer on ${missing.join(' and ')} in account ${accountId}${reasons}`,
  ];
}

/** Whether a policy gives one of the roles on a whole service of account management. */
function opens(
  policy: AccessPolicy,
  { service, roles }: (typeof SOURCES)[number],
  accountId: string,
): boolean {
  const wide: Readonly<Record<string, string>> = {
    accountId,
    serviceName: service,
    serviceType: 'platform_service',
    service_group_id: 'IAM',
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
