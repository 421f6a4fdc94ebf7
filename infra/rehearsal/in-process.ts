// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { defineFunction } from '../../shared/runtime/entry.ts';
import { isFunctionName } from '../../shared/runtime/invocation.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { defineWebhook } from '../../shared/runtime/webhook/webhook.ts';
import { VirtualClock } from '../local/clock.ts';
import { startInProcess } from '../local/code-engine/function-instance.ts';
import type { Workloads } from '../local/code-engine/workloads.ts';
import { LOCAL_IMAGE } from '../local/deploy-files.ts';
import { SeededRandom } from '../local/random.ts';
import { InProcessTransport } from '../local/transport.ts';
import { World } from '../local/world.ts';
import type { WorldFile } from '../local/world-file.ts';
import { ENDPOINTS } from '../story/tell.ts';
import { deployTo } from './deploy.ts';

/** A keeper that was deployed to the Code Engine of its world, all in this process and in virtual time. */
export interface Rehearsal {
  readonly world: World;
  readonly clock: VirtualClock;
  /** What runs wrote, a line each. */
  readonly lines: readonly string[];
  /** Lives until an instant, by the subscriptions of Code Engine alone. */
  readonly until: (at: number) => Promise<void>;
}

interface RehearsalOptions {
  readonly file: WorldFile;
  readonly seed: number;
  /** Changes the manifest before it is deployed. */
  readonly changeManifest?: (text: string) => string;
}

const SOURCE = 'exports.main = () => undefined;\n';
const COMMAND = /^node ([a-z-]+)\/main\.js$/;

/** @throws {Error} with what the deployer said, when it does not deploy */
export async function rehearse({ file, seed, changeManifest }: RehearsalOptions): Promise<Rehearsal> {
  const clock = new VirtualClock(file.startsAt);
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const random = new SeededRandom(seed).fork('rehearsal');
  const world: World = new World(file, {
    clock,
    seed,
    startFunction: startInProcess((env, read) => {
      const readFile = (path: string): string => needed(read(path), path);
      return defineWebhook({ env: () => env, clock, random, transport, readFile, write });
    }),
  });
  const transport = new InProcessTransport(world.app, clock);
  world.codeEngine.runs.workloads = jobsInProcess(world, transport, random, write);
  world.codeEngine.images.register(LOCAL_IMAGE, COMMANDS);
  const place = {
    world,
    endpoints: ENDPOINTS,
    webhook: 'http://127.0.0.1/webhook',
    code: SOURCE,
    changeManifest,
  };
  await clock.run(deployTo({ ...place, clock, random, transport }));
  return { world, clock, lines, until: (at) => clock.run(world.codeEngine.live(at)) };
}

/** Runs the entry points with the environment and the files that a container has. */
function jobsInProcess(
  world: World,
  transport: InProcessTransport,
  random: SeededRandom,
  write: (line: string) => void,
): Workloads {
  const { clock } = world;
  return {
    runJob({ command, env, files }, stop) {
      const [, name = ''] = COMMAND.exec(command.join(' ')) ?? [];
      if (!isFunctionName(name)) throw new Error(`a job runs ${command.join(' ')}`);
      return defineFunction(name)(env, {
        write,
        readFile: (path) => Buffer.from(needed(files[path], path)),
        signals: {
          on: (name, listener) => name === 'SIGTERM' && stop.addEventListener('abort', listener),
          off: (_name, listener) => stop.removeEventListener('abort', listener),
        },
        surround: async (config, writeLine, readFile, ledgerMs = Infinity) => ({
          transport,
          clock,
          random,
          log: createLog({ write: writeLine, clock }),
          ledger: createLedger(config, {
            transport,
            clock,
            random,
            deadlineAt: clock.now() + ledgerMs,
            ...(readFile === undefined ? {} : { readFile }),
          }),
          close: async () => {},
        }),
      });
    },
  };
}

const COMMANDS = ['check-logpush', 'reenable-logpush', 'rotate-keys', 'verify-buckets', 'ensure-logpush'].map(
  (name) => `node ${name}/main.js`,
);

function needed(text: string | undefined, path: string): string {
  if (text === undefined) throw Object.assign(new Error(`there is no file ${path}`), { code: 'ENOENT' });
  return text;
}
