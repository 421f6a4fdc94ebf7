import IamAccessGroupsV2 from '@ibm-cloud/platform-services/iam-access-groups/v2.js';
import IamPolicyManagementV1 from '@ibm-cloud/platform-services/iam-policy-management/v1.js';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';

/** IBM's own SDK for policies, roles and access groups against the served local cloud. */
let cloud: ServedCloud;
let policies: IamPolicyManagementV1;
let groups: IamAccessGroupsV2;
/** The same, for somebody who may read nothing. */
let blind: { readonly policies: IamPolicyManagementV1; readonly groups: IamAccessGroupsV2 };
let accountId: string;

const FOREIGN = 'iam-ServiceId-99999999-0000-4000-8000-000000000001';
const WRITER = 'crn:v1:bluemix:public:cloud-object-storage::::serviceRole:ObjectWriter';

beforeAll(async () => {
  const file = loadWorld('two-keys');
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the demo world has changed');
  accountId = account.id;
  account.serviceIds[0]?.policies.push(
    { service: 'iam-access-management', roles: ['Administrator'] },
    { service: 'iam-groups', roles: ['Administrator'] },
  );
  account.customRoles.push({ name: 'Put Only', actions: ['cloud-object-storage.object.put'] });
  cloud = await serveWorld(file, { seed: 1 });
  const clients = (apikey: string) => {
    const options = () => ({
      authenticator: new IamAuthenticator({ apikey, url: cloud.endpoints.iam }),
      serviceUrl: cloud.endpoints.iam,
    });
    return {
      policies: new IamPolicyManagementV1(options()),
      groups: new IamAccessGroupsV2(options()),
    };
  };
  ({ policies, groups } = clients(cloud.apiKey));
  blind = clients(cloud.world.keyValue('edge-logs-key'));
});

afterAll(() => cloud.close());

const equals = (key: string, value: string) => ({ key, operator: 'stringEquals', value });

const aPolicy = (subject: { key: string; value: string }, more: object = {}) => ({
  type: 'access',
  subject: { attributes: [{ operator: 'stringEquals', ...subject }] },
  resource: {
    attributes: [
      equals('accountId', accountId),
      equals('serviceName', 'cloud-object-storage'),
      equals('resourceType', 'bucket'),
      equals('resource', 'acme-logs'),
    ],
  },
  control: { grant: { roles: [{ role_id: WRITER }] } },
  ...more,
});

const statusOf = (call: Promise<{ readonly status: number }>): Promise<number> =>
  call.then(
    ({ status }) => status,
    (error: { readonly status: number }) => error.status,
  );

test('a policy is made, read, replaced under its tag, deleted, and still listed among the deleted', async () => {
  const rule = { key: '{{resource.attributes.path}}', operator: 'stringMatch', value: 'http/*' };
  const made = await policies.createV2Policy(
    aPolicy(
      { key: 'iam_id', value: FOREIGN },
      { pattern: 'attribute-based-condition:resource:literal-and-wildcard', rule },
    ),
  );
  expect(made).toMatchObject({ status: 201, result: { type: 'access', state: 'active', rule } });
  const id = made.result.id ?? '';
  const read = await policies.getV2Policy({ id });
  const ifMatch = String((read.headers as Record<string, string>)['etag']);
  expect(read.result).toMatchObject({ id, control: { grant: { roles: [{ role_id: WRITER }] } } });

  const change = { id, ...aPolicy({ key: 'iam_id', value: FOREIGN }, { description: 'whole bucket' }) };
  expect((await policies.replaceV2Policy({ ...change, ifMatch })).result).not.toHaveProperty('rule');
  expect(await statusOf(policies.replaceV2Policy({ ...change, ifMatch }))).toBe(409);

  expect(await statusOf(policies.deleteV2Policy({ id }))).toBe(204);
  const listed = async (state: string) =>
    (await policies.listV2Policies({ accountId, iamId: FOREIGN, state })).result.policies;
  expect(await listed('active')).toEqual([]);
  expect(await listed('deleted')).toMatchObject([{ id, state: 'deleted', description: 'whole bucket' }]);
  expect(await statusOf(policies.deleteV2Policy({ id }))).toBe(404);
});

test('lists page by start, and `display` shows what each role may do', async () => {
  const [page, seen]: [{ start?: string }, string[]] = [{}, []];
  do {
    const { result } = await policies.listV2Policies({ accountId, format: 'display', limit: 2, ...page });
    expect(result.policies.length).toBeLessThanOrEqual(2);
    seen.push(...result.policies.map(({ id }) => id ?? ''));
    const start = result.next?.start;
    if (start === undefined) delete page.start;
    else page.start = start;
  } while (page.start !== undefined);
  const all = (await policies.listV2Policies({ accountId, format: 'display', sort: '-id' })).result.policies;
  expect(new Set(seen)).toEqual(new Set(all.map(({ id }) => id)));
  expect(all.map(({ id }) => id ?? '')).toEqual(seen.toSorted().toReversed());
  expect(JSON.stringify(all)).toContain('"id":"logs.data-ingress.send"');
  const [secrets] = (await policies.listV2Policies({ accountId, serviceName: 'secrets-manager' })).result
    .policies;
  expect(secrets?.control).not.toHaveProperty('grant.roles.0.actions');
});

test('what let something through says so', async () => {
  // What belongs to others is read by this very policy.
  await policies.listV2Policies({ accountId });
  const { result } = await policies.listV2Policies({
    accountId,
    format: 'include_last_permit',
    serviceName: 'iam-access-management',
  });
  expect(result.policies).toMatchObject([{ last_permit_frequency: expect.any(Number) }]);
});

test('roles of a service come with their actions and CRNs', async () => {
  const { result } = await policies.listRoles({ accountId, serviceName: 'cloud-object-storage' });
  expect(result.system_roles.map(({ display_name }) => display_name)).toContain('Administrator');
  const writer = result.service_roles.find(({ display_name }) => display_name === 'Object Writer');
  expect(writer).toMatchObject({ crn: WRITER });
  expect(writer?.actions).toContain('cloud-object-storage.object.post_initiate_upload');
  expect(result.custom_roles).toMatchObject([
    { crn: `crn:v1:ibmcloud:public:iam-access-management::a/${accountId}::customRole:PutOnly` },
  ]);
});

test('a group has members, and its policies are found by its id', async () => {
  const group = (await groups.createAccessGroup({ accountId, name: 'writers', description: 'of logs' }))
    .result;
  const accessGroupId = group.id ?? '';
  const members = [{ iam_id: FOREIGN, type: 'service' }];
  expect(await statusOf(groups.addMembersToAccessGroup({ accessGroupId, members }))).toBe(207);
  expect(await statusOf(groups.isMemberOfAccessGroup({ accessGroupId, iamId: FOREIGN }))).toBe(204);
  expect((await groups.listAccessGroupMembers({ accessGroupId })).result).toMatchObject({
    total_count: 1,
    members: [{ iam_id: FOREIGN, membership_type: 'static' }],
  });
  const of = async (membershipType: string, hidePublicAccess: boolean) =>
    (
      await groups.listAccessGroups({ accountId, iamId: FOREIGN, membershipType, hidePublicAccess })
    ).result.groups?.map(({ id }) => id);
  expect(await of('all', false)).toEqual(['AccessGroupId-PublicAccess', accessGroupId]);
  expect(await of('static', true)).toEqual([accessGroupId]);
  expect(await of('dynamic', true)).toEqual([]);

  const made = await policies.createV2Policy(aPolicy({ key: 'access_group_id', value: accessGroupId }));
  const ofGroup = await policies.listV2Policies({ accountId, accessGroupId });
  expect(ofGroup.result.policies.map(({ id }) => id)).toEqual([made.result.id]);

  expect(await statusOf(groups.removeMemberFromAccessGroup({ accessGroupId, iamId: FOREIGN }))).toBe(204);
  expect(await statusOf(groups.isMemberOfAccessGroup({ accessGroupId, iamId: FOREIGN }))).toBe(404);
  expect(await statusOf(groups.deleteAccessGroup({ accessGroupId }))).toBe(204);
  expect(await statusOf(groups.getAccessGroup({ accessGroupId }))).toBe(404);
});

test('groups page by offset', async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1)
    made.push((await groups.createAccessGroup({ accountId, name: `group ${n}` })).result.id ?? '');
  const pager = new IamAccessGroupsV2.AccessGroupsPager(groups, {
    accountId,
    limit: 2,
    hidePublicAccess: true,
  });
  expect((await pager.getAll()).map(({ id }) => id)).toEqual(made);
  for (const accessGroupId of made) await groups.deleteAccessGroup({ accessGroupId });
});

test('who may read nothing is shown nothing but its own, and may change nothing', async () => {
  const seen = (await blind.policies.listV2Policies({ accountId })).result.policies;
  expect(seen).toMatchObject([{ resource: { attributes: [{}, { value: 'logs' }, {}] } }]);
  expect((await blind.policies.listV2Policies({ accountId, iamId: FOREIGN })).result.policies).toEqual([]);
  expect((await blind.groups.listAccessGroups({ accountId })).result.groups).toEqual([]);
  const id = (await policies.listV2Policies({ accountId })).result.policies[0]?.id ?? '';
  expect(await statusOf(blind.policies.getV2Policy({ id }))).toBe(404);
  expect(await statusOf(blind.policies.createV2Policy(aPolicy({ key: 'iam_id', value: FOREIGN })))).toBe(403);
  expect(await statusOf(blind.groups.createAccessGroup({ accountId, name: 'mine' }))).toBe(403);
});

test.each([
  ['without an account', { resource: { attributes: [equals('serviceName', 'logs')] } }],
  ['about nothing', { resource: { attributes: [equals('accountId', 'a')] } }],
  ['with a rule but no pattern', { rule: { key: 'k', operator: 'stringEquals', value: 'v' } }],
  ['without a role', { control: { grant: { roles: [] } } }],
])('a policy %s is refused', async (_, more) => {
  expect(await statusOf(policies.createV2Policy(aPolicy({ key: 'iam_id', value: FOREIGN }, more)))).toBe(400);
});
