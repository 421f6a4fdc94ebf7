import { expect, test } from 'vitest';
import { minutes } from '../../../../shared/domain/time.ts';
import { BUCKET } from '../../../simulation/small-world.ts';
import { aCosWorld, INSTANCE, ROLES } from './cos-world.ts';

/** Which roles may do what, in the order of `ROLES`. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-iam */
const MATRIX: readonly (readonly [operation: string, method: string, path: string, may: string])[] = [
  ['HEAD bucket', 'HEAD', BUCKET, '--xxxx'],
  ['list objects', 'GET', `${BUCKET}?list-type=2`, '--xxxx'],
  ['list objects, version 1', 'GET', BUCKET, '--xxxx'],
  ['location', 'GET', `${BUCKET}?location`, '--xxxx'],
  ['list buckets', 'GET', '', '---xxx'],
  ['list buckets, extended', 'GET', '?extended', '---xxx'],
  ['versioning', 'GET', `${BUCKET}?versioning`, '---xxx'],
  ['protection', 'GET', `${BUCKET}?protection`, '---xxx'],
  ['lifecycle', 'GET', `${BUCKET}?lifecycle`, '---xxx'],
  ['object lock', 'GET', `${BUCKET}?object-lock`, '---xxx'],
  ['PUT object', 'PUT', `${BUCKET}/new`, 'x---xx'],
  ['GET object', 'GET', `${BUCKET}/there`, '-xxxxx'],
  ['HEAD object', 'HEAD', `${BUCKET}/there`, '-xxxxx'],
  ['DELETE object', 'DELETE', `${BUCKET}/there`, '----xx'],
  ['create bucket', 'PUT', 'another-bucket', '----xx'],
];

for (const [operation, method, path, may] of MATRIX) {
  test(`${operation}: who may do it is what IBM’s table says`, async () => {
    const seen = await Promise.all(
      ROLES.map(async (role) => {
        const { call, world } = aCosWorld();
        await call('Manager', 'PUT', `${BUCKET}/there`, { body: 'x' });
        world.cos.change(BUCKET, (bucket) => {
          bucket.objectLockDays = 1;
          bucket.lifecycle = [{ id: 'tidy', prefix: 'old/', enabled: true, expireDays: 30 }];
        });
        const headers = {
          'ibm-service-instance-id': INSTANCE,
          'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=',
        };
        const { status } = await call(role, method, path, {
          headers,
          ...(method === 'PUT' ? { body: '' } : {}),
        });
        return status === 403 ? '-' : status < 300 ? 'x' : String(status);
      }),
    );
    expect(seen.join('')).toBe(may);
  });
}

test('errors are XML with their code; a HEAD has no body; another location has no such bucket', async () => {
  const { call, world } = aCosWorld();
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
  const { call } = aCosWorld();
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
  const { call } = aCosWorld();
  const keys = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, '0')}`);
  for (const key of keys) await call('Writer', 'PUT', `${BUCKET}/${key}`, { body: 'x' });
  const seen: string[] = [];
  let token = '';
  for (let page = 0; page < 3; page += 1) {
    const more = token === '' ? '' : `&continuation-token=${token}`;
    const { text } = await call('Reader', 'GET', `${BUCKET}?list-type=2&prefix=p%2F&max-keys=10${more}`);
    seen.push(...[...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key));
    token = /<NextContinuationToken>([^<]+)</.exec(text)?.[1] ?? '';
  }
  expect(seen.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(keys);
  expect(seen).not.toEqual(keys);
  expect(token).toBe('');
});

test('a job pushes one object an interval into the folder of the day', () => {
  const { world, pass } = aCosWorld();
  pass(minutes(10));
  const names = world.cos.objects(BUCKET).map(({ key }) => key);
  expect(names).toContain('http/20260301/20260301T000500Z_20260301T001000Z_00000002.log.gz');
  expect(names.filter((name) => name.endsWith('_00000001.log.gz'))).toHaveLength(10);
  expect(world.logpush.truth().map(({ lostMinutes }) => lostMinutes)).toEqual([0, 0]);
});

test('a checksum that is wrong, or none at all, is refused', async () => {
  const { call } = aCosWorld();
  const put = async (md5: string) =>
    call('Writer', 'PUT', `${BUCKET}/a`, { body: 'x', headers: { 'content-md5': md5 } });
  expect((await put('nUkTSbDbyZFOvYeXXuzfmA==')).text).toContain('<Code>BadDigest</Code>');
  expect((await put('nonsense')).text).toContain('<Code>InvalidDigest</Code>');
  expect((await put('ndTkYSaMgDT1yFZOFVxnpg==')).status).toBe(200);
});

test('what IBM leaves open about conditions is a setting', async () => {
  const put = async (settings: object, key: string, headers: Record<string, string>) => {
    const { call } = aCosWorld(settings);
    await call('Writer', 'PUT', `${BUCKET}/there`, { body: '1' });
    return (await call('Writer', 'PUT', `${BUCKET}/${key}`, { body: '2', headers })).status;
  };
  expect(await put({ lostCondition: 409 }, 'there', { 'if-none-match': '*' })).toBe(409);
  expect(await put({}, 'missing', { 'if-match': '"a"' })).toBe(412);
  expect(await put({ ifMatchMissing: 404 }, 'missing', { 'if-match': '"a"' })).toBe(404);
  expect(await put({ ignoreConditions: true }, 'there', { 'if-none-match': '*' })).toBe(200);
});

test('a read may have conditions too', async () => {
  const { call } = aCosWorld();
  const { headers } = await call('Writer', 'PUT', `${BUCKET}/a`, { body: 'x' });
  const etag = headers.get('etag') ?? '';
  const read = async (more: Record<string, string>) =>
    (await call('Reader', 'GET', `${BUCKET}/a`, { headers: more })).status;
  expect([
    await read({ 'if-none-match': etag }),
    await read({ 'if-match': etag }),
    await read({ 'if-match': '"b"' }),
  ]).toEqual([304, 200, 412]);
});

test('a listing groups by delimiter, encodes keys on demand, and counts both kinds against max-keys', async () => {
  const { call } = aCosWorld({ sortedListings: true });
  for (const key of ['p/a b', 'p/d/1', 'p/d/2', 'p/e/1', 'p/z'])
    await call('Writer', 'PUT', `${BUCKET}/${encodeURI(key)}`, { body: 'x' });
  const list = async (query: string) => (await call('Reader', 'GET', `${BUCKET}?list-type=2&${query}`)).text;
  const grouped = await list('prefix=p/&delimiter=/&max-keys=3&encoding-type=url');
  expect(grouped).toContain('<Key>p%2Fa%20b</Key>');
  expect([...grouped.matchAll(/<CommonPrefixes><Prefix>([^<]+)/g)].map(([, name]) => name)).toEqual([
    'p%2Fd%2F',
    'p%2Fe%2F',
  ]);
  expect(grouped).toContain('<KeyCount>3</KeyCount>');
  expect(grouped).toContain('<IsTruncated>true</IsTruncated>');
  expect(await list('max-keys=0')).toMatch(/<IsTruncated>false.*<KeyCount>0</);
  expect(await list('start-after=p/e/1')).toMatch(/<Key>p\/z<\/Key>.*<ChecksumAlgorithm>/);
  expect(await list('max-keys=many')).toContain('<Code>InvalidArgument</Code>');
});

test('every answer names its request twice and its length; what is not implemented says so', async () => {
  const { call } = aCosWorld();
  await call('Writer', 'PUT', `${BUCKET}/a`, { body: 'four' });
  const { headers } = await call('Reader', 'HEAD', `${BUCKET}/a`);
  expect(headers.get('content-length')).toBe('4');
  expect(headers.get('x-amz-request-id')).toBe(headers.get('x-clv-request-id'));
  for (const path of [`${BUCKET}?website`, `${BUCKET}/a?tagging`]) {
    const answer = await call('Manager', 'GET', path);
    expect(answer.status).toBe(501);
    expect(answer.text).toContain('<Code>NotImplemented</Code>');
  }
});

test('a token that is no good: 403, or 401 in other worlds', async () => {
  for (const [settings, status] of [
    [{}, 403],
    [{ badTokenStatus: 401 }, 401],
  ] as const)
    expect((await aCosWorld(settings).call('Bearer nobody', 'HEAD', BUCKET)).status).toBe(status);
});

test('a bucket is made once, and only in the location of its endpoint', async () => {
  const { call } = aCosWorld();
  const headers = { 'ibm-service-instance-id': INSTANCE };
  const create = (body: string) => call('Writer', 'PUT', 'new-bucket', { headers, body });
  const constraint = (location: string): string =>
    `<CreateBucketConfiguration><LocationConstraint>${location}</LocationConstraint></CreateBucketConfiguration>`;
  expect((await create(constraint('us-south-smart'))).text).toContain('InvalidLocationConstraint');
  expect((await create(constraint('eu-de-smart'))).status).toBe(200);
  expect((await create(constraint('eu-de-smart'))).text).toContain('BucketAlreadyOwnedByYou');
  expect((await call('Manager', 'HEAD', 'new-bucket')).status).toBe(200);
});
