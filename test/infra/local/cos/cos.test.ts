import { expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import { World } from '../../../../infra/local/world.ts';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { smallWorld } from '../../../simulation/small-world.ts';

const BUCKET = 'acme-edge-logs';
const INSTANCE = '33333333-1111-4222-8333-444444444444';

/** The small world with a bucket, one job that pushes there, and an identity for each role. */
function aWorld() {
  const file = smallWorld({ jobs: 2, destination: 'cos' });
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const [account] = file.accounts;
  const accountId = account?.id ?? '';
  const bearer = (role: string): string => {
    world.iam.addServiceId({ id: `ServiceId-${role}`, name: role, accountId });
    const iamId = `iam-ServiceId-${role}`;
    world.iam.addPolicy({
      iamId,
      accountId,
      service: 'cloud-object-storage',
      roles: [role],
      instanceId: INSTANCE,
    });
    const granted = world.iam.issue({ iamId, accountId, name: role }, clock.now(), hours(1), 'apikey');
    return `Bearer ${granted.token}`;
  };
  const call = async (
    role: string,
    method: string,
    path: string,
    more: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) => {
    const response = await world.app.fetch(
      new Request(`http://127.0.0.1/cos/eu-de/${path}`, {
        method,
        ...more,
        headers: { authorization: bearer(role), ...more.headers },
      }),
    );
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const pass = (ms: number): void => {
    clock.advance(ms);
    world.catchUp();
  };
  return { world, clock, call, pass };
}

test.each([
  // HEAD bucket, list, PUT, GET, HEAD object
  ['Object Writer', [403, 403, 200, 403, 403]],
  ['Object Reader', [403, 403, 403, 200, 200]],
  ['Content Reader', [200, 200, 403, 200, 200]],
  ['Reader', [200, 200, 403, 200, 200]],
  ['Writer', [200, 200, 200, 200, 200]],
  ['Manager', [200, 200, 200, 200, 200]],
])('%s may do exactly what IBM’s table says', async (role, expected) => {
  const { call } = aWorld();
  await call('Manager', 'PUT', `${BUCKET}/a/b`, { body: 'x' });
  const seen = [
    await call(role, 'HEAD', BUCKET),
    await call(role, 'GET', `${BUCKET}?list-type=2`),
    await call(role, 'PUT', `${BUCKET}/c`, { body: 'x' }),
    await call(role, 'GET', `${BUCKET}/a/b`),
    await call(role, 'HEAD', `${BUCKET}/a/b`),
  ];
  expect(seen.map(({ status }) => status)).toEqual(expected);
});

test('errors are XML with their code; a HEAD has no body; another location has no such bucket', async () => {
  const { call, world } = aWorld();
  const missing = await call('Manager', 'GET', `${BUCKET}/nothing`);
  expect(missing).toMatchObject({ status: 404 });
  expect(missing.text).toMatch(
    /<Error><Code>NoSuchKey<\/Code>.*<httpStatusCode>404<\/httpStatusCode><\/Error>/,
  );
  expect(await call('Manager', 'HEAD', `${BUCKET}/nothing`)).toMatchObject({ status: 404, text: '' });
  expect((await call('Manager', 'GET', 'other-bucket?list-type=2')).text).toContain('NoSuchBucket');
  const elsewhere = await world.app.fetch(
    new Request(`http://127.0.0.1/cos/us-south/${BUCKET}?list-type=2`, {
      headers: { authorization: 'Bearer nobody' },
    }),
  );
  expect(elsewhere.status).toBe(403);
});

test('a conditional PUT is done once', async () => {
  const { call } = aWorld();
  const put = (body: string, headers: Record<string, string>) =>
    call('Writer', 'PUT', `${BUCKET}/ledger/a b{DATE}.json`, { body, headers });
  const first = await put('1', { 'if-none-match': '*' });
  expect(first.status).toBe(200);
  expect((await put('2', { 'if-none-match': '*' })).status).toBe(412);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  expect((await put('2', { 'if-match': etag })).status).toBe(200);
  expect((await put('3', { 'if-match': etag })).status).toBe(412);
  expect((await call('Reader', 'GET', `${BUCKET}/ledger/a%20b%7BDATE%7D.json`)).text).toBe('2');
});

test('a listing comes in pages and in no order', async () => {
  const { call } = aWorld();
  const keys = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, '0')}`);
  for (const key of keys) await call('Writer', 'PUT', `${BUCKET}/${key}`, { body: 'x' });
  const seen: string[] = [];
  let token = '';
  for (let page = 0; page < 3; page += 1) {
    const more = token === '' ? '' : `&continuation-token=${token}`;
    const { text } = await call('Reader', 'GET', `${BUCKET}?list-type=2&prefix=p%2F&max-keys=10${more}`);
    seen.push(...[...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key));
    token = /<NextContinuationToken>(\d+)</.exec(text)?.[1] ?? '';
  }
  expect(seen.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(keys);
  expect(seen).not.toEqual(keys);
  expect(token).toBe('');
});

test('a job pushes one object an interval into the folder of the day', () => {
  const { world, pass } = aWorld();
  pass(minutes(10));
  const names = world.cos.objects(BUCKET).map(({ key }) => key);
  expect(names).toContain('http/20260301/20260301T000500Z_20260301T001000Z_00000002.log.gz');
  expect(names.filter((name) => name.endsWith('_00000001.log.gz'))).toHaveLength(10);
  expect(world.logpush.truth().map(({ lostMinutes }) => lostMinutes)).toEqual([0, 0]);
});

test.each([
  [
    'a firewall',
    (world: World) => world.cos.change(BUCKET, (bucket) => (bucket.firewalled = true)),
    'permission denied',
  ],
  [
    'a quota',
    (world: World) => world.cos.change(BUCKET, (bucket) => (bucket.hardQuota = 1)),
    'permission denied',
  ],
  [
    'a deleted bucket',
    (world: World) => world.cos.change(BUCKET, (bucket) => (bucket.deleted = true)),
    'destination not found',
  ],
  [
    'a role that is gone',
    (world: World) =>
      world.iam.removePolicy('iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f', 'cloud-object-storage'),
    'permission denied',
  ],
])('%s refuses what Logpush writes', (_, change, message) => {
  const { world, pass } = aWorld();
  pass(minutes(10));
  change(world);
  pass(minutes(10));
  const [job] = [...world.cis.jobs()];
  expect(job?.errorMessage).toBe(`error writing to destination: ${message}`);
});
