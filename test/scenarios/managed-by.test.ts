import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { TransportError } from '../../shared/ports.ts';
import { readRecord } from '../../shared/sweeps/records.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/** Who makes the keys of a secret, and what becomes of them. */
const SECRET = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const INSTANCE = 'a5636a44-6fb3-438d-85d6-3284f14d49fe';
const NAME = 'logpush-edge-key';
const OWNER = 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f';

type Secrets = WorldFile['secretsManagers'][number]['secrets'];

/** The world of two keys, with other secrets in the place of the first one. */
function aWorld(secrets: Secrets, apiKey: string): WorldFile {
  const file = loadWorld('two-keys');
  const [manager] = file.secretsManagers;
  if (manager === undefined) throw new Error('the world has changed');
  manager.secrets = secrets;
  // The key of the other account belongs to nobody's binding here.
  file.secretsManagers.splice(1);
  for (const { zones } of file.cis)
    for (const { jobs } of zones)
      for (const job of jobs) if (job.apiKey === 'edge-logs-key') job.apiKey = apiKey;
  return file;
}

const iamCredentials = (more: object = {}): Secrets => [
  {
    id: SECRET,
    name: NAME,
    type: 'iam_credentials',
    serviceId: 'logpush-edge',
    ttlDays: 90,
    reuse: true,
    createdDaysAgo: 61,
    binding: { name: 'edge-logs', managedBy: 'secrets-manager' },
    ...more,
  },
];

const recordOf = async ({ ledger }: VirtualKeeper, member?: string) =>
  (await readRecord(ledger, 'edge-logs', { id: SECRET, ...(member === undefined ? {} : { member }) })).record;

/** Runs on schedule until the binding has no rotation under way and one more has ended. */
async function rotated(keeper: VirtualKeeper, member?: string, forDays = 5) {
  const before = (await recordOf(keeper, member)).history.length;
  for (const endsAt = keeper.clock.now() + days(forDays); keeper.clock.now() < endsAt; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', hours(1));
    const record = await recordOf(keeper, member);
    if (record.current === undefined && record.history.length > before) return record;
  }
  throw new Error(JSON.stringify(await recordOf(keeper, member), undefined, 1));
}

const lost = ({ world }: VirtualKeeper): number =>
  world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);

const currentKeyId = ({ world }: VirtualKeeper, member?: string) =>
  world.iam.keyIdOf(world.secretsManager.currentPayload(INSTANCE, SECRET, member) ?? '');

const operations = ({ world }: VirtualKeeper) => world.calls.map(({ operation }) => operation);

const keysOf = (world: World, owner = OWNER) =>
  world.iam.keys().filter(({ iamId, deleted }) => iamId === owner && !deleted);

/** Which keys of this identity jobs carry. */
const keysOfJobs = async ({ world }: VirtualKeeper, owner = OWNER) => {
  const ids = [...world.cis.jobs()].map(({ destination }) => world.iam.keyIdOf(destination.apiKey));
  const owned = new Set(world.iam.keys().flatMap(({ id, iamId }) => (iamId === owner ? [id] : [])));
  return [...new Set(ids)].filter((id) => id !== undefined && owned.has(id));
};

const arbitrary = (apiKey: string): Secrets[number] => ({
  id: SECRET,
  name: NAME,
  type: 'arbitrary',
  apiKey,
  binding: { name: 'edge-logs', managedBy: 'others' },
});

/** Somebody calls Secrets Manager about the secret. */
async function person({ world, clock }: VirtualKeeper, method: string, path: string, body: object) {
  const granted = world.iam.grantToken(world.keyValue('keeper-edge-key'), clock.now());
  if (!granted.ok) throw new Error('nobody can log in');
  const url = `http://127.0.0.1/secrets-manager/${INSTANCE}/api/v2/secrets/${SECRET}${path}`;
  const headers = { authorization: `Bearer ${granted.token}`, 'content-type': 'application/json' };
  const answer = await world.app.fetch(new Request(url, { method, headers, body: JSON.stringify(body) }));
  expect(answer.status).toBeLessThan(300);
}

let made = 0;
/** Whoever manages the key makes another one and stores it. @returns its id */
async function storeNewKey(keeper: VirtualKeeper): Promise<string> {
  const { world, clock } = keeper;
  const old = world.iam.keys().find(({ id }) => id === currentKeyId(keeper));
  if (old === undefined) throw new Error('the secret holds no key');
  const id = `ApiKey-00000000-0000-4000-8000-0000000001${(made += 1).toString().padStart(2, '0')}`;
  const value = `TRACER-${id}`;
  const accountId = world.file.accounts[0]?.id ?? '';
  world.iam.addKey({
    id,
    name: 'by hand',
    iamId: old.iamId,
    accountId,
    value,
    createdAt: clock.now(),
    disabled: false,
    locked: false,
  });
  clock.advance(minutes(1));
  await person(keeper, 'POST', '/versions', { payload: value });
  return id;
}

test('Secrets Manager makes the next key when the keeper asks, and retires the old one itself', async () => {
  const keeper = virtualKeeper({ file: aWorld(iamCredentials(), `secret:${NAME}`) });
  const before = currentKeyId(keeper);
  // On the first look nothing is known of what was carried; CIS shows that every job has the secret's key.
  const record = await rotated(keeper);
  const after = currentKeyId(keeper);
  expect(after).not.toBe(before);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', oldKeyId: before, newKeyId: after });
  expect(record.carried?.keyId).toBe(after);
  expect(await keysOfJobs(keeper)).toEqual([after]);
  expect(lost(keeper)).toBe(0);
  for (const never of ['disableApiKey', 'deleteApiKey', 'unlockApiKey', 'createApiKey'])
    expect(operations(keeper)).not.toContain(never);
  expect(keeper.world.iam.keys().find(({ id }) => id === before)).toMatchObject({ disabled: false });
});

test('a version that Secrets Manager makes by its own schedule is carried to the jobs', async () => {
  const secrets = iamCredentials({ createdDaysAgo: 29, rotateEveryDays: 30, ttlDays: 60 });
  const keeper = virtualKeeper({ file: aWorld(secrets, `secret:${NAME}`) });
  const before = currentKeyId(keeper);
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({
    outcome: 'complete',
    reason: 'new-version',
    oldKeyId: before,
  });
  expect(await keysOfJobs(keeper)).toEqual([currentKeyId(keeper)]);
  expect(operations(keeper)).not.toContain('createSecretVersion');
  expect(lost(keeper)).toBe(0);
});

test('a request for a version whose answer is lost makes one key, and is found again', async () => {
  let isLost = false;
  const keeper = virtualKeeper({
    file: aWorld(iamCredentials(), `secret:${NAME}`),
    wrapTransport: (inner) => ({
      async send(request) {
        const answer = await inner.send(request);
        if (isLost || request.method !== 'POST' || !request.url.endsWith('/versions')) return answer;
        isLost = true;
        throw new TransportError('reset');
      },
    }),
  });
  const before = keysOf(keeper.world).length;
  const record = await rotated(keeper);
  expect(isLost).toBe(true);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', attempt: 1 });
  expect(keysOf(keeper.world)).toHaveLength(before + 1);
});

test('the next key waits while somebody locks the previous version', async () => {
  const keeper = virtualKeeper({ file: aWorld(iamCredentials(), `secret:${NAME}`) });
  await rotated(keeper);
  await person(keeper, 'POST', '/versions/previous/locks_bulk', { locks: [{ name: 'app' }] });
  const { findings } = await keeper.run('rotate-keys', { forced: ['edge-logs'] });
  expect(findings).toMatchObject([{ code: 'previous-version-locked' }]);
});

test('when the new key fails and the old one delivers, the jobs go back, and no key is touched', async () => {
  const keeper = virtualKeeper({ file: aWorld(iamCredentials(), `secret:${NAME}`) });
  const before = currentKeyId(keeper);
  for (let made: string | undefined; made === undefined; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    const { current } = await recordOf(keeper);
    if (current?.phase === 'confirming') made = current.newKeyId;
    if (made !== undefined) keeper.world.iam.refuseLogins(made);
  }
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'rolled-back' });
  expect(record.notBefore).toBeGreaterThan(keeper.clock.now() - hours(1));
  expect(await keysOfJobs(keeper)).toEqual([before]);
  expect(operations(keeper)).not.toContain('disableApiKey');
});

test.each([
  ['without reuse', { reuse: false }, 'secret-not-reusable'],
  ['with a ttl too short', { ttlDays: 5, createdDaysAgo: 1 }, 'secret-ttl-too-short'],
  ['with a schedule too close to its ttl', { ttlDays: 35, rotateEveryDays: 30 }, 'secret-ttl-too-short'],
  ['of another identity', { serviceId: 'keeper-edge' }, 'identity-mismatch'],
  ['that is suspended', { state: 2 }, 'secret-unusable'],
] as const)('a secret %s is refused, and its value is never read', async (_, more, code) => {
  const secrets = iamCredentials(more);
  const keeper = virtualKeeper({
    file: aWorld(secrets, `secret:${NAME}`),
    changeConfig: (text) => text.replace(/iamId: iam-ServiceId-\S+/, `iamId: ${OWNER}`),
  });
  const { findings, actions } = await keeper.run('rotate-keys');
  expect([findings, actions]).toMatchObject([[{ code }], []]);
  for (const never of ['getSecret', 'getSecretVersion', 'createSecretVersion', 'createSecretLocks'])
    expect(operations(keeper)).not.toContain(never);
});

test('what others store is carried to the jobs, and the key before is left alone', async () => {
  const secrets: Secrets = [arbitrary('edge-logs-key')];
  const keeper = virtualKeeper({ file: aWorld(secrets, 'edge-logs-key') });
  const before = currentKeyId(keeper);
  const first = await keeper.run('rotate-keys');
  expect(first.findings).toMatchObject([{ code: 'managed-key-due' }]);
  const made = await storeNewKey(keeper);
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({
    outcome: 'complete',
    reason: 'new-version',
    oldKeyId: before,
    newKeyId: made,
  });
  expect(await keysOfJobs(keeper)).toEqual([made]);
  expect(lost(keeper)).toBe(0);
  for (const never of ['createApiKey', 'disableApiKey', 'deleteApiKey', 'createSecretLocks'])
    expect(operations(keeper)).not.toContain(never);
});

test('a dead key of others is theirs to replace; what they store goes to all jobs at once', async () => {
  const keeper = virtualKeeper({ file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key') });
  await keeper.run('rotate-keys');
  const old = keeper.world.iam.liveKey(currentKeyId(keeper) ?? '');
  if (old === undefined) throw new Error('the key is gone');
  [old.disabled, old.disabledAt] = [true, keeper.clock.now()];
  expect((await keeper.run('rotate-keys')).findings).toMatchObject([{ code: 'managed-key-dead' }]);
  const made = await storeNewKey(keeper);
  keeper.clock.advance(minutes(15));
  await keeper.run('rotate-keys');
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('a version that appears while one is carried takes its place', async () => {
  const keeper = virtualKeeper({ file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key') });
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  await keeper.runEvery(minutes(15), 'rotate-keys', hours(1));
  const latest = await storeNewKey(keeper);
  const record = await rotated(keeper);
  expect(record.history.map(({ outcome }) => outcome)).toEqual(['superseded', 'complete']);
  expect(await keysOfJobs(keeper)).toEqual([latest]);
  expect(lost(keeper)).toBe(0);
});

test('without its ledger the keeper gives all jobs the secret’s key again, or sees that they have it', async () => {
  const file = aWorld([arbitrary('edge-logs-key')], 'edge-logs-key');
  const shown = virtualKeeper({ file });
  await shown.run('rotate-keys');
  expect(operations(shown)).not.toContain('updateLogpushJob');
  expect((await recordOf(shown)).carried?.keyId).toBe(currentKeyId(shown));
  const hidden = virtualKeeper({
    change: (world) => {
      world.settings.cis.keysOnRead = 'masked';
    },
    file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key'),
  });
  await rotated(hidden);
  expect((await recordOf(hidden)).carried?.keyId).toBe(currentKeyId(hidden));
});

test('keys of a person are carried too', async () => {
  const file = aWorld([arbitrary('edge-logs-key')], 'edge-logs-key');
  const [account] = file.accounts;
  const logpush = account?.serviceIds.find(({ name }) => name === 'logpush-edge');
  if (account === undefined || logpush === undefined) throw new Error('the world has changed');
  account.users = [
    { name: 'ada', iamId: 'IBMid-50AB12CD34', policies: logpush.policies, apiKeys: logpush.apiKeys },
  ];
  logpush.apiKeys = [];
  const keeper = virtualKeeper({ file });
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await rotated(keeper);
  expect(await keysOfJobs(keeper, 'IBMid-50AB12CD34')).toEqual([made]);
});

/** Two bindings that push to the same Cloud Logs instance: each takes one CIS instance. */
function apart(text: string): string {
  const config = parse(text) as { bindings: { jobs: object[] }[]; instances: { crn: string }[] };
  for (const [n, { jobs }] of config.bindings.entries())
    for (const selector of jobs) Object.assign(selector, { instance: config.instances[n]?.crn });
  return stringify(config);
}

test('two bindings share a kv secret: one rotates at a time, and nothing of the other member is lost', async () => {
  const data = {
    edge: { apiKey: 'edge-logs-key', binding: { name: 'edge-logs', managedBy: 'keeper', adopt: 'disable' } },
    audit: { apiKey: 'second-key', binding: { name: 'second', managedBy: 'keeper', adopt: 'disable' } },
    note: 'kept as it is',
  } as const;
  const file = aWorld([{ id: SECRET, name: NAME, type: 'kv', data }], 'edge-logs-key');
  const logpush = file.accounts[0]?.serviceIds.find(({ name }) => name === 'logpush-edge');
  logpush?.apiKeys.push({
    name: 'second-key',
    id: 'ApiKey-00000000-0000-4000-8000-000000000002',
    createdDaysAgo: 85,
    disabled: false,
    locked: false,
  });
  for (const { zones } of file.cis.slice(1))
    for (const { jobs } of zones)
      for (const job of jobs) if (job.apiKey === 'edge-logs-key') job.apiKey = 'second-key';
  const keeper = virtualKeeper({ file, changeConfig: apart });
  await rotated(keeper, 'edge');
  const second = (await readRecord(keeper.ledger, 'second', { id: SECRET, member: 'audit' })).record;
  // It waited for the first, and goes on from here.
  expect(second.history).toEqual([]);
  const edge = currentKeyId(keeper, 'edge');
  for (let over = false; !over; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', hours(6));
    over =
      (await readRecord(keeper.ledger, 'second', { id: SECRET, member: 'audit' })).record.history.length > 0;
  }
  expect(currentKeyId(keeper, 'edge')).toBe(edge);
  expect(new Set(await keysOfJobs(keeper))).toEqual(new Set([edge, currentKeyId(keeper, 'audit')]));
  expect(keeper.world.secretsManager.currentPayload(INSTANCE, SECRET, 'note')).toBe('kept as it is');
  expect(lost(keeper)).toBe(0);
});

const HTTP_JOB = 700101;
const refOf = ({ world }: VirtualKeeper, jobId = HTTP_JOB) => {
  const job = [...world.cis.jobs()].find(({ id }) => id === jobId);
  if (job === undefined) throw new Error('the world has changed');
  return { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId };
};

test('a job that is turned back to the key before gets the secret’s key again within a day', async () => {
  const keeper = virtualKeeper({ file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key') });
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await rotated(keeper);
  keeper.world.cis.setDestinationKey(refOf(keeper), keeper.world.keyValue('edge-logs-key'));
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', reason: 'job-without-key' });
  expect(record.history.at(-1)?.jobs).toMatchObject({ kept: 11, proven: 1 });
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('a job that is turned back while the others are proven does not pass for proven', async () => {
  const keeper = virtualKeeper({ file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key') });
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  for (let phase: string | undefined; phase !== 'draining'; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
  keeper.world.cis.setDestinationKey(refOf(keeper), keeper.world.keyValue('edge-logs-key'));
  await rotated(keeper);
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('while jobs go back, a newer key of others ends that and is carried', async () => {
  const keeper = virtualKeeper({ file: aWorld([arbitrary('edge-logs-key')], 'edge-logs-key') });
  await keeper.run('rotate-keys');
  const bad = await storeNewKey(keeper);
  for (let phase: string | undefined; phase !== 'confirming'; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
  keeper.world.iam.refuseLogins(bad);
  let good: string | undefined;
  for (const endsAt = keeper.clock.now() + days(2); keeper.clock.now() < endsAt && good === undefined; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
    const { current } = await recordOf(keeper);
    if (current?.phase === 'rolling-back' || current === undefined) good = await storeNewKey(keeper);
  }
  await keeper.runEvery(minutes(15), 'rotate-keys', days(2));
  expect(await keysOfJobs(keeper)).toEqual([good]);
});

test('a hold that outlasts the lease of the key before is said to put logs at stake', async () => {
  const hold = `holds:\n  - { job: ${HTTP_JOB}, reason: frozen }\n`;
  const keeper = virtualKeeper({
    file: aWorld(iamCredentials({ createdDaysAgo: 83 }), `secret:${NAME}`),
    changeConfig: (text) => text + hold,
  });
  const seen = new Map<string, string>();
  for (const endsAt = keeper.clock.now() + days(9); keeper.clock.now() < endsAt; ) {
    const [report] = await keeper.runEvery(hours(6), 'rotate-keys', hours(6));
    for (const { code, severity } of report?.findings ?? [])
      if (code === 'rotation-held') seen.set(severity, code);
  }
  // In the end failures disable the job, and then there is nothing more to lose.
  expect([...seen.keys()]).toEqual(['warning', 'critical', 'info']);
});
