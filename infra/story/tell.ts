// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import type { RunReport } from '../../shared/domain/report.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import type { LedgerStore, Transport } from '../../shared/ports.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import { isFunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { readSchedules } from '../../shared/runtime/manifest/schedules.ts';
import { VirtualClock } from '../local/clock.ts';
import { keeperConfig, localEndpoints } from '../local/keeper-config.ts';
import { World } from '../local/world.ts';
import type { WorldFile } from '../local/world-file.ts';
import { closingTable } from './closing-table.ts';
import { Expectations, jobsOf } from './expectations.ts';
import { type RunFunction, runStory } from './story.ts';
import { Teller } from './teller.ts';
import { type Fate, fatesOf, wrongs } from './verdict.ts';

/** Any loopback address will do: requests never leave the process. */
export const ENDPOINTS = localEndpoints('http://127.0.0.1');

const WEBHOOK = 'http://127.0.0.1/webhook';

export interface TellOptions {
  readonly file: WorldFile;
  readonly seed: number;
  readonly ledger: LedgerStore;
  /** Path of the `manifest.yml` whose schedules run. */
  readonly manifest: string;
  readonly write: (line: string) => void;
  /** Leaves out everything but the closing table. */
  readonly quiet: boolean;
  /** Stands between the keeper and the network; for tests that suppress or watch calls. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

export interface Told {
  readonly treated: World;
  readonly untreated: World;
  readonly reports: readonly RunReport[];
  /** Everything the keeper logged. */
  readonly log: readonly string[];
  /** The keeper's configuration. */
  readonly config: Config;
  /** Every job, in the order of the world file. */
  readonly fates: readonly Fate[];
  /** What came otherwise than it must, a sentence each; none = it went well. */
  readonly wrongs: readonly string[];
}

/** Runs a world with the keeper and without, telling each thing as it happens, and closes with what was lost. */
export async function tellStory(options: TellOptions): Promise<Told> {
  const { file, seed, ledger } = options;
  options.write(`${file.name}: ${file.about}`);
  options.write(
    `${jobsOf(file).length} Logpush jobs, ${file.days} days from ${formatInstant(file.startsAt)}, seed ${seed}\n`,
  );
  const reports: RunReport[] = [];
  const log: string[] = [];
  const teller = new Teller(options.quiet ? () => {} : options.write);
  const schedules = readSchedules({ path: options.manifest, source: 'manifest.yml', env: {} });
  const config = configOf(file, seed);
  const treated = await runStory({
    file,
    seed,
    ledger,
    log: (clock) => createLog({ write: (line) => log.push(line), clock }),
    keeper: { schedules, run: runWith(config, options.wrapTransport) },
    onReport: (report, world) => {
      reports.push(report);
      teller.tell(report, world);
    },
  });
  teller.tellWorld(treated);
  const untreated = await runStory({
    file,
    seed,
    ledger,
    log: (clock) => createLog({ write: () => {}, clock }),
  });
  const expectations = new Expectations(file, schedules, config.policies.rotation);
  const fates = fatesOf(treated, untreated, expectations);
  for (const line of closingTable(fates, expectations.dueSecrets(), reports, treated)) options.write(line);
  const wrong = wrongs(fates, treated, untreated, reports);
  for (const sentence of wrong) options.write(`wrong: ${sentence}`);
  return { treated, untreated, reports, log, config, fates, wrongs: wrong };
}

/** The keeper's configuration in this world, with the keys that the seed gives it. */
export function configOf(file: WorldFile, seed: number): Config {
  const variable = (account: string): string => `APIKEY_${account.toUpperCase()}`;
  const world = new World(file, { clock: new VirtualClock(file.startsAt), seed });
  const keys = file.accounts.flatMap(({ name, keeper }) =>
    keeper === undefined ? [] : [[variable(name), world.keyValue(keeper.apiKey)] as const],
  );
  const notify = { webhook: { env: 'WEBHOOK_URL' }, heartbeat: { env: 'HEARTBEAT_URL' } };
  return loadConfig({
    text: keeperConfig(file, ENDPOINTS, (account) => ({ env: variable(account) }), 'file:./ledger', notify),
    source: 'keeper.yml',
    env: {
      ...Object.fromEntries(keys),
      WEBHOOK_URL: `${WEBHOOK}${world.webhook.messagePath}`,
      HEARTBEAT_URL: `${WEBHOOK}${world.webhook.heartbeatPath}`,
    },
  });
}

/** Runs functions with a configuration. */
export const runWith =
  (config: Config, wrap: TellOptions['wrapTransport']): RunFunction =>
  (name, ports) => {
    if (!isFunctionName(name))
      throw new Error(`manifest.yml names the function "${name}", which does not exist`);
    const transport = wrap?.(ports.transport) ?? ports.transport;
    return runFunction(name, config, { ...ports, transport }, { plan: false });
  };

export const lostMinutes = (world: World): number =>
  world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);
