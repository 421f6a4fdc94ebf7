import { expect } from 'vitest';
import type { Container } from '../../../infra/local/code-engine/workloads.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { hours } from '../../../shared/domain/time.ts';
import { createLedger } from '../../../shared/runtime/ledger.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { readConfig } from '../../../shared/runtime/prepare.ts';
import { EDGE, jobIn, projectOf } from './deployed.ts';
import { aSite, type Site, SMALL } from './site.ts';

/** The small manifest whose job has so many instances. */
export const withInstances = (count: number): string =>
  SMALL.replace('timeout: 900', `timeout: 900, arraySize: ${count}`);

export const applies = async (site: Site): Promise<void> => {
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(await site.deploy('plan')).toMatchObject({ code: 0, err: '' });
};

export async function anArray(count: number): Promise<Site> {
  const site = aSite({ manifest: withInstances(count) });
  await applies(site);
  return site;
}

export const profileIn = ({ world }: Site, name: string) =>
  world.iam.profiles.named(`lpk-edge-logs-${name}`, EDGE);

export const profilesIn = ({ world }: Site): readonly string[] =>
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
export async function runs(site: Site, work: Work, forMs = hours(1)): Promise<readonly Container[]> {
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

export const change = (site: Site, count: number): void =>
  void site.files.set('manifest.yml', count === 1 ? SMALL : withInstances(count));

/** The ids of the profiles as the job is told them, in the order of its indices. */
export function told(site: Site): readonly string[] {
  const { codeEngine } = site.world;
  const variable = jobIn(site, 'rotate-keys').run_env_variables.find(
    ({ name }) => name === 'KEEPER_PROFILES',
  );
  const map = codeEngine.configMaps.get(projectOf(site.world).id, variable?.reference ?? '')?.spec.data;
  const text = variable?.value ?? map?.[variable?.key ?? ''] ?? '';
  return text.replace('edge=', '').split('+');
}
