import { expect, test } from 'vitest';
import { createServices } from '../../../shared/clients/services.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { ApiError } from '../../../shared/errors.ts';
import type { ResourceService, Services, Transport } from '../../../shared/ports.ts';
import { loadFixture } from '../../fixtures/load.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';
import { scripted } from '../../support/scripted-transport.ts';

/** The clients against the examples of IBM's documentation: what they send, and what they make of the answers. */

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const SERVICE_ID = 'iam-ServiceId-aaaa1111-0000-4000-8000-000000000001';
const SECRET_ID = '0f7c6a52-0000-4000-8000-000000000001';
const KEY_ID = 'ApiKey-bbbb2222-0000-4000-8000-000000000001';
const CRN = `crn:v1:bluemix:public:internet-svcs:global:a/${ACCOUNT}:dddd4444-0000-4000-8000-000000000001::`;
const ZONE = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const JOB = { instanceCrn: CRN, zoneId: ZONE, jobId: 700123 };
const LOGS = {
  kind: 'cloud-logs',
  instanceId: 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb',
  region: 'eu-de',
} as const;
const LOGS_INSTANCE = {
  guid: LOGS.instanceId,
  crn: `crn:v1:bluemix:public:logs:eu-de:a/${ACCOUNT}:${LOGS.instanceId}::`,
  name: 'logs',
  accountId: ACCOUNT,
  region: 'eu-de',
  state: 'active',
  ingressHost: `${LOGS.instanceId}.ingress.eu-de.logs.cloud.ibm.com`,
  privateOnly: false,
};
const TEN = Date.UTC(2026, 8, 1, 10);

const services = (transport: Transport): Services =>
  createServices({
    transport,
    clock: fakeClock(),
    random: fixedRandom,
    endpoints: {
      iam: 'http://127.0.0.1/iam',
      cis: 'http://127.0.0.1/cis/',
      secretsManager: 'http://127.0.0.1/secrets-manager',
      cloudLogs: 'http://127.0.0.1/cloud-logs',
      resourceController: 'http://127.0.0.1/resource-controller/',
      cbr: 'http://127.0.0.1/cbr/',
    },
    accounts: new Map([
      ['edge', { accountId: ACCOUNT, credential: { kind: 'api-key', apiKey: new Secret('KEEPER-KEY') } }],
    ]),
    cisCallsPerMinute: 80,
  }).services;

async function play<T>(
  transport: ReturnType<typeof scripted>,
  act: (services: Services) => Promise<T>,
): Promise<T> {
  const result = await act(services(transport));
  transport.finished();
  return result;
}
const iam = (of: Services) => of.iam('edge');
const cis = (of: Services) => of.cis('edge');
const secrets = (of: Services) =>
  of.secretsManager('edge', {
    instanceId: 'cccc3333-0000-4000-8000-000000000001',
    region: 'us-south',
    network: 'public',
  });

const refusal = async (act: Promise<unknown>): Promise<ApiError> => {
  const error = await act.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApiError)) throw new Error('an ApiError was expected');
  return error;
};

test('IAM: a key list is read to its last page', async () => {
  const keys = await play(scripted(['iam', 'listApiKeys'], ['iam', 'listApiKeys.last-page']), (s) =>
    iam(s).listApiKeys({ accountId: ACCOUNT, iamId: SERVICE_ID }),
  );
  expect(keys.length).toBeGreaterThanOrEqual(2);
  expect(keys[0]).toMatchObject({ id: KEY_ID, name: 'logpush-edge', iamId: SERVICE_ID, accountId: ACCOUNT });
  expect(keys.at(-1)).toMatchObject({ disabled: true, expiresAt: Date.UTC(2026, 11, 30) });
});

test('IAM: a key is created disabled, with an expiry and an explicit leak action', async () => {
  const created = await play(scripted(['iam', 'createApiKey']), (s) =>
    iam(s).createApiKey({
      name: 'logpush-edge-2026-09-01-r42',
      description: 'managed by logpush-keeper, run r42',
      iamId: SERVICE_ID,
      accountId: ACCOUNT,
      expiresAt: Date.UTC(2026, 11, 30),
    }),
  );
  expect(created.key).toEqual({
    id: 'ApiKey-bbbb2222-0000-4000-8000-000000000002',
    name: 'logpush-edge-2026-09-01-r42',
    iamId: SERVICE_ID,
    accountId: ACCOUNT,
    createdAt: TEN,
    expiresAt: Date.UTC(2026, 11, 30),
    locked: false,
    disabled: true,
  });
  expect(String(created.value)).toBe('[secret]');
  expect(created.value.reveal()).toBe('EXAMPLE-NEW-KEY');
});

test('IAM: a refused create says that nothing was made', async () => {
  const transport = scripted(['iam', 'createApiKey.forbidden']);
  const error = await refusal(
    iam(services(transport)).createApiKey({
      name: 'logpush-edge-2026-09-01-r42',
      description: 'managed by logpush-keeper, run r42',
      iamId: SERVICE_ID,
      accountId: ACCOUNT,
      expiresAt: Date.UTC(2026, 11, 30),
    }),
  );
  expect(error).toMatchObject({ status: 403, effect: 'none', operation: 'createApiKey' });
});

test('IAM: a key is found by id, with its activity, and by value', async () => {
  const plain = await play(scripted(['iam', 'getApiKey']), (s) => iam(s).getApiKey(KEY_ID));
  expect(plain).toMatchObject({ id: KEY_ID });
  expect(plain).not.toHaveProperty('lastAuthnAt');
  const active = await play(scripted(['iam', 'getApiKey.activity']), (s) =>
    iam(s).getApiKey(KEY_ID, { activity: true }),
  );
  expect(active?.lastAuthnAt).toEqual(expect.any(Number));
  const found = await play(scripted(['iam', 'getApiKeyDetails']), (s) =>
    iam(s).findApiKey(new Secret('EXAMPLE-KEY')),
  );
  expect(found).toMatchObject({ id: KEY_ID });
});

test('IAM: a key that is not there is undefined when read and deleted when deleted', async () => {
  const dead = 'ApiKey-bbbb2222-0000-4000-8000-00000000dead';
  expect(await play(scripted(['iam', 'getApiKey.not-found']), (s) => iam(s).getApiKey(dead))).toBeUndefined();
  await play(scripted(['iam', 'deleteApiKey.not-found']), (s) => iam(s).deleteApiKey(dead));
});

test('IAM: enable, disable, unlock and delete are the documented calls', async () => {
  await play(scripted(['iam', 'enableApiKey']), (s) =>
    iam(s).enableApiKey('ApiKey-bbbb2222-0000-4000-8000-000000000002'),
  );
  await play(scripted(['iam', 'disableApiKey']), (s) =>
    iam(s).disableApiKey('ApiKey-bbbb2222-0000-4000-8000-000000000002'),
  );
  await play(scripted(['iam', 'unlockApiKey']), (s) =>
    iam(s).unlockApiKey('ApiKey-bbbb2222-0000-4000-8000-000000000003'),
  );
  await play(scripted(['iam', 'deleteApiKey']), (s) =>
    iam(s).deleteApiKey('ApiKey-bbbb2222-0000-4000-8000-000000000002'),
  );
});

test('IAM: a 401 gets one try with a fresh token, then it is told', async () => {
  const transport = scripted(['iam', 'getApiKey.unauthorized'], ['iam', 'getApiKey']);
  expect(await iam(services(transport)).getApiKey(KEY_ID)).toMatchObject({ id: KEY_ID });
  const stubborn = scripted(['iam', 'getApiKey.unauthorized'], ['iam', 'getApiKey.unauthorized']);
  expect(await refusal(iam(services(stubborn)).getApiKey(KEY_ID))).toMatchObject({ status: 401 });
});

test('IAM: what the token endpoint says about a key', async () => {
  const mint = (name: string, key: string) =>
    play(scripted(['iam', name]), (s) => iam(s).mintToken(new Secret(key)));
  expect(await mint('grantToken', 'EXAMPLE-KEY')).toMatchObject({
    verdict: 'yes',
    iamId: SERVICE_ID,
    accountId: ACCOUNT,
  });
  expect(await mint('grantToken.unknown-key', 'EXAMPLE-UNKNOWN-KEY')).toEqual({
    verdict: 'no',
    code: 'BXNIM0415E',
  });
  expect(await mint('grantToken.dead-key', 'EXAMPLE-DISABLED-KEY')).toEqual({
    verdict: 'no',
    code: 'BXNIM0462E',
  });
});

test('IAM: policies are read to their last page, with what each role may do and under which condition', async () => {
  const policies = await play(scripted(['iam', 'listV2Policies'], ['iam', 'listV2Policies.last-page']), (s) =>
    s.access('edge').listPolicies(ACCOUNT, { iamId: SERVICE_ID }),
  );
  expect(policies.map(({ resource }) => resource.at(-1)?.values)).toEqual([
    ['edge-logs'],
    ['logs'],
    ['service'],
  ]);
  expect(policies[0]).toMatchObject({
    state: 'active',
    tagged: false,
    roles: [{ actions: expect.arrayContaining(['cloud-object-storage.object.put']) }],
    rule: { operator: 'or', conditions: [{ operator: 'stringMatch', values: ['zone-a/http/*'] }] },
    lastModifiedAt: Date.UTC(2026, 5, 1, 8),
  });
});

test('IAM: an empty list of policies is just that, and groups come without the public one', async () => {
  const access = (of: Services) => of.access('edge');
  expect(
    await play(scripted(['iam', 'listV2Policies.nothing']), (s) =>
      access(s).listPolicies(ACCOUNT, { iamId: SERVICE_ID }),
    ),
  ).toEqual([]);
  const [groupId = ''] = await play(scripted(['iam', 'listAccessGroups']), (s) =>
    access(s).listGroups(ACCOUNT, SERVICE_ID),
  );
  const policies = await play(scripted(['iam', 'listV2Policies.group']), (s) =>
    access(s).listPolicies(ACCOUNT, { groupId }),
  );
  expect(policies[0]?.subject).toEqual([
    { key: 'access_group_id', operator: 'stringEquals', values: [groupId] },
  ]);
  const refused = services(scripted(['iam', 'listAccessGroups.forbidden']));
  expect(await refusal(access(refused).listGroups(ACCOUNT, SERVICE_ID))).toMatchObject({
    status: 403,
    operation: 'listAccessGroups',
  });
  expect(await play(scripted(), (s) => access(s).ownIamId())).toBe(SERVICE_ID);
  expect(await play(scripted(), (s) => access(s).ownAccountId())).toBe(ACCOUNT);
});

test('Secrets Manager: metadata, versions and locks', async () => {
  const metadata = await play(scripted(['secrets-manager', 'getSecretMetadata']), (s) =>
    secrets(s).getMetadata(SECRET_ID),
  );
  expect(metadata).toMatchObject({ id: SECRET_ID, name: 'logpush-edge-key', type: 'arbitrary', state: 1 });
  expect(metadata.groupId).toBe('default');
  expect(await play(scripted(['secrets-manager', 'listSecrets']), (s) => secrets(s).listSecrets())).toEqual([
    metadata,
  ]);
  const versions = await play(scripted(['secrets-manager', 'listSecretVersions']), (s) =>
    secrets(s).listVersions(SECRET_ID),
  );
  expect(versions.find((version) => version.alias === 'current')?.metadata['api_key_id']).toEqual(
    expect.any(String),
  );
  const locks = await play(scripted(['secrets-manager', 'listSecretLocks']), (s) =>
    secrets(s).listLocks(SECRET_ID),
  );
  expect(locks[0]).toMatchObject({ name: 'keeper-guard', versionAlias: 'current' });
});

test('Secrets Manager: expiry is a merge patch, and null takes it away', async () => {
  await play(scripted(['secrets-manager', 'updateSecretMetadata']), (s) =>
    secrets(s).setExpiry(SECRET_ID, Date.UTC(2026, 11, 31)),
  );
  await play(scripted(['secrets-manager', 'updateSecretMetadata.no-expiry']), (s) =>
    secrets(s).setExpiry(SECRET_ID, undefined),
  );
});

test('Secrets Manager: a payload is read only after the type is known', async () => {
  const script = scripted(['secrets-manager', 'getSecretMetadata'], ['secrets-manager', 'getSecretVersion']);
  const value = await play(script, (s) => secrets(s).readKey({ id: SECRET_ID }, 'current'));
  expect(JSON.stringify({ value })).toBe('{"value":"[secret]"}');
});

test('Secrets Manager: the guard lock moves with remove_previous', async () => {
  const lock = { name: 'keeper-guard', description: 'one rotation at a time' };
  await play(scripted(['secrets-manager', 'createSecretLocks.remove-previous']), (s) =>
    secrets(s).lockCurrent(SECRET_ID, lock, 'remove_previous'),
  );
});

test('Secrets Manager: a new version carries the key id, and a locked previous one is a 412 that changed nothing', async () => {
  const { payload, version_custom_metadata: metadata } = loadFixture('secrets-manager', 'createSecretVersion')
    .request.json as { readonly payload: string; readonly version_custom_metadata: Record<string, string> };
  const version = await play(scripted(['secrets-manager', 'createSecretVersion']), (s) =>
    secrets(s).createVersion({ id: SECRET_ID }, { key: new Secret(payload), metadata }),
  );
  expect(version).toMatchObject({ alias: 'current', payloadAvailable: true });
  const locked = services(scripted(['secrets-manager', 'createSecretVersion.locked']));
  const error = await refusal(
    secrets(locked).createVersion({ id: SECRET_ID }, { key: new Secret(payload), metadata }),
  );
  expect(error).toMatchObject({ status: 412, effect: 'none' });
});

test('CIS: zones, retention and jobs', async () => {
  const zones = await play(scripted(['cis', 'listZones']), (s) => Array.fromAsync(cis(s).listZones(CRN)));
  expect(zones[0]).toEqual({ id: ZONE, name: 'shop.example', status: 'active', paused: false });
  expect(await play(scripted(['cis', 'getLogRetention']), (s) => cis(s).getLogRetention(CRN, ZONE))).toEqual(
    expect.any(Boolean),
  );
  const { jobs, answeredAt } = await play(scripted(['cis', 'listLogpushJobs']), (s) =>
    cis(s).listLogpushJobs(CRN, ZONE),
  );
  expect(answeredAt).toBe(TEN);
  expect(jobs[0]?.ref.instanceCrn).toBe(CRN);
  expect(
    (
      await play(scripted(['cis', 'listLogpushJobs.null']), (s) =>
        cis(s).listLogpushJobs(CRN, '00112233445566778899aabbccddeeff'),
      )
    ).jobs,
  ).toEqual([]);
});

test('CIS: a job with its key in the clear, masked, failing, and gone', async () => {
  const get = async (name: string, jobId = 700123) =>
    (await play(scripted(['cis', name]), (s) => cis(s).getLogpushJob({ ...JOB, jobId }))).job;
  const clear = await get('getLogpushJob');
  expect(clear?.destination).toEqual(LOGS);
  expect(clear?.destinationKey.state).toBe('visible');
  expect(JSON.stringify(clear)).not.toContain('EXAMPLE');
  expect((await get('getLogpushJob.masked'))?.destinationKey).toEqual({ state: 'masked' });
  expect((await get('getLogpushJob.failing'))?.lastErrorAt).toEqual(expect.any(Number));
});

test('CIS: a job that is gone is undefined', async () => {
  const ref = { ...JOB, jobId: 700999 };
  expect(
    (await play(scripted(['cis', 'getLogpushJob.not-found']), (s) => cis(s).getLogpushJob(ref))).job,
  ).toBeUndefined();
});

test('CIS: moving a job sends the whole destination and nothing else; enabling sends enabled and nothing else', async () => {
  const moved = await play(scripted(['cis', 'updateLogpushJob.ibmcl']), (s) =>
    cis(s).updateLogpushJob(JOB, { destination: { ...LOGS, apiKey: new Secret('EXAMPLE-NEW-KEY') } }),
  );
  expect(moved).toMatchObject({ answeredAt: TEN, job: { ref: JOB, destination: LOGS } });
  await play(scripted(['cis', 'updateLogpushJob.enabled']), (s) =>
    cis(s).updateLogpushJob({ ...JOB, jobId: 700124 }, { enabled: true }),
  );
});

const NEW_JOB = {
  name: 'edge-range',
  enabled: true,
  dataset: 'range_events',
  frequency: 'low',
  logpullOptions: 'fields=RayID,ClientIP,EdgeStartTimestamp&timestamps=rfc3339',
  destination: LOGS,
  labels: { applicationName: 'cis-edge', subsystemName: 'range' },
} as const;
const BUCKET = {
  kind: 'cos',
  instanceId: 'bbbbbbbb-1111-4222-8333-cccccccccccc',
  region: 'eu-de',
  bucket: 'edge-logs',
  path: 'http',
  dailySubfolder: false,
} as const;
const KEY = { apiKey: new Secret('EXAMPLE-KEY') };
const IN_ZONE = { instanceCrn: CRN, zoneId: ZONE };

test('CIS: a job is made with the body of its kind, and shows no key', async () => {
  const onLogs = await play(scripted(['cis', 'createLogpushJob.ibmcl']), (s) =>
    cis(s).createLogpushJob(IN_ZONE, NEW_JOB, KEY),
  );
  expect(onLogs).toMatchObject({ answeredAt: TEN, job: { ref: { ...IN_ZONE, jobId: 700126 } } });
  expect(onLogs.job.logpullOptions).toBe(NEW_JOB.logpullOptions);
  expect(JSON.stringify(onLogs)).not.toContain('EXAMPLE');
  const archive = { name: 'edge-http-archive', enabled: false, dataset: 'http_requests' };
  const { job } = await play(scripted(['cis', 'createLogpushJob.cos']), (s) =>
    cis(s).createLogpushJob(IN_ZONE, { ...NEW_JOB, ...archive, destination: BUCKET, labels: {} }, KEY),
  );
  expect(job.destination).toEqual(BUCKET);
});

test('CIS: a job that was refused was not made', async () => {
  const transport = scripted(['cis', 'createLogpushJob.quota']);
  const error = await refusal(cis(services(transport)).createLogpushJob(IN_ZONE, NEW_JOB, KEY));
  expect(error).toMatchObject({ status: 403, code: '1004', effect: 'none' });
  transport.finished();
});

test('CIS: a job is deleted, and one that is gone counts as deleted', async () => {
  const remove = (name: string, jobId: number) =>
    play(scripted(['cis', name]), (s) => cis(s).deleteLogpushJob({ ...IN_ZONE, jobId }));
  await remove('deleteLogpushJob', 700124);
  await remove('deleteLogpushJob.not-found', 700999);
});

test('CIS: log retention is switched on; frequency and options change alone', async () => {
  await play(scripted(['cis', 'setLogRetention']), (s) => cis(s).setLogRetention(CRN, ZONE, true));
  const change = { frequency: 'high', logpullOptions: 'fields=QueryName&timestamps=rfc3339' };
  const { job } = await play(scripted(['cis', 'updateLogpushJob.settings']), (s) =>
    cis(s).updateLogpushJob({ ...JOB, jobId: 700125 }, change),
  );
  expect(job).toMatchObject(change);
});

test('CIS: ownership is challenged, and validated in both shapes of the answer', async () => {
  const legacy = { ...BUCKET, path: 'legacy' };
  const challenge = await play(scripted(['cis', 'challengeOwnership']), (s) =>
    cis(s).challengeOwnership(IN_ZONE, legacy),
  );
  expect(challenge).toEqual({ filename: 'legacy/ownership-challenge-9883874e.txt', valid: true });
  for (const name of ['validateOwnership.bare', 'validateOwnership.wrapped'])
    expect(
      await play(scripted(['cis', name]), (s) =>
        cis(s).validateOwnership(IN_ZONE, legacy, new Secret('EXAMPLE-TOKEN')),
      ),
    ).toBe(true);
});

test('CIS: a refused destination changed nothing and quotes no key', async () => {
  const transport = scripted(['cis', 'updateLogpushJob.destination-refused']);
  const error = await refusal(
    cis(services(transport)).updateLogpushJob(JOB, {
      destination: { ...LOGS, apiKey: new Secret('EXAMPLE-UNKNOWN-KEY') },
    }),
  );
  expect(error).toMatchObject({ status: 400, effect: 'none' });
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('EXAMPLE');
});

test.each([
  ['listLogpushJobs.plan', 405, '405'],
  ['listLogpushJobs.invalid-zone', 400, '1001'],
] as const)('CIS: %s is an error with its code', async (name, status, code) => {
  const zoneId = name === 'listLogpushJobs.plan' ? ZONE : 'ffffffffffffffffffffffffffffffff';
  expect(await refusal(cis(services(scripted(['cis', name]))).listLogpushJobs(CRN, zoneId))).toMatchObject({
    status,
    code,
  });
});

test('CIS: an HTML page from the edge is tried again, and told without its text', async () => {
  const page = ['cis', 'listZones.edge-page'] as const;
  const error = await refusal(Array.fromAsync(cis(services(scripted(page, page, page))).listZones(CRN)));
  expect(error.message).not.toContain('<');
  expect(error.status).toBeGreaterThanOrEqual(500);
});

test('CIS: after a 429 the next call waits and succeeds', async () => {
  const zones = await play(scripted(['cis', 'listZones.too-many-requests'], ['cis', 'listZones']), (s) =>
    Array.fromAsync(cis(s).listZones(CRN)),
  );
  expect(zones).toHaveLength(2);
});

test('Cloud Logs: accepted, accepted with a message, refused, bad token', async () => {
  const record = {
    applicationName: 'logpush-keeper',
    subsystemName: 'canary',
    severity: 3,
    text: { kind: 'canary', run: 'r-7f3a', nonce: 'c0ffee42' },
  } as const;
  const send = async (name: string, timestamp = 1788256800000) =>
    (
      await play(scripted(['cloud-logs', name]), (s) =>
        s.cloudLogs.send(LOGS, new Secret('token'), { ...record, timestamp }),
      )
    ).verdict;
  expect(await send('sendRecords')).toBe('yes');
  expect(await send('sendRecords.empty-object')).toBe('yes');
  expect(await send('sendRecords.message', 1788166800000)).toBe('unknown');
  expect(await send('sendRecords.forbidden')).toBe('no');
  expect(await send('sendRecords.unauthorized')).toBe('unknown');
});

test('Resource Controller: the instances of one service, from every page', async () => {
  const script = [
    ['resource-controller', 'listResourceInstances'],
    ['resource-controller', 'listResourceInstances.last-page'],
  ] as const;
  const list = async (service: ResourceService) =>
    play(scripted(...script), (s) => s.resources('edge').list(service));
  expect(await list('logs')).toEqual({ verdict: 'yes', instances: [LOGS_INSTANCE] });
  expect(await list('internet-svcs')).toEqual({
    verdict: 'yes',
    instances: [
      {
        guid: CRN.split(':')[7],
        crn: CRN,
        name: 'shop',
        accountId: ACCOUNT,
        region: 'global',
        state: 'active',
      },
    ],
  });
  expect(await list('cloud-object-storage')).toEqual({ verdict: 'yes', instances: [] });
});

test('Resource Controller: an instance by its GUID, deleted, unknown and hidden', async () => {
  const get = async (name: string, guid = LOGS.instanceId as string) =>
    play(scripted(['resource-controller', name]), (s) => s.resources('edge').instance(guid));
  expect(await get('getResourceInstance')).toEqual({ verdict: 'yes', instance: LOGS_INSTANCE });
  expect(await get('getResourceInstance.reclaimed')).toMatchObject({
    verdict: 'yes',
    instance: { state: 'pending_reclamation' },
  });
  const dead = 'aaaaaaaa-1111-4222-8333-00000000dead';
  expect(await get('getResourceInstance.not-found', dead)).toEqual({ verdict: 'no', status: 404 });
  expect(await get('getResourceInstance.forbidden')).toEqual({ verdict: 'no', status: 403 });
});

test('context-based restrictions: a rule, and the addresses of its zone', async () => {
  const list = (of: Services) => of.restrictions('edge').list(ACCOUNT, 'logs');
  expect(await play(scripted(['cbr', 'listRules'], ['cbr', 'getZone']), list)).toEqual({
    verdict: 'yes',
    restrictions: [
      {
        id: '30fd58c9b75f40e854b89c432318b4a2',
        enforcement: 'report',
        instanceId: LOGS.instanceId,
        addresses: ['203.0.113.9', '198.51.100.0/24'],
      },
    ],
  });
  expect(await play(scripted(['cbr', 'listRules.forbidden']), list)).toEqual({ verdict: 'no', status: 403 });
});
