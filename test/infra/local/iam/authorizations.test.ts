import { expect, test } from 'vitest';
import type { Settings } from '../../../../infra/local/settings.ts';
import { minutes } from '../../../../shared/domain/time.ts';
import { aCaller } from './caller.ts';

const PROJECT = '11111111-2222-4333-8444-555555555555';
const STORE = '33333333-1111-4222-8333-444444444444';
const COS = 'cloud-object-storage';
const equals = (key: string, value: string) => ({ key, operator: 'stringEquals', value });

/** Somebody who administrates object storage, and may see roles. */
function aWorld(settings: Partial<Settings['iam']> = {}, management = 'Viewer', cos = 'Administrator') {
  const caller = aCaller({ [COS]: cos, 'iam-access-management': management }, settings);
  const { world, call, accountId } = caller;
  const roles = async (query: string) => {
    const { body } = await call('GET', `/v2/roles?account_id=${accountId}&${query}`);
    const all = body as unknown as Readonly<
      Record<string, readonly { readonly display_name: string; readonly crn: string }[]>
    >;
    return Object.values(all).flat();
  };
  const givable = `service_name=${COS}&source_service_name=codeengine&policy_type=authorization`;
  const manager = async () => (await roles(givable))[0]?.crn ?? '';
  const side = (service: string, instance: string) => [
    equals('accountId', accountId),
    equals('serviceName', service),
    equals('serviceInstance', instance),
  ];
  const authorization = async (change: object = {}) => ({
    type: 'authorization',
    subject: { attributes: side('codeengine', PROJECT) },
    resource: { attributes: side(COS, STORE) },
    control: { grant: { roles: [{ role_id: await manager() }] } },
    ...change,
  });
  const isAuthorized = (source = PROJECT, target = STORE, role = 'Notifications Manager') =>
    world.iam.isAuthorized('codeengine', source, COS, target, role);
  return { ...caller, roles, givable, manager, side, authorization, isAuthorized };
}

test('a service acts on another while an authorization says so', async () => {
  const { call, accountId, authorization, isAuthorized } = aWorld();
  expect(isAuthorized()).toBe(false);
  const made = await call('POST', '/v2/policies', await authorization());
  expect(made).toMatchObject({ status: 201, body: { type: 'authorization', state: 'active' } });
  expect(isAuthorized()).toBe(true);
  expect(isAuthorized(STORE)).toBe(false);
  expect(isAuthorized(PROJECT, PROJECT)).toBe(false);
  expect(isAuthorized(PROJECT, STORE, 'Writer')).toBe(false);
  const crn = (account: string) => `crn:v1:bluemix:public:codeengine:eu-de:a/${account}:${PROJECT}::`;
  expect(isAuthorized(crn(accountId))).toBe(true);
  expect(isAuthorized(crn('another'))).toBe(false);

  const listed = async (type: string) =>
    (await call('GET', `/v2/policies?account_id=${accountId}&type=${type}`)).body.policies;
  expect(await listed('authorization')).toMatchObject([{ id: made.body.id }]);
  expect((await listed('access')).map(({ id }) => id)).not.toContain(made.body.id);
  expect((await call('GET', `/v2/policies/${made.body.id}`)).body).toEqual(made.body);
  expect((await call('DELETE', `/v2/policies/${made.body.id}`)).status).toBe(204);
  expect(isAuthorized()).toBe(false);
});

test('an authorization may name instances by their CRNs, or none, and acts as late as the world says', async () => {
  const { clock, world, call, accountId, authorization, side, isAuthorized } = aWorld({
    policyDelaySeconds: 60,
  });
  const crn = `crn:v1:bluemix:public:codeengine:eu-de:a/${accountId}:${PROJECT}::`;
  clock.advance(1);
  await call(
    'POST',
    '/v2/policies',
    await authorization({ subject: { attributes: side('codeengine', crn) } }),
  );
  expect(isAuthorized()).toBe(false);
  clock.advance(minutes(1));
  expect(isAuthorized()).toBe(true);
  expect(isAuthorized(crn)).toBe(true);
  expect(isAuthorized(STORE)).toBe(false);

  const any = { attributes: side('codeengine', PROJECT).slice(0, 2) };
  await call('POST', '/v2/policies', await authorization({ subject: any }));
  clock.advance(minutes(1));
  expect(isAuthorized(STORE)).toBe(true);
  const source = { service: 'event-notifications', instance: 'en' };
  world.iam.policies.authorize(accountId, source, { service: 'codeengine', instance: PROJECT }, ['Viewer']);
  clock.advance(minutes(1));
  const starts = (role: string) =>
    world.iam.isAuthorized('event-notifications', 'en', 'codeengine', PROJECT, role);
  expect([starts('Viewer'), starts('Writer')]).toEqual([true, false]);
});

test.each([
  ['without the account of its source', { subject: { attributes: [equals('serviceName', 'codeengine')] } }],
  ['without a source', { subject: { attributes: [equals('accountId', 'somebody')] } }],
  ['of an identity', { subject: { attributes: [equals('iam_id', 'somebody')] } }],
  [
    'with a role of other services',
    { control: { grant: { roles: [{ role_id: 'crn:v1:bluemix:public:iam::::serviceRole:Writer' }] } } },
  ],
])('an authorization %s is refused', async (_, change) => {
  const { call, authorization } = aWorld();
  expect((await call('POST', '/v2/policies', await authorization(change))).status).toBe(400);
});

test('an authorization takes Administrator on its target', async () => {
  const { call, authorization } = aWorld({}, 'Viewer', 'Editor');
  expect((await call('POST', '/v2/policies', await authorization())).status).toBe(403);
});

test('where version 2 takes no authorizations, version 1 does', async () => {
  const { call, accountId, authorization, manager, isAuthorized } = aWorld({ authorizationsV2: 'refuse' });
  expect((await call('POST', '/v2/policies', await authorization())).status).toBe(400);
  const query = `account_id=${accountId}&type=authorization`;
  expect((await call('GET', `/v2/policies?${query}`)).status).toBe(400);

  const side = (service: string, instance: string) => [
    {
      attributes: [
        { name: 'accountId', value: accountId },
        { name: 'serviceName', value: service },
        { name: 'serviceInstance', value: instance },
      ],
    },
  ];
  const body = {
    type: 'authorization',
    subjects: side('codeengine', PROJECT),
    resources: side(COS, STORE),
    roles: [{ role_id: await manager() }],
  };
  const made = await call('POST', '/v1/policies', body);
  expect(made).toMatchObject({
    status: 201,
    body: { subjects: [{ attributes: [{ value: accountId }, {}, {}] }] },
  });
  expect(isAuthorized()).toBe(true);
  expect((await call('GET', `/v1/policies?${query}`)).body.policies).toEqual([made.body]);
  expect((await call('GET', `/v1/policies/${made.body.id}`)).body).toEqual(made.body);
  expect((await call('DELETE', `/v1/policies/${made.body.id}`)).status).toBe(204);
  expect(isAuthorized()).toBe(false);
  expect((await call('GET', `/v1/policies?account_id=${accountId}`)).status).toBe(501);
});

test('roles that a service may have on another are listed by both, to who may see roles', async () => {
  const names = async (world: ReturnType<typeof aWorld>, query: string) =>
    (await world.roles(query)).map(({ display_name }) => display_name);
  const seeing = aWorld();
  expect(await names(seeing, seeing.givable)).toEqual(['Notifications Manager']);
  expect(
    await names(
      seeing,
      'service_name=codeengine&source_service_name=event-notifications&policy_type=authorization',
    ),
  ).toEqual(['Viewer', 'Reader', 'Writer']);
  expect(await names(seeing, `service_name=${COS}&policy_type=authorization`)).toEqual([]);
  expect(await names(seeing, `service_name=${COS}`)).not.toContain('Notifications Manager');
  // An Operator of IAM Access Management sees policies, and no roles.
  const blind = aWorld({}, 'Operator');
  expect(await names(blind, blind.givable)).toEqual([]);
});

test('a role whose CRN is printed nowhere has another one in every world', async () => {
  const { roles, manager } = aWorld();
  expect(await manager()).toMatch(
    /^crn:v1:bluemix:public:cloud-object-storage::::serviceRole:NotificationsManager\w+$/,
  );
  const reviewer = (await roles('service_name=iam-identity')).find(
    ({ display_name }) => display_name === 'API key reviewer',
  );
  const { world } = aWorld();
  expect(world.iam.roles.actionsOf('iam-identity', reviewer?.crn ?? '')).toEqual([
    'iam-identity.apikey.review',
  ]);
  const guessed = 'crn:v1:bluemix:public:iam-identity::::serviceRole:APIkeyreviewer';
  expect(world.iam.roles.actionsOf('iam-identity', guessed)).toEqual([]);
});
