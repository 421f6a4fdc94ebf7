import { expect, test } from 'vitest';
import type { ComputeResource } from '../../../../infra/local/iam/compute-resources.ts';
import type { Settings } from '../../../../infra/local/settings.ts';
import { minutes, seconds } from '../../../../shared/domain/time.ts';
import { aCaller } from './caller.ts';

const OTHER_ACCOUNT = '00000000000000000000000000000002';

/** Somebody with a role on `iam-identity`, in a world of one account. */
function aWorld(role = 'Administrator', settings: Partial<Settings['iam']> = {}) {
  const { world, clock, accountId, ...caller } = aCaller({ 'iam-identity': role }, settings);
  const call: typeof caller.call = (method, path, ...more) =>
    caller.call(method, `/v1/profiles${path}`, ...more);
  const create = async (name = 'lpk-check') =>
    (await call('POST', '', { name, account_id: accountId })).body.id;
  const resource: ComputeResource = {
    projectCrn: `crn:v1:bluemix:public:codeengine:eu-de:a/${accountId}:11111111-2222-4333-8444-555555555555::`,
    projectName: 'edge-logs',
    componentType: 'job',
    componentName: 'check-logpush',
  };
  const link = (change: object = {}) => ({
    cr_type: 'CE',
    link: {
      crn: resource.projectCrn,
      component_type: resource.componentType,
      component_name: resource.componentName,
      ...change,
    },
  });
  const exchange = async (by: Readonly<Record<string, string>>, as: Partial<ComputeResource> = {}) => {
    const response = await world.app.request('/iam/identity/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ibm:params:oauth:grant-type:cr-token',
        cr_token: world.iam.computeResourceToken({ ...resource, ...as }, clock.now()),
        ...by,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  return { world, clock, accountId, call, create, resource, link, exchange };
}

test('a profile is made, found, changed and deleted', async () => {
  const { accountId, call } = aWorld();
  const made = await call('POST', '', { name: 'lpk-check', account_id: accountId, description: 'ours' });
  expect(made).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^Profile-[0-9a-f-]{36}$/),
      iam_id: expect.stringMatching(/^iam-Profile-/),
      crn: expect.stringContaining(`::a/${accountId}::profile:Profile-`),
      created_at: '2026-03-01T00:00+0000',
    },
  });
  const { id, entity_tag: tag } = made.body;
  expect(await call('GET', `/${id}`)).toMatchObject({ status: 200, etag: tag, body: { entity_tag: tag } });

  expect((await call('PUT', `/${id}`, { description: '' })).status).toBe(400);
  expect((await call('PUT', `/${id}`, {}, { 'if-match': '1-stale' })).status).toBe(409);
  const changed = await call('PUT', `/${id}`, { description: '' }, { 'if-match': tag });
  expect(changed.body).toMatchObject({ name: 'lpk-check', entity_tag: expect.not.stringContaining(tag) });
  expect(changed.body).not.toHaveProperty('description');
  expect((await call('PUT', `/${id}`, { name: 'lpk' }, { 'if-match': '*' })).body).toMatchObject({
    name: 'lpk',
  });
  expect((await call('PUT', `/${id}`, { name: '' }, { 'if-match': '*' })).status).toBe(400);

  expect((await call('DELETE', `/${id}`)).status).toBe(204);
  expect((await call('DELETE', `/${id}`)).status).toBe(404);
});

test('a name is given once in an account', async () => {
  const { accountId, call, create, world } = aWorld('Administrator', { takenNameStatus: 400 });
  await create('one');
  const two = await create('two');
  expect((await call('POST', '', { name: 'one', account_id: accountId })).status).toBe(400);
  expect((await call('PUT', `/${two}`, { name: 'one' }, { 'if-match': '*' })).status).toBe(400);
  expect((await call('PUT', `/${two}`, { name: 'two' }, { 'if-match': '*' })).status).toBe(200);
  world.iam.profiles.create({ name: 'three', accountId: OTHER_ACCOUNT });
  expect((await call('POST', '', { name: 'three', account_id: accountId })).status).toBe(201);
});

test('lists come in pages whose addresses are texts', async () => {
  const { accountId, call, create } = aWorld();
  for (const name of ['c', 'a', 'b']) await create(name);
  const seen: string[] = [];
  let path: string | undefined = `?account_id=${accountId}&pagesize=2&sort=name`;
  while (path !== undefined) {
    const { body } = await call('GET', path);
    seen.push(...body.profiles.map(({ name }) => name));
    expect(typeof body['first']).toBe('string');
    path = body.next === undefined ? undefined : new URL(body.next).search;
  }
  expect(seen).toEqual(['a', 'b', 'c']);
  const { body } = await call('GET', `?account_id=${accountId}&name=b`);
  expect(body.profiles).toMatchObject([{ name: 'b' }]);
  expect((await call('GET', '')).status).toBe(400);
  expect((await call('GET', `?account_id=${accountId}&pagesize=101`)).status).toBe(400);
});

test('a new profile is not found for as long as the world says, but its name is taken', async () => {
  const { accountId, call, clock, create } = aWorld('Administrator', { newProfileDelaySeconds: 30 });
  const id = await create();
  expect((await call('GET', `/${id}`)).status).toBe(404);
  expect((await call('GET', `?account_id=${accountId}`)).body.profiles).toEqual([]);
  expect((await call('POST', '', { name: 'lpk-check', account_id: accountId })).status).toBe(409);
  clock.advance(seconds(30));
  expect((await call('GET', `/${id}`)).status).toBe(200);
});

test.each([
  ['Viewer', 'GET', 'PUT POST-link DELETE POST'],
  ['Editor', 'GET PUT POST-link', 'DELETE POST'],
  ['Operator', 'GET PUT POST-link DELETE', 'POST'],
  ['Administrator', 'GET PUT POST-link DELETE POST', ''],
])('%s may %s, and not %s', async (role, may, mayNot) => {
  const { accountId, call, link, world } = aWorld(role);
  const { id } = world.iam.profiles.create({ name: 'there', accountId });
  const status = async (what: string): Promise<number> => {
    if (what === 'POST') return (await call('POST', '', { name: 'new', account_id: accountId })).status;
    if (what === 'POST-link') return (await call('POST', `/${id}/links`, link())).status;
    return (await call(what, `/${id}`, what === 'PUT' ? {} : undefined, { 'if-match': '*' })).status;
  };
  for (const what of may.split(' ')) expect(await status(what), what).toBeLessThan(300);
  for (const what of mayNot.split(' ').filter(Boolean)) expect(await status(what), what).toBe(403);
});

test('a link is made, listed, read and deleted, by its id or by what it says', async () => {
  const { call, create, link } = aWorld();
  const id = await create();
  const made = await call('POST', `/${id}/links`, { name: 'lpk', ...link() });
  expect(made).toMatchObject({ status: 201, body: { name: 'lpk', ...link() } });
  expect((await call('GET', `/${id}/links/${made.body.id}`)).body).toEqual(made.body);
  expect((await call('DELETE', `/${id}/links/${made.body.id}`)).status).toBe(204);
  expect((await call('GET', `/${id}/links/${made.body.id}`)).status).toBe(404);

  await call('POST', `/${id}/links`, link());
  await call('POST', `/${id}/links`, link({ component_name: 'rotate-keys' }));
  const { crn, ...component } = link().link;
  const query = new URLSearchParams({ type: 'CE', crn, ...component }).toString();
  expect((await call('DELETE', `/${id}/links?${query}`)).status).toBe(204);
  expect((await call('GET', `/${id}/links`)).body['links']).toMatchObject([
    { link: { component_name: 'rotate-keys' } },
  ]);
  expect((await call('DELETE', `/${id}/links?${query}`)).status).toBe(404);
});

test.each([
  ['no component', { component_name: undefined }],
  ['no CRN', { crn: 'project' }],
  ['a project of another account', { crn: 'crn:v1:bluemix:public:codeengine:eu-de:a/other:project::' }],
])('a link with %s is refused', async (_, change) => {
  const { call, create, link } = aWorld();
  expect((await call('POST', `/${await create()}/links`, link(change))).status).toBe(400);
});

test('an equal link is one more, or refused', async () => {
  const twice = async (equalLinks: 'accept' | 'refuse') => {
    const { call, create, link } = aWorld('Administrator', { equalLinks });
    const id = await create();
    await call('POST', `/${id}/links`, link());
    return (await call('POST', `/${id}/links`, link())).status;
  };
  expect([await twice('accept'), await twice('refuse')]).toEqual([201, 409]);
});

test('a workload becomes the profile that is linked to it, by id or by name', async () => {
  const { call, create, exchange, link, world, clock } = aWorld('Administrator', { linkDelaySeconds: 60 });
  const id = await create();
  clock.advance(seconds(1));
  const { body } = await call('POST', `/${id}/links`, link());
  expect(await exchange({ profile_id: id })).toMatchObject({
    status: 400,
    body: { errorCode: expect.stringMatching(/^BXNIM/) },
  });
  clock.advance(seconds(60));
  expect((await exchange({ profile_id: id })).status).toBe(200);
  expect((await exchange({ profile_name: 'lpk-check' })).status).toBe(200);

  for (const profile_name of ['lpk', 'LPK-CHECK'])
    expect((await exchange({ profile_name })).body['errorCode']).toBe('BXNIM0106E');
  expect((await exchange({})).body['errorCode']).toBe('BXNIM0109E');
  expect((await exchange({ profile_id: id }, { componentName: 'rotate-keys' })).status).toBe(400);
  expect((await exchange({ profile_id: id }, { componentType: 'function' })).status).toBe(400);
  expect((await exchange({ profile_id: id, cr_token: 'unknown' })).status).toBe(401);

  world.iam.profiles.unlink(id, body.id);
  expect((await exchange({ profile_id: id })).status).toBe(400);
});

test.each([400, 401, 403] as const)(
  'a workload without a link is refused with %i',
  async (unlinkedStatus) => {
    const { create, exchange } = aWorld('Administrator', { unlinkedStatus });
    const { status, body } = await exchange({ profile_id: await create() });
    expect(status).toBe(unlinkedStatus);
    expect(body['errorCode']).toMatch(/^BXNIM\d{4}E$/);
  },
);

test('an invented component type is accepted and never matches', async () => {
  const { call, create, exchange, link } = aWorld();
  const id = await create();
  const made = await call('POST', `/${id}/links`, link({ component_type: 'Job' }));
  expect(made.status).toBe(201);
  expect((await exchange({ profile_id: id })).status).toBe(400);
});

test('a workload of another account becomes a profile only across a link that says so', async () => {
  const { call, create, exchange, link } = aWorld();
  const projectCrn = `crn:v1:bluemix:public:codeengine:eu-de:a/${OTHER_ACCOUNT}:project::`;
  const id = await create();
  const across = { ...link({ crn: projectCrn }), is_cross_account: true };
  expect((await call('POST', `/${id}/links`, across)).body).toMatchObject({ is_cross_account: true });
  expect((await exchange({ profile_id: id }, { projectCrn })).status).toBe(200);
  // A name is looked up in the account of the workload.
  expect((await exchange({ profile_name: 'lpk-check' }, { projectCrn })).status).toBe(400);
});

test('the token in the file serves as long as the world says', async () => {
  const { call, create, exchange, link, world, clock, resource } = aWorld('Administrator', {
    computeResourceTokenSeconds: 300,
  });
  const id = await create();
  await call('POST', `/${id}/links`, link());
  const cr_token = world.iam.computeResourceToken(resource, clock.now());
  expect(world.iam.secretValues()).toContain(cr_token);
  clock.advance(minutes(5) - 1);
  expect((await exchange({ profile_id: id, cr_token })).status).toBe(200);
  clock.advance(1);
  expect((await exchange({ profile_id: id, cr_token })).status).toBe(401);
});

test('a token outlives its profile', async () => {
  const { call, create, exchange, link, world, clock } = aWorld();
  const id = await create();
  await call('POST', `/${id}/links`, link());
  const token = (await exchange({ profile_id: id })).body['access_token'] ?? '';
  await call('DELETE', `/${id}`);
  expect((await exchange({ profile_id: id })).status).toBe(400);
  clock.advance(minutes(59));
  expect(world.iam.principalOf(token, clock.now())).toMatchObject({ iamId: `iam-${id}` });
  clock.advance(minutes(1));
  expect(world.iam.principalOf(token, clock.now())).toBeUndefined();
});

const claim = (name: string, operator: string, value: unknown) => ({
  claim: name,
  operator,
  value: JSON.stringify(value),
});
const isJob = claim('component_type', 'EQUALS', 'job');

test.each([
  [[isJob, claim('project_name', 'EQUALS', 'edge-logs')], true],
  [[isJob, claim('project_name', 'EQUALS', 'edge')], false],
  [[claim('component_name', 'NOT_EQUALS', 'webhook')], true],
  [[claim('component_name', 'EQUALS_IGNORE_CASE', 'CHECK-logpush')], true],
  [[claim('component_name', 'NOT_EQUALS_IGNORE_CASE', 'CHECK-logpush')], false],
  [[claim('component_name', 'CONTAINS', 'logpush')], true],
  [[claim('component_name', 'IN', ['rotate-keys', 'check-logpush'])], true],
  [[claim('component_name', 'IN', ['rotate-keys'])], false],
  // Stringified JSON: without the inner quotes it is no text.
  [[{ ...isJob, value: 'job' }], 'refused'],
  [[claim('region', 'EQUALS', 'eu-de')], false],
  [[claim('region', 'NOT_EQUALS', 'us-south')], false],
])('a claim rule with %o lets a workload in: %s', async (conditions, expected) => {
  const { call, create, exchange } = aWorld();
  const id = await create();
  const made = await call('POST', `/${id}/rules`, { type: 'Profile-CR', cr_type: 'CE', conditions });
  if (expected === 'refused') expect(made.status).toBe(400);
  else {
    expect(made.status).toBe(201);
    expect((await exchange({ profile_id: id })).status).toBe(expected ? 200 : 400);
  }
});

test('a claim rule lets nobody of another account in, whatever their project is called', async () => {
  const { call, create, exchange } = aWorld();
  const id = await create();
  const conditions = [isJob, claim('project_name', 'EQUALS', 'edge-logs')];
  await call('POST', `/${id}/rules`, { type: 'Profile-CR', cr_type: 'CE', conditions });

  const projectCrn = `crn:v1:bluemix:public:codeengine:eu-de:a/${OTHER_ACCOUNT}:project::`;

  expect((await exchange({ profile_id: id })).status).toBe(200);
  expect((await exchange({ profile_id: id }, { projectCrn })).status).toBe(400);
});

test('a profile has twenty claim rules at most; each is changed with its tag', async () => {
  const { call, create, exchange } = aWorld();
  const id = await create();
  const rule = { type: 'Profile-CR', cr_type: 'CE', name: 'r', conditions: [isJob] };
  const { body } = await call('POST', `/${id}/rules`, rule);
  for (let n = 1; n < 20; n += 1) expect((await call('POST', `/${id}/rules`, rule)).status).toBe(201);
  expect((await call('POST', `/${id}/rules`, rule)).status).toBe(409);
  for (const { id: other } of (await call('GET', `/${id}/rules`)).body.rules.slice(1))
    expect((await call('DELETE', `/${id}/rules/${other}`)).status).toBe(204);

  const path = `/${id}/rules/${body.id}`;
  const [conditions, tag] = [[claim('component_type', 'EQUALS', 'function')], body.entity_tag];
  expect((await call('PUT', path, { ...rule, conditions }, { 'if-match': 'old' })).status).toBe(409);
  const changed = await call('PUT', path, { ...rule, conditions }, { 'if-match': tag });
  expect(changed).toMatchObject({ status: 200, body: { id: body.id, conditions } });
  expect((await call('GET', path)).body).toEqual(changed.body);
  expect((await exchange({ profile_id: id })).status).toBe(400);
});
