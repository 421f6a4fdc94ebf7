import { describe, expect, test } from 'vitest';
import type { Blockers } from '../../../../infra/local/cos/bucket.ts';
import { days, minutes } from '../../../../shared/domain/time.ts';
import { BUCKET } from '../../../simulation/small-world.ts';
import { aCosWorld } from './cos-world.ts';

const ROOT_KEY = 'crn:v1:bluemix:public:kms:eu-de:a/1:22222222-1111-4222-8333-444444444444:key:1';

/** What Logpush and the keeper get after a change: of 15 pushes how many fail, and the status of a read. */
async function after(change: (bucket: Blockers) => void, settings: object = {}) {
  const { world, call, pass } = aCosWorld(settings);
  pass(minutes(10));
  world.cos.change(BUCKET, change);
  const [job] = [...world.cis.jobs()];
  let refusals = 0;
  for (let push = 0; push < 15; push += 1) {
    pass(minutes(1));
    if (job?.errorMessage !== undefined) refusals += 1;
  }
  return { refusals, read: (await call('Manager', 'HEAD', BUCKET)).status, message: job?.errorMessage };
}

describe('a firewall', () => {
  test.each([
    ['allows nobody but others', { allowedIps: ['192.0.2.0/24'] }, 15, 403],
    ['allows the keeper alone', { allowedIps: ['198.51.100.7'] }, 15, 200],
    ['allows one range of Cloudflare’s', { allowedIps: ['162.158.0.0/15', '198.51.100.0/24'] }, 14, 200],
    ['denies one range of Cloudflare’s', { deniedIps: ['104.16.0.0/13'] }, 1, 200],
    [
      'allows everybody and denies Cloudflare’s range',
      { allowedIps: ['0.0.0.0/0'], deniedIps: ['104.16.0.0/12'] },
      2,
      200,
    ],
    ['allows IPv6 addresses alone', { allowedIps: ['2400:cb00::/32'] }, 15, 403],
    ['allows private networks alone', { allowedNetworks: ['private'] }, 15, 403],
    ['does not restrict', { allowedIps: [], deniedIps: [] }, 0, 200],
  ] as const)('that %s', async (_, firewall, refusals, read) => {
    const seen = await after((bucket) => {
      bucket.firewall = firewall;
    });
    expect(seen).toMatchObject({ refusals, read });
  });

  test('knows where the keeper is', async () => {
    const seen = await after((bucket) => (bucket.firewall = { allowedNetworks: ['private'] }), {
      callerNetwork: 'private',
    });
    expect(seen).toMatchObject({
      refusals: 15,
      read: 200,
      message: 'error writing to destination: permission denied',
    });
  });
});

test('a root key that is disabled: no object is read or written, the bucket is still named', async () => {
  const change = (bucket: Blockers) => (bucket.rootKey = { crn: ROOT_KEY, state: 'disabled' });
  expect(await after(change)).toMatchObject({ refusals: 15, read: 200 });
  const { world, call } = aCosWorld();
  await call('Manager', 'PUT', `${BUCKET}/a`, { body: 'x' });
  world.cos.change(BUCKET, change);
  expect((await call('Manager', 'GET', `${BUCKET}/a`)).status).toBe(403);
  expect((await call('Manager', 'GET', `${BUCKET}?list-type=2`)).status).toBe(403);
});

test.each([
  ['Content Reader', {}, null],
  ['Reader', {}, null],
  ['Writer', {}, ROOT_KEY],
  ['Manager', {}, ROOT_KEY],
  ['Content Reader', { rootKeyOnHead: 'everybody' }, ROOT_KEY],
] as const)('%s and the root key on HEAD (%j)', async (role, settings, crn) => {
  const { world, call } = aCosWorld(settings);
  world.cos.change(BUCKET, (bucket) => (bucket.rootKey = { crn: ROOT_KEY, state: 'active' }));
  const { headers } = await call(role, 'HEAD', BUCKET);
  expect(headers.get('ibm-sse-kp-crk-id')).toBe(crn);
  expect(headers.get('ibm-sse-kp-enabled')).toBe(crn === null ? null : 'True');
});

test('an instance that is not active refuses everything', async () => {
  const change = (bucket: Blockers) => (bucket.instanceState = 'pending_reclamation');
  expect(await after(change)).toMatchObject({ refusals: 15, read: 403 });
});

test('a bucket that is deleted is not found, by its configuration neither', async () => {
  const change = (bucket: Blockers) => (bucket.deleted = true);
  expect(await after(change)).toMatchObject({
    refusals: 15,
    read: 404,
    message: 'error writing to destination: destination not found',
  });
  const { world, configuration } = aCosWorld();
  world.cos.change(BUCKET, change);
  expect((await configuration('Manager')).status).toBe(404);
});

test('a hard quota: the request that crosses it is taken, the next is not, and the counters lag', async () => {
  const { world, call, configuration, clock } = aCosWorld({ usageLagMinutes: 30 });
  world.cos.change(BUCKET, (bucket) => (bucket.hardQuota = 10));
  const put = async (key: string) =>
    (await call('Object Writer', 'PUT', `${BUCKET}/${key}`, { body: '123456' })).status;
  clock.advance(1);
  expect([await put('a'), await put('b'), await put('c')]).toEqual([200, 200, 403]);
  expect((await configuration('Manager')).body).toMatchObject({
    bytes_used: 0,
    object_count: 0,
    hard_quota: 10,
  });
  clock.advance(minutes(31));
  expect((await configuration('Manager')).body).toMatchObject({ bytes_used: 12, object_count: 2 });
});

test('retention: a checksum is a must, and what is there stays', async () => {
  const { world, call, pass } = aCosWorld();
  world.cos.change(BUCKET, (bucket) => (bucket.retentionDays = 1));
  const put = async (headers: Record<string, string> = {}) =>
    (await call('Writer', 'PUT', `${BUCKET}/a`, { body: 'x', headers })).status;
  const checksum = { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' };
  expect([await put(), await put(checksum), await put(checksum)]).toEqual([400, 200, 403]);
  expect((await call('Writer', 'DELETE', `${BUCKET}/a`)).status).toBe(403);
  expect((await call('Reader', 'GET', `${BUCKET}?protection`)).text).toContain('<Status>Retention</Status>');
  pass(days(1));
  expect((await call('Writer', 'DELETE', `${BUCKET}/a`)).status).toBe(204);
});

test('object lock: a checksum is a must, and overwriting makes a version', async () => {
  const { world, call } = aCosWorld();
  const codeOf = async (rules: string) => (await call('Reader', 'GET', `${BUCKET}?${rules}`)).text;
  expect(await codeOf('object-lock')).toContain('ObjectLockConfigurationNotFoundError');
  world.cos.change(BUCKET, (bucket) => (bucket.objectLockDays = 7));
  const put = async (headers: Record<string, string> = {}) =>
    (await call('Writer', 'PUT', `${BUCKET}/a`, { body: 'x', headers })).status;
  const checksum = { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' };
  expect([await put(), await put(checksum), await put(checksum)]).toEqual([400, 200, 200]);
  expect(await codeOf('object-lock')).toContain('<DefaultRetention><Mode>COMPLIANCE</Mode><Days>7</Days>');
});

test('lifecycle rules are told to who asks', async () => {
  const { world, call } = aCosWorld();
  const text = async () => (await call('Reader', 'GET', `${BUCKET}?lifecycle`)).text;
  expect(await text()).toContain('NoSuchLifecycleConfiguration');
  world.cos.change(BUCKET, (bucket) => {
    bucket.lifecycle = [{ id: 'tidy', prefix: 'old/', enabled: true, expireDays: 30, archiveDays: 1 }];
  });
  expect(await text()).toContain(
    '<Rule><ID>tidy</ID><Filter><Prefix>old/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>30</Days></Expiration><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>',
  );
});

describe('the configuration of a bucket', () => {
  const limited = (settings: object = {}) => {
    const world = aCosWorld(settings);
    world.world.cos.change(BUCKET, (bucket) => {
      bucket.firewall = { allowedIps: ['192.0.2.0/24'], allowedNetworks: ['public'] };
      bucket.hardQuota = 1_000_000_000;
    });
    return world;
  };

  test.each([
    ['Object Writer', 403, []],
    ['Content Reader', 403, []],
    ['Reader', 200, []],
    ['Writer', 200, ['hard_quota']],
    ['Manager', 200, ['hard_quota', 'firewall']],
  ] as const)('as %s sees it, whatever the firewall says', async (role, status, shown) => {
    const seen = await limited().configuration(role);
    expect(seen.status).toBe(status);
    expect(['hard_quota', 'firewall'].filter((name) => name in seen.body)).toEqual(shown);
  });

  test('is refused as a whole in worlds that hide nothing', async () => {
    const { configuration } = limited({ partialConfiguration: 'refuse' });
    expect((await configuration('Writer')).status).toBe(403);
    expect((await configuration('Manager')).body).toMatchObject({
      name: BUCKET,
      firewall: { allowed_ip: ['192.0.2.0/24'], allowed_network_type: ['public'] },
    });
  });

  test('needs a token, and a bucket', async () => {
    const { configuration } = limited();
    expect((await configuration('Bearer nobody')).status).toBe(401);
    expect((await configuration('Manager', 'other-bucket')).status).toBe(404);
  });
});

test('a role that is gone refuses what Logpush writes', () => {
  const { world, pass } = aCosWorld();
  pass(minutes(10));
  world.iam.removePolicy('iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f', 'cloud-object-storage');
  pass(minutes(10));
  const [job] = [...world.cis.jobs()];
  expect(job?.errorMessage).toBe('error writing to destination: permission denied');
});
