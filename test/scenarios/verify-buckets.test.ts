import { expect, test } from 'vitest';
import type { World } from '../../infra/local/world.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { BUCKET, type SmallWorld, smallWorld } from '../simulation/small-world.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

function aFleet(world: Partial<SmallWorld> = {}) {
  const keeper = virtualKeeper({ file: smallWorld({ jobs: 4, destination: 'cos', ...world }) });
  return {
    ...keeper,
    pass: (ms: number): void => {
      keeper.clock.advance(ms);
      keeper.world.catchUp();
    },
  };
}

const told = ({ findings }: RunReport): readonly string[] =>
  findings.map(({ code, subject }) => `${code} ${subject.replace(/ \(.*/, '')}`);

test('jobs whose objects arrive: nothing to say, one HEAD for the bucket and one listing a job', async () => {
  const fleet = aFleet({ jobs: 2 });
  fleet.pass(hours(2));
  const report = await fleet.run('verify-buckets');
  expect(report).toMatchObject({ outcome: 'findings' });
  // Both are http_requests, and push into one path.
  expect(told(report)).toEqual([`bucket-path-shared bucket ${BUCKET}/http`]);
  expect(report.calls).toMatchObject({ 'cos headBucket': 1, 'cos listObjects': 2 });
  expect(fleet.world.calls.filter(({ service, method }) => service === 'cos' && method !== 'GET')).toEqual(
    [],
  );
});

test('just after midnight yesterday’s folder counts', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(24) + minutes(1));
  expect(told(await fleet.run('verify-buckets'))).toEqual([]);
});

test.each([
  [
    'a bucket that is gone',
    (world: World) => world.cos.change(BUCKET, (bucket) => (bucket.deleted = true)),
    'bucket-absent',
  ],
  [
    'a role that we lack',
    (world: World) =>
      world.iam.removePolicy('iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28', 'cloud-object-storage'),
    'bucket-check-refused',
  ],
  ['a rule that expires objects', (world: World) => world.cos.empty(BUCKET), 'bucket-objects-missing'],
] as const)('%s is told', async (_, change, code) => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  change(fleet.world);
  expect(told(await fleet.run('verify-buckets'))).toEqual([`${code} job 1`]);
});

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
    expect(told(await fleet.run('verify-buckets'))).toEqual(['bucket-unclear job 1']);
  }
  fleet.world.faults.clear();
  fleet.world.faults.add({
    match: { service: 'cos' },
    after: 1,
    times: null,
    respond: { kind: 'html', status: 200 },
  });
  expect(told(await fleet.run('verify-buckets'))).toEqual(['bucket-unclear job 1']);
  fleet.world.faults.clear();
  fleet.world.faults.add({ match: { service: 'cos' }, after: 1, times: null, respond: { kind: 'nonsense' } });
  expect(told(await fleet.run('verify-buckets'))).toEqual(['bucket-unclear job 1']);
  fleet.world.faults.clear();
  fleet.world.faults.add({ match: { service: 'cos' }, after: 0, times: null, respond: { kind: 'timeout' } });
  expect(told(await fleet.run('verify-buckets'))).toEqual(['bucket-unclear job 1']);
});

test('a job that pushes nothing is not blamed on its bucket', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.pass(hours(2));
  fleet.world.cos.change(BUCKET, (bucket) => (bucket.firewalled = true));
  fleet.pass(hours(2));
  expect(told(await fleet.run('verify-buckets'))).toEqual([]);
  expect(told(await fleet.run('check-logpush'))).toEqual(['job-failing job 1']);
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
