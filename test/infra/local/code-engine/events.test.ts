import { expect, test } from 'vitest';
import type { CosSpec } from '../../../../infra/local/code-engine/subscriptions.ts';
import { days, hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { BUCKET } from '../../../simulation/small-world.ts';
import { anEngine, COS_INSTANCE } from './engine-world.ts';

type Engine = ReturnType<typeof anEngine>;

const started = ({ containers, clock }: Engine, since: number): readonly number[] =>
  containers.map(({ at }) => Math.floor((at - since) / 60_000)).filter(() => clock.now() >= since);

test('every tick starts one run, a little late, with what a cron event says', async () => {
  const engine = anEngine();
  const { clock, codeEngine, project, containers, aJob, aTick, live } = engine;
  await aJob('check');
  aTick({ data: '{"task":"sweep"}', contentType: 'application/json', extensions: { xrun: 'ring' } });
  const startsAt = clock.now();
  await live(hours(1));
  expect(started(engine, startsAt)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]);
  const { env = {} } = containers[0]?.container ?? {};
  expect(env).toMatchObject({
    CE_SOURCE: `/apis/v1/namespaces/${project.subdomain}/pingsources/every-5-minutes`,
    CE_SPECVERSION: '1.0',
    CE_TYPE: 'dev.knative.sources.ping',
    CE_DATA: '{"task":"sweep"}',
    CE_XRUN: 'ring',
    CONTENT_TYPE: 'application/json',
  });
  expect(env['CE_TIME']).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:05:00\.\d{9}Z$/);
  const ids = containers.map(({ container }) => container.env['CE_ID']);
  expect(new Set(ids).size).toBe(11);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  for (const { at } of codeEngine.events.deliveries) expect(at % minutes(5)).toBeLessThan(500);
});

test('runs overlap, and those that an event started are kept ten minutes', async () => {
  const { clock, codeEngine, project, aJob, aTick } = anEngine({ program: () => ({ seconds: 420 }) });
  await aJob('check');
  aTick();
  const startsAt = clock.now();
  const executing: number[] = [];
  for (const after of [minutes(11), days(1) - minutes(4)]) {
    const looks = clock.sleep(startsAt + after - clock.now()).then(() => {
      executing.push(codeEngine.runs.executing);
    });
    await clock.run(Promise.all([codeEngine.live(startsAt + after), looks]));
  }
  expect(executing).toEqual([2, 2]);
  expect(codeEngine.runs.all.length).toBe(287);
  // 23:50 and 23:55 have ended by 00:02, and 23:45 was ten minutes ago.
  expect(
    codeEngine.runs.list(project.id).map(({ createdAt }) => Math.floor((createdAt - startsAt) / minutes(1))),
  ).toEqual([1425, 1430, 1435]);
});

test('an event that finds the quota full is lost, and the loss is on record', async () => {
  const { world, codeEngine, aJob, aTick, live } = anEngine({ settings: { jobRunQuota: 1 } });
  await aJob('check');
  aTick({ schedule: '* * * * *' });
  await live(minutes(12));
  const lost = codeEngine.events.deliveries.filter(({ lost }) => lost !== undefined);
  expect(lost.length).toBe(10);
  expect(lost[0]).toMatchObject({
    subscription: 'cron every-5-minutes',
    lost: 'the project keeps as many job runs as it may',
  });
  expect(world.events.filter(({ kind }) => kind === 'event-lost').length).toBe(10);
});

test('ticks are missed, doubled with one id, and late, as the world says', async () => {
  const ran = async (cron: object): Promise<readonly (string | undefined)[]> => {
    const { containers, aJob, aTick, live } = anEngine({ settings: { cron } });
    await aJob('check');
    aTick();
    await live(hours(2));
    return containers.map(({ container }) => container.env['CE_ID']);
  };
  expect(await ran({ missed: 1 })).toEqual([]);
  const doubled = await ran({ doubled: 1 });
  expect([doubled.length, new Set(doubled).size]).toEqual([46, 23]);
  const late = anEngine({ settings: { cron: { late: 1, lateSeconds: 200 } } });
  await late.aJob('check');
  late.aTick();
  await late.live(hours(2));
  const delays = late.codeEngine.events.deliveries.map(({ at }) => at % minutes(5));
  expect(Math.max(...delays)).toBeGreaterThan(seconds(100));
});

test('a subscription waits for its destination, and connects again by name', async () => {
  const { codeEngine, containers, aJob, aTick, live } = anEngine();
  const tick = aTick();
  expect(codeEngine.events.conditions(tick).at(-1)).toEqual({
    type: 'Ready',
    status: 'False',
    message: 'Sink not found: job "check"',
  });
  await live(minutes(6));
  expect(codeEngine.events.deliveries).toMatchObject([{ lost: 'Sink not found: job "check"' }]);
  await aJob('check');
  expect(codeEngine.events.conditions(tick).at(-1)).toEqual({ type: 'Ready', status: 'True' });
  await live(minutes(6));
  expect(containers.length).toBe(1);
});

test('a subscription survives its job, and what is being deleted starts no more', async () => {
  const { codeEngine, containers, project, inside, aJob, aTick, live } = anEngine({
    settings: { deleteDelaySeconds: 120, projectDelaySeconds: 120 },
  });
  await aJob('check');
  const tick = aTick({ schedule: '* * * * *' });
  await inside('DELETE', '/jobs/check');
  await live(minutes(3) - 1);
  await aJob('check');
  await inside('DELETE', '');
  await live(minutes(2));
  expect(containers).toEqual([]);
  expect(codeEngine.events.deliveries.map(({ lost }) => lost)).toEqual([
    'the job is being deleted',
    'Sink not found: job "check"',
    'the subscription is gone',
    'the subscription is gone',
  ]);
  expect(codeEngine.subscriptions.list(project.id)).toEqual([tick]);
});

test('a subscription that was changed or deleted ticks no more as it did', async () => {
  const engine = anEngine();
  const { codeEngine, clock, project, aJob, aTick, live } = engine;
  await aJob('check');
  const startsAt = clock.now();
  aTick();
  await live(minutes(7));
  codeEngine.subscriptions.update(project.id, {
    kind: 'cron',
    name: 'every-5-minutes',
    schedule: '8,20 * * * *',
    timezone: 'UTC',
    destination: { type: 'job', name: 'check' },
  });
  await live(minutes(10));
  codeEngine.subscriptions.remove(project.id, 'cron', 'every-5-minutes');
  await live(hours(1));
  expect(started(engine, startsAt)).toEqual([5, 8]);
});

test.each([
  [{ name: 'Check' }, /no name of a subscription/],
  [{ schedule: '0 0 * * 7' }, /day of week/],
  [{ timezone: 'Mars/Olympus' }, /no time zone/],
  [{ data: 'x'.repeat(4097) }, /more than 4096 bytes/],
  [{ data: '[1]', contentType: 'application/json' }, /must be a JSON object/],
  [{ extensions: { 'a-b': '1' } }, /no name of an extension/],
])('a cron subscription with %j is refused', (change, message) => {
  const { aTick } = anEngine();
  expect(() => aTick(change)).toThrow(message);
});

/** A subscription of rings in the bucket of the small world; IAM lets the project ask for notifications. */
async function aRinging(cosEvents: object = {}, change: Partial<CosSpec> = {}) {
  const engine = anEngine({ settings: { cosEvents } });
  const { world, codeEngine, project, accountId, clock } = engine;
  await engine.aJob('check');
  const iamId = 'iam-ServiceId-ringer';
  world.iam.addServiceId({ id: 'ServiceId-ringer', name: 'ringer', accountId });
  world.iam.addPolicy({ iamId, accountId, service: 'cloud-object-storage', roles: ['Writer'] });
  const authorize = (): void =>
    void world.iam.policies.authorize(
      accountId,
      { service: 'codeengine', instance: project.id },
      { service: 'cloud-object-storage', instance: COS_INSTANCE },
      ['Notifications Manager'],
    );
  const subscribe = () =>
    codeEngine.subscriptions.add(project.id, {
      kind: 'cos',
      name: 'by-alert',
      destination: { type: 'job', name: 'check' },
      bucket: BUCKET,
      eventType: 'write',
      prefix: 'rings/alert/',
      ...change,
    });
  const write = (key: string) => {
    const { token } = world.iam.issue({ iamId, accountId, name: 'ringer' }, clock.now(), hours(1), 'apikey');
    const caller = world.cos.caller(`Bearer ${token}`);
    return world.cos.put({ location: 'eu-de', name: BUCKET }, caller, { key, body: 'x' });
  };
  return { ...engine, authorize, subscribe, write };
}

test('every write below the prefix starts a run, one that overwrites as well', async () => {
  const { authorize, subscribe, write, containers, live } = await aRinging();
  authorize();
  subscribe();
  expect(write('rings/alert/20260301T0001').status).toBe(200);
  write('rings/secrets/20260301T0001');
  await live(minutes(1));
  write('rings/alert/20260301T0001');
  await live(minutes(1));
  expect(containers.length).toBe(2);
  const { env = {} } = containers[0]?.container ?? {};
  expect(env).toMatchObject({
    CE_TYPE: 'com.ibm.cloud.cos.document.write',
    CE_SOURCE: `https://cloud.ibm.com/catalog/services/cloud-object-storage/${BUCKET}`,
    CONTENT_TYPE: 'application/json',
  });
  expect(JSON.parse(env['CE_DATA'] ?? '')).toMatchObject({
    bucket: BUCKET,
    endpoint: '',
    key: 'rings/alert/20260301T0001',
    notification: {
      event_type: 'Object:Write',
      // Without the quotes that the header has.
      object_etag: '9dd4e461268c8034f5c8564e155c67a6',
      object_length: '1',
      request_id: env['CE_ID'],
      request_time: env['CE_TIME'],
    },
  });
});

test('of a subscription with a suffix only what ends with it starts a run', async () => {
  const { authorize, subscribe, write, containers, live } = await aRinging({}, { suffix: '.json' });
  authorize();
  subscribe();
  write('rings/alert/1.json');
  write('rings/alert/1.json.gz');
  await live(minutes(1));
  expect(containers.map(({ container }) => JSON.parse(container.env['CE_DATA'] ?? '').key)).toEqual([
    'rings/alert/1.json',
  ]);
});

test('a project has a hundred subscriptions of each kind', () => {
  const { codeEngine, project } = anEngine();
  const common = { destination: { type: 'job', name: 'check' } } as const;
  const cron = { ...common, kind: 'cron', schedule: '0 0 * * *', timezone: 'UTC' } as const;
  for (let at = 0; at < 100; at += 1) codeEngine.subscriptions.add(project.id, { ...cron, name: `c${at}` });

  expect(() => codeEngine.subscriptions.add(project.id, { ...cron, name: 'more' })).toThrow(
    'the project has 100 cron subscriptions already',
  );
  const ring = { ...common, kind: 'cos', name: 'ring', bucket: BUCKET, eventType: 'write' } as const;
  expect(codeEngine.subscriptions.add(project.id, ring).name).toBe('ring');
});

test('events of a bucket are lost, or come twice with one id, as the world says', async () => {
  const ids = async (cosEvents: object) => {
    const { authorize, subscribe, write, containers, live } = await aRinging(cosEvents);
    authorize();
    subscribe();
    write('rings/alert/1');
    await live(minutes(2));
    return containers.map(({ container }) => container.env['CE_ID']);
  };
  expect(await ids({ lost: 1 })).toEqual([]);
  const twice = await ids({ doubled: 1, delaySeconds: 30 });
  expect([twice.length, new Set(twice).size]).toEqual([2, 1]);
});

test('without the role, or with a bucket elsewhere, a subscription is not ready and brings nothing', async () => {
  const { authorize, subscribe, codeEngine, write, containers, live } = await aRinging();
  const subscription = subscribe();
  const conditions = () =>
    codeEngine.events.conditions(subscription).map(({ type, status }) => `${type} ${status}`);
  expect(conditions()).toEqual([
    'CosConfigured False',
    'ReadyForEvents False',
    'SinkProvided True',
    'Ready False',
  ]);
  expect(codeEngine.events.conditions(subscription).at(-1)?.message).toContain('Notifications Manager');
  write('rings/alert/1');
  await live(minutes(1));
  expect(containers).toEqual([]);
  authorize();
  expect(conditions().at(-1)).toBe('Ready True');

  const elsewhere = await aRinging();
  elsewhere.authorize();
  const project = elsewhere.codeEngine.projects.add({
    name: 'other',
    accountId: elsewhere.accountId,
    region: 'us-south',
    resourceGroupId: 'default',
  });
  const far = elsewhere.codeEngine.subscriptions.add(project.id, {
    kind: 'cos',
    name: 'far',
    destination: { type: 'job', name: 'check' },
    bucket: BUCKET,
    eventType: 'all',
  });
  expect(elsewhere.codeEngine.events.conditions(far).at(-1)?.message).toContain(
    'regional bucket in us-south',
  );
});

test('a bucket starts no functions, and cannot be exchanged for another', async () => {
  await expect(
    aRinging({}, { destination: { type: 'function', name: 'hook' } }).then(({ subscribe }) => subscribe()),
  ).rejects.toThrow('not functions');
  const { subscribe, codeEngine, project } = await aRinging();
  const { id: _, projectId: __, createdAt: ___, ...spec } = subscribe();
  expect(() =>
    codeEngine.subscriptions.update(project.id, { ...spec, bucket: 'another' } as CosSpec),
  ).toThrow('cannot be changed');
});
