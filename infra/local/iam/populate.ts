import { days } from '../../../shared/domain/time.ts';
import type { WorldFile, WorldPolicy } from '../world-file.ts';
import type { Iam } from './iam.ts';
import type { SimplePolicy } from './policy-content.ts';

/** Gives the identities and access groups of an account, long since, what the world file says they may do there. */
export function populateAccess(iam: Iam, account: WorldFile['accounts'][number], startsAt: number): void {
  const since = startsAt - days(90);
  for (const { name, actions } of account.customRoles)
    iam.roles.create({
      accountId: account.id,
      service: actions[0]?.split('.')[0] ?? '',
      name: name.replaceAll(' ', ''),
      displayName: name,
      actions,
    });
  for (const { id, instances } of account.resourceGroups)
    for (const instance of instances) iam.policies.putInResourceGroup(instance, id);
  const grant = (subject: Pick<SimplePolicy, 'iamId' | 'groupId'>, policy: WorldPolicy): void =>
    iam.addPolicy({ ...subject, ...simplePolicy(account.id, policy), since });
  for (const { id, policies } of account.serviceIds)
    for (const policy of policies) grant({ iamId: `iam-${id}` }, policy);
  for (const { iamId, policies } of account.users) for (const policy of policies) grant({ iamId }, policy);
  for (const { iamId, ...policy } of account.policies) grant({ iamId }, policy);
  for (const { id, name, members, policies } of account.accessGroups) {
    const group = iam.groups.create({ id, name, accountId: account.id, createdAt: since });
    for (const member of members) iam.groups.addMember(group, member, 'IBM', since);
    for (const policy of policies) grant({ groupId: id }, policy);
  }
}

/** A policy of a world file in an account. */
export const simplePolicy = (accountId: string, policy: WorldPolicy): SimplePolicy => ({
  accountId,
  roles: policy.roles,
  ...(policy.service === undefined ? {} : { service: policy.service }),
  ...(policy.instance === undefined ? {} : { instanceId: policy.instance }),
  ...resourceOf(policy),
  ...(policy.path === undefined ? {} : { path: policy.path }),
  ...(policy.resourceGroup === undefined ? {} : { resourceGroupId: policy.resourceGroup }),
});

function resourceOf({ bucket, keysOf, secretGroup }: WorldPolicy): Pick<SimplePolicy, 'resource'> {
  if (bucket !== undefined) return { resource: { type: 'bucket', name: bucket } };
  if (keysOf !== undefined) return { resource: { type: 'serviceid', name: keysOf } };
  return secretGroup === undefined ? {} : { resource: { type: 'secret-group', name: secretGroup } };
}
