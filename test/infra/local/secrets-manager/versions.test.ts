import { expect, test } from 'vitest';
import { aSecretsManager, INSTANCE, SECRET } from './fake-world.ts';

const versions = `/secrets/${SECRET}/versions`;

test('a rotation makes a new current version and keeps the payload of the one before only', async () => {
  const { call, rotate, sm } = aSecretsManager();

  const second = await rotate('TRACER-2');
  await rotate('TRACER-3');

  expect(second.status).toBe(201);
  expect(second.body).toMatchObject({
    alias: 'current',
    payload: 'TRACER-2',
    version_custom_metadata: { of: 'TRACER-2' },
  });
  expect((await call('GET', `${versions}/current`)).body.payload).toBe('TRACER-3');
  expect((await call('GET', `${versions}/previous`)).body.payload).toBe('TRACER-2');
  const listed = (await call('GET', versions)).body;
  expect(listed.total_count).toBe(3);
  const oldest = listed.versions.find((version: { alias?: string }) => version.alias === undefined);
  expect(oldest.payload_available).toBe(false);
  const read = await call('GET', `${versions}/${oldest.id}`);
  expect(read.status).toBe(200);
  expect(read.body).not.toHaveProperty('payload');
  expect(sm.currentPayload(INSTANCE, SECRET)).toBe('TRACER-3');
  expect(sm.secretValues()).toEqual(['TRACER-1', 'TRACER-2', 'TRACER-3']);
});

test('metadata of fifty versions is kept', async () => {
  const { call, rotate } = aSecretsManager();
  const first = (await call('GET', `${versions}/current/metadata`)).body.id;

  for (let n = 2; n <= 51; n++) await rotate(`TRACER-${n}`);

  expect((await call('GET', versions)).body.total_count).toBe(50);
  expect((await call('GET', `/secrets/${SECRET}/metadata`)).body.versions_total).toBe(50);
  expect((await call('GET', `${versions}/${first}/metadata`)).status).toBe(404);
});

test('version metadata is on versions only and lists never hold a payload', async () => {
  const { call, rotate } = aSecretsManager();
  await rotate('TRACER-2');

  const secret = (await call('GET', `/secrets/${SECRET}`)).body;
  const list = await call('GET', versions);

  expect(secret.payload).toBe('TRACER-2');
  expect(secret).not.toHaveProperty('version_custom_metadata');
  expect(JSON.stringify(list.body) + JSON.stringify((await call('GET', '/secrets')).body)).not.toMatch(
    /"payload":/,
  );
  expect((await call('GET', `${versions}/current/metadata`)).body).not.toHaveProperty('payload');
});

test('version metadata is replaced by a merge patch and by nothing else', async () => {
  const { call } = aSecretsManager();
  const path = `${versions}/current/metadata`;
  const body = { version_custom_metadata: { api_key_id: 'ApiKey-1' } };

  expect((await call('PATCH', path, body, { type: 'application/json' })).status).toBe(400);
  expect((await call('PATCH', path, { ...body, name: 'other' })).status).toBe(400);
  expect((await call('PATCH', path, body)).body.version_custom_metadata).toEqual({ api_key_id: 'ApiKey-1' });
  expect((await call('PATCH', path, { version_custom_metadata: { text: 'x'.repeat(10_000) } })).status).toBe(
    400,
  );
});

test('the data of a version of an arbitrary secret cannot be wiped', async () => {
  const { call } = aSecretsManager();

  expect((await call('DELETE', `${versions}/current/secret_data`)).status).toBe(400);
  expect((await call('GET', `${versions}/current`)).body.payload).toBe('TRACER-1');
});

test('two rotations at once both succeed while nothing is locked', async () => {
  const { rotate, call } = aSecretsManager();

  const answers = await Promise.all([rotate('TRACER-a'), rotate('TRACER-b')]);

  expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
  expect((await call('GET', versions)).body.total_count).toBe(3);
});

test('a guard lock lets exactly one of two rotations at once through', async () => {
  const { rotate, lock } = aSecretsManager();
  await lock('guard');

  const answers = await Promise.all([rotate('TRACER-a'), rotate('TRACER-b')]);

  expect(answers.map((answer) => answer.status)).toEqual(expect.arrayContaining([201, 412]));
});

test('in a world with a race between check and write the guard lock may let both through', async () => {
  const { rotate, lock, sm } = aSecretsManager({ settings: { secretsManager: { lockRace: true } } });
  await lock('guard');

  const answers = await Promise.all([rotate('TRACER-a'), rotate('TRACER-b')]);

  expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
  expect(sm.truth()[0]?.versions.map((version) => version.locks)).toEqual([[], [], []]);
  await lock('guard');
  await rotate('TRACER-c');
  expect((await rotate('TRACER-d')).status).toBe(412);
});

test('a rotation is told to the world by name, never by value', async () => {
  const { rotate, lock, events } = aSecretsManager();
  await lock('guard');
  await rotate('TRACER-2');
  await lock('guard', 'remove_previous');

  expect(events.map((event) => event.kind)).toEqual(['lock-created', 'version-created', 'lock-moved']);
  expect(JSON.stringify(events)).not.toContain('TRACER');
});
