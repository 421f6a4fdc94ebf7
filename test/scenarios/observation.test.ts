import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import {
  OLD_KEY,
  OTHER_LOGS_ID,
  PERSON_KEY,
  SECRET_ID,
  SECRETS_MANAGER_ID,
  type SmallWorld,
  smallWorld,
} from '../simulation/small-world.ts';
import { scheduled } from '../support/scheduled.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

function aFleet(world: Partial<SmallWorld> = {}, changeConfig: (text: string) => string = (text) => text) {
  const keeper = virtualKeeper({ file: smallWorld({ jobs: 2, ...world }), changeConfig });
  const { world: cloud, clock } = keeper;
  const job = (id: number) => [...cloud.cis.jobs()].find((candidate) => candidate.id === id);
  return {
    ...keeper,
    ...scheduled(keeper, [
      { name: 'check-logpush', everyMs: minutes(5), offsetMs: 0 },
      { name: 'reenable-logpush', everyMs: minutes(5), offsetMs: minutes(2) },
    ]),
    job,
    ref: (id: number) => {
      const { instanceCrn = '', zoneId = '' } = job(id) ?? {};
      return { instanceCrn, zoneId, jobId: id };
    },
    later: (ms: number): void => {
      clock.advance(ms);
      cloud.catchUp();
    },
    iamId: cloud.iam.liveKeyByValue(cloud.keyValue(OLD_KEY))?.iamId ?? '',
    /** A person puts another key into the secret. */
    storeKey: async (name: string): Promise<void> => {
      const granted = cloud.iam.grantToken(cloud.keyValue(PERSON_KEY), clock.now());
      if (!granted.ok) throw new Error('the person cannot log in');
      const url = `http://127.0.0.1/secrets-manager/${SECRETS_MANAGER_ID}/api/v2/secrets/${SECRET_ID}/versions`;
      const headers = { authorization: `Bearer ${granted.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ payload: cloud.keyValue(name) });
      const answer = await cloud.app.fetch(new Request(url, { method: 'POST', headers, body }));
      if (answer.status !== 201) throw new Error(`the secret was not changed: ${answer.status}`);
    },
  };
}

test('a job that a person sent elsewhere after it was observed is not sent back by a rotation', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.later(minutes(10));
  await fleet.run('check-logpush');
  const { destination } = fleet.job(1) ?? {};
  if (destination?.region === undefined) throw new Error('the small world has changed');
  const elsewhere = { ...destination, instanceId: OTHER_LOGS_ID };
  fleet.world.cis.setDestination(fleet.ref(1), elsewhere);
  const report = await fleet.run('rotate-keys');
  expect(fleet.job(1)?.destination).toEqual(elsewhere);
  expect(report.findings.filter(({ subject }) => subject.startsWith('job 1 '))).toMatchObject([
    { code: 'job-move-failed', detail: expect.stringContaining('it is not as it was observed') },
  ]);
});

test('a job that was deleted after it was observed is left out', async () => {
  const fleet = aFleet({ jobs: 1 });
  fleet.later(minutes(10));
  await fleet.run('check-logpush');
  fleet.world.cis.deleteJob(fleet.ref(1));
  const report = await fleet.run('rotate-keys');
  expect(report.findings.find(({ code }) => code === 'job-move-failed')?.detail).toContain('it is gone');
  const puts = fleet.world.calls.filter(({ operation }) => operation === 'updateLogpushJob');
  expect(puts.filter(({ path }) => path.endsWith('/1'))).toEqual([]);
});

test.each([
  [minutes(6), 0],
  [minutes(7), 2],
] as const)('an observation of %i ms ago: the others list %i zones', async (ageMs, lists) => {
  const fleet = aFleet();
  fleet.later(minutes(10));
  await fleet.run('check-logpush');
  fleet.later(ageMs);
  for (const name of ['reenable-logpush', 'verify-buckets'] as const) {
    const { calls } = await fleet.run(name);
    expect(calls['cis listLogpushJobs'] ?? 0, name).toBe(lists);
    // A look of their own is kept for the next.
    if (lists > 0) fleet.later(minutes(7));
  }
});

test('a zone that could not be observed is unknown to the others too; an instance that could not is read again', async () => {
  const fleet = aFleet();
  fleet.later(minutes(10));
  const refuse = (operation: string, target?: string): void => {
    const match = target === undefined ? { operation } : { operation, target };
    fleet.world.faults.add({ match, after: 0, times: null, respond: { kind: 'status', status: 403 } });
  };
  refuse('listLogpushJobs', fleet.job(2)?.zoneId ?? '');
  expect((await fleet.run('check-logpush')).outcome).toBe('partial');
  const verified = await fleet.run('verify-buckets');
  expect(verified.outcome).toBe('partial');
  expect(verified.calls['cis listLogpushJobs']).toBeUndefined();
  const { waiting } = await fleet.run('rotate-keys');
  expect(waiting[0]?.waitsFor).not.toContain('drain');
  refuse('listZones');
  fleet.later(minutes(7));
  await fleet.run('check-logpush');
  fleet.world.faults.clear();
  expect((await fleet.run('reenable-logpush')).calls['cis listLogpushJobs']).toBe(2);
});

const observationOf = async ({ ledger }: ReturnType<typeof aFleet>) => {
  const [key = ''] = await ledger.list('observations/');
  const stored = await ledger.read(key);
  return { key, tag: stored?.tag, body: stored?.body ?? '' };
};

test.each([
  ['an earlier version', '{"schema":1,"revision":3,"seenAt":0,"jobs":{}}'],
  ['half of one', '{"schema":2,"revi'],
])('an observation of %s is replaced by the next look', async (_, body) => {
  const fleet = aFleet();
  fleet.later(minutes(10));
  await fleet.run('check-logpush');
  const { key, tag } = await observationOf(fleet);
  await fleet.ledger.write(key, body, tag);
  expect((await fleet.run('reenable-logpush')).outcome).toBe('ok');
  expect((await fleet.run('check-logpush')).outcome).toBe('ok');
  expect((await observationOf(fleet)).body).toContain('"schema":2');
});

test('an observation of a newer version is left alone', async () => {
  const fleet = aFleet();
  await fleet.run('check-logpush');
  const { key, tag } = await observationOf(fleet);
  await fleet.ledger.write(key, '{"schema":3}', tag);
  expect((await fleet.run('check-logpush')).findings[0]?.detail).toContain('a newer version of the keeper');
  expect((await observationOf(fleet)).body).toBe('{"schema":3}');
});

test('a key of another identity is put into no job', async () => {
  const fleet = aFleet({ jobs: 1 });
  await fleet.pass(minutes(30));
  fleet.world.iam.removePolicy(fleet.iamId, 'logs');
  await fleet.pass(hours(26));
  const accountId = fleet.world.file.accounts[0]?.id ?? '';
  const keeperId = fleet.world.iam.liveKeyByValue(fleet.world.keyValue('keeper-key'))?.iamId ?? '';
  for (const iamId of [fleet.iamId, keeperId])
    fleet.world.iam.addPolicy({ iamId, accountId, service: 'logs', roles: ['Sender'] });
  const held = fleet.job(1)?.destination.apiKey;
  await fleet.storeKey('keeper-key');
  await fleet.pass(minutes(20));
  expect(fleet.codes).toContain('identity-mismatch');
  expect([fleet.job(1)?.enabled, fleet.job(1)?.destination.apiKey]).toEqual([false, held]);
});

test('`qualify: token` sends nothing to the destination', async () => {
  const fleet = aFleet({ jobs: 1, seesAll: true }, (text) =>
    text.replace('managedBy: keeper', 'managedBy: keeper\n    qualify: token'),
  );
  await fleet.pass(minutes(30));
  fleet.world.iam.removePolicy(fleet.iamId, 'logs');
  await fleet.pass(hours(24) + minutes(10));
  const accountId = fleet.world.file.accounts[0]?.id ?? '';
  fleet.world.iam.addPolicy({ iamId: fleet.iamId, accountId, service: 'logs', roles: ['Sender'] });
  await fleet.pass(minutes(10));
  expect(fleet.job(1)?.enabled).toBe(true);
  expect(fleet.world.calls.filter(({ service }) => service === 'cloud-logs')).toEqual([]);
});

test('`qualify: token`: one job tries it; when it has pushed, all others follow in one run', async () => {
  const fleet = aFleet({ jobs: 4, seesAll: true }, (text) =>
    text.replace('managedBy: keeper', 'managedBy: keeper\n    qualify: token'),
  );
  await fleet.pass(minutes(30));
  fleet.world.iam.removePolicy(fleet.iamId, 'logs');
  await fleet.pass(hours(24) + minutes(30));
  // A person disabled job 3 long ago.
  const wanted = [1, 2, 4];
  const enabled = () => wanted.map((id) => fleet.job(id)?.enabled);
  // Policies show that the role is gone; the key alone would not.
  expect(enabled()).toEqual([false, false, false]);
  const accountId = fleet.world.file.accounts[0]?.id ?? '';
  fleet.world.iam.addPolicy({ iamId: fleet.iamId, accountId, service: 'logs', roles: ['Sender'] });
  await fleet.pass(minutes(5));
  expect(enabled()).toEqual([true, false, false]);
  await fleet.pass(minutes(15));
  expect(enabled()).toEqual([true, true, true]);
  const at = wanted.slice(1).map((id) => fleet.job(id)?.enabledAt ?? 0);
  expect(Math.max(...at) - Math.min(...at)).toBeLessThan(minutes(1));
});

test('what the ledger keeps of a job holds no key, however CIS shows it', async () => {
  for (const keysOnRead of ['clear', 'masked', 'absent'] as const) {
    const fleet = aFleet({ keysOnRead });
    fleet.later(minutes(10));
    await fleet.run('check-logpush');
    for (const key of await fleet.ledger.list(''))
      expect((await fleet.ledger.read(key))?.body).not.toContain('TRACER-');
  }
});

/** No binding selects any job. */
const withoutBindings = (text: string): string => text.replace(/bindings:[\s\S]*$/, '');

test.each([
  ['clear', true, 'job-enabled-again'],
  ['masked', false, 'repair-unbound'],
] as const)(
  'a job of no binding whose key is %s: enabled as it is: %s',
  async (keysOnRead, enabled, code) => {
    const fleet = aFleet({ jobs: 1, keysOnRead }, withoutBindings);
    await fleet.pass(minutes(30));
    fleet.world.iam.removePolicy(fleet.iamId, 'logs');
    await fleet.pass(hours(26));
    expect(fleet.job(1)?.enabled).toBe(false);
    const accountId = fleet.world.file.accounts[0]?.id ?? '';
    fleet.world.iam.addPolicy({ iamId: fleet.iamId, accountId, service: 'logs', roles: ['Sender'] });
    const held = fleet.job(1)?.destination.apiKey;
    await fleet.pass(minutes(10));
    expect(fleet.job(1)?.enabled).toBe(enabled);
    expect(fleet.job(1)?.destination.apiKey).toBe(held);
    expect(fleet.codes).toContain(code);
  },
);
