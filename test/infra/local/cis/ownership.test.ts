import { expect, test } from 'vitest';
import { LOGPUSH_IDENTITY } from '../../../../infra/local/logpush/deliver.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import { BUCKET } from '../../../simulation/small-world.ts';
import { aBucketWorld, COS_INSTANCE, cos } from './bucket-world.ts';

test('a challenge is a file below the path, and its token proves this zone, bucket and path for a week', async () => {
  const cloud = aBucketWorld();
  const asked = await cloud.call('POST', 'ownership', { cos: cos('old/') });
  expect(asked).toMatchObject({ status: 200, body: { success: true, result: { valid: true } } });
  expect(asked.body.result.filename).toMatch(/^old\/ownership-challenge-[0-9a-f]{8}\.txt$/);

  const token = await cloud.token('old/');
  const valid = async (path: string, challenge: string, zoneId?: string) =>
    (
      await cloud.call(
        'POST',
        'ownership/validate',
        { cos: cos(path), ownership_challenge: challenge },
        zoneId,
      )
    ).body;
  expect(await valid('old', `${token}\n`)).toEqual({ valid: true });
  expect(await valid('older', token)).toEqual({ valid: false });
  expect(await valid('old', 'guessed')).toEqual({ valid: false });
  expect(await valid('old', token, cloud.otherZone)).toEqual({ valid: false });
  cloud.pass(days(7));
  expect(await valid('old', token)).toEqual({ valid: false });
});

test('the answer about a challenge may come in the envelope of all others', async () => {
  const cloud = aBucketWorld({ settings: { ownershipAnswer: 'wrapped' } });
  const token = await cloud.token('old');
  const { body } = await cloud.call('POST', 'ownership/validate', {
    cos: cos('old'),
    ownership_challenge: token,
  });
  expect(body).toMatchObject({ success: true, result: { valid: true } });
});

test('where IBM’s identity may not write, a challenge answers 200 and is not valid', async () => {
  const cloud = aBucketWorld({ granted: false });
  const { status, body } = await cloud.call('POST', 'ownership', { cos: cos('old') });
  expect(status).toBe(200);
  expect(body.result.valid).toBe(false);
  expect(cloud.world.cos.objects(BUCKET)).toEqual([]);
});

test('a job with a proven challenge carries no key, pushes as IBM’s identity, and fails when that loses its role', async () => {
  const cloud = aBucketWorld();
  const ownership_challenge = await cloud.token('old');
  const created = await cloud.call('POST', 'jobs', {
    name: 'old',
    enabled: true,
    frequency: 'low',
    cos: cos('old'),
    ownership_challenge,
  });
  expect(created).toMatchObject({
    status: 201,
    body: { result: { destination_conf: `cos://${BUCKET}/old?region=eu-de&instance-id=${COS_INSTANCE}` } },
  });
  const { id } = created.body.result;
  cloud.pass(hours(1));
  expect(cloud.truth(id)).toMatchObject({ deliveredMinutes: 60, lostMinutes: 0 });
  expect(cloud.world.cos.objects(BUCKET).filter(({ key }) => /^old\/\d.*\.log\.gz$/.test(key))).toHaveLength(
    12,
  );

  cloud.world.iam.removePolicy(LOGPUSH_IDENTITY.iamId, 'cloud-object-storage');
  cloud.pass(hours(1));
  expect(cloud.truth(id)).toMatchObject({ lostMinutes: 60 });
  expect(cloud.job(id)?.errorMessage).toBe('error writing to destination: permission denied');
});

test.each([
  ['no challenge', 'accept', undefined],
  ['a challenge of another path', 'accept', 'older'],
  ['a good one, where such jobs are no longer made', 'refuse', 'old'],
] as const)('a create without a key and with %s is refused', async (_, legacyCreate, challenged) => {
  const cloud = aBucketWorld({ settings: { legacyCreate } });
  const ownership_challenge = challenged === undefined ? undefined : await cloud.token(challenged);
  const { status } = await cloud.call('POST', 'jobs', { name: 'old', cos: cos('old'), ownership_challenge });
  expect(status).toBe(400);
  expect([...cloud.world.cis.jobs()]).toHaveLength(2);
});

test('a challenge with Cloud Logs is refused', async () => {
  const { call, key } = aBucketWorld();
  const ibmcl = { instance_id: 'x', region: 'eu-de', api_key: key };
  expect((await call('POST', 'jobs', { name: 'a', ibmcl, ownership_challenge: 'token' })).status).toBe(400);
});

async function aLegacyJob(settings: object = {}) {
  const cloud = aBucketWorld({ settings });
  const body = { name: 'old', enabled: true, cos: cos('old'), ownership_challenge: await cloud.token('old') };
  const { id } = (await cloud.call('POST', 'jobs', body)).body.result;
  return { ...cloud, path: `jobs/${id}`, legacy: () => cloud.job(id)?.destination };
}

test.each([
  ['refuse', 400, undefined],
  ['accept', 200, 'ApiKey-00000000-0000-4000-8000-000000000001'],
] as const)('a key on a legacy job: where CIS would %s it, %i', async (legacyKey, status, keyId) => {
  const cloud = await aLegacyJob({ legacyKey });
  expect((await cloud.call('PUT', cloud.path, { cos: cos('old', cloud.key) })).status).toBe(status);
  expect(cloud.world.iam.keyIdOf(cloud.legacy()?.apiKey)).toBe(keyId);
});

test('a legacy job takes what touches no destination, and another path with a challenge for it', async () => {
  const cloud = await aLegacyJob();
  expect((await cloud.call('PUT', cloud.path, { enabled: false })).status).toBe(200);
  expect((await cloud.call('PUT', cloud.path, { cos: cos('old') })).status).toBe(200);
  expect((await cloud.call('PUT', cloud.path, { cos: cos('new') })).status).toBe(400);
  const ownership_challenge = await cloud.token('new');
  expect((await cloud.call('PUT', cloud.path, { cos: cos('new'), ownership_challenge })).status).toBe(200);
  expect(cloud.legacy()).toMatchObject({ bucket: { path: 'new' } });
});

test.each([
  ['refuse', 400],
  ['allow', 201],
] as const)('a second job for one bucket and path: %s', async (duplicatePath, status) => {
  const { call, key } = aBucketWorld({ settings: { duplicatePath } });
  expect((await call('POST', 'jobs', { name: 'a', cos: cos('http/', key) })).status).toBe(status);
  expect((await call('PUT', 'jobs/1', { cos: cos('pay', key) })).status).toBe(status === 201 ? 200 : 400);
  // It keeps its own.
  expect((await call('PUT', 'jobs/1', { cos: cos('http', key) })).status).toBe(200);
});

test.each([
  ['merge', 200, { path: 'http', dailySubfolder: true }],
  ['refuse', 400, { path: 'http', dailySubfolder: true }],
] as const)('a `cos` that leaves members out: %s', async (partialDestination, status, bucket) => {
  const { call, world, job } = aBucketWorld({ settings: { partialDestination } });
  const other = world.keyValue('foreign-key');
  expect((await call('PUT', 'jobs/1', { cos: { ibm_api_key: other } })).status).toBe(status);
  expect(job(1)?.destination).toMatchObject({ bucket });
  expect(job(1)?.destination.apiKey === other).toBe(status === 200);
});

test('a whole `cos` without path and daily folder means neither', async () => {
  const { call, key, job } = aBucketWorld();
  await call('PUT', 'jobs/1', { cos: cos('', key) });
  expect(job(1)?.destination.bucket).toEqual({ name: BUCKET, path: '', dailySubfolder: false });
});

test('a path that ends in {DATE} means daily folders', async () => {
  const { call, key, job } = aBucketWorld();
  await call('PUT', 'jobs/1', { cos: cos('dated/{DATE}', key) });
  expect(job(1)?.destination.bucket).toEqual({ name: BUCKET, path: 'dated', dailySubfolder: true });
});

test('a region where the probe passes and no push does', async () => {
  const { call, key, truth, pass, job } = aBucketWorld({
    file: ({ settings }) => settings.logpush.probeOnlyRegions.push('eu-de'),
  });
  expect((await call('POST', 'jobs', { name: 'a', enabled: true, cos: cos('new', key) })).status).toBe(201);
  pass(minutes(30));
  expect(truth(700_001)).toMatchObject({ deliveries: 0, lostMinutes: 30 });
  expect(job(700_001)?.errorMessage).toBeDefined();
});
