import { expect, test } from 'vitest';
import { days, minutes } from '../../../../shared/domain/time.ts';
import { aSecretsManager, INSTANCE, SECRET, START } from './fake-world.ts';

const metadata = `/secrets/${SECRET}/metadata`;

test('a secret is destroyed with every version soon after its expiry', async () => {
  const { call, rotate, pass, sm, events } = aSecretsManager({ expiresAt: START + days(10) });
  await rotate('TRACER-2');
  pass(days(10) - minutes(1));
  expect((await call('GET', metadata)).body.state).toBe(1);

  pass(minutes(4));

  expect((await call('GET', metadata)).body).toMatchObject({ state: 5, state_description: 'destroyed' });
  expect((await call('GET', `/secrets/${SECRET}`)).body).not.toHaveProperty('payload');
  expect((await call('GET', `/secrets/${SECRET}/versions/previous`)).body.payload_available).toBe(false);
  expect((await rotate('TRACER-3')).status).toBe(400);
  expect((await call('PATCH', metadata, { expiration_date: null })).status).toBe(400);
  expect(sm.truth()[0]?.state).toBe(5);
  expect(sm.currentPayload(INSTANCE, SECRET)).toBeUndefined();
  expect(events.at(-1)?.kind).toBe('secret-destroyed');
});

test('a lock postpones the expiry until the last lock is gone; then the new version goes too', async () => {
  const { call, rotate, lock, pass } = aSecretsManager({ expiresAt: START + days(10) });
  await lock('guard');
  await rotate('TRACER-2');
  pass(days(20));
  expect((await call('GET', `/secrets/${SECRET}`)).body.payload).toBe('TRACER-2');

  await call('DELETE', `/secrets/${SECRET}/versions/previous/locks_bulk?name=guard`);

  expect((await call('GET', metadata)).body.state).toBe(5);
});

test('a rotation leaves the expiry as it is, and a PATCH moves or removes it', async () => {
  const { call, rotate, pass } = aSecretsManager({ expiresAt: START + days(10) });

  expect((await rotate('TRACER-2')).body.expiration_date).toBe('2026-09-11T10:00:00Z');
  expect((await call('GET', metadata)).body.expiration_date).toBe('2026-09-11T10:00:00Z');
  const moved = await call('PATCH', metadata, { expiration_date: '2026-10-01T00:00:00.000Z' });
  expect(moved.body.expiration_date).toBe('2026-10-01T00:00:00Z');
  expect((await call('PATCH', metadata, { expiration_date: '2026-08-01T00:00:00Z' })).status).toBe(400);
  expect((await call('PATCH', metadata, { expiration_date: null })).body).not.toHaveProperty(
    'expiration_date',
  );
  pass(days(60));
  expect((await call('GET', metadata)).body.state).toBe(1);
});
