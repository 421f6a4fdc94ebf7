import { expect, test } from 'vitest';
import { aSecretsManager, SECRET } from './fake-world.ts';

const path = `/secrets/${SECRET}`;

test('a lock goes on current and travels with its version to previous, where it refuses the next rotation', async () => {
  const { rotate, lock, call, sm } = aSecretsManager();

  const locked = await lock('guard');
  expect(locked.status).toBe(201);
  expect(locked.body.versions).toMatchObject([
    { version_alias: 'current', locks: ['guard'], payload_available: true },
  ]);
  expect((await rotate('TRACER-2')).status).toBe(201);
  expect(sm.truth()[0]?.versions).toMatchObject([
    { alias: 'previous', locks: ['guard'], payloadAvailable: true },
    { alias: 'current', locks: [] },
  ]);

  const refused = await rotate('TRACER-3');
  expect(refused.status).toBe(412);
  expect(refused.body.status_code).toBe(412);
  expect((await call('GET', `${path}/versions/current`)).body.payload).toBe('TRACER-2');
});

test('remove_previous moves a lock and leaves those of others', async () => {
  const { rotate, lock, call } = aSecretsManager();
  await lock('guard');
  await lock('app-billing');
  await rotate('TRACER-2');

  const moved = await lock('guard', 'remove_previous');

  expect(moved.body.versions).toMatchObject([
    { version_alias: 'current', locks: ['guard'] },
    { version_alias: 'previous', locks: ['app-billing'], payload_available: true },
  ]);
  expect((await rotate('TRACER-3')).status).toBe(412);
  expect((await call('GET', `${path}/metadata`)).body.locks_total).toBe(2);
});

test('remove_previous_and_delete wipes the previous version only when no other lock holds it', async () => {
  const { rotate, lock, call } = aSecretsManager();
  await lock('guard');
  await lock('app-billing');
  await rotate('TRACER-2');

  await lock('guard', 'remove_previous_and_delete');
  expect((await call('GET', `${path}/versions/previous`)).body.payload).toBe('TRACER-1');

  const wiped = await lock('app-billing', 'remove_previous_and_delete');
  expect(wiped.body.versions[1]).toMatchObject({ locks: [], payload_available: false });
  expect((await call('GET', `${path}/versions/previous`)).body).not.toHaveProperty('payload');
});

test('a lock of the same name is replaced', async () => {
  const { call, pass } = aSecretsManager();
  const put = (description: string) =>
    call('POST', `${path}/locks_bulk`, {
      locks: [{ name: 'guard', description, attributes: { run: description } }],
    });
  await put('first');
  pass(60_000);
  await put('second');

  const { locks, total_count } = (await call('GET', `${path}/locks`)).body;

  expect(total_count).toBe(1);
  expect(locks[0]).toMatchObject({
    name: 'guard',
    description: 'second',
    attributes: { run: 'second' },
    updated_at: '2026-09-01T10:01:00Z',
    secret_version_alias: 'current',
  });
});

test('names, modes and versions that cannot be locked are refused', async () => {
  const { call, lock, rotate } = aSecretsManager();

  expect((await lock('1guard')).status).toBe(400);
  expect((await lock('g')).status).toBe(400);
  expect((await lock('guard', 'remove_all')).status).toBe(400);
  await rotate('TRACER-2');
  await rotate('TRACER-3');
  const [oldest] = (await call('GET', `${path}/versions`)).body.versions;
  const body = { locks: [{ name: 'guard' }] };
  expect((await call('POST', `${path}/versions/${oldest.id}/locks_bulk`, body)).status).toBe(400);
  expect((await call('POST', `${path}/versions/previous/locks_bulk?mode=remove_previous`, body)).status).toBe(
    400,
  );
  expect((await call('POST', `${path}/versions/previous/locks_bulk`, body)).status).toBe(201);
});

test('a secret holds up to a thousand locks', async () => {
  const { call, lock } = aSecretsManager();
  const locks = Array.from({ length: 1000 }, (_, n) => ({ name: `app-${n}` }));

  expect((await call('POST', `${path}/locks_bulk`, { locks })).status).toBe(201);
  expect((await lock('app-7')).status).toBe(201);
  expect((await lock('one-more')).status).toBe(400);
});

test('locks are removed by name, or all at once, and an absent name is no error', async () => {
  const { call, lock } = aSecretsManager();
  for (const name of ['app-a', 'app-b', 'app-c']) await lock(name);
  const bulk = `${path}/versions/current/locks_bulk`;

  const some = await call('DELETE', `${bulk}?name=app-a,app-z`);
  expect(some.status).toBe(200);
  expect(some.body.versions[0].locks).toEqual(['app-b', 'app-c']);
  expect((await call('DELETE', bulk)).body.versions[0].locks).toEqual([]);
});

test('a locked secret cannot be deleted', async () => {
  const { call, lock, rotate } = aSecretsManager();
  await lock('guard');
  await rotate('TRACER-2');

  expect((await call('DELETE', path)).status).toBe(412);
});

test('locks are listed twenty-five at a time, by version if asked', async () => {
  const { call, rotate } = aSecretsManager();
  const locks = Array.from({ length: 30 }, (_, n) => ({ name: `app-${n + 10}` }));
  await call('POST', `${path}/locks_bulk`, { locks });
  await rotate('TRACER-2');

  const first = (await call('GET', `${path}/locks?sort=-name`)).body;
  expect(first.locks).toHaveLength(25);
  expect(first.locks[0].name).toBe('app-39');
  expect(first.next.href).toMatch(/^https:\/\/.*\/locks\?limit=25&offset=25$/);
  expect((await call('GET', `${path}/locks?offset=25`)).body.locks).toHaveLength(5);
  expect((await call('GET', `${path}/locks?search=app-1`)).body.total_count).toBe(10);
  expect((await call('GET', `${path}/versions/current/locks`)).body.total_count).toBe(0);
  expect((await call('GET', `${path}/versions/previous/locks?limit=101`)).status).toBe(400);
});
