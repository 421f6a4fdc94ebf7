import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../../shared/domain/time.ts';
import { ACCOUNT, aCloud, aJob, CIS_GUID, CRN, ZONE } from '../logpush/fake-cloud.ts';

const ENCODED = encodeURIComponent(CRN);
const zones = (crn = ENCODED): string => `/cis/v1/${crn}/zones`;
const jobs = `/cis/v2/${ENCODED}/zones/${ZONE}/logpush/jobs`;
const as = (name: string) => ({ authorization: `Bearer ${name}` });

test.each([
  ['all encoded', ENCODED],
  ['colons raw', CRN.replaceAll('/', '%2F')],
  ['lower-case escapes', ENCODED.toLowerCase()],
])('the CRN is one path segment, %s', async (_, crn) => {
  const { call, iam } = aCloud();

  expect(await call('GET', zones(crn))).toMatchObject({ status: 200, body: { result: [{ id: ZONE }] } });
  expect((await call('GET', `/cis/v2/${crn}/zones/${ZONE}/logpush/jobs`)).status).toBe(200);
  expect(iam.targets).toEqual([{ service: 'internet-svcs', accountId: ACCOUNT, instanceId: CIS_GUID }]);
});

test.each([
  ['encoded twice', encodeURIComponent(ENCODED), 403],
  ['of another instance', encodeURIComponent(CRN.replace('dddd4444', 'dddd5555')), 403],
])('a CRN %s is refused', async (_, crn, status) => {
  const { call } = aCloud();

  expect((await call('GET', zones(crn))).status).toBe(status);
});

test('a CRN whose slash is not encoded reaches no route', async () => {
  const { app, host } = aCloud();

  expect((await app.request(zones(CRN), { headers: as('Manager') })).status).toBe(404);
  expect(host.calls).toEqual([]);
});

test.each([
  ['authorization', 'Bearer Reader', 200],
  ['x-auth-user-token', 'Bearer Reader', 200],
  ['authorization', 'Reader', 401],
  ['x-auth-user-token', 'Reader', 401],
  ['authorization', 'Bearer unknown', 401],
  ['accept', 'application/json', 401],
])('%s: %s answers %i', async (name, value, status) => {
  const { call } = aCloud();

  expect((await call('GET', zones(), undefined, { [name]: value })).status).toBe(status);
});

test('a token that has ended is refused', async () => {
  const cloud = aCloud();
  const granted = cloud.iam.grantToken('key-1', cloud.host.now());
  const token = granted.ok ? granted.token : '';
  // The owner of this token may do nothing in CIS: known is 403, no longer known is 401.
  expect((await cloud.call('GET', zones(), undefined, as(token))).status).toBe(403);
  cloud.pass(minutes(60));

  expect((await cloud.call('GET', zones(), undefined, as(token))).status).toBe(401);
});

test.each([
  ['Reader', 200, 403, 403, 403, 403],
  ['Writer', 200, 200, 403, 403, 403],
  ['Manager', 200, 200, 201, 200, 200],
  ['Sender', 403, 403, 403, 403, 403],
])(
  'a %s gets %i on GET, %i on PUT, %i on POST, %i on retention and %i on DELETE',
  async (role, ...expected) => {
    const cloud = aCloud();
    aJob(cloud);
    const send = async (method: string, path: string, body?: unknown): Promise<number> =>
      (await cloud.call(method, path, body, as(role))).status;
    const ibmcl = { instance_id: 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb', region: 'eu-de', api_key: 'key-1' };

    const statuses = [
      await send('GET', jobs),
      await send('PUT', `${jobs}/700123`, { enabled: true }),
      await send('POST', jobs, { name: 'edge-dns', dataset: 'dns_logs', ibmcl }),
      await send('POST', `/cis/v1/${ENCODED}/zones/${ZONE}/logs/retention`, { flag: true }),
      await send('DELETE', `${jobs}/700123`),
    ];

    expect(statuses).toEqual(expected);
  },
);

test.each([
  ['read', 'update', { Reader: [200, 403], Writer: [200, 200] }],
  ['update', 'manage', { Reader: [403, 403], Writer: [200, 403] }],
  ['manage', 'manage', { Writer: [403, 403], Manager: [200, 200] }],
])(
  'whether log retention is on takes %s, and switching it %s, as the world says',
  async (retentionRead, retentionSet, by) => {
    const cloud = aCloud({ settings: { cis: { retentionRead, retentionSet } } });
    const path = `/cis/v1/${ENCODED}/zones/${ZONE}/logs/retention`;
    const status = async (role: string, ...call: readonly [string, unknown?]): Promise<number> =>
      (await cloud.call(call[0], path, call[1], as(role))).status;
    for (const [role, expected] of Object.entries(by))
      expect([await status(role, 'GET'), await status(role, 'POST', { flag: true })]).toEqual(expected);
  },
);

test('every answer has its own correlation id, refusals too', async () => {
  const cloud = aCloud();
  const answers = [
    await cloud.call('GET', zones()),
    await cloud.call('GET', zones(), undefined, {}),
    await cloud.call('GET', zones('nonsense')),
    await cloud.call('GET', `${jobs}/1`),
  ];
  const ids = answers.map(({ headers }) => headers.get('x-correlation-id'));

  expect(answers.map(({ status }) => status)).toEqual([200, 401, 403, 404]);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(ids).size).toBe(4);
});

test('the gateway refuses in its own words where a world lets it', async () => {
  const passed = await aCloud().call('GET', zones(), undefined, {});
  const cloud = aCloud({ settings: { cis: { gatewayErrors: true } } });
  const refused = await cloud.call('GET', zones(), undefined, {});
  const forbidden = await cloud.call('GET', zones(), undefined, as('Sender'));
  const unknownZone = await cloud.call('GET', `${zones()}/${'f'.repeat(32)}`);

  expect(passed.body).toMatchObject({
    success: false,
    errors: [{ code: 10000 }],
    messages: [],
    result: null,
  });
  expect(refused.body).toMatchObject({ trace: expect.any(String), errors: [{ code: 401 }] });
  expect(forbidden.body).toMatchObject({ trace: expect.any(String), errors: [{ code: 403 }] });
  expect(refused.body).not.toHaveProperty('success');
  // What upstream refuses is passed through as it is.
  expect(unknownZone.body).toMatchObject({ success: false, errors: [{ code: 1001 }] });
});

test('the 101st request of a minute is refused, and one is free again when the first is a minute old', async () => {
  const cloud = aCloud();
  for (let i = 0; i < 100; i++) {
    expect((await cloud.call('GET', zones())).status).toBe(200);
    cloud.pass(100);
  }
  const refused = await cloud.call('GET', zones());
  expect(refused).toMatchObject({
    status: 429,
    body: { success: false, errors: [{ message: 'Rate limit reached 100 request in 1 minute.' }] },
  });
  expect(refused.headers.get('retry-after')).toBe('50');
  cloud.pass(seconds(50) - 1);
  expect((await cloud.call('GET', zones())).status).toBe(429);
  cloud.pass(1);

  expect((await cloud.call('GET', zones())).status).toBe(200);
});

test('limits count per identity, whatever it asks for', async () => {
  const cloud = aCloud({ settings: { cis: { rateLimits: { perMinute: 2, perFiveMinutes: null } } } });
  aJob(cloud);
  await cloud.call('GET', zones(), undefined, as('Reader-1'));
  await cloud.call('GET', jobs, undefined, as('Reader-1'));

  expect((await cloud.call('GET', `${jobs}/700123`, undefined, as('Reader-1'))).status).toBe(429);
  expect((await cloud.call('GET', `${jobs}/700123`, undefined, as('Reader-2'))).status).toBe(200);
});

test('the limit of five minutes counts beside the one of a minute', async () => {
  const cloud = aCloud({ settings: { cis: { rateLimits: { perMinute: 100, perFiveMinutes: 4 } } } });
  for (let i = 0; i < 4; i++) {
    expect((await cloud.call('GET', zones())).status).toBe(200);
    cloud.pass(minutes(1));
  }
  const refused = await cloud.call('GET', zones());

  expect(refused).toMatchObject({
    status: 429,
    body: { errors: [{ message: 'Rate limit reached 4 request in 5 minute.' }] },
  });
  expect(refused.headers.get('retry-after')).toBe('60');
});

test('a refused request does nothing', async () => {
  const cloud = aCloud({ settings: { cis: { rateLimits: { perMinute: 1, perFiveMinutes: null } } } });
  const ref = aJob(cloud);
  await cloud.call('GET', zones());

  expect((await cloud.call('PUT', `${jobs}/700123`, { enabled: false })).status).toBe(429);
  expect(cloud.cis.job(ref)?.enabled).toBe(true);
});

test('without limits nobody is refused, and without the header a 429 gives no hint', async () => {
  const free = aCloud({ settings: { cis: { rateLimits: { perMinute: null, perFiveMinutes: null } } } });
  for (let i = 0; i < 150; i++) expect((await free.call('GET', zones())).status).toBe(200);
  const silent = aCloud({
    settings: { cis: { rateLimits: { perMinute: 1, perFiveMinutes: null }, retryAfterHeader: false } },
  });
  await silent.call('GET', zones());
  const refused = await silent.call('GET', zones());

  expect(refused.status).toBe(429);
  expect(refused.headers.has('retry-after')).toBe(false);
  expect(refused.headers.has('ratelimit')).toBe(false);
});

test('rate limit headers, where a world has them, tell what is left on every answer', async () => {
  const cloud = aCloud({ settings: { cis: { rateLimits: { perMinute: 2 }, rateLimitHeaders: true } } });
  const told: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await cloud.call('GET', zones());
    told.push([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]);
    cloud.pass(seconds(10));
  }

  expect(told).toEqual([
    [200, '"default";r=1;t=60', '"default";q=2;w=60'],
    [200, '"default";r=0;t=50', '"default";q=2;w=60'],
    [429, '"default";r=0;t=40', '"default";q=2;w=60'],
  ]);
});
