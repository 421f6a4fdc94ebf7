import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildBundles } from '../../infra/build/bundle.ts';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { rehearse } from '../../infra/rehearsal/in-process.ts';
import { disagreements, outcomeOf } from '../../infra/rehearsal/outcome.ts';
import { rehearseServed } from '../../infra/rehearsal/served.ts';
import { hours, minutes } from '../../shared/domain/time.ts';

/** Nobody waits here for what takes seconds there. */
function atOnce(file: WorldFile): WorldFile {
  const { codeEngine } = file.settings;
  codeEngine.projectDelaySeconds = 0;
  codeEngine.deployDelaySeconds = 0;
  codeEngine.startDelaySeconds = 0;
  return file;
}

test('deployed and started by cron and rings alone, bundles as processes come to what this process comes to in virtual time', async () => {
  const bundles = mkdtempSync(join(tmpdir(), 'logpush-keeper-bundles-'));
  try {
    await buildBundles(bundles);
    const file = atOnce(loadWorld('demo'));
    const served = await rehearseServed(file, { seed: 1, bundles });
    try {
      const { startsAt } = served.cloud.world.file;
      await served.until(startsAt + minutes(30));
      const virtual = await rehearse({ file: { ...file, startsAt }, seed: 1 });
      await virtual.until(startsAt + minutes(30));
      const [real, here] = [
        outcomeOf(served.cloud.world, served.lines()),
        outcomeOf(virtual.world, virtual.lines),
      ];
      expect(disagreements(real, here, 3)).toEqual([]);
      for (const { runs } of [real, here]) {
        expect(Object.keys(runs).filter((name) => !name.endsWith(' completed'))).toEqual([]);
        expect(runs['check-logpush completed']).toBeGreaterThanOrEqual(6);
      }
      // An expired key was replaced, and its jobs push again.
      expect(real.jobs.filter(({ key }) => key === 'new').length).toBeGreaterThan(0);
      const secrets = served.cloud.world.secretValues().filter(({ length }) => length >= 16);
      const said = [...served.lines(), ...served.cloud.processes.logs.map(({ stderr }) => stderr)].join('\n');
      for (const secret of secrets) expect(said).not.toContain(secret);
    } finally {
      await served.close();
    }
  } finally {
    rmSync(bundles, { recursive: true, force: true });
  }
});

/** One job of this bucket, whose key gets its role back after the platform has disabled it, and before the alert arrives. */
function oneVaultJob(file: WorldFile): WorldFile {
  for (const { zones } of file.cis)
    for (const zone of zones)
      zone.jobs = zone.jobs.filter(({ id, cos }) => cos?.bucket !== 'acme-vault' || id === VAULT_JOB);
  for (const deed of file.timeline) deed.afterHours = hours(4.1) / hours(1);
  file.settings.alerting.delayMinutes = 120;
  return atOnce(file);
}
const VAULT_JOB = 700126;

test('from the alert of CIS to the enabled job it takes one job run', async () => {
  const file = oneVaultJob(loadWorld('demo'));
  // No schedule starts it: only the ring does.
  const changeManifest = (text: string): string =>
    text.replace(/^ +reenable-logpush-two-minutes-later:.*\n/m, '');
  const { world, until } = await rehearse({ file, seed: 1, changeManifest });
  await until(file.startsAt + hours(6.5));
  const when = (kind: string, about = ''): number =>
    world.events.find((event) => event.kind === kind && event.text.includes(about))?.at ?? Number.NaN;
  const disabledAt = when('job-disabled-by-platform', String(VAULT_JOB));
  const alerts = world.events.filter(({ kind, at }) => kind === 'alert-delivered' && at > disabledAt);
  const [alert] = alerts;
  expect(alerts).toHaveLength(1);
  expect(when('role-given')).toBeGreaterThan(disabledAt);
  expect(alert?.at).toBeGreaterThan(when('role-given'));
  const runs = world.codeEngine.truth().runs.filter(({ job }) => job === 'reenable-logpush');
  const rung = runs.filter(({ createdAt }) => Date.parse(createdAt ?? '') >= (alert?.at ?? 0));
  expect(rung.map(({ status }) => status)).toEqual(['completed']);
  const [run] = rung;
  // It was enabled by the end of that run, and the run was there within a minute.
  const enabled = world.events.find(
    ({ kind, text, at }) => kind === 'job-updated' && at > disabledAt && text.includes(String(VAULT_JOB)),
  );
  expect(enabled?.at).toBeLessThanOrEqual(Date.parse(run?.completedAt ?? ''));
  expect(Date.parse(run?.createdAt ?? '') - (alert?.at ?? 0)).toBeLessThan(minutes(1));
  expect(world.logpush.truth().find(({ ref }) => ref.jobId === VAULT_JOB)?.enabled).toBe(true);
});

test('split among several instances the same comes of a fleet as in one hand', async () => {
  const file = atOnce(loadWorld('demo'));
  const changeManifest = (text: string): string =>
    text.replaceAll(/functions\/(?:check-logpush|rotate-keys)\.ts/g, '$&\n          arraySize: 3');
  const [split, whole] = [
    await rehearse({ file, seed: 1, changeManifest }),
    await rehearse({ file, seed: 1 }),
  ];
  for (const { until } of [split, whole]) await until(file.startsAt + minutes(61));
  const [a, b] = [outcomeOf(split.world, split.lines), outcomeOf(whole.world, whole.lines)];
  expect(disagreements(a, b, 3)).toEqual([]);
  expect(a.runs).toEqual(b.runs);
  expect(a.jobs.filter(({ key }) => key === 'new').length).toBeGreaterThan(0);
});
