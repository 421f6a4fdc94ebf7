import { expect, test } from 'vitest';
import { aSecretsManager, OWNER, SECRET } from './fake-world.ts';

test('a call without a valid token answers 401 in the error envelope', async () => {
  const { app } = aSecretsManager();

  const response = await app.request(
    `/cccc3333-0000-4000-8000-000000000001/api/v2/secrets/${SECRET}/metadata`,
  );

  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    status_code: 401,
    errors: [
      {
        code: expect.stringMatching(/^secrets-manager\./),
        message: expect.any(String),
        more_info: expect.any(String),
      },
    ],
    trace: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('a reader sees metadata and no value', async () => {
  const { call } = aSecretsManager();

  expect((await call('GET', `/secrets/${SECRET}/metadata`, undefined, { as: 'Reader' })).status).toBe(200);
  expect((await call('GET', `/secrets/${SECRET}/versions`, undefined, { as: 'Reader' })).status).toBe(200);
  expect((await call('GET', `/secrets/${SECRET}`, undefined, { as: 'Reader' })).status).toBe(403);
  expect((await call('GET', `/secrets/${SECRET}/versions/current`, undefined, { as: 'Reader' })).status).toBe(
    403,
  );
  expect((await call('GET', `/secrets/${SECRET}`, undefined, { as: 'SecretsReader' })).body.payload).toBe(
    'TRACER-1',
  );
});

test('a writer rotates and locks; only a manager removes locks, wipes and deletes', async () => {
  const { call, rotate, lock } = aSecretsManager();

  expect((await rotate('TRACER-2', { as: 'SecretsReader' })).status).toBe(403);
  expect((await rotate('TRACER-2', { as: 'Writer' })).status).toBe(201);
  expect((await lock('guard', undefined, { as: 'Writer' })).status).toBe(201);
  expect((await lock('guard', 'remove_previous', { as: 'Writer' })).status).toBe(201);
  expect((await lock('guard', 'remove_previous_and_delete', { as: 'Writer' })).status).toBe(403);
  const locks = `/secrets/${SECRET}/versions/current/locks_bulk`;
  expect((await call('DELETE', locks, undefined, { as: 'Writer' })).status).toBe(403);
  expect((await call('DELETE', locks)).status).toBe(200);
  expect((await call('DELETE', `/secrets/${SECRET}`, undefined, { as: 'Writer' })).status).toBe(403);
  expect((await call('DELETE', `/secrets/${SECRET}`)).status).toBe(204);
  expect((await call('GET', `/secrets/${SECRET}/metadata`)).status).toBe(404);
});

test.each([
  { secret_type: 'kv', name: 'edge-keys', data: { key: 'TRACER-1' } },
  {
    secret_type: 'iam_credentials',
    name: 'edge-key',
    ttl: '30d',
    reuse_api_key: true,
    service_id: OWNER,
  },
])('the roles of a secret of type $secret_type are those of every other', async (secret) => {
  const { call } = aSecretsManager();
  const path = `/secrets/${(await call('POST', '/secrets', secret)).body.id}`;
  const status = async (method: string, tail: string, as: string, body?: unknown) =>
    (await call(method, `${path}${tail}`, body, { as })).status;
  const version = secret.data === undefined ? {} : { data: { key: 'TRACER-2' } };

  expect(await status('GET', '/metadata', 'Reader')).toBe(200);
  expect(await status('GET', '', 'Reader')).toBe(403);
  expect(await status('GET', '/versions/current', 'SecretsReader')).toBe(200);
  expect(await status('POST', '/versions', 'SecretsReader', version)).toBe(403);
  expect(await status('POST', '/versions', 'Writer', version)).toBe(201);
  expect(await status('DELETE', '/versions/current/secret_data', 'Writer')).toBe(403);
});

test('unknown ids answer 404, a body that is not JSON 400', async () => {
  const { call, app } = aSecretsManager();

  expect((await call('GET', '/secrets/0f7c6a52-0000-4000-8000-00000000dead/metadata')).status).toBe(404);
  expect((await call('GET', `/secrets/${SECRET}/versions/previous`)).status).toBe(404);
  const broken = await app.request(
    `/cccc3333-0000-4000-8000-000000000001/api/v2/secrets/${SECRET}/versions`,
    {
      method: 'POST',
      headers: { authorization: 'Bearer Writer' },
      body: '{',
    },
  );
  expect(broken.status).toBe(400);
});

test('every call is counted under its operation', async () => {
  const { call, calls } = aSecretsManager();

  await call('GET', '/secrets');
  await call('GET', '/secret_groups/default/secret_types/arbitrary/secrets/logpush-edge-key');

  expect(calls.map((record) => `${record.operation} ${record.status}`)).toEqual([
    'listSecrets 200',
    'getSecretByName 200',
  ]);
});
