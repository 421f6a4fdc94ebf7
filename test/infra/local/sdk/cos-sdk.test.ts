import S3 from 'ibm-cos-sdk/clients/s3.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';
import { BUCKET, smallWorld } from '../../../simulation/small-world.ts';

/** IBM's own SDK, with its own HTTP and its own logins, against the served local cloud. */
let cloud: ServedCloud;

beforeAll(async () => {
  const file = smallWorld({ jobs: 1, destination: 'cos' });
  file.accounts[0]?.serviceIds.push({
    name: 'manager',
    id: 'ServiceId-99999999-0000-4000-8000-000000000001',
    policies: [{ service: 'cloud-object-storage', roles: ['Manager'] }],
    apiKeys: [
      {
        name: 'manager-key',
        id: 'ApiKey-99999999-0000-4000-8000-000000000002',
        createdDaysAgo: 1,
        disabled: false,
        locked: false,
      },
    ],
  });
  cloud = await serveWorld(file, { seed: 1 });
});
afterAll(() => cloud.close());

/** A client that logs in with an API key of the world, as people configure it. */
const client = (keyName: string, location = 'eu-de'): S3 =>
  new S3({
    endpoint: `${cloud.endpoints.cos}/${location}`,
    s3ForcePathStyle: true,
    apiKeyId: cloud.world.keyValue(keyName),
    ibmAuthEndpoint: `${cloud.endpoints.iam}/identity/token`,
    serviceInstanceId: '33333333-1111-4222-8333-444444444444',
    maxRetries: 0,
  });

const statusOf = (call: { promise(): Promise<unknown> }): Promise<number> =>
  call.promise().then(
    () => 200,
    (error: { readonly statusCode: number }) => error.statusCode,
  );

const key = 'p/a b+c{DATE}é.json';

test('a writer writes, overwrites, and may not read, list or look', async () => {
  const s3 = client('old-key');
  const first = await s3.putObject({ Bucket: BUCKET, Key: key, Body: 'one' }).promise();
  expect(first.ETag).toBe('"f97c5d29941bfb1b2fdab0874906ab82"');
  expect(await statusOf(s3.putObject({ Bucket: BUCKET, Key: key, Body: 'two' }))).toBe(200);
  expect(await statusOf(s3.getObject({ Bucket: BUCKET, Key: key }))).toBe(403);
  expect(await statusOf(s3.headObject({ Bucket: BUCKET, Key: key }))).toBe(403);
  expect(await statusOf(s3.headBucket({ Bucket: BUCKET }))).toBe(403);
  expect(await statusOf(s3.listObjectsV2({ Bucket: BUCKET }))).toBe(403);
});

test('a reader reads what the writer wrote, and may not write', async () => {
  await client('old-key').putObject({ Bucket: BUCKET, Key: key, Body: 'three' }).promise();
  const s3 = client('keeper-key');
  const { Body, ContentLength, ETag } = await s3.getObject({ Bucket: BUCKET, Key: key }).promise();
  expect(Buffer.from(Body as Uint8Array).toString()).toBe('three');
  expect([ContentLength, ETag]).toEqual([5, '"35d6d33467aae9a2e3dccb4b6b027878"']);
  const listed = await s3.listObjectsV2({ Bucket: BUCKET, Prefix: 'p/' }).promise();
  expect(listed.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([[key, 5]]);
  expect(await statusOf(s3.putObject({ Bucket: BUCKET, Key: key, Body: 'x' }))).toBe(403);
});

test('conditions: absent only, and this very version only', async () => {
  const s3 = client('old-key');
  const put = (Body: string, headers: Readonly<Record<string, string>>) => {
    const request = s3.putObject({ Bucket: BUCKET, Key: 'ledger/doc', Body });
    request.on('build', () => Object.assign(request.httpRequest.headers, headers));
    return request.promise().then(
      ({ ETag = '' }) => ETag,
      (error: { readonly statusCode: number }) => error.statusCode,
    );
  };
  const tag = await put('1', { 'If-None-Match': '*' });
  expect(await put('2', { 'If-None-Match': '*' })).toBe(412);
  expect(await put('2', { 'If-Match': String(tag) })).toMatch(/^"/);
  expect(await put('3', { 'If-Match': String(tag) })).toBe(412);
});

test('errors have the codes of S3; a foreign location knows no such bucket', async () => {
  const s3 = client('keeper-key');
  await expect(s3.getObject({ Bucket: BUCKET, Key: 'nothing' }).promise()).rejects.toMatchObject({
    statusCode: 404,
    code: 'NoSuchKey',
  });
  await expect(
    client('keeper-key', 'us-south').listObjectsV2({ Bucket: BUCKET }).promise(),
  ).rejects.toMatchObject({
    statusCode: 404,
    code: 'NoSuchBucket',
  });
});

test('buckets are listed with their locations, made, and found where they are', async () => {
  const s3 = client('manager-key');
  const { Buckets: before } = await s3.listBuckets({}).promise();
  expect(before?.map(({ Name }) => Name)).toEqual([BUCKET]);
  const constraint = { CreateBucketConfiguration: { LocationConstraint: 'eu-de-smart' } };
  await s3.createBucket({ Bucket: 'acme-more-logs', ...constraint }).promise();
  expect(await statusOf(s3.createBucket({ Bucket: 'acme-more-logs', ...constraint }))).toBe(409);
  const { Buckets, IsTruncated } = await s3.listBucketsExtended({ MaxKeys: 1, Marker: BUCKET }).promise();
  expect(Buckets).toMatchObject([{ Name: 'acme-more-logs', LocationConstraint: 'eu-de-standard' }]);
  expect(IsTruncated).toBe(false);
  // The SDK reads it with a regular expression, and leaves the tag on what stands on one line.
  const { LocationConstraint } = await s3.getBucketLocation({ Bucket: BUCKET }).promise();
  expect(LocationConstraint).toMatch(/eu-de-standard$/);
  expect(await statusOf(client('keeper-key').listBuckets({}))).toBe(403);
});

test('versioning, retention and object lock of a bucket that has none', async () => {
  const s3 = client('manager-key');
  expect((await s3.getBucketVersioning({ Bucket: BUCKET }).promise()).Status).toBeUndefined();
  expect((await s3.getBucketProtectionConfiguration({ Bucket: BUCKET }).promise()).Status).toBeUndefined();
  expect(await statusOf(s3.getObjectLockConfiguration({ Bucket: BUCKET }))).toBe(404);
  expect(await statusOf(s3.getBucketWebsite({ Bucket: BUCKET }))).toBe(501);
});

test('an object is deleted, once or twice', async () => {
  const s3 = client('manager-key');
  await s3.putObject({ Bucket: BUCKET, Key: 'gone', Body: 'x' }).promise();
  expect(await statusOf(client('old-key').deleteObject({ Bucket: BUCKET, Key: 'gone' }))).toBe(403);
  expect(await statusOf(s3.deleteObject({ Bucket: BUCKET, Key: 'gone' }))).toBe(200);
  expect(await statusOf(s3.deleteObject({ Bucket: BUCKET, Key: 'gone' }))).toBe(200);
  expect(await statusOf(s3.headObject({ Bucket: BUCKET, Key: 'gone' }))).toBe(404);
});

test('listings of both versions come in pages, and start after a name', async () => {
  const s3 = client('manager-key');
  const keys = Array.from({ length: 7 }, (_, n) => `pages/${n}`);
  for (const Key of keys) await s3.putObject({ Bucket: BUCKET, Key, Body: 'x' }).promise();
  const sorted = (names: readonly string[]) => names.toSorted((a, b) => (a < b ? -1 : 1));
  const query = { Bucket: BUCKET, Prefix: 'pages/' };
  const v2: string[] = [];
  let token: string | undefined;
  do {
    const more = token === undefined ? {} : { ContinuationToken: token };
    const page = await s3.listObjectsV2({ ...query, MaxKeys: 3, ...more }).promise();
    v2.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  expect(sorted(v2)).toEqual(keys);
  const v1: string[] = [];
  let marker: string | undefined;
  do {
    const more = marker === undefined ? {} : { Marker: marker };
    const page = await s3.listObjects({ ...query, MaxKeys: 3, ...more }).promise();
    v1.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    marker = page.NextMarker;
  } while (marker !== undefined && marker !== '');
  expect(sorted(v1)).toEqual(keys);
  const after = await s3.listObjectsV2({ ...query, StartAfter: 'pages/4' }).promise();
  expect(sorted(after.Contents?.map(({ Key = '' }) => Key) ?? [])).toEqual(['pages/5', 'pages/6']);
  const folders = await s3.listObjectsV2({ Bucket: BUCKET, Delimiter: '/', Prefix: '' }).promise();
  expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix)).toContain('pages/');
});

test('a body that is not what its checksum says is refused', async () => {
  const request = client('old-key').putObject({ Bucket: BUCKET, Key: 'damaged', Body: 'x' });
  request.on('build', () => {
    request.httpRequest.headers['Content-MD5'] = 'AAAAAAAAAAAAAAAAAAAAAA==';
  });
  await expect(request.promise()).rejects.toMatchObject({ statusCode: 400, code: 'BadDigest' });
});
