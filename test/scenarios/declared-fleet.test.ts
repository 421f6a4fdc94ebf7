import { expect, test } from 'vitest';
import { cisCrn, type WorldFile } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { minutes } from '../../shared/domain/time.ts';
import { OLD_KEY } from '../simulation/small-world.ts';
import { aDeclaration, aZoneJob, COS, declaringKeeper, ON_LOGS } from '../support/declared.ts';

const ACCOUNT = '9989c32096219819f54f6ed1c559e016';
const GUIDS = ['e62e2ea9-4d83-466f-8278-c975d967be57', 'e62e2ea9-4d83-466f-8278-c975d967be58'];
const [FIRST = '', SECOND = ''] = GUIDS.map((guid) => cisCrn(ACCOUNT, guid));
const zoneId = (instance: number, i: number): string => `${instance}${i.toString(16).padStart(31, '0')}`;

type Zone = WorldFile['cis'][number]['zones'][number];

/** Zones of one instance; `has`: whether each has its declared job already. */
const zonesOf = (instance: number, count: number, has: boolean): Zone[] =>
  Array.from({ length: count }, (_, i) => ({
    id: zoneId(instance, i),
    name: `z${i}.i${instance}.example`,
    status: 'active',
    retention: has,
    jobs: has ? [aZoneJob({ ...ON_LOGS, id: 10_000 * (instance + 1) + i })] : [],
  }));

/** A keeper that declares a job for each zone of one or two instances, and whose runs last 14 minutes. */
function aFleet(counts: readonly number[], has: boolean) {
  const declarations = counts.flatMap((count, instance) =>
    Array.from({ length: count }, (_, i) =>
      aDeclaration('cloud-logs', {
        instance: [FIRST, SECOND][instance],
        zone: zoneId(instance, i),
        logpullOptions: 'fields=RayID',
      }),
    ),
  );
  const made: ReturnType<typeof declaringKeeper> = declaringKeeper(declarations, {
    surround: (surroundings) => ({ ...surroundings, deadlineAt: made.clock.now() + minutes(14) }),
    change: (file) => {
      const [first] = file.cis;
      if (first !== undefined) first.zones = zonesOf(0, counts[0] ?? 0, has);
      const [, more] = counts;
      if (more !== undefined)
        file.cis.push({ name: 'two', guid: GUIDS[1] ?? '', account: 'edge', zones: zonesOf(1, more, has) });
    },
  });
  return made;
}

const leftOf = (report: RunReport): readonly string[] =>
  report.findings.filter(({ code }) => code === 'declared-not-reached').map(({ detail }) => detail);

test('a fleet of 700 zones is made in a few runs: each begins where the last one stopped, and says what is left', async () => {
  const made = aFleet([700], false);
  const first = await made.run();
  expect(first.outcome).toBe('partial');
  expect(leftOf(first)).toEqual([expect.stringMatching(/^\d+ of 700 declared jobs were not looked at/)]);
  let runs = 1;
  for (let report = first; leftOf(report).length > 0 && runs < 8; runs += 1) {
    made.pass(minutes(60 * 24));
    report = await made.run();
  }
  expect(runs).toBeLessThanOrEqual(5);
  expect(new Set(made.jobs().map((job) => job.zoneId)).size).toBe(700);
  expect(made.jobs()).toHaveLength(700);
  process.stdout.write(`700 zones without their jobs: all made after ${runs} runs\n`);
});

test('in a fleet at rest a zone is one call', async () => {
  const made = aFleet([200], true);
  made.pass(minutes(30));
  const report = await made.run();
  expect(report.findings.map(({ code }) => code).filter((code) => code !== 'declared-drift')).toEqual([]);
  const lists = made.sent.filter(({ url }) => url.endsWith('/logpush/jobs'));
  expect(lists).toHaveLength(200);
  expect(made.sent.filter(({ url }) => url.endsWith('/retention'))).toEqual([]);
  expect(made.sent.length).toBeLessThan(205);
});

test('instances take turns: one that fills every run does not keep the others from theirs', async () => {
  const made = aFleet([1500, 3], true);
  const looked = new Set<string>();
  for (let run = 0; run < 3; run += 1) {
    made.sent.length = 0;
    const report = await made.run();
    expect(leftOf(report).length).toBeGreaterThan(0);
    for (const { url } of made.sent) {
      const [, id] = /zones\/([0-9a-f]{32})\/logpush/.exec(url) ?? [];
      if (id !== undefined) looked.add(id);
    }
    made.pass(minutes(60 * 24));
  }
  expect(looked.size).toBe(1503);
});

test('only zones with declarations are looked at', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')]);
  await made.run();
  const zones = made.sent.flatMap(({ url }) => /zones\/([0-9a-f]{32})/.exec(url)?.[1] ?? []);
  expect(new Set(zones)).toEqual(new Set(['a494d76ca5e6c8e2f0e7eb6a65238573']));
});

/** A second instance whose zone has a job in the declared bucket and path. */
const elsewhere = (file: WorldFile): void => {
  const cos = { bucket: COS.bucket, path: 'http', dailySubfolder: true };
  const job = aZoneJob({ id: 77, name: 'theirs', dataset: 'dns_logs', cos, apiKey: OLD_KEY });
  const zone = { id: zoneId(1, 0), name: 'else.example', status: 'active', retention: true, jobs: [job] };
  file.cis.push({ name: 'two', guid: GUIDS[1] ?? '', account: 'edge', zones: [zone] });
};

test('a path that a job of another instance has is taken, and where some jobs are unread no bucket job is made', async () => {
  const declarations = [aDeclaration('cos', { instance: FIRST })];
  const taken = declaringKeeper(declarations, { change: elsewhere, cis: { duplicatePath: 'allow' } });
  const report = await taken.run();
  expect(report.findings.map(({ code }) => code)).toEqual(['declared-path-taken']);
  expect(report.findings[0]?.detail).toContain('job 77');
  expect(taken.bodies('POST', '/logpush/jobs')).toEqual([]);

  const blind = declaringKeeper(declarations, { change: elsewhere, cis: { duplicatePath: 'allow' } });
  const respond = { kind: 'status', status: 403 } as const;
  blind.world.faults.add({ match: { operation: 'listZones' }, after: 1, times: 9, respond });
  const unread = await blind.run();
  expect(unread.findings.map(({ code }) => code)).toEqual(['declared-paths-unread', 'instance-unreadable']);
  expect(blind.bodies('POST', '/logpush/jobs')).toEqual([]);
});
