import { expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { World } from '../../../../infra/local/world.ts';
import { cisCrn, type WorldFile } from '../../../../infra/local/world-file.ts';
import { minutes } from '../../../../shared/domain/time.ts';

type Role = 'Reader' | 'Writer' | 'Manager';

function aCis(role: Role = 'Manager', change: (file: WorldFile) => void = () => {}) {
  const file = loadWorld('two-keys');
  file.settings.cis.rateLimits = { perMinute: null, perFiveMinutes: null };
  for (const policy of file.accounts.flatMap((account) => account.serviceIds.flatMap((id) => id.policies))) {
    if (policy.service === 'internet-svcs') policy.roles = [role];
  }
  change(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const [account, instance] = [file.accounts[0], file.cis[0]];
  if (account === undefined || instance === undefined) throw new Error('the demo world has changed');
  const crn = cisCrn(account.id, instance.guid);
  const granted = world.iam.grantToken(world.keyValue('keeper-edge-key'), world.now());
  const bearer = granted.ok ? `Bearer ${granted.token}` : '';
  const call = async (
    method: string,
    path: string,
    options: {
      readonly body?: unknown;
      readonly crn?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) => {
    const response = await world.app.request(
      `/cis${path.replace('{crn}', options.crn ?? encodeURIComponent(crn))}`,
      {
        method,
        headers: options.headers ?? { authorization: bearer },
        ...(options.body === undefined
          ? {}
          : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
      },
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(text) as Record<string, unknown>,
    };
  };
  const zone = instance.zones[0];
  if (zone === undefined) throw new Error('the demo world has changed');
  const jobs = `/v2/{crn}/zones/${zone.id}/logpush/jobs`;
  return { world, clock, crn, bearer, call, zone, jobs, key: (name: string) => world.keyValue(name), file };
}

test.each([
  ['colons and slash encoded', (crn: string) => encodeURIComponent(crn), 200],
  ['only the slash encoded', (crn: string) => crn.replace('/', '%2F'), 200],
  ['encoded twice', (crn: string) => encodeURIComponent(encodeURIComponent(crn)), 403],
  ['of another instance', () => encodeURIComponent(cisCrn('0'.repeat(32), 'nowhere')), 403],
] as const)('a CRN with %s', async (_, encode, status) => {
  const { call, crn } = aCis();
  expect((await call('GET', '/v1/{crn}/zones', { crn: encode(crn) })).status).toBe(status);
});

test('either header authenticates; neither, and a broken one, do not', async () => {
  const { call, bearer } = aCis();
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await call('GET', '/v1/{crn}/zones', { headers })).status;
  expect(await status({ authorization: bearer })).toBe(200);
  expect(await status({ 'x-auth-user-token': bearer })).toBe(200);
  expect(await status({ authorization: bearer.replace('Bearer ', '') })).toBe(401);
  expect(await status({})).toBe(401);
});

test.each([
  ['Reader', 200, 403, 403],
  ['Writer', 200, 200, 403],
  ['Manager', 200, 200, 200],
] as const)('a %s may read (%i), update (%i), delete (%i)', async (role, read, update, remove) => {
  const { call, jobs, zone } = aCis(role);
  const job = `${jobs}/${zone.jobs[0]?.id}`;
  expect((await call('GET', job)).status).toBe(read);
  expect((await call('PUT', job, { body: { enabled: true } })).status).toBe(update);
  expect((await call('DELETE', job)).status).toBe(remove);
});

test('zones come in pages', async () => {
  const { call } = aCis();
  const page = async (query: string) => (await call('GET', `/v1/{crn}/zones?${query}`)).body;
  expect((await page('per_page=2&page=3'))['result_info']).toEqual({
    page: 3,
    per_page: 2,
    count: 1,
    total_count: 5,
  });
  expect((await page('per_page=2&page=3'))['result']).toHaveLength(1);
  expect((await page(''))['result_info']).toMatchObject({ per_page: 20 });
  expect(await page('per_page=1001')).toMatchObject({ success: false });
});

test('a PUT changes what it names and leaves the rest', async () => {
  const { call, jobs, zone } = aCis();
  const path = `${jobs}/${zone.jobs[0]?.id}`;
  const before = (await call('GET', path)).body['result'] as Record<string, unknown>;
  const after = (await call('PUT', path, { body: { enabled: false } })).body['result'] as Record<
    string,
    unknown
  >;
  expect(after).toEqual({ ...before, enabled: false });
  expect((await call('PUT', path, { body: { dataset: 'dns_logs' } })).status).toBe(400);
  expect((await call('PUT', path, { body: '{"enabled":' })).status).toBe(400);
  expect((await call('PUT', path, { body: { ibmcl: {}, destination_conf: 'x' } })).status).toBe(400);
});

test.each(['refuse', 'merge'] as const)('a part of a destination: %s', async (partialDestination) => {
  const { call, jobs, zone, key, world } = aCis('Writer', (file) => {
    file.settings.cis.partialDestination = partialDestination;
  });
  const id = zone.jobs[0]?.id;
  world.clock.advance(5_000);
  const { status } = await call('PUT', `${jobs}/${id}`, {
    body: { ibmcl: { api_key: key('edge-logs-key') } },
  });
  expect(status).toBe(partialDestination === 'merge' ? 200 : 400);
});

test('a destination that refuses is a 400, and nothing is changed', async () => {
  const { call, jobs, zone, world, file } = aCis();
  const id = zone.jobs[0]?.id;
  const logs = file.cloudLogs[0];
  const before = [...world.cis.jobs()].find((job) => job.id === id)?.destination;
  const ibmcl = { instance_id: logs?.guid, region: logs?.region, api_key: 'no such key' };
  const { status, body } = await call('PUT', `${jobs}/${id}`, { body: { ibmcl } });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain('error validating destination');
  expect([...world.cis.jobs()].find((job) => job.id === id)?.destination).toBe(before);
});

test('a job is created disabled with a number, found, and deleted once', async () => {
  const { call, jobs, key, file, zone } = aCis();
  const logs = file.cloudLogs[0];
  const ibmcl = { instance_id: logs?.guid, region: logs?.region, api_key: key('edge-logs-key') };
  const created = await call('POST', jobs, { body: { name: 'new', dataset: 'range_events', ibmcl } });
  expect(created).toMatchObject({
    status: 201,
    body: { result: { enabled: false, kind: '', last_complete: null } },
  });
  const path = `${jobs}/${String((created.body['result'] as Record<string, unknown>)['id'])}`;
  expect((await call('POST', jobs, { body: { name: 'fifth', ibmcl } })).body).toMatchObject({
    errors: [{ code: 1004 }],
  });
  expect((await call('DELETE', path)).status).toBe(200);
  expect((await call('DELETE', path)).status).toBe(404);
  expect(zone.jobs).toHaveLength(3);
});

test.each([
  ['perMinute', 100, 1, 'Rate limit reached 100 request in 1 minute.'],
  ['perFiveMinutes', 1200, 5, 'Rate limit reached 1200 request in 5 minute.'],
] as const)(
  'the limit %s answers 429 after %i calls, until the window has passed',
  async (name, limit, windowMinutes, text) => {
    const { call, clock } = aCis('Reader', (file) => {
      file.settings.cis.rateLimits = { perMinute: null, perFiveMinutes: null, [name]: limit };
      file.settings.cis.rateLimitHeaders = true;
    });
    for (let n = 0; n < limit; n += 1) expect((await call('GET', '/v1/{crn}/zones')).status).toBe(200);
    const refused = await call('GET', '/v1/{crn}/zones');
    expect(refused).toMatchObject({ status: 429, body: { errors: [{ message: text }] } });
    expect(refused.headers.get('retry-after')).toBe(String(windowMinutes * 60));
    expect(refused.headers.get('ratelimit')).toContain('r=0');
    clock.advance(minutes(windowMinutes));
    expect((await call('GET', '/v1/{crn}/zones')).status).toBe(200);
  },
);

test('both error envelopes, and a route that does not exist', async () => {
  const { call, world } = aCis('Reader', (file) => {
    file.settings.cis.gatewayErrors = true;
  });
  expect((await call('GET', '/v1/{crn}/zones', { headers: {} })).body).toMatchObject({
    trace: expect.any(String),
    errors: [{ code: 401 }],
  });
  expect((await aCis().call('GET', '/v1/{crn}/zones', { headers: {} })).body).toMatchObject({
    success: false,
    result: null,
  });
  const missing = await world.app.request('/cis/v1/none/of/these');
  expect(missing.status).toBe(501);
  expect(await missing.text()).toContain('/cis/v1/none/of/these');
});
