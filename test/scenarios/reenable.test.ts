import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOGPUSH_IDENTITY } from '../../infra/local/logpush/deliver.ts';
import type { FindingCode } from '../../shared/domain/finding.ts';
import type { IncidentRecord } from '../../shared/domain/repair/incident.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import {
  BUCKET,
  KEYLESS_JOB,
  OLD_KEY,
  type SmallWorld,
  SPLUNK_JOB,
  smallWorld,
} from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { scheduled } from '../support/scheduled.ts';
import { type VirtualKeeperOptions, virtualKeeper } from '../support/virtual-keeper.ts';

/** A fleet whose key is not due, so that only the health of its jobs is at stake. */
function aFleet(
  world: Partial<SmallWorld> = {},
  change: (text: string) => string = (text) => text,
  options: Pick<VirtualKeeperOptions, 'wrapTransport' | 'surround'> = {},
) {
  const file = smallWorld({ jobs: 4, ...world });
  for (const account of file.accounts)
    for (const serviceId of account.serviceIds)
      for (const key of serviceId.apiKeys) if (key.name === OLD_KEY) key.createdDaysAgo = 10;
  for (const account of file.accounts)
    for (const serviceId of account.serviceIds)
      for (const key of serviceId.apiKeys) if (key.name === OLD_KEY) key.expiresInDays = 100;
  const ledger = createMemoryLedger();
  const keeper = virtualKeeper({ ...options, file, ledger, changeConfig: change });
  const { world: cloud, clock } = keeper;
  const iamId = cloud.iam.liveKeyByValue(cloud.keyValue(OLD_KEY))?.iamId ?? '';
  const accountId = file.accounts[0]?.id ?? '';
  const job = (id: number) => [...cloud.cis.jobs()].find((candidate) => candidate.id === id);
  return {
    keeper,
    ledger,
    clock,
    cloud,
    ...scheduled(keeper),
    job,
    enabled: () =>
      [...cloud.cis.jobs()]
        .filter(({ enabled }) => enabled)
        .map(({ id }) => id)
        .toSorted((a, b) => a - b),
    ref: (id: number) => {
      const { instanceCrn = '', zoneId = '' } = job(id) ?? {};
      return { instanceCrn, zoneId, jobId: id };
    },
    takeRole: () => {
      for (const { service } of ROLES) cloud.iam.removePolicy(iamId, service);
    },
    giveRole: () => {
      for (const role of ROLES) cloud.iam.addPolicy({ iamId, accountId, ...role });
    },
    incidents: async (): Promise<IncidentRecord> => {
      const [key = ''] = await ledger.list('incidents/');
      return JSON.parse((await ledger.read(key))?.body ?? '{}') as IncidentRecord;
    },
    lost: (id: number) => cloud.logpush.truth().find(({ ref }) => ref.jobId === id)?.lostMinutes ?? 0,
  };
}

const ROLES = [
  { service: 'logs', roles: ['Sender'] },
  { service: 'cloud-object-storage', roles: ['Object Writer'] },
] as const;

const codesOf = (reports: readonly RunReport[]): ReadonlySet<FindingCode> =>
  new Set(reports.flatMap((report) => report.findings.map(({ code }) => code)));

/** The role goes for long enough that the platform disables the jobs. */
async function disabledByFailures(fleet: ReturnType<typeof aFleet>): Promise<void> {
  await fleet.pass(minutes(30));
  fleet.takeRole();
  await fleet.pass(hours(26));
  expect(fleet.enabled()).toEqual([]);
}

test.each(['cloud-logs', 'cos'] as const)(
  'jobs on %s that failures disabled are on again within two schedules of the cause’s end, and the loss is told',
  async (destination) => {
    const fleet = aFleet({ destination });
    await disabledByFailures(fleet);
    expect(fleet.codes).toContain('repair-waits-for-destination');
    expect(fleet.codes).not.toContain('job-enabled-again');
    fleet.giveRole();
    const reports = await fleet.pass(minutes(10));
    expect(fleet.enabled()).toEqual([1, 2, 4]);
    expect(codesOf(reports)).toContain('job-enabled-again');
    await fleet.pass(minutes(30));

    const { open, past } = await fleet.incidents();
    expect(open).toEqual({});
    expect(past.map(({ outcome }) => outcome)).toEqual(['proven', 'proven', 'proven']);
    for (const incident of past) {
      const lost = fleet.lost(incident.ref.jobId);
      expect(incident.lost?.min).toBeLessThanOrEqual(lost);
      expect(incident.lost?.max).toBeGreaterThanOrEqual(lost);
      expect((incident.lost?.max ?? 0) - (incident.lost?.min ?? 0)).toBeLessThanOrEqual(20);
    }
    expect(fleet.codes).toContain('job-recovered');
  },
);

test('a job that a person disabled stays disabled, also when it was failing', async () => {
  const fleet = aFleet();
  await fleet.pass(minutes(30));
  fleet.takeRole();
  await fleet.pass(hours(10));
  fleet.cloud.cis.setEnabled(fleet.ref(1), false);
  await fleet.pass(hours(16));
  fleet.giveRole();
  await fleet.pass(hours(1));
  expect(fleet.enabled()).toEqual([2, 4]);
});

test('a job that a person disables again after we enabled it is left alone', async () => {
  const fleet = aFleet();
  await disabledByFailures(fleet);
  fleet.giveRole();
  await fleet.pass(minutes(4));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
  fleet.cloud.cis.setEnabled(fleet.ref(2), false);
  await fleet.pass(hours(2));
  expect(fleet.enabled()).toEqual([1, 4]);
  expect((await fleet.incidents()).past.find(({ ref }) => ref.jobId === 2)?.outcome).toBe('by-hand');
});

test('a dead key is replaced first; the new one and the enabling travel together', async () => {
  const fleet = aFleet();
  await fleet.pass(minutes(30));
  const key = fleet.cloud.iam.liveKeyByValue(fleet.cloud.keyValue(OLD_KEY));
  if (key === undefined) throw new Error('no key');
  // Found dead with nobody to replace it: rotate-keys may not run.
  const only = scheduled(fleet.keeper, [
    { name: 'check-logpush', everyMs: minutes(5), offsetMs: 0 },
    { name: 'reenable-logpush', everyMs: minutes(5), offsetMs: minutes(2) },
  ]);
  key.disabled = true;
  key.disabledAt = fleet.clock.now();
  await only.pass(hours(26));
  expect(fleet.enabled()).toEqual([]);
  expect(only.codes).toContain('repair-waits-for-rotation');
  await fleet.pass(minutes(30));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
  const keyIds = [1, 2, 3, 4].map((id) => fleet.cloud.iam.keyIdOf(fleet.job(id)?.destination.apiKey ?? ''));
  expect(new Set(keyIds).size).toBe(1);
  expect(keyIds[0]).not.toBe(key.id);
});

test('a job that was moved by hand to another key gets the secret’s key with the enabling', async () => {
  const fleet = aFleet({ keysOnRead: 'masked', seesAll: true });
  await fleet.pass(minutes(30));
  fleet.cloud.cis.setDestinationKey(fleet.ref(1), fleet.cloud.keyValue('keeper-key'));
  await fleet.pass(hours(26));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
  const held = fleet.cloud.iam.keyIdOf(fleet.job(1)?.destination.apiKey ?? '');
  expect(held).toBe(fleet.cloud.iam.keyIdOf(fleet.cloud.keyValue(OLD_KEY)));
});

test('a hold is honoured until it ends', async () => {
  const hold =
    '\nholds:\n  - zone: pay.example\n    reason: the pay team is at it\n    until: "2026-03-02T06:00:00Z"\n';
  const fleet = aFleet({}, (text) => `${text}${hold}`);
  await disabledByFailures(fleet);
  fleet.giveRole();
  const reports = await fleet.pass(hours(1));
  expect(fleet.enabled()).toEqual([1, 4]);
  const held = reports.flatMap(({ findings }) => findings).find(({ code }) => code === 'repair-held');
  expect(held?.detail).toBe('a hold says so: the pay team is at it, until 2026-03-02T06:00:00.000Z');
  await fleet.pass(hours(3));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
});

/** Something happens once, after a job's attempt was noted and before its request goes out. */
function beforeTheRequest(happen: () => void): Pick<VirtualKeeperOptions, 'surround'> {
  let isDone = false;
  return {
    surround: (surroundings) => ({
      ...surroundings,
      ledger: {
        ...surroundings.ledger,
        write: async (key, body, tag) => {
          const written = await surroundings.ledger.write(key, body, tag);
          if (!isDone && key.startsWith('incidents/') && /"attempts": \[\s*\{/.test(body)) {
            isDone = true;
            happen();
          }
          return written;
        },
      },
    }),
  };
}

const attemptsIn = ({ open }: IncidentRecord): number =>
  Object.values(open).reduce((sum, { attempts }) => sum + attempts.length, 0);

test.each([
  ['a hold that begins', 'from: "2026-03-02T03:00:00Z"'],
  ['a maintenance window that opens', 'weekly: { days: [mon], at: "03:00", for: 6h }'],
])('%s between the decision and the request keeps the job, and no try is counted', async (_, when) => {
  const fleet = aFleet(
    { jobs: 1 },
    (text) => `${text}\nholds:\n  - reason: the shop team is at it\n    ${when}\n`,
    beforeTheRequest(() => fleet.clock.advance(hours(1))),
  );
  await disabledByFailures(fleet);
  fleet.giveRole();
  fleet.cloud.calls.length = 0;
  const report = await fleet.keeper.run('reenable-logpush');
  expect(report.findings).toMatchObject([
    { code: 'repair-held', detail: expect.stringContaining('the shop team is at it') },
  ]);
  expect(report.actions).toEqual([]);
  expect(fleet.cloud.calls.map(({ operation }) => operation)).not.toContain('updateLogpushJob');
  expect(attemptsIn(await fleet.incidents())).toBe(0);
});

test.each([
  ['says observe', (text: string) => text.replace('mode: act', 'mode: observe'), 'says `mode: observe`'],
  ['is broken', () => 'version: 1\nmode: sometimes\n', 'cannot be read any more'],
])(
  'a configuration file that %s when the request is to go out stops the run, and no try is counted',
  async (_, change, why) => {
    const folder = mkdtempSync(join(tmpdir(), 'keeper-reenable-'));
    const path = join(folder, 'keeper.yml');
    try {
      const fleet = aFleet(
        {},
        undefined,
        beforeTheRequest(() => writeFileSync(path, change(fleet.keeper.configText))),
      );
      writeFileSync(path, fleet.keeper.configText);
      await disabledByFailures(fleet);
      fleet.giveRole();
      const run = ['reenable-logpush', '--config', path, '--json'] as const;
      const { code, out } = await fleet.keeper.cli(...run);
      const report = JSON.parse(out) as RunReport;
      expect(code).toBe(2);
      expect(report).toMatchObject({ outcome: 'partial', actions: [] });
      expect(report.findings.at(-1)).toMatchObject({
        code: 'mode-changed',
        detail: expect.stringContaining(why),
      });
      expect(fleet.enabled()).toEqual([]);
      expect(attemptsIn(await fleet.incidents())).toBe(0);

      writeFileSync(path, fleet.keeper.configText);
      await fleet.keeper.cli(...run);
      expect(fleet.enabled()).toEqual([1, 2, 4]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('what was never seen enabled is reported; a person may have it switched on', async () => {
  const fleet = aFleet();
  await disabledByFailures(fleet);
  fleet.ledger.clear();
  fleet.giveRole();
  const reports = await fleet.pass(hours(1));
  expect(fleet.enabled()).toEqual([]);
  expect(codesOf(reports)).toContain('job-disabled-at-first-look');
  expect((await fleet.keeper.cli('reenable-logpush', '--adopt-disabled')).out).toContain('enable-job');
  expect(fleet.enabled()).toEqual([1, 2, 4]);
});

test('a plan says what would be enabled and writes nothing', async () => {
  const fleet = aFleet();
  await disabledByFailures(fleet);
  fleet.giveRole();
  const before = await Promise.all((await fleet.ledger.list('')).map((key) => fleet.ledger.read(key)));
  fleet.cloud.calls.length = 0;
  const report = await fleet.keeper.run('reenable-logpush', { plan: true });
  expect(report.actions.map(({ outcome, subject }) => `${outcome} ${subject}`)).toEqual([
    'planned job 1 (http_requests of shop.example)',
    'planned job 4 (dns_logs of shop.example)',
    'planned job 2 (http_requests of pay.example)',
  ]);
  expect(await Promise.all((await fleet.ledger.list('')).map((key) => fleet.ledger.read(key)))).toEqual(
    before,
  );
  const writes = fleet.cloud.calls.filter(
    ({ method, operation }) => method !== 'GET' && operation !== 'grantToken',
  );
  expect(writes).toEqual([]);
});

test('three tries a day, then quarantine', async () => {
  const fleet = aFleet({ jobs: 1 });
  await disabledByFailures(fleet);
  fleet.giveRole();
  fleet.cloud.faults.add({
    match: { operation: 'updateLogpushJob' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  fleet.cloud.calls.length = 0;
  const reports = await fleet.pass(hours(3));
  expect(fleet.cloud.calls.filter(({ operation }) => operation === 'updateLogpushJob')).toHaveLength(3);
  expect(codesOf(reports)).toContain('repair-quarantined');
  fleet.cloud.faults.clear();
  await fleet.pass(hours(23));
  expect(fleet.enabled()).toEqual([1]);
});

test('an answer that is lost: the job counts as enabled by us, once', async () => {
  const fleet = aFleet({ jobs: 1 });
  await disabledByFailures(fleet);
  fleet.giveRole();
  fleet.cloud.faults.add({
    match: { operation: 'updateLogpushJob' },
    after: 0,
    times: 3,
    respond: { kind: 'lost-answer' },
  });
  await fleet.pass(minutes(30));
  expect(fleet.enabled()).toEqual([1]);
  expect((await fleet.incidents()).past).toMatchObject([{ outcome: 'proven', enabledBy: 'keeper' }]);
});

test('at most a tenth of the fleet a run, at least five', async () => {
  const fleet = aFleet({}, (text) => `${text}\npolicies:\n  repair: { maxChanges: 1 }\n`);
  await disabledByFailures(fleet);
  fleet.giveRole();
  await fleet.pass(minutes(5));
  expect(fleet.enabled()).toHaveLength(1);
  await fleet.pass(minutes(10));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
});

test.each(['clear', 'masked', 'absent'] as const)(
  'keys %s on read: the jobs of a bucket are enabled once they may write again, its job without a key is a person’s',
  async (keysOnRead) => {
    const fleet = aFleet({ destination: 'cos', keysOnRead, neighbours: true });
    const { iamId } = LOGPUSH_IDENTITY;
    await fleet.pass(minutes(30));
    fleet.takeRole();
    fleet.cloud.iam.removePolicy(iamId, 'cloud-object-storage');
    await fleet.pass(hours(26));
    expect(fleet.enabled()).toEqual([SPLUNK_JOB]);
    fleet.giveRole();
    const accountId = fleet.keeper.world.file.accounts[0]?.id ?? '';
    fleet.cloud.iam.addPolicy({ iamId, accountId, ...ROLES[1] });
    await fleet.pass(hours(2));
    expect(fleet.enabled()).toEqual([1, 2, 4, SPLUNK_JOB]);
    expect(fleet.codes).toContain('repair-without-key');
    expect(fleet.job(KEYLESS_JOB)?.destination.apiKey).toBeUndefined();

    fleet.cloud.cis.setEnabled(fleet.ref(KEYLESS_JOB), true);
    await fleet.pass(hours(1));
    expect((await fleet.keeper.run('check-logpush')).findings.map(({ subject }) => subject)).toEqual([
      'job 3 (firewall_events of pay.example)',
    ]);
  },
);

test('a bucket job of which nothing tells whether it carries a key is not enabled', async () => {
  const undeclared = (text: string): string => text.replaceAll(/\n +auth: \w+/g, '');
  const fleet = aFleet({ destination: 'cos', keysOnRead: 'absent' }, undeclared);
  await disabledByFailures(fleet);
  fleet.giveRole();
  await fleet.pass(hours(1));
  expect(fleet.enabled()).toEqual([]);
  expect(fleet.codes).toContain('destination-unreadable');
});

test('an enabled job whose path CIS shows otherwise than it was sent is told', async () => {
  const fleet = aFleet({ destination: 'cos', jobs: 1 }, undefined, {
    wrapTransport: (transport) => ({
      send: async (request) => {
        const answer = await transport.send(request);
        return request.method === 'PUT'
          ? { ...answer, body: answer.body.replace(`${BUCKET}/http/`, `${BUCKET}/`) }
          : answer;
      },
    }),
  });
  await disabledByFailures(fleet);
  fleet.giveRole();
  await fleet.pass(hours(1));
  expect(fleet.enabled()).toEqual([1]);
  expect(fleet.codes).toContain('job-destination-changed');
});

test('two runs at once: each job is enabled, none twice, and nobody is alarmed', async () => {
  const fleet = aFleet();
  await disabledByFailures(fleet);
  fleet.giveRole();
  fleet.cloud.calls.length = 0;
  const settled = await fleet.keeper.runTwice('reenable-logpush');
  const reports = settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  for (const report of reports) expect(['ok', 'findings']).toContain(report?.outcome);
  await fleet.pass(minutes(10));
  expect(fleet.enabled()).toEqual([1, 2, 4]);
  const puts = fleet.cloud.calls.filter(({ operation }) => operation === 'updateLogpushJob');
  expect(new Set(puts.map(({ path }) => path)).size).toBe(puts.length);
  for (const code of ['instance-unreadable', 'repair-waits-for-rotation', 'repair-stopped'] as const)
    expect(codesOf(reports.flatMap((report) => report ?? []))).not.toContain(code);
});
