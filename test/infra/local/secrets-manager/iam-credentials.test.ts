import { expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { aSecretsManager, INSTANCE, OWNER, START } from './fake-world.ts';

const CREDENTIALS = {
  secret_type: 'iam_credentials',
  name: 'edge-key',
  ttl: '30d',
  reuse_api_key: true,
  service_id: OWNER,
};

type Options = NonNullable<Parameters<typeof aSecretsManager>[0]>;

async function credentials(more: object = {}, options: Options = {}) {
  const world = aSecretsManager(options);
  const created = await world.call('POST', '/secrets', { ...CREDENTIALS, ...more });
  const path = `/secrets/${created.body?.id}`;
  const { call, iam, host } = world;
  return {
    ...world,
    created,
    path,
    id: String(created.body?.id),
    read: async (version = 'current') => (await call('GET', `${path}/versions/${version}`)).body,
    metadata: async () => (await call('GET', `${path}/metadata`)).body,
    rotate: (body: object = {}) => call('POST', `${path}/versions`, body),
    lock: (version = 'current') =>
      call('POST', `${path}/versions/${version}/locks_bulk`, { locks: [{ name: 'guard' }] }),
    unlock: (version: string) => call('DELETE', `${path}/versions/${version}/locks_bulk?name=guard`),
    mints: (value: string) => iam.grantToken(value, host.now()).ok,
    key: (id: string) => iam.keys().find((key) => key.id === id),
  };
}

test('a new secret has a key of its service ID, locked, under its name, with the end of its lease', async () => {
  const { created, metadata, key, read } = await credentials();

  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    secret_type: 'iam_credentials',
    ttl: '2592000',
    service_id: OWNER,
    service_id_is_static: true,
    reuse_api_key: true,
    rotation: { auto_rotate: false },
    expiration_date: '2026-10-01T10:00:00Z',
    state: 1,
  });
  expect(created.body).not.toHaveProperty('next_rotation_date');
  expect(key(created.body.api_key_id)).toMatchObject({
    name: 'Secrets-Manager-IAM-Secret-edge-key',
    iamId: `iam-${OWNER}`,
    locked: true,
    deleted: false,
  });
  expect(await metadata()).not.toHaveProperty('api_key');
  expect(await read()).toMatchObject({
    api_key: created.body.api_key,
    api_key_id: created.body.api_key_id,
    service_id: OWNER,
    auto_rotated: false,
    expiration_date: '2026-10-01T10:00:00Z',
  });
});

test('a fresh key is not accepted for two seconds', async () => {
  const { created, mints, pass } = await credentials();

  expect(mints(created.body.api_key)).toBe(false);
  pass(seconds(2));
  expect(mints(created.body.api_key)).toBe(true);
});

test('the ttl is given in seconds or with a unit, from a minute to 90 days, and shown as the world says', async () => {
  const ttl = async (given: unknown) => (await credentials({ ttl: given })).created;
  const numbers = await credentials(
    { ttl: '12h' },
    { settings: { secretsManager: { ttlOnRead: 'number' } } },
  );

  expect((await ttl(3600)).body.ttl).toBe('3600');
  expect((await ttl('45m')).body.ttl).toBe('2700');
  expect((await ttl('90d')).status).toBe(201);
  expect((await ttl('91d')).status).toBe(400);
  expect((await ttl(59)).status).toBe(400);
  expect((await ttl('soon')).status).toBe(400);
  expect(numbers.created.body.ttl).toBe(43_200);
});

test('what does not fit a creation is refused, and what is not simulated names itself', async () => {
  const { service_id: _, ...nobody } = CREDENTIALS;
  const { call } = aSecretsManager();
  const create = (body: object) => call('POST', '/secrets', body);

  expect((await create(nobody)).status).toBe(400);
  expect((await create({ ...CREDENTIALS, access_groups: ['AccessGroupId-1'] })).status).toBe(400);
  expect((await create({ ...CREDENTIALS, service_id: 'ServiceId-unknown' })).status).toBe(400);
  expect((await create({ ...CREDENTIALS, reuse_api_key: undefined })).status).toBe(400);
  expect((await create({ ...CREDENTIALS, payload: 'TRACER-1' })).status).toBe(400);
  expect((await create({ ...CREDENTIALS, expiration_date: '2026-11-30T00:00:00Z' })).status).toBe(400);
  const groups = await create({ ...nobody, access_groups: ['AccessGroupId-1'] });
  expect([groups.status, groups.body.errors[0].message]).toEqual([
    501,
    expect.stringContaining('access_groups'),
  ]);
  const other = await create({ ...CREDENTIALS, account_id: '0'.repeat(32) });
  expect([other.status, other.body.errors[0].message]).toEqual([501, expect.stringContaining('account_id')]);
});

test('a rotation makes a new key; the one before lives to the end of its lease and then loses key and payload', async () => {
  const { created, rotate, read, pass, mints, key, sm, id } = await credentials();
  pass(days(20));
  const rotated = await rotate({ version_custom_metadata: { run: '1' }, custom_metadata: { owner: 'edge' } });
  pass(seconds(2));

  expect(rotated.status).toBe(201);
  expect(rotated.body).toMatchObject({
    alias: 'current',
    service_id: OWNER,
    version_custom_metadata: { run: '1' },
    expiration_date: '2026-10-21T10:00:00Z',
  });
  expect(rotated.body.api_key_id).not.toBe(created.body.api_key_id);
  expect([mints(created.body.api_key), mints(rotated.body.api_key)]).toEqual([true, true]);
  expect(sm.currentPayload(INSTANCE, id)).toBe(rotated.body.api_key);
  expect(sm.secretValues()).toEqual(expect.arrayContaining([created.body.api_key, rotated.body.api_key]));

  pass(days(10));
  sm.catchUp(START + days(30) + minutes(1) - 1);
  expect(mints(created.body.api_key)).toBe(true);
  pass(minutes(2));
  expect(await read('previous')).toMatchObject({ payload_available: false });
  expect(key(created.body.api_key_id)).toMatchObject({ deleted: true, locked: true });
  expect([mints(created.body.api_key), mints(rotated.body.api_key)]).toEqual([false, true]);
});

test('a rotation is refused while the previous version is locked, and where IAM makes no key', async () => {
  const { lock, rotate, iam, sm } = await credentials();
  await lock();
  await rotate();
  expect((await rotate()).status).toBe(412);

  iam.removeServiceId(OWNER);
  const another = await credentials();
  another.iam.removeServiceId(OWNER);
  expect((await another.rotate()).status).toBe(400);

  expect(sm.takeHappenings().map(({ kind }) => kind)).toContain('secret_rotation_blocked');
  expect(another.sm.takeHappenings().at(-1)).toMatchObject({ kind: 'secret_rotation_failed' });
});

test('the key of a version that is pushed out keeps its lease, or goes at once where the world says so', async () => {
  const pushedOut = async (pushedOutKey: 'lease' | 'delete') => {
    const { created, rotate, read, key } = await credentials(
      {},
      { settings: { secretsManager: { pushedOutKey } } },
    );
    await rotate();
    await rotate();
    expect(await read('previous')).toHaveProperty('api_key');
    return key(created.body.api_key_id)?.deleted;
  };

  expect(await pushedOut('lease')).toBe(false);
  expect(await pushedOut('delete')).toBe(true);
});

test('a restore makes a new version with the previous credential, one step back, while its lease runs', async () => {
  const { created, rotate, read, pass, key, call, path } = await credentials(
    {},
    { settings: { secretsManager: { pushedOutKey: 'delete' } } },
  );
  pass(days(10));
  const second = await rotate();
  const restored = await rotate({ restore_from_version: 'previous' });

  expect(restored.status).toBe(201);
  expect(restored.body).toMatchObject({
    api_key: created.body.api_key,
    api_key_id: created.body.api_key_id,
    expiration_date: '2026-10-01T10:00:00Z',
  });
  expect((await call('GET', `${path}/versions`)).body.total_count).toBe(3);
  expect((await read('previous')).api_key).toBe(second.body.api_key);
  expect(key(created.body.api_key_id)?.deleted).toBe(false);
  const [oldest] = (await call('GET', `${path}/versions`)).body.versions;
  expect((await rotate({ restore_from_version: oldest.id })).status).toBe(400);
  expect((await rotate({ restore_from_version: 'current' })).status).toBe(501);
});

test('a version whose lease has ended cannot be restored', async () => {
  const { rotate, pass } = await credentials();
  pass(days(20));
  await rotate();
  pass(days(10));

  expect((await rotate({ restore_from_version: 'previous' })).status).toBe(400);
});

test('at the end of the current lease the secret is destroyed and its key is gone', async () => {
  const { created, metadata, pass, key, rotate, call, path } = await credentials();
  pass(days(30) + minutes(2));

  expect(await metadata()).toMatchObject({ state: 5, state_description: 'destroyed' });
  expect(key(created.body.api_key_id)?.deleted).toBe(true);
  expect((await call('GET', path)).body).not.toHaveProperty('api_key');
  expect((await rotate()).status).toBe(400);
});

test('a lock postpones the end of the current lease until it is gone', async () => {
  const { created, metadata, pass, lock, unlock, mints } = await credentials();
  await lock();
  pass(days(40));
  expect(await metadata()).toMatchObject({ state: 1 });
  expect(mints(created.body.api_key)).toBe(true);

  await unlock('current');

  expect(await metadata()).toMatchObject({ state: 5 });
  expect(mints(created.body.api_key)).toBe(false);
});

test.each([
  ['delete', true],
  ['postpone', false],
] as const)(
  'a lock on previous keeps the stored copy; its key at lease end: %s',
  async (lockedLeaseEnd, deleted) => {
    const { created, rotate, pass, lock, read, key, unlock } = await credentials(
      {},
      { settings: { secretsManager: { lockedLeaseEnd } } },
    );
    await lock();
    pass(days(20));
    await rotate();
    pass(days(10) + minutes(2));

    expect((await read('previous')).api_key).toBe(created.body.api_key);
    expect(key(created.body.api_key_id)?.deleted).toBe(deleted);
    await unlock('previous');
    expect(key(created.body.api_key_id)?.deleted).toBe(true);
    expect(await read('previous')).toMatchObject({ payload_available: false });
  },
);

test('an automatic rotation comes at its interval, and the next one follows', async () => {
  const { created, metadata, read, pass } = await credentials({
    rotation: { auto_rotate: true, interval: 10, unit: 'day' },
  });
  expect(created.body).toMatchObject({
    rotation: { auto_rotate: true, interval: 10, unit: 'day' },
    next_rotation_date: '2026-09-11T10:00:00Z',
  });
  pass(days(21));

  expect(await metadata()).toMatchObject({ versions_total: 3, next_rotation_date: '2026-10-01T10:00:00Z' });
  expect(await read()).toMatchObject({ auto_rotated: true, created_at: '2026-09-21T10:00:00Z' });
  expect(await read('previous')).toMatchObject({ created_at: '2026-09-11T10:00:00Z' });
});

test('an automatic rotation is refused while the previous version is locked, told daily, and made up for', async () => {
  const { metadata, pass, lock, unlock, sm, read } = await credentials({
    rotation: { auto_rotate: true, interval: 5, unit: 'day' },
  });
  await lock();
  pass(days(12) + hours(1));

  expect(await metadata()).toMatchObject({ versions_total: 2 });
  const blocked = sm.takeHappenings().filter(({ kind }) => kind === 'secret_rotation_blocked');
  expect(blocked.map(({ at, by }) => [(at - START) / days(1), by])).toEqual([
    [10, 'SecretsManager'],
    [11, 'SecretsManager'],
    [12, 'SecretsManager'],
  ]);
  await unlock('previous');
  pass(days(1));
  expect(await metadata()).toMatchObject({ versions_total: 3 });
  expect(await read()).toMatchObject({ created_at: '2026-09-14T10:00:00Z' });
});

test('a rotation policy must fit the ttl, and the key of today must not end before its successor comes', async () => {
  const every = (interval: number, unit = 'day') => ({ rotation: { auto_rotate: true, interval, unit } });
  const create = async (more: object) => (await credentials(more)).created.status;
  expect(await create(every(31))).toBe(400);
  expect(await create({ ...every(1), ttl: '2880m' })).toBe(400);
  expect(await create({ ...every(1), reuse_api_key: false })).toBe(400);
  expect(await create(every(12, 'hour'))).toBe(400);
  expect(await create({ ...every(1, 'month'), ttl: '31d' })).toBe(201);

  const { call, path, pass, metadata } = await credentials();
  const patch = (body: object) => call('PATCH', `${path}/metadata`, body);
  expect((await patch({ ttl: '60d' })).body).toMatchObject({
    ttl: '5184000',
    expiration_date: '2026-10-01T10:00:00Z',
  });
  const late = await patch(every(45));
  expect([late.status, late.body.errors[0].code]).toEqual([400, 'secrets-manager.Error02009']);
  expect((await patch(every(25))).body.next_rotation_date).toBe('2026-09-26T10:00:00Z');
  expect((await patch({ ttl: '20d' })).status).toBe(400);
  pass(days(26));
  expect(await metadata()).toMatchObject({ versions_total: 2, expiration_date: '2026-11-25T10:00:00Z' });
  expect((await patch({ rotation: { auto_rotate: false } })).body).not.toHaveProperty('next_rotation_date');
});

test('where the key is not reused every read makes another one and deletes the former', async () => {
  const { created, call, path, key, rotate, sm, id } = await credentials({ reuse_api_key: false });

  const first = (await call('GET', path)).body;
  const named = '/secret_groups/default/secret_types/iam_credentials/secrets/edge-key';
  const second = (await call('GET', named)).body;
  const third = (await call('GET', `${path}/versions/current`)).body;

  const ids = [created.body, first, second, third].map((body) => body.api_key_id);
  expect(new Set(ids).size).toBe(4);
  expect(ids.map((keyId) => key(keyId)?.deleted)).toEqual([true, true, true, false]);
  expect(third.api_key).toBe(sm.currentPayload(INSTANCE, id));
  expect((await call('GET', `${path}/metadata`)).body.api_key_id).toBe(third.api_key_id);
  expect((await rotate()).status).toBe(400);
});

test('where the key is not reused a lock refuses to read, and the end of a lease ends the key alone', async () => {
  const { call, path, lock, unlock, pass, metadata, created, key } = await credentials({
    reuse_api_key: false,
  });
  await lock();
  expect((await call('GET', path)).status).toBe(412);
  expect(key(created.body.api_key_id)?.deleted).toBe(false);
  await unlock('current');

  pass(days(30) + minutes(2));

  expect(await metadata()).toMatchObject({ state: 1 });
  expect(key(created.body.api_key_id)?.deleted).toBe(true);
  expect((await call('GET', path)).body).toHaveProperty('api_key');
});

test('the data of the current version can be deleted early, that of no other, and of none that is locked', async () => {
  const { call, path, rotate, lock, unlock, key, created } = await credentials();
  const wipe = async (version: string) =>
    (await call('DELETE', `${path}/versions/${version}/secret_data`)).status;
  const rotated = await rotate();
  expect(await wipe('previous')).toBe(400);
  await lock();
  expect(await wipe('current')).toBe(412);
  await unlock('current');

  expect(await wipe('current')).toBe(204);

  expect(key(rotated.body.api_key_id)?.deleted).toBe(true);
  expect(key(created.body.api_key_id)?.deleted).toBe(false);
  expect((await call('GET', path)).body).not.toHaveProperty('api_key');
  expect((await call('GET', `${path}/versions/current`)).body.payload_available).toBe(false);
});

test('with the secret its keys go', async () => {
  const { call, path, rotate, iam } = await credentials();
  await rotate();

  expect((await call('DELETE', path)).status).toBe(204);

  expect(iam.keys().map(({ deleted }) => deleted)).toEqual([true, true]);
});

test('reading a key locks it again, where the world says so', async () => {
  const relocked = async (readRelocks: boolean) => {
    const { created, iam, read, key } = await credentials(
      {},
      { settings: { secretsManager: { readRelocks } } },
    );
    const state = iam.liveKey(created.body.api_key_id);
    if (state !== undefined) state.locked = false;
    await read();
    return key(created.body.api_key_id)?.locked;
  };

  expect(await relocked(true)).toBe(true);
  expect(await relocked(false)).toBe(false);
});

test.each([
  [0, 'pre_activation'],
  [2, 'suspended'],
  [3, 'deactivated'],
] as const)('a world can hold a secret in state %i', async (state, description) => {
  const { sm, id, metadata, call, path, rotate } = await credentials();
  sm.hold(INSTANCE, id, state);

  expect(await metadata()).toMatchObject({ state, state_description: description });
  expect((await call('GET', path)).body).not.toHaveProperty('api_key');
  expect((await rotate()).status).toBe(400);

  sm.hold(INSTANCE, id, undefined);
  expect((await call('GET', path)).body).toHaveProperty('api_key');
});

test('of two rotations at once both succeed, and with a guard lock one does', async () => {
  const { rotate, lock, iam } = await credentials();
  const both = await Promise.all([rotate(), rotate()]);
  expect(both.map(({ status }) => status)).toEqual([201, 201]);
  expect(iam.keys()).toHaveLength(3);

  await lock();
  const guarded = await Promise.all([rotate(), rotate()]);

  expect(guarded.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412]);
  expect(iam.keys()).toHaveLength(4);
});

test('a lock that takes the data of the previous version with it ends its key', async () => {
  const { created, rotate, call, path, key } = await credentials();
  await rotate();

  await call('POST', `${path}/locks_bulk?mode=remove_previous_and_delete`, { locks: [{ name: 'guard' }] });

  expect(key(created.body.api_key_id)?.deleted).toBe(true);
});
