import { expect, test } from 'vitest';
import type { RunReport } from '../../shared/domain/report.ts';
import { minutes } from '../../shared/domain/time.ts';
import { OLD_KEY, OTHER_LOGS_ID } from '../simulation/small-world.ts';
import { aDeclaration, aZoneJob, COS, declaringKeeper, LOGS, ON_LOGS } from '../support/declared.ts';

const ENFORCED = { onDrift: 'enforce' };
const codesOf = (report: RunReport): readonly string[] => report.findings.map(({ code }) => code);

/** Three more runs do nothing, and say this. */
async function staysSo(made: ReturnType<typeof declaringKeeper>, codes: readonly string[]): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    made.pass(minutes(30));
    const report = await made.run();
    expect(report.actions).toEqual([]);
    expect(codesOf(report)).toEqual(codes);
  }
}

test.each([
  ['in capitals', '"EDGE-HTTP"'],
  ['not at all', 'null'],
])('a name that CIS shows %s is told, and the job is not made anew', async (_, shown) => {
  const made = declaringKeeper([aDeclaration('cloud-logs', ENFORCED)], {
    shows: (text) => text.replaceAll('"name":"edge-http"', `"name":${shown}`),
  });
  await made.run();
  await staysSo(made, ['declared-name-shown-otherwise']);
  expect(made.bodies('POST', '/logpush/jobs')).toHaveLength(1);

  // Another name in the declaration is another job, once.
  const text = made.keeper.configText.replace('name: edge-http', 'name: edge-new');
  const again = () => made.keeper.run('ensure-logpush', { text });
  expect((await again()).actions).toMatchObject([{ kind: 'create-job' }]);
  made.pass(minutes(30));
  expect((await again()).actions).toMatchObject([{ kind: 'delete-job' }]);
  expect(await again()).toMatchObject({ findings: [], actions: [] });
  expect(made.jobs()).toMatchObject([{ name: 'edge-new' }]);
});

test('a region that CIS shows otherwise than it was sent is told: no second job, and no update every day', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', ENFORCED)], {
    shows: (text) => text.replaceAll('.ingress.eu-de.', '.ingress.us-south.'),
  });
  const first = await made.run();
  expect(codesOf(first)).toEqual(['declared-job-created', 'job-destination-changed']);
  await staysSo(made, ['job-destination-changed']);
  expect(made.bodies('POST', '/logpush/jobs')).toHaveLength(1);
  expect(made.sent.filter(({ method }) => method === 'PUT')).toEqual([]);
});

test('a lost create whose job CIS shows otherwise makes no second one', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs', ENFORCED)], {
    shows: (text) => text.replaceAll('.ingress.eu-de.', '.ingress.us-south.'),
  });
  const respond = { kind: 'lost-answer' } as const;
  made.world.faults.add({ match: { operation: 'createLogpushJob' }, after: 0, times: 1, respond });
  expect(codesOf(await made.run())).toEqual(['declared-create-unclear']);
  await staysSo(made, ['declared-ambiguous']);
  expect(made.jobs()).toHaveLength(1);
});

test('daily folders that CIS does not show are told, of a job that was made and of one that was updated', async () => {
  const declaration = aDeclaration('cos', {
    destination: { cos: { ...COS, path: 'http', dailySubfolder: true } },
    ...ENFORCED,
  });
  const shows = (text: string): string => text.replaceAll('/{DATE}', '');
  const made = declaringKeeper([declaration], { shows });
  await made.run();
  await staysSo(made, ['job-destination-changed']);

  const cos = { bucket: COS.bucket, path: 'http', dailySubfolder: false };
  const adopted = declaringKeeper([{ ...declaration, logpullOptions: 'fields=RayID' }], {
    shows,
    jobs: [aZoneJob({ id: 1, cos, apiKey: OLD_KEY })],
  });
  expect((await adopted.run()).actions).toMatchObject([{ kind: 'update-job' }]);
  await staysSo(adopted, ['job-destination-changed']);
  expect(adopted.bodies('PUT', '/jobs/1')).toMatchObject([
    { cos: { path: 'http/{DATE}/', use_daily_subfolder: false } },
  ]);
});

test('beside a job whose destination cannot be read none is made, for it may be the declared one', async () => {
  const options = {
    jobs: [aZoneJob({ ...ON_LOGS, id: 1, name: 'theirs', cloudLogs: 'other-logs' })],
    shows: (text: string) => text.replaceAll(`${OTHER_LOGS_ID}.ingress`, `${OTHER_LOGS_ID}.nowhere`),
  };
  const unknown = declaringKeeper([aDeclaration('cloud-logs', ENFORCED)], options);
  expect(codesOf(await unknown.run())).toEqual(['declared-unknown']);
  await staysSo(unknown, ['declared-unknown']);
  expect(unknown.bodies('POST', '/logpush/jobs')).toEqual([]);

  const named = declaringKeeper([aDeclaration('cloud-logs', { replaces: 1 })], options);
  await named.run();
  named.pass(minutes(30));
  expect((await named.run()).actions).toMatchObject([{ kind: 'delete-job' }]);
  expect(named.jobs()).toMatchObject([{ name: 'edge-http' }]);
});

test('of a job that was made, and whose destination cannot be read any more, no second one is made', async () => {
  let isReadable = true;
  const made = declaringKeeper([aDeclaration('cloud-logs', ENFORCED)], {
    shows: (text) => (isReadable ? text : text.replaceAll('.ingress.', '.nowhere.')),
  });
  await made.run();
  isReadable = false;
  await staysSo(made, ['job-destination-changed']);
  expect(made.jobs()).toHaveLength(1);
});

test('labels of a job that a person made: said while they are declared, and a way to have them without a gap', async () => {
  const cloudLogs = { ...LOGS, applicationName: 'edge' };
  const theirs = { jobs: [aZoneJob({ id: 1, ...ON_LOGS })] };
  const labelled = { destination: { cloudLogs }, logpullOptions: 'fields=RayID' };
  const reported = declaringKeeper([aDeclaration('cloud-logs', { ...labelled, ...ENFORCED })], theirs);
  const report = await reported.run();
  expect(report.findings.find(({ code }) => code === 'declared-labels-unknown')?.todo).toMatch(
    /`replaces: JOB_ID`.*run ensure-logpush at once/,
  );
  expect(reported.jobs()).toMatchObject([{ id: 1 }]);

  const plain = { logpullOptions: 'fields=RayID', ...ENFORCED };
  const without = declaringKeeper([aDeclaration('cloud-logs', plain)], theirs);
  expect(codesOf(await without.run())).toEqual([]);

  const named = declaringKeeper([aDeclaration('cloud-logs', { ...labelled, replaces: 1 })], theirs);
  await named.run();
  named.pass(minutes(30));
  await named.run();
  expect(named.jobs()).toMatchObject([{ applicationName: 'edge', enabled: true }]);
  expect(await named.run()).toMatchObject({ findings: [], actions: [] });
});

test('a plan without log retention is a plan, wherever the gateway says so', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  const respond = { kind: 'status', status: 405 } as const;
  made.world.faults.add({ match: { operation: 'getLogRetention' }, after: 0, times: 1, respond });
  expect(codesOf(await made.run())).toEqual(['declared-plan']);
  expect(made.jobs()).toEqual([]);
});
