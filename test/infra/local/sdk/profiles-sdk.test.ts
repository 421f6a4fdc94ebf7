import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import IamIdentityV1 from '@ibm-cloud/platform-services/iam-identity/v1.js';
import IamPolicyManagementV1 from '@ibm-cloud/platform-services/iam-policy-management/v1.js';
import { ContainerAuthenticator, IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';

/** IBM's own SDKs for trusted profiles, authorizations and custom roles, and its login of workloads, against the served local cloud. */
let cloud: ServedCloud;
let iam: IamIdentityV1;
let policies: IamPolicyManagementV1;
let accountId: string;
let folder: string;

const statusOf = (call: Promise<{ readonly status: number }>): Promise<number> =>
  call.then(
    ({ status }) => status,
    (error: { readonly status: number }) => error.status,
  );

const component = () => ({
  crn: `crn:v1:bluemix:public:codeengine:eu-de:a/${accountId}:99999999-0000-4000-8000-000000000001::`,
  component_type: 'job',
  component_name: 'rotate-keys',
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cr-token-'));
  const file = loadWorld('two-keys');
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the demo world has changed');
  accountId = account.id;
  for (const service of ['iam-identity', 'iam-access-management'])
    account.serviceIds[0]?.policies.push({ service, roles: ['Administrator'] });
  cloud = await serveWorld(file, { seed: 1 });
  const options = () => ({
    authenticator: new IamAuthenticator({ apikey: cloud.apiKey, url: cloud.endpoints.iam }),
    serviceUrl: cloud.endpoints.iam,
  });
  iam = new IamIdentityV1(options());
  policies = new IamPolicyManagementV1(options());
});

afterEach(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true });
});

test('a profile is made, paged, changed under its tag, and deleted', async () => {
  const made = (await iam.createProfile({ name: 'one', accountId, description: 'first' })).result;
  expect(await statusOf(iam.createProfile({ name: 'one', accountId }))).toBe(409);
  await iam.createProfile({ name: 'two', accountId });
  const pages = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const { result } = await iam.listProfiles({
      accountId,
      pagesize: 1,
      ...(next === '' ? {} : { pagetoken: next }),
    });
    pages.push(...result.profiles.map(({ name }) => name));
    next = result.next === undefined ? undefined : (new URL(result.next).searchParams.get('pagetoken') ?? '');
  }
  expect(pages).toEqual(['one', 'two']);

  const [profileId, ifMatch] = [made.id, made.entity_tag];
  expect((await iam.updateProfile({ profileId, ifMatch, description: '' })).result).not.toHaveProperty(
    'description',
  );
  expect(await statusOf(iam.updateProfile({ profileId, ifMatch, name: 'late' }))).toBe(409);
  expect(await statusOf(iam.deleteProfile({ profileId }))).toBe(204);
  expect(await statusOf(iam.getProfile({ profileId }))).toBe(404);
});

test('a job logs in as the profile that is linked to it, through the SDK’s own authenticator', async () => {
  const profileId = (await iam.createProfile({ name: 'linked', accountId })).result.id;
  const link = (await iam.createLink({ profileId, crType: 'CE', link: component() })).result;
  expect((await iam.listLinks({ profileId })).result.links).toMatchObject([{ id: link.id }]);

  const crTokenFilename = join(folder, 'token');
  const { crn: projectCrn } = component();
  const logsIn = (componentName: string): Promise<boolean> => {
    const job = { projectCrn, componentType: 'job', componentName } as const;
    writeFileSync(crTokenFilename, cloud.world.iam.computeResourceToken(job, cloud.world.now()));
    return new ContainerAuthenticator({ crTokenFilename, iamProfileName: 'linked', url: cloud.endpoints.iam })
      .authenticate({ headers: {} })
      .then(
        () => true,
        () => false,
      );
  };
  expect(await logsIn('rotate-keys')).toBe(true);
  expect(await logsIn('check-logpush')).toBe(false);

  const byParameters = { crn: projectCrn, componentType: 'job', componentName: 'rotate-keys' };
  expect(await statusOf(iam.deleteLinkByParameters({ profileId, type: 'CE', ...byParameters }))).toBe(204);
  expect(await logsIn('rotate-keys')).toBe(false);

  const conditions = [{ claim: 'component_name', operator: 'EQUALS', value: '"check-logpush"' }];
  const rule = await iam.createClaimRule({ profileId, type: 'Profile-CR', crType: 'CE', conditions });
  expect(await logsIn('check-logpush')).toBe(true);
  const ruleId = rule.result.id;
  expect(await statusOf(iam.deleteClaimRule({ profileId, ruleId }))).toBe(204);
  expect(await logsIn('check-logpush')).toBe(false);
});

const equals = (key: string, value: string) => ({ key, operator: 'stringEquals', value });

test('an authorization takes a role that services may have there', async () => {
  const named = { accountId, serviceName: 'cloud-object-storage', sourceServiceName: 'codeengine' };
  const roles = (await policies.listRoles({ ...named, policyType: 'authorization' })).result.service_roles;
  expect(roles.map(({ display_name }) => display_name)).toEqual(['Notifications Manager']);
  const side = (service: string) => ({
    attributes: [equals('accountId', accountId), equals('serviceName', service)],
  });
  const made = await policies.createV2Policy({
    type: 'authorization',
    subject: side('codeengine'),
    resource: side('cloud-object-storage'),
    control: { grant: { roles: [{ role_id: roles[0]?.crn ?? '' }] } },
  });
  expect(made).toMatchObject({ status: 201, result: { type: 'authorization' } });
  const { result } = await policies.listV2Policies({ accountId, type: 'authorization' });
  expect(result.policies).toMatchObject([{ id: made.result.id }]);
});

test('a custom role is made once for its actions, and replaced under its tag', async () => {
  const actions = ['cloud-object-storage.object.get', 'cloud-object-storage.object.put'];
  const role = { displayName: 'ledger', accountId, serviceName: 'cloud-object-storage', actions };
  const made = await policies.createRole({ name: 'Ledger', ...role });
  expect(await statusOf(policies.createRole({ name: 'Again', ...role }))).toBe(409);
  const ifMatch = String((made.headers as Record<string, string>)['etag']);
  const roleId = made.result.id ?? '';
  const change = { roleId, ifMatch, displayName: 'ledger', actions: [actions[0] ?? ''] };
  expect((await policies.replaceRole(change)).result.actions).toEqual([actions[0]]);
  expect(await statusOf(policies.replaceRole(change))).toBe(409);
  expect(await statusOf(policies.deleteRole({ roleId }))).toBe(204);
});
