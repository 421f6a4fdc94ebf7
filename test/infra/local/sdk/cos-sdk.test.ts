import S3 from 'ibm-cos-sdk/clients/s3.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';
import { BUCKET, smallWorld } from '../../../simulation/small-world.ts';

/** IBM's own SDK, with its own HTTP and its own logins, against the served local cloud. */
let cloud: ServedCloud;

beforeAll(async () => {
  cloud = await serveWorld(smallWorld({ jobs: 1, destination: 'cos' }), { seed: 1 });
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
