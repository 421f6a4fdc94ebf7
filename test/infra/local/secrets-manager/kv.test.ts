import { expect, test } from 'vitest';
import { aSecretsManager, INSTANCE } from './fake-world.ts';

const KV = { secret_type: 'kv', name: 'edge-keys', data: { logpush: 'TRACER-1', owner: { team: 'edge' } } };

async function aKv() {
  const world = aSecretsManager();
  const created = await world.call('POST', '/secrets', KV);
  const path = `/secrets/${created.body.id}`;
  const rotate = (logpush: string) => world.call('POST', `${path}/versions`, { data: { logpush } });
  return { ...world, created, id: String(created.body.id), path, rotate };
}

test('a kv secret holds an object, under its own member, and never has an expiry', async () => {
  const { created, call, path } = await aKv();

  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ secret_type: 'kv', data: KV.data, versions_total: 1 });
  expect(created.body).not.toHaveProperty('payload');
  expect(created.body).not.toHaveProperty('expiration_date');
  expect((await call('GET', path)).body.data).toEqual(KV.data);
  expect((await call('GET', '/secret_groups/default/secret_types/kv/secrets/edge-keys')).body.data).toEqual(
    KV.data,
  );
  expect((await call('GET', `${path}/metadata`)).body).not.toHaveProperty('data');
  expect((await call('GET', '/secrets?secret_types=kv')).body.total_count).toBe(1);
});

test('data must be an object with at least one entry and at most 512 KB', async () => {
  const { call } = aSecretsManager();
  const create = async (data: unknown) => (await call('POST', '/secrets', { ...KV, data })).status;

  expect(await create({})).toBe(400);
  expect(await create('TRACER-1')).toBe(400);
  expect(await create(undefined)).toBe(400);
  expect(await create({ text: 'x'.repeat(512_000) })).toBe(400);
  expect(await create({ text: 'x'.repeat(511_000) })).toBe(201);
});

test('neither a creation nor a patch nor a version of a kv takes what belongs to other types', async () => {
  const { call, path } = await aKv();
  const expiry = { expiration_date: '2026-11-30T00:00:00Z' };

  expect((await call('POST', '/secrets', { ...KV, name: 'other', ...expiry })).status).toBe(400);
  expect((await call('PATCH', `${path}/metadata`, expiry)).status).toBe(400);
  expect((await call('PATCH', `${path}/metadata`, { rotation: { auto_rotate: true } })).status).toBe(400);
  expect((await call('POST', `${path}/versions`, { payload: 'TRACER-2' })).status).toBe(400);
  expect((await call('POST', `${path}/versions`, { restore_from_version: 'previous' })).status).toBe(400);
  expect((await call('PATCH', `${path}/metadata`, { description: 'keys' })).body.description).toBe('keys');
});

test('names are unique per type', async () => {
  const { call } = await aKv();
  const arbitrary = { secret_type: 'arbitrary', name: 'edge-keys', payload: 'TRACER-9' };

  expect((await call('POST', '/secrets', arbitrary)).status).toBe(201);
  expect((await call('POST', '/secrets', KV)).status).toBe(409);
  const named = '/secret_groups/default/secret_types/arbitrary/secrets/edge-keys';
  expect((await call('GET', named)).body.payload).toBe('TRACER-9');
});

test('versions of a kv follow each other like those of an arbitrary secret', async () => {
  const { call, path, rotate, sm, id } = await aKv();

  expect((await rotate('TRACER-2')).body).toMatchObject({ alias: 'current', data: { logpush: 'TRACER-2' } });
  await rotate('TRACER-3');

  expect((await call('GET', `${path}/versions/previous`)).body.data).toEqual({ logpush: 'TRACER-2' });
  const [oldest] = (await call('GET', `${path}/versions`)).body.versions;
  expect(oldest).toMatchObject({ payload_available: false, secret_type: 'kv' });
  expect((await call('DELETE', `${path}/versions/current/secret_data`)).status).toBe(400);
  expect(sm.currentPayload(INSTANCE, id, 'logpush')).toBe('TRACER-3');
  expect(sm.currentPayload(INSTANCE, id, 'other')).toBeUndefined();
  expect(sm.currentPayload(INSTANCE, id)).toBe('{"logpush":"TRACER-3"}');
  expect(sm.secretValues()).toEqual(expect.arrayContaining(['TRACER-2', 'edge']));
});

test('a lock on the previous version of a kv refuses a rotation and can be moved with its data', async () => {
  const { call, path, rotate } = await aKv();
  const lock = (mode: string) =>
    call('POST', `${path}/locks_bulk?mode=${mode}`, { locks: [{ name: 'guard' }] });
  await lock('remove_previous');
  await rotate('TRACER-2');
  expect((await rotate('TRACER-3')).status).toBe(412);

  expect((await lock('remove_previous_and_delete')).body.secret_type).toBe('kv');

  expect((await call('GET', `${path}/versions/previous`)).body).not.toHaveProperty('data');
  expect((await rotate('TRACER-3')).status).toBe(201);
});
