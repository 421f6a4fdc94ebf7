import { expect, test } from 'vitest';
import { minutes } from '../../../shared/domain/time.ts';
import { anArray, applies, profileIn, runs, withInstances } from './array.ts';
import { EDGE, projectOf } from './deployed.ts';
import { aFleet } from './fleet.ts';
import { aSite, type Site } from './site.ts';

test('plan and status say once what all instances have, and status what became of each', async () => {
  const site = aSite({ manifest: withInstances(3) });
  expect((await site.deploy('plan')).out).toContain(
    `    + trusted profile lpk-edge-logs-rotate-keys in account edge, and of 2 more instances
    + trusted profile lpk-edge-logs-webhook in account edge
    + link of a trusted profile lpk-edge-logs-rotate-keys in account edge, and of 2 more instances`,
  );
  await applies(site);
  await runs(site, async ({ env }) => (env['JOB_INDEX'] === '1' ? 1 : 0), minutes(8));

  const { out } = await site.deploy('status');

  expect(out.split('\n').filter((line) => line.includes('rotate-keys'))).toMatchInlineSnapshot(`
    [
      "  there     trusted profile lpk-edge-logs-rotate-keys in account edge, and of 2 more instances",
      "  there     link of a trusted profile lpk-edge-logs-rotate-keys in account edge, and of 2 more instances",
      "  there     access policy rotate-keys: internet-svcs e62e2ea9-4d83-466f-8278-c975d967be57 in account edge, and of 2 more instances",
      "  there     access policy rotate-keys: iam-identity ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f in account edge, and of 2 more instances",
      "  there     access policy rotate-keys: secrets-manager default in account edge, and of 2 more instances",
      "  there     access policy rotate-keys: cloud-object-storage ledger keeper/ in account edge, and of 2 more instances",
      "  there     config map keeper-profiles-rotate-keys",
      "  there     job rotate-keys, last run failed (2026-03-01T00:07:00.154Z): of 3 instances 2 succeeded, 1 failed",
    ]
  `);
  const second = profileIn(site, 'rotate-keys-1');
  if (second !== undefined) site.world.iam.profiles.remove(second);
  const lines = (await site.deploy('status')).out.split('\n').filter((line) => line.includes('profile lpk'));
  expect(lines).toContain('  missing   trusted profile lpk-edge-logs-rotate-keys-1 in account edge');
  expect(lines).toContain(
    '  there     trusted profile lpk-edge-logs-rotate-keys in account edge, and of 1 more instance',
  );
});

const crowded = (profiles: number, policies: number): Site => {
  const site = aSite({ manifest: withInstances(3) });
  const { iam } = site.world;
  for (let i = 0; i < profiles; i += 1) iam.profiles.create({ name: `other-${i}`, accountId: EDGE });
  for (let i = 0; i < policies; i += 1)
    iam.policies.add({ accountId: EDGE, iamId: `IBMid-${i}`, service: 'logs', roles: ['Reader'] });
  return site;
};

test('nothing is made where IAM has no room for all of it', async () => {
  const site = crowded(1997, 4000);

  const planned = await site.deploy('plan');

  expect(planned.err).toMatchInlineSnapshot(`
    "manifest: account "edge" has 1997 trusted profiles and would get 4 more: IAM allows 2000
        fix: write a smaller arraySize, or delete 1 there that nobody needs
    manifest: account "edge" has 4016 access policies and would get 13 more: IAM allows 4020
        fix: write a smaller arraySize, or delete 9 there that nobody needs
    "
  `);
  expect(planned.code).toBe(1);
  expect(await site.deploy('apply')).toMatchObject({ code: 1, err: planned.err });
  expect(site.world.codeEngine.projects.list(EDGE)).toEqual([]);
  // Where there are more than IBM's limit it is another one.
  expect(await crowded(2001, 0).deploy('plan')).toMatchObject({ code: 2, err: '' });
});

test('nothing is made of which the state would be too large', async () => {
  const site = aFleet();
  const manifest = site.files.get('manifest.yml') ?? '';
  site.files.set(
    'manifest.yml',
    manifest.replaceAll(/(?:check-logpush|rotate-keys):\n +kind: job/g, '$&\n          arraySize: 100'),
  );
  const { code, err } = await site.deploy('apply');
  expect(code).toBe(1);
  expect(err).toMatch(
    /^manifest: what apply makes would take \d{7} characters in logpush-keeper-deploy-state: Code Engine takes 1048576 in a config map\n {4}fix: write a smaller arraySize$/m,
  );
  expect(site.world.codeEngine.projects.list(EDGE)).toEqual([]);
});

test('of a lost deployment the profiles of all instances are named', async () => {
  const site = await anArray(2);
  const { id } = projectOf(site.world);
  site.world.codeEngine.configMaps.remove(id, 'edge-logs-deploy-state', site.clock.now());
  const { code, err } = await site.deploy('destroy', '--yes');
  expect(code).toBe(1);
  expect(err).toContain('trusted profile lpk-edge-logs-rotate-keys (Profile-');
  expect(err).toContain('trusted profile lpk-edge-logs-rotate-keys-1 (Profile-');
});
