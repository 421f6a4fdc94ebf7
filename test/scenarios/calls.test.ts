import { expect, test } from 'vitest';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import { OLD_KEY, SECRET_ID, smallWorld } from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { scheduled } from '../support/scheduled.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const ZONES = 50;
const JOBS_PER_ZONE = 4;

/** The small world's key on many more jobs. */
function largeWorld(): WorldFile {
  const file = smallWorld({ jobs: 1 });
  const datasets = ['http_requests', 'firewall_events', 'dns_logs', 'range_events'] as const;
  for (const instance of file.cis) {
    instance.zones = Array.from({ length: ZONES }, (_, zone) => ({
      id: zone.toString(16).padStart(32, '0'),
      name: `zone-${zone}.example`,
      status: 'active',
      retention: true,
      jobs: datasets.slice(0, JOBS_PER_ZONE).map((dataset, index) => ({
        id: 1000 + zone * JOBS_PER_ZONE + index,
        name: `job-${zone}-${index}`,
        dataset,
        frequency: 'low' as const,
        enabled: true,
        cloudLogs: 'logs',
        apiKey: OLD_KEY,
      })),
    }));
  }
  return file;
}

test('calls to CIS for 200 jobs in 50 zones: one PUT a job, one list a zone and look, looks only in their time', async () => {
  const ledger = createMemoryLedger();
  const calls = new Map<string, number>();
  let phase = 'opening';
  let counted = 0;
  const keeper = virtualKeeper({
    file: largeWorld(),
    ledger,
    wrapTransport: (transport) => ({
      send: async (request) => {
        const body = (await ledger.read(`rotations/${SECRET_ID}.json`))?.body;
        const { current } = body === undefined ? {} : (JSON.parse(body) as Partial<RotationRecord>);
        phase = current?.phase ?? (body === undefined ? 'opening' : 'ended');
        const answer = await transport.send(request);
        // Requests overlap; each is counted once.
        for (; counted < keeper.world.calls.length; counted += 1) {
          const call = keeper.world.calls[counted];
          if (call === undefined) continue;
          const key = `${phase} ${call.operation}`;
          if (call.service === 'cis') calls.set(key, (calls.get(key) ?? 0) + 1);
        }
        return answer;
      },
    }),
  });
  const reports = await keeper.runEvery(minutes(15), 'rotate-keys', days(3));
  expect(reports.at(-1)?.outcome).toBe('ok');
  expect(reports.flatMap((report) => report.rotations).at(-1)).toMatchObject({ state: 'complete' });

  const lines = [...calls].map(([key, count]) => `  ${key}: ${count}`);
  process.stdout.write(
    `calls to CIS for ${ZONES * JOBS_PER_ZONE} jobs in ${ZONES} zones\n${lines.join('\n')}\n`,
  );
  const sum = (operation: string): number =>
    [...calls].reduce((total, [key, count]) => (key.endsWith(` ${operation}`) ? total + count : total), 0);
  const looks = (of: string): number => (calls.get(`${of} listLogpushJobs`) ?? 0) / ZONES;

  expect(sum('updateLogpushJob')).toBe(ZONES * JOBS_PER_ZONE);
  expect(looks('opening')).toBe(1);
  // One for the run that carries the fleet on after the canary; the canary itself is asked for alone.
  expect(looks('moving')).toBe(1);
  expect(looks('confirming')).toBe(0);
  expect(calls.get('confirming getLogpushJob')).toBe(1);
  expect(looks('draining')).toBe(2);
  expect(looks('proving')).toBe(1);
  // Before disabling, and every 15 minutes of the 75 in which its last tokens end.
  expect(looks('disabling')).toBe(1 + 5);
  expect(looks('deleting')).toBe(0);
  expect(looks('ended')).toBe(0);
  // Zones come on one page.
  expect(sum('listZones')).toBe(sum('listLogpushJobs') / ZONES);
  expect(keeper.world.calls.filter((call) => call.status === 429)).toEqual([]);
});

/** Calls of runs by `service operation`, and in all. */
const sumOf = (reports: readonly RunReport[]): number =>
  reports.flatMap(({ calls }) => Object.values(calls)).reduce((sum, count) => sum + count, 0);

test('beside check-logpush a rotation reads again only zones that it changes, and all before it disables', async () => {
  const keeper = virtualKeeper({ file: largeWorld() });
  const calls: Record<string, number> = {};
  const { pass } = scheduled(keeper, [
    { name: 'check-logpush', everyMs: minutes(15), offsetMs: 0 },
    { name: 'rotate-keys', everyMs: minutes(15), offsetMs: minutes(1) },
  ]);
  const reports = await pass(days(3));
  for (const report of reports) {
    if (report.function !== 'rotate-keys') continue;
    for (const [name, count] of Object.entries(report.calls))
      if (name.startsWith('cis ')) calls[name] = (calls[name] ?? 0) + count;
  }
  process.stdout.write(`calls to CIS of the rotation alone: ${JSON.stringify(calls)}\n`);
  expect(reports.flatMap((report) => report.rotations).at(-1)).toMatchObject({ state: 'complete' });
  expect(calls).toEqual({
    'cis updateLogpushJob': ZONES * JOBS_PER_ZONE,
    'cis getLogpushJob': 1,
    // The canary's zone, each zone once before its jobs move, all of them before the old key is disabled.
    'cis listLogpushJobs': 1 + ZONES + ZONES,
    'cis listZones': 1,
  });

  // Then one period of all three functions in which nothing is the matter.
  const health = await keeper.run('check-logpush');
  const repair = await keeper.run('reenable-logpush');
  const rotation = await keeper.run('rotate-keys');
  const all = sumOf([health, repair, rotation]);
  process.stdout.write(`calls for ${ZONES} zones: health pass ${sumOf([health])}, all three ${all}\n`);
  expect(health.calls).toEqual({ 'cis listZones': 1, 'cis listLogpushJobs': ZONES, 'iam grantToken': 1 });
  expect(repair.calls).toEqual({});
  expect(all).toBeLessThanOrEqual(1.1 * sumOf([health]));
});
