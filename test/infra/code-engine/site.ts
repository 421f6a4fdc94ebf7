// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { runDeploy } from '../../../infra/code-engine/cli.ts';
import type { DeployPorts, Ended, Subprocess } from '../../../infra/code-engine/ports.ts';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { IbmCloud } from '../../../infra/local/ibmcloud/ibmcloud.ts';
import { keeperConfig, localEndpoints } from '../../../infra/local/keeper-config.ts';
import { loadWorld } from '../../../infra/local/load-world.ts';
import { SeededRandom } from '../../../infra/local/random.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { World } from '../../../infra/local/world.ts';
import type { WorldFile } from '../../../infra/local/world-file.ts';
import type { Transport } from '../../../shared/ports.ts';
import { endState } from './site-end.ts';

/** A world to deploy to, and the command line of the deployment in it. */
export interface Site {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly files: Map<string, string>;
  readonly env: Record<string, string>;
  /** Runs the command line once. */
  deploy(...args: readonly string[]): Promise<Result>;
  /** Starts it, for who drives the clock already. */
  start(...args: readonly string[]): Promise<Result>;
  /** What there is, comparable with another site. */
  end(): readonly string[];
  /** What the deployment printed and stored so far. */
  readonly said: string[];
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface SiteOptions {
  /** Name of the world; one account and one CIS instance by default. */
  readonly world?: string;
  readonly manifest?: string;
  readonly change?: (file: WorldFile) => void;
  readonly wrapTransport?: (transport: Transport) => Transport;
  readonly wrapSubprocess?: (subprocess: Subprocess) => Subprocess;
  readonly seed?: number;
}

const RINGS = '3f2a1c00-0000-4000-8000-00000000c051';

/** A job and a webhook: the smallest deployment that has everything. */
export const SMALL = `schema: code-engine/v1
project:
  name: \${CE_PROJECT:-edge-logs}
  region: us-south
  packages:
    keeper:
      secrets:
        notify: { keys: { NOTIFY_TOKEN: "\${NOTIFY_TOKEN}" } }
      rings: { bucket: rings, instance: ${RINGS} }
      actions:
        rotate-keys:
          { kind: job, function: functions/rotate-keys.ts, image: "\${KEEPER_IMAGE}", runtime: nodejs-24, cpu: 0.25, memory: 1G, timeout: 900, envFrom: [notify] }
        webhook:
          { kind: function, function: functions/webhook.ts, runtime: nodejs-24, cpu: 0.25, memory: 1G, timeout: 30, concurrency: 10 }
      triggers:
        often: { schedule: "7 * * * *", data: { why: schedule } }
        cis-alert: { source: rings, kind: alert }
      rules:
        by-schedule: { trigger: often, action: rotate-keys }
        by-alert: { trigger: cis-alert, action: rotate-keys }
`;

/** A world with what a deployment needs, and with things of other people that must stay as they are. */
export function aSite(options: SiteOptions = {}): Site {
  const file = loadWorld(options.world ?? 'new-account');
  prepare(file);
  options.change?.(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: options.seed ?? 1, deliver: async () => 202 });
  const tool = new IbmCloud(world);
  const files = filesOf(file, options.manifest ?? SMALL);
  const env: Record<string, string> = {
    ...Object.fromEntries(
      kept(file).map(({ name }) => [
        `IBMCLOUD_API_KEY_${name.toUpperCase()}`,
        world.keyValue(`deployer-${name}-key`),
      ]),
    ),
    KEEPER_IMAGE: 'icr.io/keeper/keeper@sha256:0123',
    NOTIFY_TOKEN: 'TRACER-notify-token',
  };
  const plain = new InProcessTransport(world.app, clock);
  const toolPort: Subprocess = {
    run: (program, argv, { env: given }): Promise<Ended> => {
      if (program !== 'ibmcloud') throw new Error(`unexpected program ${program}`);
      return tool.run({
        argv,
        env: given,
        files: { read: () => undefined, write: () => {}, list: () => undefined, absolute: (path) => path },
      });
    },
  };
  const random = new SeededRandom(options.seed ?? 1).fork('deployer');
  let homes = 0;
  const ports: DeployPorts = {
    clock,
    random,
    transport: options.wrapTransport?.(plain) ?? plain,
    subprocess: options.wrapSubprocess?.(toolPort) ?? toolPort,
    home: () => `home-${(homes += 1)}`,
    readFile: (path) => {
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
      return Buffer.from(text);
    },
  };
  const said: string[] = [];
  const start: Site['start'] = async (...args) => {
    let [out, err] = ['', ''];
    const output = {
      out: (text: string) => {
        out += text;
        said.push(text);
      },
      err: (text: string) => {
        err += text;
        said.push(text);
      },
    };
    const code = await runDeploy(args, env, output, ports);
    return { code, out, err };
  };
  return {
    world,
    clock,
    files,
    env,
    said,
    start,
    deploy: (...args) => clock.run(start(...args)),
    end: () => endState(world),
  };
}

/** The accounts that a keeper is at home in. */
const kept = ({ accounts }: WorldFile) => accounts.filter(({ keeper }) => keeper !== undefined);

const ADMINISTERED = ['iam-identity', 'iam-access-management', 'iam-groups', 'context-based-restrictions'];

/** Who deploys to each account, and the buckets that are there before. */
function prepare(file: WorldFile): void {
  for (const [i, account] of kept(file).entries())
    account.serviceIds.push({
      name: `deployer-${account.name}`,
      id: `ServiceId-de910000-0000-4000-8000-00000000000${i}`,
      policies: [
        { roles: ['Administrator', 'Manager'] },
        ...ADMINISTERED.map((service) => ({ service, roles: ['Administrator'] })),
      ],
      apiKeys: [
        {
          name: `deployer-${account.name}-key`,
          id: `ApiKey-de910000-0000-4000-8000-00000000000${i}`,
          createdDaysAgo: 5,
          disabled: false,
          locked: false,
        },
      ],
    });
  const [first] = kept(file);
  for (const name of ['ledger', 'rings'])
    file.buckets.push({
      name,
      location: 'us-south',
      instance: RINGS,
      account: first?.name ?? '',
      grantsLogpush: false,
      instanceState: 'active',
    });
}

function filesOf(file: WorldFile, manifest: string): Map<string, string> {
  const config = keeperConfig(
    file,
    localEndpoints('http://127.0.0.1'),
    (account) => ({ env: `APIKEY_${account.toUpperCase()}` }),
    `cos://ledger/keeper?region=us-south&account=${kept(file)[0]?.name}`,
  );
  return new Map([
    ['keeper.yml', config],
    ['manifest.yml', manifest],
    ['out/webhook/main.js', 'module.exports.main = () => ({ statusCode: 202, body: "" });\n'],
  ]);
}
