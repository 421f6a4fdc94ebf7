import { expect, test } from 'vitest';
import { main as rotate } from '../../../functions/rotate-keys.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { connect } from '../../../shared/runtime/connect.ts';
import { readConfig } from '../../../shared/runtime/prepare.ts';
import { anArray, applies, change, profileIn, profilesIn, runs, told } from './array.ts';
import { jobIn, projectOf } from './deployed.ts';
import { aFleet } from './fleet.ts';
import { killedAgain, Reaper } from './reaper.ts';
import { aSite, type Site } from './site.ts';

/** What a profile may do, whoever has it. */
const rightsOf = (site: Site, name: string) =>
  site.world.iam.policies
    .all()
    .filter(
      ({ subject, state }) =>
        state === 'active' && subject.some(({ value }) => value === profileIn(site, name)?.iamId),
    )
    .map(({ resource, roles, rule }) => JSON.stringify({ resource, roles, rule }))
    .toSorted();

test('each instance of an array job has a profile of its own, which may do the same', async () => {
  const site = await anArray(3);
  expect(profilesIn(site)).toEqual([
    'lpk-edge-logs-rotate-keys',
    'lpk-edge-logs-rotate-keys-1',
    'lpk-edge-logs-rotate-keys-2',
    'lpk-edge-logs-webhook',
  ]);
  expect(rightsOf(site, 'rotate-keys').length).toBeGreaterThan(3);
  for (const name of ['rotate-keys-1', 'rotate-keys-2']) {
    expect(rightsOf(site, name)).toEqual(rightsOf(site, 'rotate-keys'));
    expect(site.world.iam.profiles.links(profileIn(site, name)?.id ?? '')).toMatchObject([
      { componentType: 'job', componentName: 'rotate-keys' },
    ]);
  }

  const codes: number[] = [];
  const containers = await runs(site, async ({ env }, more) => {
    codes.push(await rotate(env, { ...more, write: () => {} }));
    return 0;
  });

  expect(codes).toEqual([0, 0, 0]);
  expect(containers.map(({ env }) => [env['JOB_INDEX'], env['JOB_ARRAY_SIZE']])).toEqual([
    ['0', '3'],
    ['1', '3'],
    ['2', '3'],
  ]);
});

/** As many calls in a minute as one identity has by default. */
const BUDGET = 80;

test('so many instances have so many times the calls: each its own budget, and none refused for its rate', async () => {
  const site = await anArray(3);
  const startedAt = new Map<string, number>();
  const endedAt = new Map<string, number>();
  const asked = site.world.calls.length;

  await runs(site, async ({ env }, { readFile, surround }) => {
    const config = readConfig(undefined, env, readFile);
    const around = await surround(config, () => {});
    const { ports } = connect(config, { ...around, readFile }, { plan: false });
    startedAt.set(env['JOB_INDEX'] ?? '', site.clock.now());
    for (let calls = 0; calls < BUDGET; calls += 1)
      for await (const _ of ports.services.cis('edge').listZones(config.instances[0]?.crn ?? '')) break;
    endedAt.set(env['JOB_INDEX'] ?? '', site.clock.now());
    return 0;
  });

  const calls = site.world.calls.slice(asked).filter(({ service }) => service === 'cis');
  expect(calls.length).toBe(3 * BUDGET);
  expect(calls.filter(({ status }) => status === 429)).toEqual([]);
  const took = [...endedAt].map(([index, at]) => at - (startedAt.get(index) ?? 0));
  expect(Math.max(...took)).toBeLessThan(minutes(1));
  const kept = site.world.cos
    .objects('ledger')
    .flatMap(({ key }) => (key.includes('/budgets/') ? [key] : []));
  expect(kept.toSorted()).toEqual(
    ['rotate-keys', 'rotate-keys-1', 'rotate-keys-2']
      .map((name) => `keeper/budgets/${profileIn(site, name)?.iamId}.json`)
      .toSorted(),
  );
});

test('an array grows and shrinks: who stays keeps its profile, and nothing of who goes is left', async () => {
  const one = aSite();
  await applies(one);
  const three = await anArray(3);
  const site = aSite();
  await applies(site);
  const first = told(site);
  expect(first).toEqual([profileIn(site, 'rotate-keys')?.id]);

  change(site, 2);
  const planned = await site.deploy('plan');
  expect(planned.out).toMatchInlineSnapshot(`
    "    + trusted profile lpk-edge-logs-rotate-keys-1 in account edge
        + link of a trusted profile lpk-edge-logs-rotate-keys-1 in account edge
        + access policy rotate-keys-1: internet-svcs e62e2ea9-4d83-466f-8278-c975d967be57 in account edge: Writer
        + access policy rotate-keys-1: iam-identity ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f in account edge: Operator
        + access policy rotate-keys-1: secrets-manager default in account edge: Writer
        + access policy rotate-keys-1: cloud-object-storage ledger keeper/ in account edge: ContentReader, ObjectWriter
        + config map keeper-profiles-rotate-keys
        ~ job rotate-keys
            env.KEEPER_PROFILES changes
            scale_array_spec: "0" → "0-1"

    Plan: 7 to create, 1 to update, 0 to delete.
    "
  `);
  await applies(site);
  const second = told(site);
  expect(second).toEqual([...first, profileIn(site, 'rotate-keys-1')?.id]);
  change(site, 3);
  await applies(site);
  expect(told(site)).toEqual([...second, profileIn(site, 'rotate-keys-2')?.id]);
  expect(site.end()).toEqual(three.end());

  change(site, 2);
  expect((await site.deploy('plan')).out).toMatchInlineSnapshot(`
    "    ~ config map keeper-profiles-rotate-keys
            data.KEEPER_PROFILES changes
        ~ job rotate-keys
            scale_array_spec: "0-2" → "0-1"
        - access policy rotate-keys-2: internet-svcs e62e2ea9-4d83-466f-8278-c975d967be57 in account edge
        - access policy rotate-keys-2: iam-identity ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f in account edge
        - access policy rotate-keys-2: secrets-manager default in account edge
        - access policy rotate-keys-2: cloud-object-storage ledger keeper/ in account edge
        - link of a trusted profile lpk-edge-logs-rotate-keys-2 in account edge
        - trusted profile lpk-edge-logs-rotate-keys-2 in account edge

    Plan: 0 to create, 2 to update, 6 to delete.
    "
  `);
  await applies(site);
  expect(told(site)).toEqual(second);
  expect(jobIn(site, 'rotate-keys').scale_array_spec).toBe('0-1');
  change(site, 1);
  await applies(site);
  expect(told(site)).toEqual(first);
  site.clock.advance(minutes(1));
  expect(site.end()).toEqual(one.end());

  change(site, 3);
  await applies(site);
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(minutes(1));
  expect(site.end()).toEqual(aSite().end());
});

test('killed every few effects while it grows, shrinks and goes, an array ends as if it never had been', async () => {
  const three = await anArray(3);
  const one = aSite();
  await applies(one);
  const reaper = new Reaper();
  const site = aSite(reaper.options);
  const killed = (...args: readonly string[]): Promise<number> =>
    killedAgain(site, reaper, (runs) => 3 + (runs % 3), args);
  await applies(site);
  const [first] = told(site);

  change(site, 3);
  expect(await killed('apply')).toBeGreaterThan(4);

  expect(site.end()).toEqual(three.end());
  expect(told(site)[0]).toBe(first);
  change(site, 1);
  expect(await killed('apply')).toBeGreaterThan(4);
  site.clock.advance(minutes(1));
  expect(site.end()).toEqual(one.end());
  expect(told(site)).toEqual([first]);
  change(site, 3);
  await killed('apply');
  await killed('destroy', '--yes');
  site.clock.advance(minutes(1));
  expect(site.end()).toEqual(aSite().end());
});

test('in each account of a fleet an instance has a profile of its own, with roles of the account’s own as well', async () => {
  const site = aFleet();
  const manifest = site.files.get('manifest.yml') ?? '';
  site.files.set(
    'manifest.yml',
    manifest
      .replace('roles: system', 'roles: custom')
      .replace(/check-logpush:\n +kind: job/, '$&\n          arraySize: 2'),
  );
  await applies(site);
  const { codeEngine, iam, file } = site.world;
  const map = codeEngine.configMaps.get(projectOf(site.world).id, 'keeper-profiles-check-logpush');
  const KEEPER_CONFIG_TEXT = site.files.get('keeper.yml') ?? '';
  const KEEPER_PROFILES = map?.spec.data['KEEPER_PROFILES'] ?? '';
  for (const [JOB_INDEX, name] of [
    ['0', 'lpk-logpush-keeper-check-logpush'],
    ['1', 'lpk-logpush-keeper-check-logpush-1'],
  ] as const) {
    const { accounts } = readConfig(undefined, { KEEPER_CONFIG_TEXT, KEEPER_PROFILES, JOB_INDEX });
    const own = Object.entries(accounts).map(([account, { credential }]) => {
      const { id = '' } = file.accounts.find((one) => one.name === account) ?? {};
      return [credential, iam.profiles.named(name, id)?.id] as const;
    });
    expect(own.length).toBeGreaterThan(1);
    for (const [credential, profileId] of own)
      expect(credential).toMatchObject({ kind: 'trusted-profile', profileId });
  }
});
