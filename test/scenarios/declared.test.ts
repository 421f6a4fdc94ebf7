import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cisCrn } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { OLD_KEY, OTHER_LOGS_ID } from '../simulation/small-world.ts';
import { aDeclaration, aZoneJob, COS, declaringKeeper, LOGS, ON_LOGS } from '../support/declared.ts';
import type { VirtualKeeperOptions } from '../support/virtual-keeper.ts';

const codesOf = (report: RunReport): readonly string[] => report.findings.map(({ code }) => code);
const deedsOf = (report: RunReport): readonly string[] =>
  report.actions.map(({ kind, outcome }) => `${kind} ${outcome}`);
const detailOf = (report: RunReport, code: string): string =>
  report.findings.find((one) => one.code === code)?.detail ?? '';
const todoOf = (report: RunReport, code: string): string =>
  report.findings.find((one) => one.code === code)?.todo ?? '';

const OPTIONS = 'fields=RayID,ClientIP,EdgeStartTimestamp&timestamps=rfc3339';
/** A job as the declarations of these tests want it, which a person made. */
const asDeclared = { id: 1, ...ON_LOGS };

/** A world whose job is as declared but for what is changed; the job's options are those of the declaration. */
function aMadeJob(change: object, declaration: object = {}, options: object = {}) {
  const made = declaringKeeper([aDeclaration('cloud-logs', declaration)], {
    jobs: [aZoneJob({ ...asDeclared, ...change })],
    ...options,
  });
  for (const { instanceCrn, zoneId, id } of made.jobs())
    if (id === 1) made.world.cis.update({ instanceCrn, zoneId, jobId: 1 }, { logpullOptions: OPTIONS });
  return made;
}

test('a job that a person made as declared is left as it is', async () => {
  const { run, sent } = aMadeJob({});
  expect(await run()).toMatchObject({ outcome: 'ok', findings: [], actions: [] });
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test.each([
  ['its frequency', { frequency: 'high' }, 'its frequency is high', { frequency: 'low' }],
  ['that a person disabled it', { enabled: false }, 'it is disabled', { enabled: true }],
] as const)('%s is drift: reported, and set right where that is declared', async (_, change, says, body) => {
  const reported = aMadeJob(change);
  const report = await reported.run();
  expect(codesOf(report)).toEqual(['declared-drift']);
  expect(detailOf(report, 'declared-drift')).toContain(says);
  expect(reported.bodies('PUT', '/jobs/1')).toEqual([]);

  const enforced = aMadeJob(change, { onDrift: 'enforce' });
  expect(deedsOf(await enforced.run())).toEqual(['update-job applied']);
  expect(enforced.bodies('PUT', '/jobs/1')).toEqual([expect.objectContaining(body)]);
  expect(await enforced.run()).toMatchObject({ outcome: 'ok', actions: [] });
});

test('a person may have everything made as declared, by hand', async () => {
  const made = aMadeJob({ frequency: 'high' });
  const { code, out } = await made.keeper.cli('ensure-logpush', '--enforce');
  expect(out).toContain('update-job');
  expect(code).toBe(0);
  expect(made.bodies('PUT', '/jobs/1')).toEqual([{ frequency: 'low' }]);
  expect((await made.keeper.cli('check-logpush', '--enforce')).err).toContain('goes with ensure-logpush');
});

test('a default for all jobs stands under policies', async () => {
  const config = { policies: { logpushJobs: { onDrift: 'enforce' } } };
  const made = aMadeJob({ frequency: 'high' }, {}, { config });
  expect(deedsOf(await made.run())).toEqual(['update-job applied']);
});

test('whole bodies of an update: what differs, and a key only where it is needed', async () => {
  const options = aMadeJob({}, { onDrift: 'enforce', logpullOptions: 'fields=RayID&timestamps=unix' });
  await options.run();
  expect(options.bodies('PUT', '/jobs/1')).toEqual([{ logpull_options: 'fields=RayID&timestamps=unix' }]);

  const enabled = aMadeJob({ enabled: false }, { onDrift: 'enforce' });
  await enabled.run();
  const api_key = enabled.world.keyValue(OLD_KEY);
  expect(enabled.bodies('PUT', '/jobs/1')).toEqual([
    { enabled: true, ibmcl: { instance_id: LOGS.instance, region: LOGS.region, api_key } },
  ]);

  const disabled = aMadeJob({}, { onDrift: 'enforce', enabled: false });
  await disabled.run();
  expect(disabled.bodies('PUT', '/jobs/1')).toEqual([{ enabled: false }]);
});

test('another destination of the same kind is an update of the job that was made', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  await made.run();
  const other = made.keeper.configText.replaceAll(LOGS.instance, OTHER_LOGS_ID);
  const report = await made.keeper.run('ensure-logpush', { text: other });
  expect(codesOf(report)).toEqual(['declared-drift']);
  expect(detailOf(report, 'declared-drift')).toContain(LOGS.instance);
  const text = other.replace('name: edge-http', 'name: edge-http\n    onDrift: enforce');
  expect(deedsOf(await made.keeper.run('ensure-logpush', { text }))).toEqual(['update-job applied']);
  expect(made.jobs()).toMatchObject([{ destination: { instanceId: OTHER_LOGS_ID } }]);
  expect(await made.keeper.run('ensure-logpush', { text })).toMatchObject({ findings: [], actions: [] });
  // And back: it is the keeper's own job wherever a declaration has sent it.
  const back = made.keeper.configText.replace('name: edge-http', 'name: edge-http\n    onDrift: enforce');
  expect(deedsOf(await made.keeper.run('ensure-logpush', { text: back }))).toEqual(['update-job applied']);
  expect(await made.keeper.run('ensure-logpush', { text: back })).toMatchObject({
    findings: [],
    actions: [],
  });
  expect(made.jobs()).toMatchObject([{ destination: { instanceId: LOGS.instance } }]);
});

test('what failures disabled is left to reenable-logpush', async () => {
  const made = aMadeJob({}, { onDrift: 'enforce' });
  await made.keeper.runEvery(minutes(5), 'check-logpush', minutes(30));
  const [owner] = made.world.file.accounts.flatMap(({ serviceIds }) =>
    serviceIds.filter(({ apiKeys }) => apiKeys.some(({ name }) => name === OLD_KEY)),
  );
  made.world.iam.removePolicy(`iam-${owner?.id}`, 'logs');
  await made.keeper.runEvery(minutes(30), 'check-logpush', hours(26));
  expect(made.jobs()).toMatchObject([{ enabled: false }]);
  expect((await made.run()).actions).toEqual([]);
  expect(made.bodies('PUT', '/jobs/1')).toEqual([]);
});

test.each([
  ['pushes elsewhere', {}, { destination: { cos: { ...COS, path: 'http' } } }, ['declared-namesake']],
  ['has another name', { name: 'edge-other' }, {}, ['declared-job-differs']],
] as const)(
  'a job that nobody declared and that %s is never deleted, changed or replaced, unless the declaration names it',
  async (_, change, declaration, says) => {
    const untouched = aMadeJob(change, { ...declaration, onDrift: 'enforce' });
    await untouched.run();
    for (let i = 0; i < 3; i += 1) {
      untouched.pass(minutes(30));
      const report = await untouched.run();
      expect(codesOf(report)).toEqual(says);
      expect(report.findings).toMatchObject([
        { severity: 'warning', todo: expect.stringContaining('`replaces: JOB_ID`') },
      ]);
      expect(report.actions).toEqual([]);
    }
    expect(untouched.jobs()).toContainEqual(expect.objectContaining({ id: 1, enabled: true }));
    expect(untouched.sent.filter(({ method }) => method === 'DELETE' || method === 'PUT')).toEqual([]);

    // A person who names the job has said what is to become of it, whatever is done about drift.
    const made = aMadeJob(change, { ...declaration, replaces: 1 });
    const plan = await made.keeper.run('ensure-logpush', { plan: true });
    expect(plan.actions).toMatchObject([
      { detail: expect.stringContaining('then delete job 1 (http_requests to cloud-logs') },
    ]);
    const first = await made.run();
    expect(deedsOf(first)).toEqual(['create-job applied']);
    expect(detailOf(first, 'declared-job-created')).toContain('then delete job 1');
    expect(made.jobs()).toMatchObject([
      { id: 1, enabled: true },
      { name: 'edge-http', enabled: true },
    ]);
    const waiting = await made.run();
    expect(waiting.waiting).toMatchObject([{ waitsFor: expect.stringContaining('before job 1 is deleted') }]);
    expect(made.jobs()).toHaveLength(2);

    made.pass(minutes(30));
    const last = await made.run();
    expect(deedsOf(last)).toEqual(['delete-job applied']);
    expect(last.findings).toMatchObject([
      {
        code: 'declared-job-replaced',
        severity: 'warning',
        detail: expect.stringMatching(/^job 1 \(edge-.*, http_requests to cloud-logs/),
      },
    ]);
    expect(made.jobs()).toMatchObject([{ name: 'edge-http' }]);
    expect(await made.run()).toMatchObject({ outcome: 'ok', findings: [], actions: [] });
  },
);

test('a job that a declaration names is not deleted when it is another one by then, or not named any more', async () => {
  const bucket = { destination: { cos: { ...COS, path: 'http' } }, replaces: 1 };
  const changed = aMadeJob({}, bucket);
  await changed.run();
  changed.pass(minutes(30));
  const destination = { instanceId: OTHER_LOGS_ID, region: 'eu-de', apiKey: 'theirs' };
  for (const { instanceCrn, zoneId, id } of changed.jobs())
    if (id === 1) changed.world.cis.update({ instanceCrn, zoneId, jobId: 1 }, { destination });
  const report = await changed.run();
  expect(codesOf(report)).toEqual(['declared-ambiguous']);
  expect(detailOf(report, 'declared-ambiguous')).toContain(OTHER_LOGS_ID);
  expect(changed.jobs()).toHaveLength(2);

  const given = aMadeJob({}, bucket);
  await given.run();
  given.pass(minutes(30));
  const text = given.keeper.configText.replace('replaces: 1', 'onDrift: enforce');
  expect(codesOf(await given.keeper.run('ensure-logpush', { text }))).toEqual(['declared-namesake']);
  expect(given.jobs()).toHaveLength(2);
});

test('a job that two declarations could mean is nobody’s, whoever names it', async () => {
  const made = declaringKeeper(
    [
      aDeclaration('cloud-logs', { name: 'a' }),
      aDeclaration('cos', { name: 'b', dataset: 'dns_logs', replaces: 1 }),
    ],
    { jobs: [aZoneJob({ ...asDeclared, name: 'a' })] },
  );
  const report = await made.run();
  expect(codesOf(report)).toContain('declared-ambiguous');
  expect(report.actions).toEqual([]);
});

test('another region of a Cloud Logs instance is no second place: one of the two is wrong', async () => {
  const made = aMadeJob({}, { onDrift: 'enforce' });
  const text = made.keeper.configText.replaceAll(/(instance: bdaaaee6-\S+\s+region:) eu-de/g, '$1 us-south');
  expect(text).not.toBe(made.keeper.configText);
  const report = await made.keeper.run('ensure-logpush', { text });
  expect(codesOf(report)).toEqual(['declared-job-differs']);
  expect(made.jobs()).toHaveLength(1);
  expect(report.actions).toEqual([]);
});

test('another dataset in a declaration replaces the job that was made for it, and nobody else’s', async () => {
  const theirs = aMadeJob({}, { dataset: 'dns_logs', onDrift: 'enforce' });
  expect(deedsOf(await theirs.run())).toEqual(['create-job applied']);
  theirs.pass(minutes(30));
  expect(await theirs.run()).toMatchObject({ findings: [], actions: [] });
  expect(theirs.jobs()).toHaveLength(2);

  const ours = declaringKeeper([aDeclaration('cloud-logs')]);
  await ours.run();
  const text = ours.keeper.configText.replace('dataset: http_requests', 'dataset: dns_logs');
  expect(codesOf(await ours.keeper.run('ensure-logpush', { text }))).toEqual(['declared-job-differs']);
  const enforcing = text.replace('name: edge-http', 'name: edge-http\n    onDrift: enforce');
  const again = () => ours.keeper.run('ensure-logpush', { text: enforcing });
  expect(deedsOf(await again())).toEqual(['create-job applied']);
  ours.pass(minutes(30));
  expect(deedsOf(await again())).toEqual(['delete-job applied']);
  expect(ours.jobs()).toMatchObject([{ dataset: 'dns_logs' }]);
  expect(await again()).toMatchObject({ findings: [], actions: [] });
});

test('other labels need another job; those of a job that the keeper did not make are not known', async () => {
  const labelled = (applicationName: string) => ({
    destination: { cloudLogs: { ...LOGS, applicationName } },
  });
  const theirs = aMadeJob({}, labelled('edge'));
  expect(codesOf(await theirs.run())).toEqual(['declared-labels-unknown']);

  const ours = declaringKeeper([aDeclaration('cloud-logs', labelled('edge'))]);
  await ours.run();
  expect(await ours.run()).toMatchObject({ findings: [], actions: [] });
  const text = ours.keeper.configText.replace('applicationName: edge', 'applicationName: cdn');
  expect(codesOf(await ours.keeper.run('ensure-logpush', { text }))).toEqual(['declared-job-differs']);

  const enforcing = text.replace('name: edge-http', 'name: edge-http\n    onDrift: enforce');
  const again = () => ours.keeper.run('ensure-logpush', { text: enforcing });
  await again();
  ours.pass(minutes(30));
  await again();
  expect(ours.jobs()).toMatchObject([{ applicationName: 'cdn' }]);
  expect(await again()).toMatchObject({ findings: [], actions: [] });
});

test('a new job that does not push keeps the old one', async () => {
  const made = aMadeJob(
    {},
    { destination: { cos: { ...COS, path: 'http' } }, onDrift: 'enforce' },
    {
      logpush: { probeOnlyRegions: ['eu-de'] },
    },
  );
  await made.run();
  made.pass(hours(3));
  expect((await made.run()).actions).toEqual([]);
  expect(made.jobs()).toHaveLength(2);
});

test('a bucket job of another name is reported: a second job of its path would mix what both push', async () => {
  const job = {
    name: 'edge-old',
    cloudLogs: undefined,
    cos: { bucket: COS.bucket, path: 'http', dailySubfolder: false },
  };
  const made = declaringKeeper([aDeclaration('cos', { onDrift: 'enforce' })], {
    jobs: [aZoneJob({ id: 1, apiKey: OLD_KEY, ...job })],
  });
  const report = await made.run();
  expect(codesOf(report)).toContain('declared-job-differs');
  expect(made.jobs()).toHaveLength(1);
});

test('a LogDNA job is reported; the declared job of its dataset is made, and it goes once that one pushes', async () => {
  const logdna = aZoneJob({ id: 1, name: 'old-logdna', other: 'logdna' });
  const alone = declaringKeeper([], { jobs: [logdna] });
  expect(codesOf(await alone.run())).toEqual(['logdna-job']);
  expect(alone.jobs()).toHaveLength(1);

  for (const word of [{ onDrift: 'enforce' }, { replaces: 1 }]) {
    const made = declaringKeeper([aDeclaration('cloud-logs', word)], { jobs: [logdna] });
    const first = await made.run();
    expect(deedsOf(first)).toEqual(['create-job applied']);
    expect(detailOf(first, 'declared-job-created')).toContain('then delete job 1 (http_requests to logdna)');
    expect(first.findings[0]).toMatchObject({ code: 'logdna-job', repair: 'keeper' });
    expect((await made.run()).waiting).toHaveLength(1);
    made.pass(minutes(30));
    expect(codesOf(await made.run())).toEqual(['logdna-job', 'declared-job-replaced']);
    expect(made.jobs()).toMatchObject([{ name: 'edge-http' }]);
  }
  // Where nobody said that anything may go, it stays.
  const reported = declaringKeeper([aDeclaration('cloud-logs')], { jobs: [logdna] });
  await reported.run();
  reported.pass(minutes(30));
  const report = await reported.run();
  expect(report.findings).toMatchObject([
    { code: 'logdna-job', repair: 'person', todo: expect.stringContaining('`replaces: 1`') },
  ]);
  expect(report.actions).toEqual([]);
  expect(reported.jobs()).toHaveLength(2);
});

test('a LogDNA job that shows pushes is not touched', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', { onDrift: 'enforce' })], {
    jobs: [aZoneJob({ id: 1, name: 'old-logdna', other: 'logdna' })],
    logpush: { logdna: 'alive' },
  });
  made.pass(minutes(30));
  await made.run();
  made.pass(minutes(30));
  const report = await made.run();
  expect(detailOf(report, 'logdna-job')).toContain('not touched');
  expect(made.jobs()).toHaveLength(2);
});

test('of two LogDNA jobs of one dataset none is deleted', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', { onDrift: 'enforce' })], {
    jobs: [1, 2].map((id) => aZoneJob({ id, name: `old-${id}`, other: 'logdna' })),
  });
  await made.run();
  made.pass(minutes(30));
  const report = await made.run();
  expect(report.findings).toMatchObject([{ repair: 'person' }, { repair: 'person' }]);
  expect(made.jobs()).toHaveLength(3);
});

test('two jobs that could be the declared one: nothing is done', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', { onDrift: 'enforce' })], {
    jobs: [aZoneJob({ id: 1, ...ON_LOGS }), aZoneJob({ id: 2, ...ON_LOGS })],
  });
  const report = await made.run();
  expect(codesOf(report)).toEqual(['declared-ambiguous']);
  expect(report.actions).toEqual([]);
});

test('a quota that is reached, and a plan that has none', async () => {
  const full = declaringKeeper([aDeclaration('cloud-logs', { dataset: 'dns_logs' })], {
    jobs: [aZoneJob({ id: 1, ...ON_LOGS })],
    cis: { jobsPerZone: 1 },
  });
  const report = await full.run();
  expect(codesOf(report)).toEqual(['declared-quota']);
  expect(detailOf(report, 'declared-quota')).toContain('exceeded max jobs allowed');
  // It was not made for sure: nothing is waited for.
  expect((await full.run()).waiting).toEqual([]);

  const none = declaringKeeper([aDeclaration('cloud-logs')], { cis: { jobsPerZone: 0 } });
  expect(codesOf(await none.run())).toEqual(['declared-plan']);
});

test('a plan without Logpush, as the gateway says it', async () => {
  const { run } = declaringKeeper([aDeclaration('cloud-logs')], { cis: { plan: 'standard' } });
  expect(codesOf(await run())).toContain('declared-plan');
});

test('a Writer may not make jobs: the right is named', async () => {
  const { run, jobs } = declaringKeeper([aDeclaration('cloud-logs')], { role: 'Writer' });
  const report = await run();
  expect(codesOf(report)).toEqual(['declared-not-authorized']);
  expect(todoOf(report, 'declared-not-authorized')).toContain('internet-svcs.zones.manage');
  expect(jobs()).toEqual([]);
});

test('retention that may not be switched on: the right is named and nothing is made', async () => {
  const { run, sent } = declaringKeeper([aDeclaration('cloud-logs')], { role: 'Writer', retention: false });
  const report = await run();
  expect(codesOf(report)).toEqual(['declared-retention-refused']);
  expect(todoOf(report, 'declared-retention-refused')).toContain('internet-svcs.zones.manage');
  expect(sent.filter(({ method, url }) => method === 'POST' && url.endsWith('/jobs'))).toEqual([]);
});

test('retention that could not be seen: nothing is made, and nobody is told to give a role', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  const respond = { kind: 'status', status: 503 } as const;
  made.world.faults.add({ match: { operation: 'getLogRetention' }, after: 0, times: 3, respond });
  expect(codesOf(await made.run())).toEqual(['declared-failed']);
  expect(made.jobs()).toEqual([]);
  expect(deedsOf(await made.run())).toEqual(['create-job applied']);
});

test('a key that its destination refuses makes no job, and what CIS refuses is told without a key', async () => {
  const refused = declaringKeeper([aDeclaration('cloud-logs')], {
    change: (file) => {
      for (const { policies } of file.accounts.flatMap(({ serviceIds }) => serviceIds))
        for (const policy of policies) if (policy.service === 'logs') policy.roles = ['Viewer'];
    },
  });
  const report = await refused.run();
  expect(codesOf(report)).toEqual(['declared-key-refused']);
  expect(refused.bodies('POST', '/logpush/jobs')).toEqual([]);

  const walled = declaringKeeper([aDeclaration('cos')], {
    change: (file) => {
      const [bucket] = file.buckets;
      // Our own probe comes from an address that the firewall lets in.
      if (bucket !== undefined) bucket.firewall = { allowedIps: ['198.51.100.7'] };
    },
  });
  const byCis = await walled.run();
  expect(codesOf(byCis)).toEqual(['declared-destination-refused']);
  expect(JSON.stringify(byCis)).not.toContain(walled.world.keyValue(OLD_KEY));
});

test('a path that another job has is refused before CIS is asked', async () => {
  const taken = aZoneJob({
    id: 1,
    name: 'theirs',
    dataset: 'range_events',
    cos: { bucket: COS.bucket, path: 'http', dailySubfolder: true },
    apiKey: OLD_KEY,
  });
  const { run, bodies } = declaringKeeper([aDeclaration('cos')], { jobs: [taken] });
  expect(codesOf(await run())).toEqual(['declared-path-taken']);
  expect(bodies('POST', '/logpush/jobs')).toEqual([]);
});

test('a zone that is not there, and one that is not active', async () => {
  const gone = declaringKeeper([aDeclaration('cloud-logs', { zone: 'gone.example' })]);
  expect(codesOf(await gone.run())).toEqual(['declared-zone-missing']);
  const pending = declaringKeeper([aDeclaration('cloud-logs')], {
    change: (file) => {
      const [zone] = file.cis[0]?.zones ?? [];
      if (zone !== undefined) zone.status = 'pending';
    },
  });
  expect(codesOf(await pending.run())).toEqual(['declared-zone-inactive']);
  expect(pending.jobs()).toEqual([]);
});

test('a selector that names another zone by its id is seen when the zone is known', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  const text = made.keeper.configText.replace(
    '- destination:\n          cloudLogs:',
    '- zone: 1a111f682132b16100981e92c356aecc\n        destination:\n          cloudLogs:',
  );
  expect(text).not.toBe(made.keeper.configText);
  expect(codesOf(await made.keeper.run('ensure-logpush', { text }))).toEqual(['declared-unselected']);
  expect(made.jobs()).toEqual([]);
});

test('one job that is declared twice, by the id of its zone and by its name', async () => {
  const twice = [
    aDeclaration('cloud-logs'),
    aDeclaration('cloud-logs', { zone: 'a494d76ca5e6c8e2f0e7eb6a65238573' }),
  ];
  const made = declaringKeeper(twice);
  expect(codesOf(await made.run())).toEqual(['declared-job-created', 'declared-ambiguous']);
  expect(made.jobs()).toHaveLength(1);
});

test('a hold keeps a job from being made, changed, or deleted', async () => {
  const config = { holds: [{ zone: 'shop.example', reason: 'the shop team is at it' }] };
  const missing = declaringKeeper([aDeclaration('cloud-logs')], { config, retention: false });
  const report = await missing.run();
  expect(codesOf(report)).toEqual(['declared-held']);
  expect(detailOf(report, 'declared-held')).toContain('the shop team is at it');
  expect(report.actions).toEqual([]);
  const other = aMadeJob({ frequency: 'high' }, { onDrift: 'enforce' }, { config });
  expect(codesOf(await other.run())).toEqual(['declared-held']);
  // The job that would be replaced is held, too.
  const of1 = { holds: [{ job: 1, reason: 'we need it' }] };
  const replaced = aMadeJob({ name: 'mine' }, { replaces: 1 }, { config: of1 });
  expect(codesOf(await replaced.run())).toEqual(['declared-held']);
  expect(replaced.jobs()).toHaveLength(1);
});

test('while the key rotates no job gets it; the job comes after, and the next rotation finds it', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', { zone: 'pay.example' })], {
    jobs: [aZoneJob({ id: 1, ...ON_LOGS })],
  });
  const rotate = (forced: readonly string[] = []) => made.keeper.run('rotate-keys', { forced });
  await rotate(['edge-logs']);
  const report = await made.run();
  expect(codesOf(report)).toEqual(['declared-waits-for-rotation']);
  expect(made.jobs()).toHaveLength(1);
  const ends = made.clock.now() + days(4);
  while (made.clock.now() < ends) {
    await rotate();
    made.pass(minutes(30));
  }
  expect(deedsOf(await made.run())).toEqual(['create-job applied']);
  const keys = made.jobs().map(({ destination }) => made.world.iam.keyIdOf(destination.apiKey));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).not.toBe('ApiKey-00000000-0000-4000-8000-000000000001');

  await rotate(['edge-logs']);
  made.pass(hours(1));
  for (let i = 0; i < 8; i += 1) {
    await rotate();
    made.pass(minutes(15));
  }
  const moved = made.jobs().map(({ destination }) => made.world.iam.keyIdOf(destination.apiKey));
  expect(new Set(moved).size).toBe(1);
  expect(moved[0]).not.toBe(keys[0]);
});

test('two runs at once make one job', async () => {
  for (const flow of ['cloud-logs', 'cos', 'cos-ownership'] as const) {
    const made = declaringKeeper([aDeclaration(flow)], { cis: { duplicatePath: 'allow' } });
    const runs = await made.keeper.runTwice('ensure-logpush');
    expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(made.jobs(), flow).toHaveLength(1);
    made.pass(minutes(1));
    expect((await made.run()).actions).toEqual([]);
  }
});

test.each([
  ['is lost', { kind: 'lost-answer' }, true],
  ['is a 500 after it was made', { kind: 'status-after-effect', status: 500 }, true],
  ['is a 503', { kind: 'status', status: 503 }, false],
  ['is a 408', { kind: 'status', status: 408 }, false],
  ['cannot be read', { kind: 'nonsense' }, false],
  ['is a page of HTML', { kind: 'html', status: 520 }, false],
] as const)(
  'a create whose answer %s is sent once, and its job is looked for',
  async (_, respond, isMade) => {
    const made = declaringKeeper([aDeclaration('cloud-logs')]);
    made.world.faults.add({ match: { operation: 'createLogpushJob' }, after: 0, times: 1, respond });
    const report = await made.run();
    expect(made.bodies('POST', '/logpush/jobs')).toHaveLength(1);
    expect(codesOf(report)).toEqual([isMade ? 'declared-job-created' : 'declared-create-unclear']);
    expect(made.jobs()).toHaveLength(isMade ? 1 : 0);
    // Only when no list can be late any more is it made again.
    made.pass(minutes(5));
    expect((await made.run()).actions).toEqual([]);
    made.pass(minutes(15));
    await made.run();
    expect(made.jobs()).toHaveLength(1);
  },
);

test('a job that a person deletes is made again, once no list can be late any more', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  await made.run();
  for (const { instanceCrn, zoneId, id } of made.jobs())
    made.world.cis.deleteJob({ instanceCrn, zoneId, jobId: id });
  expect((await made.run()).waiting).toHaveLength(1);
  made.pass(minutes(20));
  expect(deedsOf(await made.run())).toEqual(['create-job applied']);
});

test('ownership that is not given, and a token file that may not be read', async () => {
  const denied = declaringKeeper([aDeclaration('cos-ownership')], {
    change: ({ buckets: [bucket] }) => {
      if (bucket !== undefined) bucket.grantsLogpush = false;
    },
  });
  expect(codesOf(await denied.run())).toEqual(['declared-ownership-invalid']);
  const blind = declaringKeeper([aDeclaration('cos-ownership')], {
    change: (file) => {
      for (const serviceId of file.accounts.flatMap(({ serviceIds }) => serviceIds))
        if (serviceId.name === 'keeper')
          serviceId.policies = serviceId.policies.filter(({ service }) => service !== 'cloud-object-storage');
    },
  });
  const report = await blind.run();
  expect(codesOf(report)).toEqual(['declared-token-unreadable']);
  expect(todoOf(report, 'declared-token-unreadable')).toContain('cloud-object-storage.object.get');
  expect(blind.jobs()).toEqual([]);
});

test.each(['masked', 'absent'] as const)(
  'keys %s on read: a bucket job is made once and left alone',
  async (keysOnRead) => {
    for (const flow of ['cos', 'cos-ownership'] as const) {
      const made = declaringKeeper([aDeclaration(flow)], { cis: { keysOnRead } });
      await made.run();
      expect(await made.run(), flow).toMatchObject({ outcome: 'ok', findings: [], actions: [] });
    }
  },
);

test('a newer keeper’s record of declared jobs stops this one from making any', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  const key = `declared/${made.world.file.cis[0]?.guid}.json`;
  await made.keeper.ledger.write(key, '{"schema":2}', undefined);
  const report = await made.run();
  expect(report.outcome).toBe('failed');
  expect(report.findings[0]?.detail).toContain('written by a newer version of the keeper');
  expect(made.jobs()).toEqual([]);
});

/** Something happens once, when it was noted that a job is about to be made and before the request goes out. */
const beforeTheRequest = (happen: () => void): Pick<VirtualKeeperOptions, 'surround'> => {
  let isDone = false;
  return {
    surround: (surroundings) => ({
      ...surroundings,
      ledger: {
        ...surroundings.ledger,
        write: async (key, body, tag) => {
          const written = await surroundings.ledger.write(key, body, tag);
          if (!isDone && key.startsWith('declared/') && body.includes('"intent"')) {
            isDone = true;
            happen();
          }
          return written;
        },
      },
    }),
  };
};

test('a hold that begins when the request is to go out keeps the job from being made, and nothing is waited for', async () => {
  const config = { holds: [{ reason: 'the shop team is at it', from: '2026-03-01T00:30:00Z' }] };
  const made = declaringKeeper([aDeclaration('cloud-logs')], {
    config,
    ...beforeTheRequest(() => made.clock.advance(minutes(30))),
  });
  const report = await made.run();
  // The time that passed is more than a request may take after it was noted, whatever else is in its way.
  expect(codesOf(report)).toEqual(['declared-held']);
  expect(made.jobs()).toEqual([]);
  expect((await made.run()).waiting).toEqual([]);
});

test('a configuration file that says observe when the request is to go out stops the run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-declared-'));
  const path = join(folder, 'keeper.yml');
  try {
    const made = declaringKeeper([aDeclaration('cloud-logs')], {
      ...beforeTheRequest(() =>
        writeFileSync(path, made.keeper.configText.replace('mode: act', 'mode: observe')),
      ),
    });
    const run = async () =>
      JSON.parse((await made.keeper.cli('ensure-logpush', '--config', path, '--json')).out) as RunReport;
    writeFileSync(path, made.keeper.configText);
    const stopped = await run();
    expect(stopped.outcome).toBe('partial');
    expect(codesOf(stopped)).toEqual(['mode-changed']);
    expect(made.jobs()).toEqual([]);
    writeFileSync(path, made.keeper.configText);
    expect(deedsOf(await run())).toEqual(['create-job applied']);
    expect(made.jobs()).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('with several instances each job is made in its own', async () => {
  const guid = 'e62e2ea9-4d83-466f-8278-c975d967be58';
  const crn = cisCrn('9989c32096219819f54f6ed1c559e016', guid);
  const first = cisCrn('9989c32096219819f54f6ed1c559e016', 'e62e2ea9-4d83-466f-8278-c975d967be57');
  const zone = {
    id: '2b111f682132b16100981e92c356aecd',
    name: 'shop.example',
    status: 'active',
    retention: true,
  };
  const made = declaringKeeper(
    [aDeclaration('cloud-logs', { instance: crn }), aDeclaration('cos', { instance: first })],
    {
      change: (file) =>
        void file.cis.push({ name: 'two', guid, account: 'edge', zones: [{ ...zone, jobs: [] }] }),
    },
  );
  expect((await made.run()).outcome).toBe('ok');
  const places = made.jobs().map(({ instanceCrn, destination: { bucket } }) => [instanceCrn, bucket?.name]);
  expect(new Set(places)).toEqual(
    new Set([
      [first, COS.bucket],
      [crn, undefined],
    ]),
  );
  expect((await made.run()).actions).toEqual([]);
});
