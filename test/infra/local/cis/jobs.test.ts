import { expect, test } from 'vitest';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { aCloud, aJob, type Cloud, CRN, LOGS, OTHER_LOGS, START, ZONE } from '../logpush/fake-cloud.ts';

const base = `/cis/v2/${encodeURIComponent(CRN)}/zones/${ZONE}/logpush/jobs`;
const JOB = `${base}/700123`;
const conf = (key: string): string =>
  `ibmcl://${LOGS}.ingress.eu-de.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=${key}`;
const ibmcl = (apiKey: string) => ({ instance_id: LOGS, region: 'eu-de', api_key: apiKey });

function withJob(settings: object = {}): { readonly cloud: Cloud; readonly ref: ReturnType<typeof aJob> } {
  const cloud = aCloud({ settings });
  return { cloud, ref: aJob(cloud) };
}

test('a job is created disabled, with the defaults of the docs and nothing in its past', async () => {
  const cloud = aCloud();

  const created = await cloud.call('POST', base, { name: 'edge-http', ibmcl: ibmcl('key-1') });

  expect(created.status).toBe(201);
  expect(created.body.result).toEqual({
    id: 700001,
    name: 'edge-http',
    enabled: false,
    dataset: 'http_requests',
    frequency: 'high',
    kind: '',
    logpull_options: '',
    destination_conf: conf('key-1'),
    last_complete: null,
    last_error: null,
    error_message: null,
  });
  expect((await cloud.call('GET', base)).body.result).toEqual([created.body.result]);
  expect((await cloud.call('GET', `${base}/700001`)).body.result).toEqual(created.body.result);
});

test('a created job pushes from now on, under the labels that it was given', async () => {
  const cloud = aCloud();
  cloud.pass(hours(1));
  const { body } = await cloud.call('POST', base, {
    name: 'edge-firewall',
    enabled: true,
    dataset: 'firewall_events',
    frequency: 'low',
    logpull_options: 'fields=RayID&timestamps=rfc3339',
    ibmcl: ibmcl('key-1'),
    ibmcl_names: { application_name: 'cis-edge', subsystem_name: 'firewall' },
  });
  const ref = { instanceCrn: CRN, zoneId: ZONE, jobId: body.result.id };
  cloud.pass(hours(1));

  expect(cloud.truth(ref)).toMatchObject({ deliveredMinutes: 60, lostMinutes: 0 });
  expect(cloud.cis.job(ref)).toMatchObject({ applicationName: 'cis-edge', subsystemName: 'firewall' });
});

test.each([
  ['no destination', { name: 'a' }],
  ['no name', { ibmcl: ibmcl('key-1') }],
  ['two destinations', { name: 'a', ibmcl: ibmcl('key-1'), destination_conf: conf('key-1') }],
  ['an unknown dataset', { name: 'a', dataset: 'http', ibmcl: ibmcl('key-1') }],
  ['an unknown frequency', { name: 'a', frequency: 'medium', ibmcl: ibmcl('key-1') }],
  ['an underscore in the name', { name: 'edge_http', ibmcl: ibmcl('key-1') }],
  ['a partial destination', { name: 'a', ibmcl: { api_key: 'key-1' } }],
  ['a destination string without a key', { name: 'a', destination_conf: conf('').split('?')[0] }],
  ['too long options', { name: 'a', logpull_options: 'x'.repeat(4097), ibmcl: ibmcl('key-1') }],
  ['no object', []],
  ['no JSON', '{"name":'],
])('a create with %s is refused', async (_, body) => {
  const cloud = aCloud();

  expect((await cloud.call('POST', base, body)).status).toBe(400);
  expect((await cloud.call('GET', base)).body.result).toEqual([]);
});

test.each([{ destination_conf: 's3://bucket?region=x' }, { destination_conf: 'sumo://host' }])(
  'destinations that are not simulated say so: %j',
  async (destination) => {
    const { status, text } = await aCloud().call('POST', base, { name: 'a', ...destination });

    expect(status).toBe(501);
    expect(text).toContain('local cloud');
  },
);

test('a key that the destination refuses makes no job', async () => {
  const cloud = aCloud();

  const refused = await cloud.call('POST', base, { name: 'a', ibmcl: ibmcl('unknown-key') });

  expect(refused).toMatchObject({
    status: 400,
    body: {
      errors: [
        { code: 1002, message: 'error validating destination: error writing object: error uploading' },
      ],
    },
  });
  expect((await cloud.call('GET', base)).body.result).toEqual([]);
});

test('without log retention a create is refused, or makes a job that stays silent', async () => {
  const body = { name: 'a', enabled: true, ibmcl: ibmcl('key-1') };
  const create = async (withoutRetention: 'refuse' | 'silent') => {
    const cloud = aCloud({ settings: { cis: { withoutRetention } } });
    cloud.cis.setRetention({ instanceCrn: CRN, id: ZONE }, false);
    const { status } = await cloud.call('POST', base, body);
    cloud.pass(hours(1));
    cloud.host.catchUp();
    return { status, truth: cloud.engine.truth() };
  };

  expect(await create('refuse')).toEqual({ status: 400, truth: [] });
  expect(await create('silent')).toMatchObject({ status: 201, truth: [{ deliveries: 0, lostMinutes: 0 }] });
});

test('a zone has room for so many jobs, and a deleted job gives its place but not its id', async () => {
  const cloud = aCloud({ settings: { cis: { jobsPerZone: 2 } } });
  const create = () => cloud.call('POST', base, { name: 'a', ibmcl: ibmcl('key-1') });
  expect([(await create()).body.result.id, (await create()).body.result.id]).toEqual([700001, 700002]);
  expect(await create()).toMatchObject({
    status: 403,
    body: {
      errors: [
        {
          code: 1004,
          message: 'creating a new job (for http_requests dataset) is not allowed: exceeded max jobs allowed',
        },
      ],
    },
  });
  await cloud.call('DELETE', `${base}/700002`);

  expect((await create()).body.result.id).toBe(700003);
});

test('a deleted job is gone, and deleting it again is 404', async () => {
  const { cloud } = withJob();

  expect(await cloud.call('DELETE', JOB)).toMatchObject({ status: 200, body: { result: { id: 700123 } } });
  expect((await cloud.call('DELETE', JOB)).status).toBe(404);
  expect((await cloud.call('GET', JOB)).status).toBe(404);
  expect(cloud.engine.truth()).toEqual([]);
});

test.each([
  ['an unknown job', `${base}/1`, 404],
  ['an id that is no number', `${base}/abc`, 404],
  ['an unknown zone', JOB.replace(ZONE, 'f'.repeat(32)), 400],
])('%s is refused', async (_, path, status) => {
  const { cloud } = withJob();

  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect((await cloud.call(method, path, method === 'PUT' ? {} : undefined)).status).toBe(status);
  }
});

test('a job is not found under another zone', async () => {
  const { cloud } = withJob();
  const other = '00112233445566778899aabbccddeeff';
  cloud.cis.addZone({ instanceCrn: CRN, id: other, name: 'b.example', status: 'active', retention: true });

  expect((await cloud.call('GET', JOB.replace(ZONE, other))).status).toBe(404);
});

test('an empty list is null where a world lets it', async () => {
  expect((await aCloud().call('GET', base)).body.result).toEqual([]);
  expect((await aCloud({ settings: { cis: { emptyListAsNull: true } } }).call('GET', base)).body.result).toBe(
    null,
  );
});

test.each([
  ['clear', conf('key-1')],
  ['masked', conf('***')],
  ['absent', conf('').split('?')[0]],
] as const)('keys are %s on read, in every answer', async (keysOnRead, shown) => {
  const { cloud } = withJob({ cis: { keysOnRead } });
  const answers = [
    (await cloud.call('GET', JOB)).body.result,
    (await cloud.call('GET', base)).body.result[0],
    (await cloud.call('PUT', JOB, { ibmcl: ibmcl('key-1') })).body.result,
    (await cloud.call('POST', base, { name: 'a', ibmcl: ibmcl('key-1') })).body.result,
  ];

  expect(answers.map((job) => job.destination_conf)).toEqual(Array(4).fill(shown));
  expect(cloud.cis.secretValues()).toEqual(keysOnRead === 'clear' ? [shown] : []);
});

test('the health of a job shows as instants or null', async () => {
  const { cloud } = withJob();
  cloud.pass(minutes(10));
  expect((await cloud.call('GET', JOB)).body.result).toMatchObject({
    last_complete: '2026-03-01T00:10:00.000Z',
    last_error: null,
    error_message: null,
  });
  cloud.cloudLogs.refuse(LOGS, 403);
  cloud.pass(minutes(5));

  expect((await cloud.call('GET', JOB)).body.result).toMatchObject({
    last_complete: '2026-03-01T00:10:00.000Z',
    last_error: '2026-03-01T00:15:00.000Z',
    error_message: 'error writing to destination: permission denied',
  });
});

test('a PUT changes what it names, keeps the rest, and answers the whole job', async () => {
  const { cloud } = withJob();
  const before = (await cloud.call('GET', JOB)).body.result;

  const { status, body } = await cloud.call('PUT', JOB, {
    enabled: false,
    frequency: 'high',
    name: 'edge-http-2',
  });

  expect(status).toBe(200);
  expect(body.result).toEqual({ ...before, enabled: false, frequency: 'high', name: 'edge-http-2' });
  expect(cloud.events).toEqual([
    { at: START, kind: 'job-updated', text: 'job 700123 changed: disabled, name, frequency' },
  ]);
});

test('a PUT that changes nothing answers the job and is no event', async () => {
  const { cloud } = withJob();
  const before = (await cloud.call('GET', JOB)).body.result;

  for (const body of [{}, { enabled: true }, { ibmcl: ibmcl('key-1') }, { dataset: 'http_requests' }]) {
    expect((await cloud.call('PUT', JOB, body)).body.result).toEqual(before);
  }
  expect(cloud.events).toEqual([]);
});

test.each([
  ['another dataset', { dataset: 'dns_logs' }],
  ['two destinations', { ibmcl: ibmcl('key-2'), destination_conf: conf('key-2') }],
  ['a member of the wrong type', { enabled: 'yes' }],
  ['an unknown member of the destination', { ibmcl: { ...ibmcl('key-2'), bucket: 'b' } }],
  ['a destination string of another shape', { destination_conf: 'ibmcl://somewhere' }],
  ['no JSON', 'enabled'],
])('a PUT with %s is refused and changes nothing', async (_, body) => {
  const { cloud } = withJob();
  const before = (await cloud.call('GET', JOB)).body.result;

  const sent = typeof body === 'string' ? body : { frequency: 'high', ...body };
  expect((await cloud.call('PUT', JOB, sent)).status).toBe(400);

  expect((await cloud.call('GET', JOB)).body.result).toEqual(before);
});

test.each([
  ['an object', { ibmcl: ibmcl('key-2') }],
  ['a string', { destination_conf: conf('key-2') }],
])('a destination is set by %s', async (_, body) => {
  const { cloud, ref } = withJob();

  const { result } = (await cloud.call('PUT', JOB, body)).body;

  expect(result.destination_conf).toBe(conf('key-2'));
  expect(cloud.engine.apiKeyValue(ref)).toBe('key-2');
  expect(cloud.events.at(-1)?.text).toBe('job 700123 changed: destination');
});

test('a partial destination is refused, or filled from what is stored', async () => {
  const body = { ibmcl: { api_key: 'key-2' } };
  const refusing = withJob();
  const merging = withJob({ cis: { partialDestination: 'merge' } });

  expect((await refusing.cloud.call('PUT', JOB, body)).status).toBe(400);
  expect(refusing.cloud.engine.apiKeyValue(refusing.ref)).toBe('key-1');
  expect((await merging.cloud.call('PUT', JOB, body)).body.result.destination_conf).toBe(conf('key-2'));
});

test.each([
  ['a key that IAM does not know', ibmcl('unknown-key')],
  ['an instance that does not exist', { ...ibmcl('key-2'), instance_id: START.toString() }],
  ['the wrong region', { ...ibmcl('key-2'), region: 'us-south' }],
])('%s is found out at once and changes nothing, not even the rest of the PUT', async (_, destination) => {
  const { cloud, ref } = withJob();

  const refused = await cloud.call('PUT', JOB, { enabled: false, ibmcl: destination });

  expect(refused).toMatchObject({ status: 400, body: { errors: [{ code: 1002 }] } });
  expect(refused.body.errors[0].message).toContain('validating destination');
  expect(cloud.cis.job(ref)).toMatchObject({ enabled: true, replaced: [] });
  expect(cloud.engine.apiKeyValue(ref)).toBe('key-1');
});

test('where nothing is tried, a bad key is accepted and fails later', async () => {
  const { cloud, ref } = withJob({ cis: { probeOnUpdate: false }, logpush: { previousKeyWindowMinutes: 0 } });

  expect((await cloud.call('PUT', JOB, { ibmcl: ibmcl('unknown-key') })).status).toBe(200);
  cloud.pass(minutes(15));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 1, lostMinutes: 10 });
});

test('trying a destination stores nothing of ours, and no client sees it', async () => {
  const { cloud } = withJob();
  await cloud.call('PUT', JOB, { ibmcl: { ...ibmcl('key-2'), instance_id: OTHER_LOGS, region: 'us-south' } });

  expect(cloud.cloudLogs.records(OTHER_LOGS)).toEqual([]);
});

test('what the platform disabled comes back with a new key and `enabled` in one PUT', async () => {
  const { cloud, ref } = withJob();
  cloud.iam.keys.set('key-1', START);
  cloud.pass(hours(25));
  expect((await cloud.call('GET', JOB)).body.result).toMatchObject({ enabled: false });

  const { result } = (await cloud.call('PUT', JOB, { enabled: true, ibmcl: ibmcl('key-2') })).body;
  expect(result).toMatchObject({
    enabled: true,
    last_complete: null,
    last_error: '2026-03-02T00:00:00.000Z',
  });
  // The key of before is used until the new one has spread.
  cloud.pass(minutes(15));

  expect(cloud.truth(ref)).toMatchObject({
    enabled: true,
    wanted: true,
    deliveries: 2,
    lostMinutes: 25 * 60 + 5,
  });
  expect((await cloud.call('GET', JOB)).body.result).toMatchObject({ last_error: null, error_message: null });
});

test('what a PUT disables is no longer wanted', async () => {
  const { cloud, ref } = withJob();
  await cloud.call('PUT', JOB, { enabled: false });
  cloud.pass(hours(10));

  expect(cloud.truth(ref)).toMatchObject({ wanted: false, lostMinutes: 0, deliveries: 0 });
});

test('last write wins: a person between our look and our PUT', async () => {
  const { cloud, ref } = withJob();
  await cloud.call('GET', JOB);
  cloud.cis.setDestinationKey(ref, 'key-3');
  await cloud.call('PUT', JOB, { ibmcl: ibmcl('key-2') });
  expect(cloud.engine.apiKeyValue(ref)).toBe('key-2');
  cloud.cis.deleteJob(ref);

  expect((await cloud.call('PUT', JOB, { ibmcl: ibmcl('key-2') })).status).toBe(404);
});

test('calls are counted by the names of their operations', async () => {
  const { cloud } = withJob();
  const v1 = `/cis/v1/${encodeURIComponent(CRN)}/zones`;
  await cloud.call('GET', v1);
  await cloud.call('GET', `${v1}/${ZONE}`);
  await cloud.call('GET', `${v1}/${ZONE}/logs/retention`);
  await cloud.call('POST', `${v1}/${ZONE}/logs/retention`, { flag: true });
  await cloud.call('GET', base);
  await cloud.call('POST', base, { name: 'a', ibmcl: ibmcl('key-1') });
  await cloud.call('GET', JOB);
  await cloud.call('PUT', JOB, {});
  await cloud.call('DELETE', JOB);

  expect(cloud.host.calls.map(({ operation, status }) => [operation, status])).toEqual([
    ['listZones', 200],
    ['getZone', 200],
    ['getLogRetention', 200],
    ['setLogRetention', 200],
    ['listLogpushJobs', 200],
    ['createLogpushJob', 201],
    ['getLogpushJob', 200],
    ['updateLogpushJob', 200],
    ['deleteLogpushJob', 200],
  ]);
});

test('where lists lag, a job that was just made is missing from them, and found by its id', async () => {
  const cloud = aCloud({ settings: { cis: { listLagSeconds: 60 } } });
  const { body } = await cloud.call('POST', base, { name: 'edge-http', ibmcl: ibmcl('key-1') });
  expect((await cloud.call('GET', base)).body.result).toEqual([]);
  expect((await cloud.call('GET', `${base}/${body.result.id}`)).status).toBe(200);
  cloud.pass(minutes(1));
  expect((await cloud.call('GET', base)).body.result).toHaveLength(1);
});

test('a plan without Logpush is refused by the gateway, whatever is asked of it', async () => {
  const cloud = aCloud({ settings: { cis: { plan: 'standard' } } });
  for (const [method, path] of [
    ['GET', base],
    ['POST', base],
    ['GET', JOB],
  ] as const) {
    const { status, body } = await cloud.call(method, path, method === 'POST' ? { name: 'a' } : undefined);
    expect(status).toBe(405);
    expect(body).toEqual({ trace: expect.any(String), errors: [{ code: 405, message: expect.any(String) }] });
  }
  const zones = `/cis/v1/${encodeURIComponent(CRN)}/zones`;
  expect((await cloud.call('GET', zones)).status).toBe(200);
});
