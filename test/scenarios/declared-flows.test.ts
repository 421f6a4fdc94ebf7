import { expect, test } from 'vitest';
import { hours } from '../../shared/domain/time.ts';
import { OLD_KEY } from '../simulation/small-world.ts';
import {
  aDeclaration,
  aZoneJob,
  COS,
  declaringKeeper,
  type Flow,
  LOGS,
  ON_LOGS,
} from '../support/declared.ts';

/** What every body of a create says beside its destination. */
const COMMON = {
  name: 'edge-http',
  enabled: true,
  dataset: 'http_requests',
  frequency: 'low',
  logpull_options: 'fields=RayID,ClientIP,EdgeStartTimestamp&timestamps=rfc3339',
};
const BUCKET_BODY = { bucket_name: COS.bucket, region: COS.region, id: COS.instance };

const FLOW_NAMES = ['cloud-logs', 'cos', 'cos-ownership'] as const satisfies readonly Flow[];

test.each(FLOW_NAMES)(
  'a declared job is made from keeper.yml alone, pushes, and is made once (%s)',
  async (flow) => {
    const { run, jobs, pass, delivered, keeper, bodies } = declaringKeeper([aDeclaration(flow)]);
    const report = await run();
    expect(report.findings.map(({ code }) => code)).toEqual(['declared-job-created']);
    expect(report.outcome).toBe('ok');
    const [job, ...more] = jobs();
    expect(more).toEqual([]);
    expect(job).toMatchObject({ name: 'edge-http', enabled: true, dataset: 'http_requests' });
    pass(hours(1));
    expect(delivered(job?.id ?? 0)).toBe(60);

    const second = await run();
    expect(second).toMatchObject({ outcome: 'ok', findings: [], actions: [], waiting: [] });
    expect(bodies('POST', '/logpush/jobs')).toHaveLength(1);
    expect((await keeper.run('check-logpush')).outcome).toBe('ok');
  },
);

test('the bodies that make a Cloud Logs job are those of IBM’s page, field for field', async () => {
  const cloudLogs = { ...LOGS, applicationName: 'cis-edge', subsystemName: 'http' };
  const { run, bodies, world } = declaringKeeper([
    aDeclaration('cloud-logs', { destination: { cloudLogs } }),
  ]);
  await run();
  expect(bodies('POST', '/logpush/jobs')).toEqual([
    {
      ...COMMON,
      ibmcl: { instance_id: LOGS.instance, region: LOGS.region, api_key: world.keyValue(OLD_KEY) },
      ibmcl_names: { application_name: 'cis-edge', subsystem_name: 'http' },
    },
  ]);
});

test('labels that are not declared are not sent', async () => {
  const { run, bodies, world } = declaringKeeper([aDeclaration('cloud-logs')]);
  await run();
  const api_key = world.keyValue(OLD_KEY);
  expect(bodies('POST', '/logpush/jobs')).toEqual([
    { ...COMMON, ibmcl: { instance_id: LOGS.instance, region: LOGS.region, api_key } },
  ]);
});

test.each([
  [false, 'http/'],
  [true, 'http/{DATE}/'],
] as const)(
  'the body that makes a bucket job with a key (daily folders: %s)',
  async (dailySubfolder, path) => {
    const destination = { cos: { ...COS, path: 'http/', dailySubfolder } };
    const { run, bodies, jobs, world } = declaringKeeper([
      aDeclaration('cos', { destination, enabled: false }),
    ]);
    await run();
    const ibm_api_key = world.keyValue(OLD_KEY);
    expect(bodies('POST', '/logpush/jobs')).toEqual([
      { ...COMMON, enabled: false, cos: { ...BUCKET_BODY, path, ibm_api_key } },
    ]);
    expect(jobs().map(({ destination: { bucket } }) => bucket)).toEqual([
      { name: COS.bucket, path: 'http', dailySubfolder },
    ]);
    expect((await run()).actions).toEqual([]);
  },
);

test.each([
  ['bare', false, 'legacy/'],
  ['wrapped', true, 'legacy/{DATE}/'],
] as const)(
  'the bodies of a job with an ownership challenge (%s answer, daily folders: %s)',
  async (ownershipAnswer, dailySubfolder, path) => {
    const destination = { cos: { ...COS, path: 'legacy', dailySubfolder, legacyOwnership: true } };
    const made = declaringKeeper([aDeclaration('cos-ownership', { destination })], {
      cis: { ownershipAnswer },
    });
    await made.run();
    const file = made.world.cos.objects(COS.bucket).find(({ key }) => key.includes('ownership-challenge'));
    const ownership_challenge = file?.body;
    const cos = { ...BUCKET_BODY, path };
    expect(ownership_challenge).toMatch(/^eyJ/);
    expect(made.bodies('POST', '/ownership')).toEqual([{ cos }]);
    expect(made.bodies('POST', '/ownership/validate')).toEqual([{ cos, ownership_challenge }]);
    expect(made.bodies('POST', '/logpush/jobs')).toEqual([{ ...COMMON, cos, ownership_challenge }]);
    expect((await made.run()).actions).toEqual([]);
    const outputs = [...made.keeper.log, JSON.stringify(await made.run())].join('\n');
    expect(outputs).not.toContain(ownership_challenge);
  },
);

test('log retention that is off is switched on first, and read back', async () => {
  const { run, sent, jobs } = declaringKeeper([aDeclaration('cloud-logs')], { retention: false });
  const report = await run();
  expect(report.actions.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
    'set-retention applied',
    'create-job applied',
  ]);
  expect(jobs()).toHaveLength(1);
  const tails = sent.map(({ method, url }) => `${method} ${url.split('/').at(-1)}`);
  const at = tails.indexOf('POST retention');
  expect(JSON.parse(String(sent[at]?.body))).toEqual({ flag: true });
  expect(tails.slice(at - 1, at + 2)).toEqual(['GET retention', 'POST retention', 'GET retention']);
  expect(tails.indexOf('POST jobs')).toBeGreaterThan(at);
});

test('a plan says what would be made, and sends and writes nothing', async () => {
  const { keeper, jobs, sent } = declaringKeeper([aDeclaration('cos')], { retention: false });
  const { code, out } = await keeper.cli('ensure-logpush', '--plan');
  expect(code).toBe(0);
  expect(out).toContain('would do');
  expect(out).toContain('make it with the key of binding edge-logs');
  expect(out).toContain('switch log retention on');
  expect(jobs()).toEqual([]);
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await keeper.ledger.list('')).toEqual([]);
});

test('observing, it plans and makes nothing', async () => {
  const { keeper, jobs } = declaringKeeper([aDeclaration('cos')], { config: { mode: 'observe' } });
  const report = await keeper.run('ensure-logpush');
  expect(report.actions.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual(['create-job planned']);
  expect(jobs()).toEqual([]);
});

test('every dataset of a zone gets its job, and undeclared jobs are left alone', async () => {
  const { run, jobs } = declaringKeeper(
    [
      aDeclaration('cloud-logs', { name: 'a', dataset: 'firewall_events' }),
      aDeclaration('cos', { name: 'b', zone: 'A494D76CA5E6C8E2F0E7EB6A65238573', dataset: 'range_events' }),
      aDeclaration('cloud-logs', { name: 'c', zone: 'PAY.example', dataset: 'dns_logs' }),
    ],
    { jobs: [aZoneJob({ id: 1, name: 'mine', ...ON_LOGS })] },
  );
  const report = await run();
  expect(report.outcome).toBe('ok');
  expect(jobs().map(({ name, dataset }) => `${name} ${dataset}`)).toEqual([
    'mine http_requests',
    'a firewall_events',
    'b range_events',
    'c dns_logs',
  ]);
  expect((await run()).actions).toEqual([]);
});
