import { expect, test } from 'vitest';
import { main as rotate } from '../../../functions/rotate-keys.ts';
import type { Container } from '../../../infra/local/code-engine/workloads.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { connect } from '../../../shared/runtime/connect.ts';
import { createLedger } from '../../../shared/runtime/ledger.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { readConfig } from '../../../shared/runtime/prepare.ts';
import { EDGE, jobIn, projectOf } from './deployed.ts';
import { aFleet } from './fleet.ts';
import { killedAgain, Reaper } from './reaper.ts';
import { aSite, type Site, SMALL } from './site.ts';

/** The small manifest whose job has so many instances. */
const withInstances = (count: number, manifest = SMALL): string =>
  manifest.replace('timeout: 900', `timeout: 900, arraySize: ${count}`);

const applies = async (site: Site): Promise<void> => {
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(await site.deploy('plan')).toMatchObject({ code: 0, err: '' });
};

async function anArray(count: number): Promise<Site> {
  const site = aSite({ manifest: withInstances(count) });
  await applies(site);
  return site;
}

const profileIn = ({ world }: Site, name: string) => world.iam.profiles.named(`lpk-edge-logs-${name}`, EDGE);

const profilesIn = ({ world }: Site): readonly string[] =>
  world.iam.profiles
    .ofAccount(EDGE)
    .map(({ name }) => name)
    .toSorted();

/** What an instance of a run does here. @returns the exit code */
type Work = (container: Container, surround: ReturnType<typeof surroundingsIn>) => Promise<number>;

function surroundingsIn({ world, clock }: Site, { env, files }: Container) {
  const readFile = (path: string): Buffer => {
    if (files[path] === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return Buffer.from(files[path]);
  };
  const transport = new InProcessTransport(world.app, clock);
  const random = world.random.fork(`instance ${env['HOSTNAME']}`);
  return {
    readFile,
    surround: async (config: ReturnType<typeof readConfig>, write: (line: string) => void) => ({
      transport,
      clock,
      random,
      log: createLog({ write, clock }),
      ledger: createLedger(config, { transport, clock, random, readFile }),
      close: async () => {},
    }),
  };
}

/** Lets Code Engine start the job on its schedule. @returns the containers, one for each try of each instance */
async function runs(site: Site, work: Work, forMs = hours(1)): Promise<readonly Container[]> {
  const { codeEngine } = site.world;
  const containers: Container[] = [];
  codeEngine.images.register(site.env['KEEPER_IMAGE'] ?? '', ['node rotate-keys/main.js']);
  codeEngine.runs.workloads = {
    runJob: (container) => {
      containers.push(container);
      return work(container, surroundingsIn(site, container));
    },
  };
  await site.clock.run(codeEngine.live(site.clock.now() + forMs));
  return containers;
}

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

const change = (site: Site, count: number): void =>
  void site.files.set('manifest.yml', count === 1 ? SMALL : withInstances(count));

/** The ids of the profiles as the job is told them, in the order of its indices. */
function told(site: Site): readonly string[] {
  const { codeEngine } = site.world;
  const variable = jobIn(site, 'rotate-keys').run_env_variables.find(
    ({ name }) => name === 'KEEPER_PROFILES',
  );
  const map = codeEngine.configMaps.get(projectOf(site.world).id, variable?.reference ?? '')?.spec.data;
  const text = variable?.value ?? map?.[variable?.key ?? ''] ?? '';
  return text.replace('edge=', '').split('+');
}

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

test('of a lost deployment the profiles of all instances are named', async () => {
  const site = await anArray(2);
  const { id } = projectOf(site.world);
  site.world.codeEngine.configMaps.remove(id, 'edge-logs-deploy-state', site.clock.now());
  const { code, err } = await site.deploy('destroy', '--yes');
  expect(code).toBe(1);
  expect(err).toContain('trusted profile lpk-edge-logs-rotate-keys (Profile-');
  expect(err).toContain('trusted profile lpk-edge-logs-rotate-keys-1 (Profile-');
});
