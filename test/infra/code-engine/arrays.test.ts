import { expect, test } from 'vitest';
import { main as rotate } from '../../../functions/rotate-keys.ts';
import type { Container } from '../../../infra/local/code-engine/workloads.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { connect } from '../../../shared/runtime/connect.ts';
import { createLedger } from '../../../shared/runtime/ledger.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { readConfig } from '../../../shared/runtime/prepare.ts';
import { EDGE, projectOf } from './deployed.ts';
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
