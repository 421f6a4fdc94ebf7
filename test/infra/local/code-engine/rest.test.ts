import { expect, test } from 'vitest';
import { days, minutes, seconds } from '../../../../shared/domain/time.ts';
import { anEngine, IMAGE } from './engine-world.ts';

const inline = (code: string): string => `data:text/plain;base64,${Buffer.from(code).toString('base64')}`;
const aFunction = (change: object = {}) => ({
  name: 'hook',
  runtime: 'nodejs-24',
  code_reference: inline('module.exports.main = () => ({});'),
  scale_cpu_limit: '0.25',
  scale_memory_limit: '1G',
  ...change,
});

test('a project is creating, then active; deleted, it blocks its name for seven days', async () => {
  const { call, clock, accountId, codeEngine } = anEngine();
  const made = await call('POST', '/projects', {
    name: 'edge',
    tags: ['team:edge'],
    resource_group_id: 'rg',
  });
  expect(made).toMatchObject({
    status: 202,
    body: {
      name: 'edge',
      account_id: accountId,
      region: 'us-south',
      resource_group_id: 'rg',
      status: 'creating',
    },
  });
  const path = `/projects/${String(made.body['id'])}`;
  const map = { name: 'keeper', data: {} };
  expect((await call('POST', `${path}/config_maps`, map)).status).toBe(409);
  expect((await call('GET', `${path}/status_details`)).body).toMatchObject({ project: 'disabled' });
  clock.advance(seconds(10));
  expect((await call('GET', path)).body['status']).toBe('active');
  expect((await call('POST', `${path}/config_maps`, map)).status).toBe(201);
  expect((await call('POST', '/projects', { name: 'edge' })).status).toBe(409);

  expect((await call('DELETE', path)).status).toBe(202);
  expect((await call('GET', path)).body['status']).toBe('deleting');
  clock.advance(seconds(10));
  expect((await call('GET', path)).status).toBe(404);
  expect((await call('GET', '/projects')).body['projects']).toMatchObject([{ name: 'keeper' }]);
  expect((await call('POST', '/projects', { name: 'edge' })).status).toBe(409);
  clock.advance(days(7));
  expect((await call('POST', '/projects', { name: 'edge' })).status).toBe(202);
  expect(codeEngine.projects.list(accountId).map(({ name }) => name)).toEqual(['keeper', 'edge']);
});

test('a region has twenty projects, those counted that were deleted', async () => {
  const { call } = anEngine();
  for (let at = 0; at < 20; at += 1) await call('POST', '/projects', { name: `p${at}` });
  expect(await call('POST', '/projects', { name: 'more' })).toMatchObject({
    status: 403,
    body: { errors: [{ code: 'quota_exceeded' }], status_code: 403 },
  });
});

test('each call needs a token, a version, and the action that its role holds', async () => {
  const { world, project, call } = anEngine({ roles: ['Reader'] });
  const url = `http://127.0.0.1/code-engine/v2/projects/${project.id}/jobs?version=2025-07-10`;
  expect((await world.app.request(url)).status).toBe(401);
  const inside = `/projects/${project.id}`;
  const versionless = await call('GET', `${inside}/jobs?version=tomorrow`);
  expect(versionless).toMatchObject({ status: 400, body: { errors: [{ code: 'bad_request' }] } });
  expect((await call('GET', `${inside}/jobs`)).status).toBe(200);
  expect(await call('POST', `${inside}/jobs`, { name: 'check', image_reference: IMAGE })).toMatchObject({
    status: 403,
    body: { errors: [{ message: expect.stringContaining('tenant.entities.create') }] },
  });
  expect((await call('DELETE', inside)).status).toBe(403);
  expect((await call('POST', '/projects', { name: 'edge' })).status).toBe(403);

  const stranger = anEngine({ roles: ['Editor'] });
  expect((await stranger.call('GET', `/projects/${stranger.project.id}`)).status).toBe(403);
  expect((await stranger.call('GET', '/projects')).body['projects']).toEqual([]);
  expect((await stranger.call('DELETE', `/projects/${stranger.project.id}`)).status).toBe(202);
});

test('a job is changed by a merge patch, under the tag that was read', async () => {
  const { inside, aJob } = anEngine();
  const made = await aJob('check', { run_volume_mounts: [] });
  expect(made).toMatchObject({
    status: 201,
    body: {
      resource_type: 'job_v2',
      run_mode: 'task',
      scale_array_spec: '0',
      computed_env_variables: expect.arrayContaining([{ type: 'literal', name: 'CE_JOB', value: 'check' }]),
    },
  });
  const tag = made.body.entity_tag;
  const patch = (body: object, headers: Readonly<Record<string, string>>) =>
    inside('PATCH', '/jobs/check', body, headers);
  expect((await patch({ scale_retry_limit: 1 }, {})).status).toBe(400);
  expect(
    (await patch({ scale_retry_limit: 1 }, { 'if-match': tag, 'content-type': 'application/json' })).status,
  ).toBe(415);
  const changed = await patch(
    { scale_retry_limit: 1, run_arguments: ['repair/main.js'], scale_max_execution_time: null, id: 'x' },
    { 'if-match': tag },
  );
  expect(changed).toMatchObject({
    status: 200,
    body: {
      id: made.body['id'],
      scale_retry_limit: 1,
      run_arguments: ['repair/main.js'],
      run_commands: ['node'],
      scale_max_execution_time: 7200,
    },
  });
  expect(changed.body.entity_tag).not.toBe(tag);
  expect((await patch({ scale_retry_limit: 0 }, { 'if-match': tag })).status).toBe(412);
  expect((await patch({ scale_retry_limit: 0 }, { 'if-match': '*' })).status).toBe(200);
});

test('tags and read-only members are judged as the world says', async () => {
  const { inside, aJob } = anEngine({
    settings: {
      staleTagStatus: 409,
      missingTagStatus: 428,
      readOnlyMembers: 'refuse',
      requiresVersion: false,
    },
  });
  expect((await aJob('check', { entity_tag: 'x' })).status).toBe(400);
  await aJob('check');
  expect((await inside('PATCH', '/jobs/check', {})).status).toBe(428);
  expect((await inside('PATCH', '/jobs/check', {}, { 'if-match': 'old' })).status).toBe(409);
});

test.each([
  [{ name: 'Check' }],
  [{ name: 'a'.repeat(64) }],
  [{ image_reference: undefined }],
  [{ scale_cpu_limit: '0.25', scale_memory_limit: '4G' }],
  [{ scale_retry_limit: 6 }],
  [{ scale_max_execution_time: 86_401 }],
  [{ scale_array_spec: '9-1' }],
  [{ scale_array_spec: '0-1000' }],
  [{ scale_ephemeral_storage_limit: '2G' }],
  [{ run_env_variables: [{ type: 'literal', name: 'A' }] }],
  [{ run_env_variables: [{ type: 'literal', name: 'A', value: 'x'.repeat(10_240) }] }],
])('a job with %j is refused', async (change) => {
  const { aJob } = anEngine();
  expect((await aJob('check', change)).status).toBe(400);
});

test('a name is taken until its delete is done', async () => {
  const { clock, inside, aJob } = anEngine();
  await aJob('check');
  expect((await aJob('check')).status).toBe(409);
  expect((await inside('DELETE', '/jobs/check')).status).toBe(202);
  expect((await aJob('check')).status).toBe(409);
  clock.advance(seconds(5));
  expect((await inside('DELETE', '/jobs/check')).status).toBe(404);
  expect((await aJob('check')).status).toBe(201);
});

test('secrets and config maps are replaced whole, and secrets are shown to readers', async () => {
  const { inside } = anEngine();
  const secret = { name: 'notify', format: 'generic', data: { URL: 'https://x', OLD: '1' } };
  const made = await inside('POST', '/secrets', secret);
  expect(made).toMatchObject({
    status: 201,
    body: { resource_type: 'secret_generic_v2', data: secret.data },
  });
  const put = (path: string, body: object, tag = made.body.entity_tag) =>
    inside('PUT', path, body, { 'if-match': tag });
  expect(
    (await put('/secrets/notify', { format: 'tls', data: { tls_cert: 'a', tls_key: 'b' } })).status,
  ).toBe(400);
  const replaced = await put('/secrets/notify', { format: 'generic', data: { URL: 'https://y' } });
  expect(replaced.body['data']).toEqual({ URL: 'https://y' });
  expect((await put('/secrets/notify', { format: 'generic', data: {} })).status).toBe(412);
  expect(
    (await inside('POST', '/secrets', { name: 'pull', format: 'registry', data: { server: 'icr.io' } }))
      .status,
  ).toBe(400);
  const map = await inside('POST', '/config_maps', { name: 'keeper', data: { 'keeper.yml': 'a' } });
  expect(await put('/config_maps/keeper', { data: { b: 'c' } }, map.body.entity_tag)).toMatchObject({
    status: 200,
    body: { data: { b: 'c' }, resource_type: 'config_map_v2' },
  });
  expect((await inside('POST', '/config_maps', { name: 'other', data: { 'a b': 'c' } })).status).toBe(400);
  expect((await inside('GET', '/secrets?format=registry')).body['secrets']).toEqual([]);
});

test('lists come in pages', async () => {
  const { inside, aJob } = anEngine({ settings: { pageSize: 2 } });
  for (const name of ['c', 'a', 'b']) await aJob(name);
  const names = ({ body }: Awaited<ReturnType<typeof inside>>): readonly unknown[] =>
    (body['jobs'] as readonly { name: string }[]).map(({ name }) => name);
  const first = await inside('GET', '/jobs?limit=100');
  expect([names(first), first.body['limit']]).toEqual([['a', 'b'], 2]);
  const { start } = first.body['next'] as { start: string };
  const second = await inside('GET', `/jobs?start=${start}`);
  expect([names(second), second.body['next']]).toEqual([['c'], undefined]);
  expect((await inside('GET', '/jobs?limit=101')).status).toBe(400);
});

test.each([
  ['jobs', { image_reference: IMAGE }, 100],
  ['functions', aFunction(), 20],
  ['secrets', { format: 'generic', data: {} }, 100],
  ['config_maps', { data: {} }, 100],
])('a project has so many %s', async (kind, body, most) => {
  const { inside } = anEngine({ settings: { quotaStatus: 429 } });
  const add = (name: string) => inside('POST', `/${kind}`, { ...body, name });
  for (let at = 1; at < most; at += 1) await add(`n${at}`);
  expect((await add('last')).status).toBe(201);

  expect(await add('more')).toMatchObject({ status: 429, body: { errors: [{ code: 'quota_exceeded' }] } });
});

test('a function that nobody has looked at keeps what it had, too, when a change of it fails', async () => {
  const { clock, codeEngine, project, inside } = anEngine();
  await inside('POST', '/functions', aFunction());
  clock.advance(seconds(5));
  const change = { code_reference: 'icr.io/acme/none:1' };
  await inside('PATCH', '/functions/hook', change, { 'if-match': '*' });
  clock.advance(seconds(5));

  const { body } = await inside('GET', '/functions/hook');

  expect(body['status_details']).toEqual({ reason: 'ready_last_update_failed' });
  const hook = codeEngine.functions.get(project.id, 'hook');
  expect(hook && codeEngine.deployments.servedBy(hook)?.code_reference).toBe(aFunction().code_reference);
});

test('a function is deployed, fails without code, and keeps what it had when a change of it fails', async () => {
  const { clock, codeEngine, project, inside } = anEngine();
  const made = await inside('POST', '/functions', aFunction());
  expect(made).toMatchObject({
    status: 201,
    body: {
      status: 'deploying',
      code_main: 'main',
      endpoint: `https://hook.${project.subdomain}.eu-de.codeengine.appdomain.cloud`,
    },
  });
  const status = async (name = 'hook') => {
    const { body } = await inside('GET', `/functions/${name}`);
    return [body['status'], (body['status_details'] as { reason: string }).reason];
  };
  const patch = (body: object) => inside('PATCH', '/functions/hook', body, { 'if-match': '*' });
  const served = () => {
    const hook = codeEngine.functions.get(project.id, 'hook');
    return hook === undefined ? undefined : codeEngine.deployments.servedBy(hook)?.code_reference;
  };
  expect(served()).toBe(undefined);
  clock.advance(seconds(5));
  expect(await status()).toEqual(['ready', 'ready']);
  expect(served()).toBe(aFunction().code_reference);

  await patch({ code_reference: 'icr.io/acme/none:1' });
  expect(await status()).toEqual(['deploying', 'deploying']);
  clock.advance(seconds(5));
  expect(await status()).toEqual(['ready', 'ready_last_update_failed']);
  expect(served()).toBe(aFunction().code_reference);

  await inside('POST', '/functions', aFunction({ name: 'none', code_reference: 'icr.io/acme/none:1' }));
  clock.advance(seconds(5));
  expect(await status('none')).toEqual(['failed', 'no_code_bundle']);
});

test.each([
  [{ runtime: 'nodejs' }],
  [{ runtime: 'nodejs-18' }],
  [{ code_reference: inline('x'.repeat(76_800)) }],
  [{ scale_cpu_limit: '1', scale_memory_limit: '2G' }],
  [{ scale_max_execution_time: 121 }],
  [{ code_main: '1main' }],
])('a function with %j is refused', async (change) => {
  const { inside } = anEngine();
  expect((await inside('POST', '/functions', aFunction(change))).status).toBe(400);
});

test('runtimes are told with those that are deprecated, until their end', async () => {
  const { call, clock, inside } = anEngine();
  const ids = async () =>
    (
      (await call('GET', '/function_runtimes')).body['function_runtimes'] as readonly Record<
        string,
        unknown
      >[]
    )
      .filter(({ family }) => family === 'nodejs')
      .map(({ id, deprecated }) => [id, deprecated]);
  clock.advance(Date.parse('2026-04-01T00:00:00Z') - clock.now());
  expect(await ids()).toEqual([
    ['nodejs-20', true],
    ['nodejs-22', false],
    ['nodejs-24', false],
  ]);
  clock.advance(days(30));
  expect((await ids()).map(([id]) => id)).toEqual(['nodejs-22', 'nodejs-24']);
  expect((await inside('POST', '/functions', aFunction({ runtime: 'nodejs-20' }))).status).toBe(400);
});

test('a job run is made of a job or of an image, and what it changes is checked', async () => {
  const { inside, aJob, live } = anEngine();
  await aJob('check');
  const run = (body: object) => inside('POST', '/job_runs', body);
  expect((await run({ job_name: 'none' })).status).toBe(404);
  expect((await run({})).status).toBe(400);
  expect((await run({ job_name: 'check', image_reference: IMAGE })).status).toBe(400);
  expect((await run({ job_name: 'check', scale_retry_limit: 9 })).status).toBe(400);
  expect((await run({ name: 'by-hand', image_reference: IMAGE, scale_array_spec: '0-1' })).status).toBe(202);
  expect((await run({ name: 'by-hand', job_name: 'check' })).status).toBe(409);
  expect((await run({ job_name: 'check', scale_array_size_variable_override: 7 })).body['name']).toMatch(
    /^check-jobrun-[0-9a-f]{5}$/,
  );
  await live(minutes(1));
  expect((await inside('GET', '/job_runs?job_name=check')).body['job_runs']).toMatchObject([
    { job_name: 'check', status: 'completed' },
  ]);
  expect((await inside('GET', '/job_runs/by-hand')).body).toMatchObject({
    status_details: { requested: 2, succeeded: 2, succeeded_indices: '0,1' },
  });
  expect((await inside('PATCH', '/job_runs/by-hand', {}, { 'if-match': '*' })).status).toBe(501);
  expect((await inside('DELETE', '/job_runs/by-hand')).status).toBe(202);
  await live(seconds(5));
  expect((await inside('GET', '/job_runs/by-hand')).status).toBe(404);
});

test('faults hit these routes as all others', async () => {
  const { world, inside, aJob } = anEngine();
  world.faults.add({
    match: { service: 'code-engine', operation: 'createJob' },
    after: 0,
    times: 1,
    respond: { kind: 'status-after-effect', status: 502 },
  });
  expect((await aJob('check')).body).toMatchObject({
    status_code: 502,
    errors: [{ code: 'internal_error' }],
  });
  expect((await inside('GET', '/jobs/check')).status).toBe(200);
});
