import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { aDeclaration, aZoneJob, declaringKeeper, ON_LOGS } from '../support/declared.ts';
import { parseOpenMetrics } from '../support/open-metrics.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

test('before any run the page says that nothing is known', async () => {
  const keeper = virtualKeeper();
  const { code, out } = await keeper.cli('report');
  expect(code).toBe(2);
  expect(out).toContain('no Logpush job has been seen');
  expect(keeper.world.calls).toEqual([]);
});

test('the page is made from the ledger alone, without a secret, and --json is what it is made from', async () => {
  const keeper = virtualKeeper();
  keeper.clock.advance(minutes(20));
  keeper.world.catchUp();
  await keeper.run(CHECK);
  await keeper.run('rotate-keys');
  const calls = keeper.world.calls.length;
  const { out } = await keeper.cli('report');
  const { out: json } = await keeper.cli('report', '--json');
  expect(keeper.world.calls).toHaveLength(calls);
  expect(out.startsWith('<!doctype html>')).toBe(true);
  const { iam, secretsManager, cis } = keeper.world;
  for (const secret of [...iam.secretValues(), ...secretsManager.secretValues(), ...cis.secretValues()])
    expect(`${out}${json}`).not.toContain(secret);
  const report = JSON.parse(json) as FleetReport;
  expect(report.instances.flatMap(({ zones }) => zones.flatMap(({ jobs }) => jobs))).toHaveLength(20);
  expect(report.rotations.map(({ binding }) => binding)).toEqual(['edge-logs', 'audit-logs']);
  const keys = report.keys.flatMap((binding) => binding.keys);
  expect(keys.map(({ role }) => role)).toEqual(['old', 'new', 'old', 'new']);
  for (const key of keys) expect(key.createdAt).toBeDefined();
  expect(report.runs.filter(({ last }) => last !== undefined)).toHaveLength(2);
});

test('a report hours after the last run says that it does not know, and which function is overdue', async () => {
  const keeper = virtualKeeper();
  await keeper.run(CHECK);
  keeper.clock.advance(hours(2));
  const { code, out } = await keeper.cli('report');
  expect(code).toBe(2);
  expect(out).toContain('the state of 20 of 20 jobs is not known');
  expect(out).toContain(`${CHECK} has not reported for`);
});

test('a document that cannot be read is said to be so, and the rest is reported', async () => {
  const keeper = virtualKeeper();
  await keeper.run(CHECK);
  await keeper.ledger.write('runs/rotate-keys.json', '{}', undefined);
  const { code, out } = await keeper.cli('report', '--json');
  expect(code).toBe(2);
  const report = JSON.parse(out) as FleetReport;
  expect(report.unreadable).toEqual(['ledger document runs/rotate-keys.json is not a run of this version']);
  expect(report.instances).toHaveLength(2);
});

test('--out writes the page to a file, or says why it cannot', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-report-'));
  try {
    const keeper = virtualKeeper();
    await keeper.run(CHECK);
    const path = join(folder, 'fleet.html');
    expect((await keeper.cli('report', '--out', path)).out).toBe('');
    expect(readFileSync(path, 'utf8')).toContain('</html>');
    const failed = await keeper.cli('report', '--out', join(folder, 'none', 'fleet.html'));
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('cannot be written: ENOENT') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the same report for the terminal and in numbers; what is not for it is refused', async () => {
  const keeper = virtualKeeper();
  await keeper.run(CHECK);
  const text = await keeper.cli('report', '--text');
  expect(text.code).toBe(2);
  expect(text.out).toMatch(/^UNKNOWN {2}Nothing is known to be wrong, but not all is known: /);
  const metrics = await keeper.cli('metrics');
  expect(metrics.code).toBe(0);
  const jobs = parseOpenMetrics(metrics.out).get('logpush_keeper_jobs')?.samples ?? [];
  expect(jobs.reduce((sum, { value }) => sum + value, 0)).toBe(20);
  expect(await keeper.cli('report', '--text', '--json')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--text'),
  });
});

test('without declared jobs nobody waits for ensure-logpush, and all can be well', async () => {
  const { keeper, pass } = declaringKeeper([], { jobs: [aZoneJob({ ...ON_LOGS })] });
  const all = [CHECK, 'reenable-logpush', 'rotate-keys', 'verify-buckets'] as const;
  pass(minutes(30));
  for (const name of all) await keeper.run(name);
  const text = await keeper.cli('report', '--text');
  expect([text.code, text.out]).toEqual([0, expect.stringMatching(/^OK {2}/)]);
  expect(text.out).not.toContain('ensure-logpush');
  expect((await keeper.cli('metrics')).out).not.toContain('ensure-logpush');

  // It ran once, as a schedule may have it, and not since.
  await keeper.run('ensure-logpush');
  pass(days(5));
  const { findings } = await keeper.run(CHECK);
  expect(findings.filter(({ code }) => code === 'schedule-missed').map(({ subject }) => subject)).toEqual([
    'function reenable-logpush',
    'function rotate-keys',
    'function verify-buckets',
  ]);
});

test('with declared jobs ensure-logpush has to run', async () => {
  const { keeper, pass } = declaringKeeper([aDeclaration('cloud-logs')], {
    jobs: [aZoneJob({ ...ON_LOGS })],
  });
  await keeper.run(CHECK);
  expect((await keeper.cli('report', '--text')).out).toContain('ensure-logpush has never run');
  await keeper.run('ensure-logpush');
  pass(days(5));
  const { findings } = await keeper.run(CHECK);
  expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toContain(
    'schedule-missed function ensure-logpush',
  );
});
