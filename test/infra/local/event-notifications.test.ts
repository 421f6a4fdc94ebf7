import { expect, test } from 'vitest';
import { EventNotifications } from '../../../infra/local/event-notifications.ts';
import { days, hours, minutes, seconds } from '../../../shared/domain/time.ts';
import { aSecretsManager, INSTANCE, OWNER, SECRET, START } from './secrets-manager/fake-world.ts';

type Options = NonNullable<Parameters<typeof aSecretsManager>[0]>;

function notified(options: Options = {}) {
  const world = aSecretsManager(options);
  const notifications = new EventNotifications(world.host, world.sm);
  const take = () => notifications.take().map((text) => JSON.parse(text));
  return {
    ...world,
    notifications,
    take,
    kinds: () =>
      take().map(({ data }) =>
        [data.event_type, ...(data.event_sub_type === undefined ? [] : [data.event_sub_type])].join(':'),
      ),
    create: (name: string, more: object = {}) =>
      world.call('POST', '/secrets', { secret_type: 'kv', name, data: { key: 'TRACER-1' }, ...more }),
  };
}

const CREDENTIALS = {
  secret_type: 'iam_credentials',
  name: 'edge-key',
  ttl: '40d',
  reuse_api_key: true,
  service_id: OWNER,
};

test('a rotation is noticed within two minutes, without value and without version', async () => {
  const { rotate, pass, take, notifications } = notified();
  const version = await rotate('TRACER-2');
  pass(seconds(59));
  expect(notifications.take()).toEqual([]);
  pass(seconds(61));

  const [text = '', ...more] = notifications.take();

  expect(more).toEqual([]);
  const crn = `crn:v1:bluemix:public:secrets-manager:us-south:a/account-1:${INSTANCE}::`;
  const privateUrl = `https://${INSTANCE}.private.us-south.secrets-manager.appdomain.cloud/api`;
  expect(JSON.parse(text)).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    source: crn,
    specversion: '1.0',
    type: 'com.ibm.cloud.secrets-manager.secret_rotated',
    time: expect.stringMatching(/^2026-09-01T10:01:\d\d\.\d{3}Z$/),
    datacontenttype: 'application/json',
    ibmendefaultshort: expect.any(String),
    ibmendefaultlong: expect.any(String),
    ibmenseverity: 'LOW',
    ibmensourceid: crn,
    notification_id: expect.any(String),
    data: {
      event_type: 'secret_rotated',
      secret_type: 'arbitrary',
      secrets: [
        {
          event_time: '2026-09-01T10:00:00Z',
          event_triggered_by: 'iam-ServiceId-Manager',
          secret_group_id: 'default',
          secret_id: SECRET,
          secret_name: 'logpush-edge-key',
        },
      ],
      source_instance_api_private_url: privateUrl,
      source_instance_api_public_url: privateUrl,
      source_instance_crn: crn,
      source_instance_dashboard_url: expect.stringContaining('https://cloud.ibm.com/services/'),
      source_service: 'SecretsManager',
    },
  });
  expect(text).not.toContain('TRACER');
  expect(text).not.toContain(version.body.id);
  expect(take()).toEqual([]);
});

test('what happens within a batch is grouped by what it is and by type, at most 100 secrets each', async () => {
  const { create, rotate, pass, take } = notified();
  for (let n = 1; n <= 101; n++) await create(`kv-${n}`);
  await rotate('TRACER-2');
  await create('plain', { secret_type: 'arbitrary', data: undefined, payload: 'TRACER-3' });
  pass(minutes(2));

  const groups = take().map(({ data }) => [data.event_type, data.secret_type, data.secrets.length]);

  expect(groups).toEqual([
    ['secret_created', 'kv', 100],
    ['secret_created', 'kv', 1],
    ['secret_rotated', 'arbitrary', 1],
    ['secret_created', 'arbitrary', 1],
  ]);
});

test('what happens after a batch has closed is in the next one', async () => {
  const { create, pass, take } = notified();
  await create('first');
  pass(minutes(3));
  await create('second');
  pass(minutes(3));

  expect(take().map(({ data }) => data.secrets[0].secret_name)).toEqual(['first', 'second']);
});

test('the expiry of a secret is told ahead, then daily, and its deletion once', async () => {
  const { call, pass, kinds } = notified({ expiresAt: START + days(31) });
  pass(days(34));
  expect(kinds()).toEqual([
    'secret_about_to_expire:in_30_days',
    'secret_about_to_expire:in_10_days',
    'secret_about_to_expire:in_1_day',
    'secret_about_to_expire:in_0_days',
    'secret_expired',
    'secret_expired',
    'secret_expired',
  ]);

  await call('DELETE', `/secrets/${SECRET}`);
  pass(days(2));

  expect(kinds()).toEqual(['secret_deleted']);
});

test('a warning says when, is of high severity and names the sub type outside too', () => {
  const { pass, take } = notified({ expiresAt: START + days(10) + hours(1) });
  pass(hours(2));

  expect(take()).toMatchObject([
    {
      type: 'com.ibm.cloud.secrets-manager.secret_about_to_expire:in_10_days',
      ibmenseverity: 'HIGH',
      data: {
        event_sub_type: 'in_10_days',
        secrets: [
          {
            event_time: '2026-09-01T11:00:00Z',
            event_triggered_by: 'SecretsManager',
            secret_expiration: '2026-09-11T11:00:00Z',
          },
        ],
      },
    },
  ]);
});

test('an expiry that a lock postpones is told at once and daily', async () => {
  const { lock, pass, kinds } = notified({ expiresAt: START + hours(1) });
  await lock('guard');
  pass(days(2) + hours(2));

  expect(kinds()).toEqual([
    'secret_about_to_expire:in_0_days',
    'secret_expiration_blocked',
    'secret_expiration_blocked',
    'secret_expiration_blocked',
  ]);
});

test('a secret of type kv is told when it is created and rotated, never for its expiry', async () => {
  const { create, call, pass, kinds } = notified();
  const { body } = await create('edge-keys');
  await call('POST', `/secrets/${body.id}/versions`, { data: { key: 'TRACER-2' } });
  pass(days(400));

  expect(kinds()).toEqual(['secret_created', 'secret_rotated']);
});

test('a rotation that is blocked is told once when it was asked for, and daily when it was due', async () => {
  const { call, lock, rotate, pass, take } = notified();
  const rotation = { auto_rotate: true, interval: 5, unit: 'day' };
  const { body } = await call('POST', '/secrets', { ...CREDENTIALS, rotation });
  await call('POST', `/secrets/${body.id}/locks_bulk`, { locks: [{ name: 'guard' }] });
  await lock('guard');
  await rotate('TRACER-2');
  await rotate('TRACER-3');
  pass(days(12));

  const told = take().map(({ data }) => [data.event_type, data.secrets[0].event_triggered_by]);

  expect(told.filter(([kind]) => kind === 'secret_rotation_blocked')).toEqual([
    ['secret_rotation_blocked', 'iam-ServiceId-Manager'],
    ['secret_rotation_blocked', 'SecretsManager'],
    ['secret_rotation_blocked', 'SecretsManager'],
  ]);
  expect(told.filter(([kind]) => kind === 'secret_rotated')).toEqual([
    ['secret_rotated', 'iam-ServiceId-Manager'],
    ['secret_rotated', 'SecretsManager'],
  ]);
});

test('a rotation that fails says so with its reason and high severity', async () => {
  const { call, iam, pass, take } = notified();
  const { body } = await call('POST', '/secrets', CREDENTIALS);
  iam.removeServiceId(OWNER);
  await call('POST', `/secrets/${body.id}/versions`, {});
  pass(minutes(2));

  expect(take().at(-1)).toMatchObject({
    ibmenseverity: 'HIGH',
    data: { event_type: 'secret_rotation_failed', secrets: [{ failure_reason: expect.any(String) }] },
  });
});

test('a test event names a secret that does not exist', () => {
  const { notifications, take } = notified();
  notifications.sendTest(INSTANCE, 'IBMid-1');

  expect(take()).toMatchObject([
    {
      type: 'com.ibm.cloud.secrets-manager.test_event',
      data: {
        event_type: 'test_event',
        secret_type: 'test_secret_type',
        secrets: [{ secret_group_id: 'default', secret_name: 'test_secret_name' }],
      },
    },
  ]);
});

test('a secret is named by its CRN where the world says so', async () => {
  const { rotate, pass, take } = notified({ settings: { eventNotifications: { secretId: 'crn' } } });
  await rotate('TRACER-2');
  pass(minutes(2));

  expect(take()[0].data.secrets[0].secret_id).toBe(
    `crn:v1:bluemix:public:secrets-manager:us-south:a/account-1:${INSTANCE}:secret:${SECRET}`,
  );
});

/** The secrets of forty notices, in the order of their arrival. */
async function delivered(eventNotifications: object): Promise<readonly string[]> {
  const { create, pass, take } = notified({ settings: { eventNotifications } });
  for (let n = 10; n < 50; n++) {
    await create(`kv-${n}`);
    pass(minutes(3));
  }
  pass(hours(1));
  return take().map(({ data }) => data.secrets[0].secret_name);
}

test('notices are lost, doubled and reordered as the world says, and alike for the same seed', async () => {
  const all = await delivered({});
  const lost = await delivered({ lost: 0.5 });
  const doubled = await delivered({ doubled: 0.5 });
  const reordered = await delivered({ reordered: true });

  expect(all).toHaveLength(40);
  expect(all).toEqual(all.toSorted());
  expect(lost.length).toBeGreaterThan(5);
  expect(lost.length).toBeLessThan(35);
  expect(doubled.length).toBeGreaterThan(45);
  expect(new Set(doubled)).toEqual(new Set(all));
  expect(reordered).not.toEqual(all);
  expect(reordered.toSorted()).toEqual(all);
  expect(await delivered({ reordered: true })).toEqual(reordered);
});
