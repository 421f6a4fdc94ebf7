import { expect, test } from 'vitest';
import type { Blockers } from '../../infra/local/cos/bucket.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { BUCKET, type SmallWorld, smallWorld } from '../simulation/small-world.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const KEEPER = 'ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28';
const UNCLEAR = `bucket-limits-unclear bucket ${BUCKET}`;
const WRITE_UNCLEAR = `bucket-write-unclear bucket ${BUCKET}`;

/** A fleet whose keeper has a role on buckets, and may read policies. */
function aFleet({ role = 'Reader', change, ...world }: Partial<SmallWorld> & Changes = {}) {
  const file = smallWorld({ jobs: 4, destination: 'cos', readsPolicies: true, ...world });
  for (const { id, policies } of file.accounts.flatMap(({ serviceIds }) => serviceIds))
    for (const policy of policies)
      if (id === KEEPER && policy.service === 'cloud-object-storage') policy.roles = [role];
  change?.(file);
  const deadline: { at?: number | undefined } = {};
  const askedAbout: string[] = [];
  const keeper = virtualKeeper({
    file,
    wrapTransport: (transport) => ({
      send: (request) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname.endsWith('/v2/policies')) askedAbout.push(searchParams.get('iam_id') ?? 'a group');
        return transport.send(request);
      },
    }),
    surround: (surroundings) => ({
      ...surroundings,
      ...(deadline.at === undefined ? {} : { deadlineAt: deadline.at }),
    }),
  });
  return {
    ...keeper,
    deadline,
    /** Whose policies were listed. */
    askedAbout,
    pass: (ms: number): void => {
      keeper.clock.advance(ms);
      keeper.world.catchUp();
    },
  };
}

interface Changes {
  readonly role?: string;
  readonly change?: (file: WorldFile) => void;
}

const told = ({ findings }: RunReport): readonly string[] =>
  findings.map(({ code, subject }) => `${code} ${subject.replace(/ \(.*/, '')}`);

const detailOf = ({ findings }: RunReport, code: string): string =>
  findings.find((finding) => finding.code === code)?.detail ?? '';

test('jobs whose objects arrive: one HEAD and one read of its configuration for the bucket, one listing a job', async () => {
  const fleet = aFleet({ jobs: 2 });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  // Both are http_requests, and push into one path.
  expect(told(report)).toEqual([`bucket-path-shared bucket ${BUCKET}/http`, UNCLEAR]);
  expect(report.calls).toMatchObject({ 'cos getBucketConfig': 1, 'cos headBucket': 1, 'cos listObjects': 2 });
});

test('what is not shown is not taken for fine: one finding a bucket names the rights', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(report.outcome).toBe('ok');
  expect(told(report)).toEqual([UNCLEAR]);
  expect(detailOf(report, 'bucket-limits-unclear')).toMatchInlineSnapshot(
    `"firewall: none, or none that is shown without Manager (cloud-object-storage.bucket.get_firewall); quota: none, or none that is shown without Writer (cloud-object-storage.bucket.get_quota); root key: none, or none that is shown without Writer (cloud-object-storage.bucket.list_crk_id); objects arrive"`,
  );
});

test('just after midnight yesterday’s folder counts', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(24) + minutes(1));
  expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR]);
});

const ROOT_KEY = 'crn:v1:bluemix:public:kms:eu-de:a/1:22222222-1111-4222-8333-444444444444:key:1';
const ROLES = ['Object Reader', 'Content Reader', 'Reader', 'Writer', 'Manager'] as const;

/** What each role sees of each blocker, in the order of `ROLES`: codes without `bucket-`. */
const BLOCKERS: readonly (readonly [string, (bucket: Blockers) => void, readonly string[]])[] = [
  [
    'a firewall that lets the keeper in and not Logpush',
    (bucket) => (bucket.firewall = { allowedIps: ['198.51.100.7'] }),
    ['check-refused', 'limits-unclear', 'limits-unclear', 'limits-unclear', 'firewall-refuses'],
  ],
  [
    'a firewall that lets neither in',
    (bucket) => (bucket.firewall = { allowedNetworks: ['private'] }),
    [
      'check-refused',
      'check-refused',
      'check-refused limits-unclear',
      'check-refused limits-unclear',
      'check-refused firewall-refuses limits-unclear',
    ],
  ],
  [
    'a firewall that lets a part of Cloudflare in',
    (bucket) => (bucket.firewall = { deniedIps: ['104.16.0.0/13'] }),
    ['check-refused', 'limits-unclear', 'limits-unclear', 'limits-unclear', 'firewall-partly'],
  ],
  [
    'a quota that is reached',
    (bucket) => (bucket.hardQuota = 1),
    ['check-refused', 'limits-unclear', 'limits-unclear', 'quota-reached limits-unclear', 'quota-reached'],
  ],
  [
    'a root key that is disabled',
    (bucket) => (bucket.rootKey = { crn: ROOT_KEY, state: 'disabled' }),
    [
      'check-refused',
      'limits-unclear check-refused',
      'limits-unclear check-refused',
      'root-key-suspected limits-unclear check-refused',
      'root-key-suspected limits-unclear check-refused',
    ],
  ],
  [
    'a bucket that is gone',
    (bucket) => (bucket.deleted = true),
    ['absent', 'absent', 'absent', 'absent', 'absent'],
  ],
  [
    'an instance that is being removed',
    (bucket) => (bucket.instanceState = 'pending_reclamation'),
    [
      'check-refused',
      'check-refused',
      'check-refused limits-unclear',
      'check-refused limits-unclear',
      'check-refused limits-unclear',
    ],
  ],
];

for (const [blocker, change, expected] of BLOCKERS) {
  test.each(ROLES.map((role, index) => [role, expected[index] ?? ''] as const))(
    `${blocker}, as %s sees it: %s`,
    async (role, codes) => {
      const fleet = aFleet({ jobs: 1, role });
      fleet.pass(hours(2));
      fleet.world.cos.change(BUCKET, change);
      fleet.pass(minutes(20));
      const report = await fleet.run('verify-buckets');
      expect(report.findings.map(({ code }) => code.replace('bucket-', '')).join(' ')).toBe(codes);
      const { calls } = fleet.world;
      const methods = calls.filter(({ service }) => service === 'cos').map(({ method }) => method);
      expect(methods.filter((method) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    },
  );
}

test('COS that does not answer: unclear, never fine and never missing', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  for (const status of [500, 429, 503]) {
    fleet.world.faults.clear();
    fleet.world.faults.add({
      match: { service: 'cos' },
      after: 0,
      times: null,
      respond: { kind: 'status', status },
    });
    expect(told(await fleet.run('verify-buckets'))).toEqual([`bucket-unclear bucket ${BUCKET}`]);
  }
  for (const respond of [{ kind: 'html', status: 200 }, { kind: 'nonsense' }] as const) {
    fleet.world.faults.clear();
    const match = { service: 'cos', operation: 'listObjects' } as const;
    fleet.world.faults.add({ match, after: 0, times: null, respond });
    expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR, 'bucket-unclear job 1']);
    fleet.world.faults.clear();
    const config = { service: 'cos', operation: 'getBucketConfig' } as const;
    fleet.world.faults.add({ match: config, after: 0, times: null, respond });
    expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR]);
  }
  fleet.world.faults.clear();
  fleet.world.faults.add({ match: { service: 'cos' }, after: 0, times: null, respond: { kind: 'timeout' } });
  expect(told(await fleet.run('verify-buckets'))).toEqual([`bucket-unclear bucket ${BUCKET}`]);
});

test('a job that pushes nothing is not blamed on its bucket', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  fleet.world.cos.change(BUCKET, (bucket) => (bucket.firewall = { allowedIps: ['198.51.100.7'] }));
  fleet.pass(hours(2));
  expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR]);
  // The role that the keeper has does not show the firewall.
  expect(told(await fleet.run('check-logpush'))).toEqual(['job-failing job 1', 'cause-unclear job 1']);
});

test('a rule that expires objects is told', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  fleet.world.cos.empty(BUCKET);
  expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR, 'bucket-objects-missing job 1']);
});

test.each([
  ['Content Reader', 'bucket-not-found', /whether it is gone or elsewhere could not be told; .*needs Reader/],
  ['Reader', 'bucket-elsewhere', /it is in us-south;/],
] as const)('a bucket in another location, as %s sees it: %s', async (role, code, detail) => {
  const change = (file: WorldFile): void => {
    for (const { cos } of file.cis[0]?.zones[0]?.jobs ?? []) if (cos !== undefined) cos.location = 'eu-de';
    for (const bucket of file.buckets) bucket.location = 'us-south';
  };
  const fleet = aFleet({ jobs: 1, role, change });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(told(report)).toEqual([`${code} bucket ${BUCKET}`]);
  expect(detailOf(report, code)).toMatch(detail);
});

test('a bucket whose listing is refused, but whose configuration is there, is elsewhere', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  for (const operation of ['headBucket', 'listBuckets'] as const) {
    const status = operation === 'headBucket' ? 404 : 500;
    const respond = { kind: 'status', status } as const;
    fleet.world.faults.add({ match: { service: 'cos', operation }, after: 0, times: null, respond });
  }
  expect(told(await fleet.run('verify-buckets'))).toEqual([`bucket-elsewhere bucket ${BUCKET}`]);
});

test('jobs that name another COS instance than that of the bucket', async () => {
  const other = '44444444-1111-4222-8333-555555555555';
  const change = (file: WorldFile): void => {
    for (const { cos } of file.cis[0]?.zones[0]?.jobs ?? []) if (cos !== undefined) cos.instance = other;
  };
  const fleet = aFleet({ jobs: 1, change });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(told(report)).toEqual([`bucket-instance-differs bucket ${BUCKET}`, UNCLEAR]);
  expect(detailOf(report, 'bucket-instance-differs')).toContain(other);
});

test('a quota that is nearly reached says when it will be', async () => {
  const fleet = aFleet({ jobs: 1, role: 'Writer' });
  fleet.pass(hours(2));
  const bytes = fleet.world.cos.objects(BUCKET).reduce((sum, { body }) => sum + body.length, 0);
  fleet.world.cos.change(BUCKET, (bucket) => (bucket.hardQuota = Math.ceil(bytes * 1.09)));
  const report = await fleet.run('verify-buckets');
  expect(told(report)).toEqual([`bucket-quota-near bucket ${BUCKET}`, UNCLEAR]);
  expect(detailOf(report, 'bucket-quota-near')).toMatch(/it is full on 2026-03-\d\d$/);
});

test('a world that shows the configuration to Managers alone: unclear to all others', async () => {
  const change = (file: WorldFile): void => void (file.settings.cos.partialConfiguration = 'refuse');
  const fleet = aFleet({ jobs: 1, role: 'Writer', change });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(told(report)).toEqual([UNCLEAR]);
  expect(detailOf(report, 'bucket-limits-unclear')).toContain('for the firewall Manager');
});

test('many jobs of one bucket that may not be looked into: one finding', async () => {
  const fleet = aFleet({ role: 'Object Reader' });
  fleet.pass(hours(2));
  const codes = (await fleet.run('verify-buckets')).findings.map(({ code }) => code);
  expect(codes.filter((code) => code === 'bucket-check-refused')).toHaveLength(1);
  expect(codes).not.toContain('bucket-limits-unclear');
});

test.each([401, 403])(
  'a token that has ended (%d): one fresh one, one repeat, and all is seen',
  async (status) => {
    const fleet = aFleet({ jobs: 1 });
    fleet.pass(hours(2));
    const match = { service: 'cos', operation: 'headBucket' } as const;
    fleet.world.faults.add({ match, after: 0, times: 1, respond: { kind: 'status', status } });
    const report = await fleet.run('verify-buckets');
    expect(told(report)).toEqual([UNCLEAR]);
    expect(report.calls).toMatchObject({ 'cos headBucket': 2, 'iam grantToken': 2 });
  },
);

test('a right that is missing costs one fresh token a run, and no repeat for each job', async () => {
  const fleet = aFleet({ role: 'Object Reader' });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(report.calls).toMatchObject({ 'cos headBucket': 1, 'cos getBucketConfig': 2, 'iam grantToken': 2 });
});

test('a run without time left: what it did not see is unclear', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  const match = { service: 'cos', operation: 'headBucket' } as const;
  fleet.world.faults.add({ match, after: 0, times: null, respond: { kind: 'slow', ms: 2000 } });
  fleet.deadline.at = fleet.clock.now() + 31_000;
  const report = await fleet.run('verify-buckets');
  expect(told(report)).toEqual([UNCLEAR, WRITE_UNCLEAR, 'bucket-unclear job 1']);
  expect(detailOf(report, 'bucket-unclear')).toContain('the deadline of the run is near');
  expect(detailOf(report, 'bucket-write-unclear')).toContain('the deadline of the run is near');
});

test('objects of a job below the path of another do not show that this one arrives', async () => {
  const change = (file: WorldFile): void => {
    const [first, fourth] = file.cis[0]?.zones[0]?.jobs ?? [];
    Object.assign(first?.cos ?? {}, { path: 'all', dailySubfolder: false });
    Object.assign(fourth?.cos ?? {}, { path: 'all/dns', dailySubfolder: true });
  };
  const fleet = aFleet({ change });
  fleet.pass(hours(2));
  expect(told(await fleet.run('verify-buckets'))).toEqual([
    `bucket-path-nested bucket ${BUCKET}/all`,
    UNCLEAR,
  ]);
  // What the outer job wrote itself begins with its date.
  fleet.world.cos.empty(BUCKET, { prefix: 'all/2' });
  expect(told(await fleet.run('verify-buckets'))).toContain('bucket-objects-missing job 1');
});

test('no more than ten requests a second', async () => {
  const change = (file: WorldFile): void => {
    const [zone] = file.cis[0]?.zones ?? [];
    const [job] = zone?.jobs ?? [];
    if (zone === undefined || job?.cos === undefined) throw new Error('the small world has a job');
    const { cos } = job;
    for (let id = 100; id < 140; id += 1)
      zone.jobs.push({ ...job, id, name: `job ${id}`, cos: { ...cos, path: `p${id}` } });
  };
  const fleet = aFleet({ jobs: 1, change });
  fleet.pass(hours(1));
  await fleet.run('verify-buckets');
  const starts = fleet.world.calls.filter(({ service }) => service === 'cos').map(({ at }) => at);
  expect(starts).toHaveLength(43);
  for (const [index, at] of starts.entries())
    expect(at - (starts[index - 10] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1000);
});

test('jobs that push to Cloud Logs ask nothing of COS', async () => {
  const fleet = aFleet({ destination: 'cloud-logs' });
  const report = await fleet.run('verify-buckets');
  expect(Object.keys(report.calls).filter((name) => name.startsWith('cos'))).toEqual([]);
});

test('no token of ours is printed', async () => {
  const fleet = aFleet();
  fleet.pass(hours(2));
  const { out } = await fleet.cli('verify-buckets', '--json');
  for (const secret of fleet.world.iam.secretValues()) expect(out).not.toContain(secret);
  expect(fleet.log.join('\n')).not.toContain('TRACER-');
});

const WRITER = 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f';
const NOT_GRANTED = `bucket-write-not-granted ${WRITER} on bucket ${BUCKET}`;
const KEEPER_IAM_ID = `iam-${KEEPER}`;
const takeRole = ({ world }: ReturnType<typeof aFleet>): void =>
  world.iam.removePolicy(WRITER, 'cloud-object-storage');
/** The codes about writing, each with its subject. */
const writing = (report: RunReport): readonly string[] =>
  told(report).filter((line) => line.startsWith('bucket-write-'));

test('an identity whose role is gone: that no policy grants it is told once, with its jobs and what was seen', async () => {
  const fleet = aFleet({ jobs: 2 });
  fleet.pass(hours(2));
  takeRole(fleet);
  fleet.pass(hours(1));
  const checked = await fleet.run('check-logpush');
  expect(writing(checked)).toEqual([NOT_GRANTED]);
  expect(checked.findings.find(({ code }) => code === 'job-failing')?.because).toEqual([NOT_GRANTED]);
  const report = await fleet.run('verify-buckets');
  expect(writing(report)).toEqual([NOT_GRANTED]);
  expect(detailOf(report, 'bucket-write-not-granted')).toBe(
    `none of the 1 policies in account 9989c32096219819f54f6ed1c559e016 that ${WRITER} has grants cloud-object-storage.object.put on bucket ${BUCKET} below http/: jobs 1 (http_requests of shop.example), 2 (http_requests of pay.example)`,
  );
  expect(report.outcome).toBe('findings');
});

test('a bucket that refuses our look too: IAM tells who may write all the same', async () => {
  const fleet = aFleet({ jobs: 1, role: 'Object Reader' });
  fleet.pass(hours(2));
  expect(writing(await fleet.run('verify-buckets'))).toEqual([]);
  takeRole(fleet);
  fleet.pass(hours(1));
  expect(told(await fleet.run('verify-buckets'))).toEqual([
    `bucket-check-refused bucket ${BUCKET}`,
    NOT_GRANTED,
  ]);
});

test('a keeper that may not read policies: once a bucket, with the rights that it takes', async () => {
  const fleet = aFleet({ readsPolicies: false });
  fleet.pass(hours(2));
  takeRole(fleet);
  fleet.pass(hours(1));
  const report = await fleet.run('verify-buckets');
  expect(writing(report)).toEqual([WRITE_UNCLEAR]);
  expect(detailOf(report, 'bucket-write-unclear')).toContain(
    'needs Viewer on IAM Access Management and IAM Access Groups',
  );
});

test('a policy for another path: the jobs outside of it are named, the job below it is not', async () => {
  const change = (file: WorldFile): void => {
    for (const { policies } of file.accounts.flatMap(({ serviceIds }) => serviceIds))
      for (const policy of policies)
        if (policy.service === 'cloud-object-storage' && policy.bucket === BUCKET) policy.path = 'dns/*';
  };
  const fleet = aFleet({ change });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(writing(report)).toEqual([NOT_GRANTED]);
  expect(detailOf(report, 'bucket-write-not-granted')).toMatch(
    /below http\/: jobs 1 [^;]*, 2 [^;]*; none .* below firewall\/: job 3 [^,;]*$/,
  );
});

test('a policy of a moment ago is not called missing', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  takeRole(fleet);
  fleet.pass(hours(1));
  const accountId = fleet.world.file.accounts[0]?.id ?? '';
  const grant = { iamId: WRITER, accountId, service: 'cloud-object-storage', roles: ['Object Writer'] };
  fleet.world.iam.addPolicy({ ...grant, resource: { type: 'bucket', name: 'another-bucket' } });
  const report = await fleet.run('verify-buckets');
  expect(writing(report)).toEqual([WRITE_UNCLEAR]);
  expect(detailOf(report, 'bucket-write-unclear')).toContain('was changed');
  fleet.world.iam.addPolicy(grant);
  expect(writing(await fleet.run('verify-buckets'))).toEqual([]);
});

test('a job that no binding selects, or without a key, whose objects do not arrive: nobody’s right to write is asked for', async () => {
  const unbound = aFleet({
    jobs: 1,
    change: ({ secretsManagers }) => {
      for (const secret of secretsManagers.flatMap(({ secrets }) => secrets))
        if (secret.type === 'arbitrary') delete secret.binding;
    },
  });
  unbound.pass(hours(1));
  takeRole(unbound);
  // The role of IBM's own identity, which writes for jobs without a key, is not there.
  const keyless = aFleet({
    jobs: 1,
    neighbours: true,
    change: ({ buckets }) => buckets.forEach((bucket) => void (bucket.grantsLogpush = false)),
  });
  for (const fleet of [unbound, keyless]) {
    fleet.pass(hours(1));
    const report = await fleet.run('verify-buckets');
    expect(report.jobs.filter(({ health }) => health === 'failing')).toHaveLength(1);
    expect(writing(report)).toEqual([]);
    expect(fleet.askedAbout).toEqual([KEEPER_IAM_ID]);
  }
});

test('as long as objects arrive nobody’s right to write is asked for', async () => {
  const fleet = aFleet({ jobs: 2 });
  fleet.pass(hours(2));
  await fleet.run('verify-buckets');
  // What the keeper itself is shown is asked for once a run.
  expect(fleet.askedAbout).toEqual([KEEPER_IAM_ID]);
  takeRole(fleet);
  fleet.pass(hours(1));
  await fleet.run('verify-buckets');
  expect(fleet.askedAbout.toSorted()).toEqual([WRITER, KEEPER_IAM_ID, KEEPER_IAM_ID].toSorted());
});

test('where everything is shown, IAM is asked for nothing but a token', async () => {
  const fleet = aFleet({ jobs: 1, role: 'Manager' });
  fleet.world.cos.change(BUCKET, (bucket) => {
    bucket.firewall = { allowedNetworks: ['public'] };
    bucket.hardQuota = 0;
    bucket.rootKey = { crn: ROOT_KEY, state: 'active' };
  });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(Object.keys(report.calls).filter((name) => name.startsWith('iam '))).toEqual(['iam grantToken']);
});

test.each(['shown', 'hidden'] as const)(
  'a Manager sees that nothing limits the bucket, if it sees that it is one: own policies %s',
  async (ownPolicies) => {
    for (const readsPolicies of [true, false]) {
      const change = (file: WorldFile): void => void (file.settings.iam.ownPolicies = ownPolicies);
      const fleet = aFleet({ role: 'Manager', readsPolicies, jobs: 1, change });
      fleet.pass(hours(2));
      const isSeen = readsPolicies || ownPolicies === 'shown';
      expect(told(await fleet.run('verify-buckets'))).toEqual(isSeen ? [] : [UNCLEAR]);
    }
  },
);

test('a Manager of a moment ago, and one whose policies are not answered: what is absent stays unclear', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  const accountId = fleet.world.file.accounts[0]?.id ?? '';
  fleet.world.iam.addPolicy({
    iamId: KEEPER_IAM_ID,
    accountId,
    service: 'cloud-object-storage',
    roles: ['Manager'],
  });
  fleet.pass(minutes(9));
  expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR]);
  fleet.pass(minutes(2));
  expect(told(await fleet.run('verify-buckets'))).toEqual([]);
  const match = { service: 'iam', operation: 'listV2Policies' } as const;
  fleet.world.faults.add({ match, after: 0, times: null, respond: { kind: 'status', status: 500 } });
  expect(told(await fleet.run('verify-buckets'))).toEqual([UNCLEAR]);
});

test('a HEAD that is refused shows no root key, to a Manager either', async () => {
  const fleet = aFleet({ jobs: 1, role: 'Manager' });
  fleet.pass(hours(2));
  fleet.world.cos.change(BUCKET, (bucket) => (bucket.firewall = { allowedNetworks: ['private'] }));
  const report = await fleet.run('verify-buckets');
  expect(detailOf(report, 'bucket-limits-unclear')).toMatch(/^root key: none, or none that is shown/);
});
