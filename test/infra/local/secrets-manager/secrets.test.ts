import { expect, test } from 'vitest';
import { aSecretsManager, SECRET } from './fake-world.ts';

const metadata = `/secrets/${SECRET}/metadata`;
const arbitrary = { secret_type: 'arbitrary', name: 'other-key', payload: 'TRACER-9' };

test('a new secret is answered with its data, and its name is taken from then on', async () => {
  const { call } = aSecretsManager();

  const created = await call('POST', '/secrets', {
    ...arbitrary,
    labels: ['rotation-managed'],
    custom_metadata: { owner: 'team-edge' },
    version_custom_metadata: { api_key_id: 'ApiKey-1' },
    expiration_date: '2026-11-30T00:00:00Z',
  });

  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    secret_type: 'arbitrary',
    secret_group_id: 'default',
    payload: 'TRACER-9',
    labels: ['rotation-managed'],
    state: 1,
    state_description: 'active',
    versions_total: 1,
    locks_total: 0,
    downloaded: false,
    retrieved_at: '1970-01-01T00:00:00Z',
    created_by: 'iam-ServiceId-Manager',
    expiration_date: '2026-11-30T00:00:00Z',
  });
  expect(created.body.crn).toMatch(/^crn:v1:bluemix:public:secrets-manager:us-south:a\/account-1:.*:secret:/);
  expect((await call('POST', '/secrets', arbitrary)).status).toBe(409);
  expect((await call('PATCH', metadata, { name: 'other-key' })).status).toBe(409);
});

test('what is not documented in a body is refused, and other secret types name themselves', async () => {
  const { call } = aSecretsManager();

  expect((await call('POST', '/secrets', { ...arbitrary, name: 'ends-with-' })).status).toBe(400);
  expect((await call('POST', '/secrets', { ...arbitrary, rotation: {} })).status).toBe(400);
  expect((await call('POST', '/secrets', { ...arbitrary, secret_group_id: 'unknown' })).status).toBe(404);
  expect(
    (await call('POST', '/secrets', { ...arbitrary, expiration_date: '2026-11-30T00:00+0000' })).status,
  ).toBe(400);
  const user = await call('POST', '/secrets', { secret_type: 'username_password', name: 'user-1' });
  expect(user.status).toBe(501);
  expect(user.body.errors[0].message).toContain('username_password');
  const named = await call('GET', '/secret_groups/default/secret_types/private_cert/secrets/cert-1');
  expect(named.status).toBe(501);
  expect(named.body.errors[0].message).toContain('private_cert');
  expect(JSON.stringify((await call('POST', '/secrets', { ...arbitrary, name: '-' })).body)).not.toContain(
    'TRACER',
  );
});

test('reading a value is remembered', async () => {
  const { call, pass } = aSecretsManager();
  pass(1_500);

  await call('GET', '/secret_groups/default/secret_types/arbitrary/secrets/logpush-edge-key');

  expect((await call('GET', metadata)).body).toMatchObject({
    downloaded: true,
    retrieved_at: '2026-09-01T10:00:01.500Z',
  });
});

test('a PATCH must be a merge patch and cannot move a secret to another group', async () => {
  const { call } = aSecretsManager();

  expect((await call('PATCH', metadata, { name: 'renamed' }, { type: 'application/json' })).status).toBe(400);
  expect((await call('PATCH', metadata, { secret_group_id: 'default' })).status).toBe(400);
  const changed = await call('PATCH', metadata, { name: 'renamed', labels: ['a-label'] });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({
    name: 'renamed',
    labels: ['a-label'],
    updated_at: '2026-09-01T10:00:00Z',
  });
  expect(changed.body).not.toHaveProperty('payload');
});

test('metadata can be changed under a lock, unless the world says otherwise', async () => {
  const kind = aSecretsManager();
  await kind.lock('guard');
  expect((await kind.call('PATCH', metadata, { expiration_date: '2026-12-31T00:00:00Z' })).status).toBe(200);

  const strict = aSecretsManager({ settings: { secretsManager: { patchWhileLocked: 'refuse' } } });
  await strict.lock('guard');
  expect((await strict.call('PATCH', metadata, { expiration_date: '2026-12-31T00:00:00Z' })).status).toBe(
    412,
  );
});

test('lists are paged with absolute links and filtered', async () => {
  const { call } = aSecretsManager();
  for (let n = 0; n < 4; n++) {
    const labels = n < 2 ? ['edge', `n-${n}`] : ['edge'];
    await call('POST', '/secrets', { ...arbitrary, name: `other-${n}`, labels });
  }

  const middle = (await call('GET', '/secrets?limit=2&offset=2')).body;
  expect(middle).toMatchObject({ total_count: 5, limit: 2, offset: 2 });
  expect(middle.secrets.map((secret: { name: string }) => secret.name)).toEqual(['other-1', 'other-2']);
  const base =
    'https://cccc3333-0000-4000-8000-000000000001.us-south.secrets-manager.appdomain.cloud/api/v2/secrets';
  expect(middle.first.href).toBe(`${base}?limit=2`);
  expect(middle.previous.href).toBe(`${base}?limit=2&offset=0`);
  expect(middle.next.href).toBe(`${base}?limit=2&offset=4`);
  expect(middle.last.href).toBe(`${base}?limit=2&offset=4`);

  const all = (await call('GET', '/secrets?sort=-name')).body;
  expect(all.limit).toBe(200);
  expect(all).not.toHaveProperty('next');
  expect(all).not.toHaveProperty('previous');
  expect(all.secrets[0].name).toBe('other-3');
  expect((await call('GET', '/secrets?match_all_labels=edge,n-1')).body.total_count).toBe(1);
  expect((await call('GET', '/secrets?search=logpush')).body.total_count).toBe(1);
  expect((await call('GET', '/secrets?secret_types=kv,iam_credentials')).body.total_count).toBe(0);
  expect((await call('GET', '/secrets?groups=default')).body.total_count).toBe(5);
  for (const query of ['limit=0', 'limit=1001', 'offset=-1', 'sort=colour', 'search=x']) {
    expect((await call('GET', `/secrets?${query}`)).status, query).toBe(400);
  }
});
