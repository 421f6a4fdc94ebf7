// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { VirtualClock } from '../../infra/local/clock.ts';
import { keeperConfig, localEndpoints } from '../../infra/local/keeper-config.ts';
import { loadWorld } from '../../infra/local/load-world.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { type Shard, WHOLE } from '../../shared/domain/shard.ts';
import type { Trigger } from '../../shared/domain/trigger.ts';
import type { LedgerStore, Transport } from '../../shared/ports.ts';
import { runCli } from '../../shared/runtime/cli.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import type { ReadFile, Surroundings } from '../../shared/runtime/connect.ts';
import { defineFunction } from '../../shared/runtime/entry.ts';
import { type FunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import { createLog } from '../../shared/runtime/log.ts';
import type { Environment } from '../../shared/runtime/prepare.ts';
import type { Signals } from '../../shared/runtime/stop.ts';
import { createMemoryLedger } from './memory-ledger.ts';

/** A keeper and a world in one process, on one virtual clock. */
export interface VirtualKeeper {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly ledger: LedgerStore;
  readonly log: readonly string[];
  /** Runs one function once; time passes only as far as the run waits. */
  run(
    name: FunctionName,
    options?: {
      readonly plan?: boolean;
      readonly text?: string;
      readonly forced?: readonly string[];
      readonly trigger?: Trigger;
      readonly shard?: Shard;
    },
  ): Promise<RunReport>;
  /** Starts one function, for who drives the clock himself; `surround` is asked in place of the keeper's own. */
  start(
    name: FunctionName,
    options?: {
      readonly text?: string;
      readonly surround?: VirtualKeeperOptions['surround'];
      readonly shard?: Shard;
    },
  ): Promise<RunReport>;
  /** Starts one function twice at the same instant; a report for each that was not killed. */
  runTwice(name: FunctionName): Promise<readonly PromiseSettledResult<RunReport>[]>;
  /** Starts functions at the same instant. */
  runAtOnce(...names: readonly FunctionName[]): Promise<readonly RunReport[]>;
  /** Runs one function on a schedule for a while. */
  runEvery(everyMs: number, name: FunctionName, forMs: number): Promise<readonly RunReport[]>;
  /** Runs the command line in this world. */
  readonly cli: (
    ...args: readonly string[]
  ) => Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** Runs a function's entry point in this world, with `more` in its environment. */
  readonly entry: (
    name: FunctionName,
    more?: Environment,
    readFile?: ReadFile,
  ) => Promise<{ readonly code: number; readonly lines: readonly string[] }>;
  /** The text of the configuration in use. */
  readonly configText: string;
}

export interface VirtualKeeperOptions {
  /** The world; two keys that are due by default. */
  readonly file?: WorldFile;
  readonly change?: (file: WorldFile) => void;
  readonly seed?: number;
  readonly ledger?: LedgerStore;
  /** Changes the text of the configuration. */
  readonly changeConfig?: (text: string) => string;
  readonly wrapTransport?: (transport: Transport) => Transport;
  /** It tells the world's own receiver, and its dead man's switch. */
  readonly notify?: boolean;
  /** What each run is surrounded by. */
  readonly surround?: (surroundings: Surroundings) => Surroundings;
  /** What tells the command line and the entry points to stop. */
  readonly signals?: Signals;
}

/** Reading a configuration is slow, and thousands of simulated runs use the same few. */
const CONFIGS = new Map<string, Config>();

function configOf(text: string, env: Readonly<Record<string, string>>): Config {
  const key = `${text}\n${JSON.stringify(env)}`;
  const config = CONFIGS.get(key) ?? loadConfig({ text, source: 'keeper.yml', env });
  if (CONFIGS.size > 100) CONFIGS.clear();
  CONFIGS.set(key, config);
  return config;
}

export function virtualKeeper(options: VirtualKeeperOptions = {}): VirtualKeeper {
  const file = options.file ?? loadWorld('two-keys');
  options.change?.(file);
  const seed = options.seed ?? 1;
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed });
  const ledger = options.ledger ?? createMemoryLedger();
  const log: string[] = [];
  const plain = new InProcessTransport(world.app, clock);
  const transport = options.wrapTransport?.(plain) ?? plain;
  const random = new SeededRandom(seed).fork('keeper');
  const base = 'http://127.0.0.1';
  const readyConfig = keeperConfig(
    file,
    localEndpoints(base),
    (account) => ({ env: `APIKEY_${account.toUpperCase()}` }),
    'file:./ledger',
    options.notify === true
      ? { webhook: { env: 'WEBHOOK_URL' }, heartbeat: { env: 'HEARTBEAT_URL' } }
      : undefined,
  );
  const configText = options.changeConfig?.(readyConfig) ?? readyConfig;
  const env = {
    ...Object.fromEntries(
      file.accounts.flatMap((account) =>
        account.keeper === undefined
          ? []
          : [[`APIKEY_${account.name.toUpperCase()}`, world.keyValue(account.keeper.apiKey)] as const],
      ),
    ),
    WEBHOOK_URL: `${base}/webhook${world.webhook.messagePath}`,
    HEARTBEAT_URL: `${base}/webhook${world.webhook.heartbeatPath}`,
  };
  const surroundings = {
    transport,
    clock,
    random,
    ledger,
    log: createLog({ write: (line) => void log.push(line), clock }),
  };
  const start = (
    name: FunctionName,
    plan: boolean,
    text: string,
    forced: readonly string[],
    trigger?: Trigger,
    surround = options.surround,
    shard = WHOLE,
  ): Promise<RunReport> =>
    runFunction(name, configOf(text, env), surround?.(surroundings) ?? surroundings, {
      plan,
      forced,
      shard,
      ...(trigger === undefined ? {} : { trigger }),
    });
  return {
    world,
    clock,
    ledger,
    log,
    configText,
    run: (name, { plan = false, text = configText, forced = [], trigger, shard } = {}) =>
      clock.run(start(name, plan, text, forced, trigger, options.surround, shard)),
    start: (name, { text = configText, surround = options.surround, shard } = {}) =>
      start(name, false, text, [], undefined, surround, shard),
    runTwice: (name) =>
      clock.run(Promise.allSettled([start(name, false, configText, []), start(name, false, configText, [])])),
    runAtOnce: (...names) => clock.run(Promise.all(names.map((name) => start(name, false, configText, [])))),
    cli: async (...args) => {
      let [out, err] = ['', ''];
      const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
      const code = await clock.run(
        runCli(
          args,
          { ...env, KEEPER_CONFIG_TEXT: configText },
          output,
          async () => ({
            ...(options.surround?.(surroundings) ?? surroundings),
            close: async () => {},
          }),
          options.signals,
        ),
      );
      return { code, out, err };
    },
    entry: async (name, more = {}, readFile) => {
      const lines: string[] = [];
      const write = (line: string): void => void lines.push(line);
      const code = await clock.run(
        defineFunction(name)(
          { ...env, KEEPER_CONFIG_TEXT: configText, ...more },
          {
            write,
            surround: async (_config, _write, _readFile, ledgerMs = Infinity) => ({
              ...(options.surround?.({ ...surroundings, deadlineAt: clock.now() + ledgerMs }) ??
                surroundings),
              log: createLog({ write, clock }),
              close: async () => {},
            }),
            ...(readFile === undefined ? {} : { readFile }),
            ...(options.signals === undefined ? {} : { signals: options.signals }),
          },
        ),
      );
      return { code, lines };
    },
    runEvery: async (everyMs, name, forMs) => {
      const reports: RunReport[] = [];
      const until = clock.now() + forMs;
      while (clock.now() < until) {
        reports.push(await clock.run(start(name, false, configText, [])));
        clock.advance(everyMs - (clock.now() % everyMs));
      }
      world.catchUp();
      return reports;
    },
  };
}
