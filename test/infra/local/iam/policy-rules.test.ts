import { expect, test } from 'vitest';
import type { Settings } from '../../../../infra/local/settings.ts';
import { hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { aCaller, SOMEBODY } from './caller.ts';

const FRIEND = 'iam-ServiceId-88888888-0000-4000-8000-000000000001';
const COS = 'cloud-object-storage';
const equals = (key: string, value: string) => ({ key, operator: 'stringEquals', value });
const crnOf = (role: string, service = 'iam') => `crn:v1:bluemix:public:${service}::::serviceRole:${role}`;

function aWorld(settings: Partial<Settings['iam']> = {}, roles: Readonly<Record<string, string>> = {}) {
  const caller = aCaller({ 'iam-access-management': 'Administrator', ...roles }, settings);
  const { accountId } = caller;
  const policy = (change: { readonly roles?: readonly string[]; readonly [key: string]: unknown } = {}) => {
    const { roles: crns = [crnOf('Reader')], ...more } = change;
    return {
      type: 'access',
      subject: { attributes: [equals('iam_id', FRIEND)] },
      resource: { attributes: [equals('accountId', accountId), equals('serviceName', COS)] },
      control: { grant: { roles: crns.map((role_id) => ({ role_id })) } },
      ...more,
    };
  };
  return { ...caller, policy };
}

test('one policy for a subject and a resource: another is refused with the one that is there', async () => {
  const { call, policy, accountId } = aWorld();
  const made = await call('POST', '/v2/policies', policy());
  const refused = await call('POST', '/v2/policies', policy({ roles: [crnOf('Manager')] }));
  expect(refused).toMatchObject({
    status: 409,
    body: {
      errors: [
        {
          code: 'policy_conflict_error',
          details: { conflicts_with: { etag: made.etag, policy: { id: made.body.id, type: 'access' } } },
        },
      ],
    },
  });
  const attributes = [equals('accountId', accountId), equals('serviceName', 'logs')];
  const other = await call('POST', '/v2/policies', policy({ resource: { attributes } }));
  expect(other.status).toBe(201);
  const turned = await call('PUT', `/v2/policies/${other.body.id}`, policy(), {
    'if-match': other.etag ?? '',
  });
  expect(turned).toMatchObject({ status: 409, body: { errors: [{ details: expect.any(Object) }] } });
  const remove = async () => (await call('DELETE', `/v2/policies/${made.body.id}`)).status;
  expect([await remove(), await remove()]).toEqual([204, 404]);
  expect((await call('POST', '/v2/policies', policy())).status).toBe(201);
});

test('which policy is in the way, and how it is shown, is as the world says', async () => {
  const { call, policy } = aWorld({
    conflictingPolicy: 'same-attributes-and-roles',
    conflictShows: 'id',
  });
  const made = await call('POST', '/v2/policies', policy());
  expect((await call('POST', '/v2/policies', policy({ roles: [crnOf('Manager')] }))).status).toBe(201);
  const { status, body } = await call('POST', '/v2/policies', policy());
  expect(status).toBe(409);
  expect(body.errors[0]?.details).toMatchObject({ conflicts_with: { policy: made.body.id } });
});

test('in a world where broader policies are in the way, too, so are they, and nothing else', async () => {
  const { call, policy, accountId } = aWorld({ conflictingPolicy: 'broader-too' });
  await call('POST', '/v2/policies', policy({ roles: [crnOf('Reader'), crnOf('Writer')] }));
  const about = async (bucket: string, ...roles: readonly string[]) => {
    const attributes = [
      equals('accountId', accountId),
      equals('serviceName', COS),
      equals('resourceType', 'bucket'),
      equals('resource', bucket),
    ];
    return (await call('POST', '/v2/policies', policy({ roles, resource: { attributes } }))).status;
  };
  expect(await about('logs', crnOf('Reader'))).toBe(409);
  expect(await about('logs', crnOf('Reader'), crnOf('Manager'))).toBe(201);
  expect(await about('logs', crnOf('Manager'))).toBe(409);
});

test('a new policy is not found for as long as the world says', async () => {
  const { call, policy, clock, accountId } = aWorld({ newPolicyDelaySeconds: 60 });
  const { id } = (await call('POST', '/v2/policies', policy())).body;
  const status = async () => (await call('GET', `/v2/policies/${id}`)).status;
  const list = async () =>
    (await call('GET', `/v2/policies?account_id=${accountId}&iam_id=${FRIEND}`)).body.policies.length;
  expect([await status(), await list()]).toEqual([404, 0]);
  expect((await call('POST', '/v2/policies', policy())).status).toBe(409);
  clock.advance(seconds(60));
  expect([await status(), await list()]).toEqual([200, 1]);
});

test.each([
  ['that nobody knows', 'crn:v1:bluemix:public:iam::::serviceRole:Wizard'],
  ['of another service', crnOf('Sender', 'logs')],
  ['that only services may have', crnOf('NotificationsManager', COS)],
  ['of another account', 'crn:v1:ibmcloud:public:iam-access-management::a/other:customRole:Mine'],
])('a policy with a role %s is refused', async (_, crn) => {
  const { call, policy, world } = aWorld();
  const role = { service: COS, name: 'Mine', displayName: 'Mine', actions: [`${COS}.object.put`] };
  world.iam.roles.create({ ...role, accountId: 'other' });
  expect((await call('POST', '/v2/policies', policy({ roles: [crn] }))).status).toBe(400);
});

test('roles of a service are taken however their CRN calls the service', async () => {
  const { call, policy } = aWorld();
  const roles = [
    crnOf('ObjectWriter'),
    crnOf('ContentReader', COS),
    'crn:v1:bluemix:public:iam::::role:Viewer',
  ];
  expect((await call('POST', '/v2/policies', policy({ roles }))).status).toBe(201);
});

test('a policy about a service takes Administrator on it', async () => {
  const status = async (roles: Readonly<Record<string, string>>) => {
    const { call, policy } = aWorld({}, { 'iam-access-management': 'Viewer', ...roles });
    return (await call('POST', '/v2/policies', policy())).status;
  };
  expect([
    await status({ [COS]: 'Manager' }),
    await status({ [COS]: 'Editor' }),
    await status({ [COS]: 'Administrator' }),
    await status({ logs: 'Administrator' }),
  ]).toEqual([403, 403, 201, 403]);
});

test('a role that its giver does not hold works or not, as the world says', async () => {
  const reads = async (grantsBeyondOwn: 'work' | 'idle', own: Readonly<Record<string, string>>) => {
    const { call, policy, world, accountId } = aWorld({ grantsBeyondOwn }, own);
    expect((await call('POST', '/v2/policies', policy())).status).toBe(201);
    const target = { service: COS, accountId, instanceId: 'any' };
    return world.iam.allows(FRIEND, `${COS}.bucket.get`, target, world.now());
  };
  expect(await reads('work', {})).toBe(true);
  expect(await reads('idle', {})).toBe(false);
  expect(await reads('idle', { [COS]: 'Manager' })).toBe(true);
});

const aRole = (accountId: string, change: object = {}) => ({
  name: 'LpkLedger',
  display_name: 'keeper ledger',
  account_id: accountId,
  service_name: COS,
  actions: [`${COS}.object.put`, `${COS}.object.get`],
  ...change,
});

test('a custom role is made, listed, granted, changed under its tag, and deleted', async () => {
  const { call, policy, world, accountId } = aWorld();
  const made = await call('POST', '/v2/roles', aRole(accountId));
  const crn = `crn:v1:ibmcloud:public:iam-access-management::a/${accountId}::customRole:LpkLedger`;
  expect(made).toMatchObject({ status: 201, body: { crn, service_name: COS } });
  const listed = async (service: string) =>
    (await call('GET', `/v2/roles?account_id=${accountId}&service_name=${service}`)).body['custom_roles'];
  expect(await listed(COS)).toMatchObject([{ crn, display_name: 'keeper ledger', id: made.body.id }]);
  expect(await listed('logs')).toEqual([]);

  await call('POST', '/v2/policies', policy({ roles: [crn] }));
  const may = (action: string) =>
    world.iam.allows(FRIEND, `${COS}.${action}`, { service: COS, accountId }, world.now());
  expect([may('object.put'), may('object.delete')]).toEqual([true, false]);

  const path = `/v2/roles/${made.body.id}`;
  const { etag } = await call('GET', path);
  const wider = { display_name: 'keeper ledger', actions: [...aRole('').actions, `${COS}.object.delete`] };
  expect((await call('PUT', path, wider, { 'if-match': 'old' })).status).toBe(409);
  expect((await call('PUT', path, wider, { 'if-match': etag ?? '' })).status).toBe(200);
  expect(may('object.delete')).toBe(true);
  expect((await call('DELETE', path)).status).toBe(204);
  expect((await call('GET', path)).status).toBe(404);
  expect(may('object.put')).toBe(false);
});

test.each([
  [
    'the actions of another, in another order',
    { name: 'Other', actions: aRole('').actions.toReversed() },
    409,
  ],
  ['the name of another', { actions: [`${COS}.object.head`] }, 409],
  ['an action that nobody knows', { name: 'Other', actions: [`${COS}.object.fly`] }, 400],
  ['an action of another service', { name: 'Other', actions: ['logs.data-ingress.send'] }, 400],
  ['a small first letter', { name: 'other', actions: [`${COS}.object.head`] }, 400],
  [
    'a service that takes none',
    { name: 'Other', service_name: 'logs', actions: ['logs.data-ingress.send'] },
    400,
  ],
])('a custom role with %s is refused', async (_, change, status) => {
  const { call, accountId } = aWorld({ noCustomRolesFor: ['logs'] });
  await call('POST', '/v2/roles', aRole(accountId));
  expect((await call('POST', '/v2/roles', aRole(accountId, change))).status).toBe(status);
});

test('roles are made by administrators of IAM Access Management', async () => {
  const { call, accountId } = aWorld({}, { 'iam-access-management': 'Editor', [COS]: 'Administrator' });
  expect((await call('POST', '/v2/roles', aRole(accountId))).status).toBe(403);
});

test('a policy may be about one service ID, or one group of secrets', async () => {
  const { call, policy, world, clock, accountId } = aWorld();
  const about = (service: string, resourceType: string, resource: string) => ({
    attributes: [
      equals('accountId', accountId),
      equals('serviceName', service),
      equals('resourceType', resourceType),
      equals('resource', resource),
    ],
  });
  const editor = 'crn:v1:bluemix:public:iam::::role:Editor';
  const keys = policy({ resource: about('iam-identity', 'serviceid', SOMEBODY), roles: [editor] });
  expect((await call('POST', '/v2/policies', keys)).status).toBe(201);
  const secrets = about('secrets-manager', 'secret-group', 'group-1');
  expect((await call('POST', '/v2/policies', policy({ resource: secrets }))).status).toBe(201);
  const may = (service: string, action: string, resource?: { type: string; name: string }) =>
    world.iam.allows(
      FRIEND,
      `${service}.${action}`,
      { service, accountId, ...(resource === undefined ? {} : { resource }) } as never,
      clock.now(),
    );
  const get = (name?: string) =>
    may('iam-identity', 'apikey.get', name === undefined ? undefined : { type: 'serviceid', name });
  expect([get(SOMEBODY), get('ServiceId-other'), get()]).toEqual([true, false, false]);
  const list = (name: string) => may('secrets-manager', 'secrets.list', { type: 'secret-group', name });
  expect([list('group-1'), list('group-2')]).toEqual([true, false]);
  clock.advance(hours(1) + minutes(1));
  expect(get(SOMEBODY)).toBe(true);
});
