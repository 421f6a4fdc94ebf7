import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type HttpBindings, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { ServedClock } from './clock.ts';
import { commandsIn, Processes } from './code-engine/processes.ts';
import { controlRoutes } from './control.ts';
import { deployFiles } from './deploy-files.ts';
import { NETWORK_HEADER } from './http.ts';
import { executable, toolRoutes } from './ibmcloud/executable.ts';
import { IbmCloud } from './ibmcloud/ibmcloud.ts';
import { keeperConfig, type LocalEndpoints, localEndpoints } from './keeper-config.ts';
import { World } from './world.ts';
import type { WorldFile } from './world-file.ts';

/** How often Code Engine looks at the clock. */
const LOOK_MS = 100;

/** A local cloud that listens on loopback, with everything a person or a program needs to use it. */
export interface ServedCloud {
  readonly world: World;
  readonly endpoints: LocalEndpoints;
  /** Base URL of the control API. */
  readonly control: string;
  /** Path of a ready `keeper.yml`; `bin/ibmcloud` beside it is IBM's command line tool, on this cloud. */
  readonly config: string;
  /** The keeper's API key in the world's first account. */
  readonly apiKey: string;
  /** Base URL of the receiver of messages. */
  readonly webhook: string;
  /** The job runs of Code Engine as processes, and what they wrote. */
  readonly processes: Processes;
  /** Stops listening, and removes the folder of `config` when it was a temporary one. */
  close(): Promise<void>;
}

/**
 * Serves a world on a free loopback port. Its time is real time plus what `POST /clock` adds.
 *
 * @param out - folder for `keeper.yml` and the key files; a temporary one when absent
 * @param images - folders by the reference of the image that each stands for; job runs of any other fail
 */
export async function serveWorld(
  file: WorldFile,
  options: {
    readonly seed: number;
    readonly out?: string;
    readonly port?: number;
    readonly images?: ReadonlyMap<string, string>;
  },
): Promise<ServedCloud> {
  const startsAt = Date.now();
  const world = new World({ ...file, startsAt }, { clock: new ServedClock(startsAt), seed: options.seed });
  const images = new Map(options.images);
  const processes = runProcesses(world, images);
  const tool = new IbmCloud(world, {
    built: (image, folder) => void images.set(image, folder),
    logsOf: (run) => processes.runs.logsOf(run),
  });
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.route('/control', controlRoutes(world));
  app.get('/control/logs', (c) => c.json(processes.runs.logs));
  app.route('/control/ibmcloud', toolRoutes(tool));
  app.all('*', async (c) => {
    const response = await world.app.fetch(c.req.raw);
    return disturb(response, c.env, world);
  });
  const { server, port } = await listen(app, options.port ?? 0);
  const base = `http://127.0.0.1:${port}`;
  world.codeEngine.functionBase = `${base}/code-engine/fn`;
  const endpoints = { ...localEndpoints(base), clock: `${base}/control/clock` };
  const { config, apiKey } = writeConfig(world, endpoints, `${base}/webhook`, options.out);
  writeTool(dirname(config), `${base}/control/ibmcloud`);
  return {
    world,
    endpoints,
    control: `${base}/control`,
    config,
    apiKey,
    webhook: `${base}/webhook`,
    processes: processes.runs,
    close: () =>
      new Promise((resolve, reject) => {
        processes.close();
        world.functions.close();
        if (options.out === undefined) rmSync(dirname(config), { recursive: true, force: true });
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

/** Images by folder, and somebody who looks all the time whether a job is to start: nothing else does without a request. */
function runProcesses(world: World, images: ReadonlyMap<string, string>) {
  const { codeEngine, clock } = world;
  const runs = new Processes(images, clock);
  for (const [reference, folder] of images) {
    const commands = commandsIn(folder);
    if (commands.length === 0) throw new Error(`${folder} has no <action>/main.js: build it first`);
    codeEngine.images.register(reference, commands);
  }
  codeEngine.runs.workloads = runs;
  const timer = setInterval(() => {
    if (codeEngine.nextAt() <= clock.now()) codeEngine.settle();
  }, LOOK_MS);
  return {
    runs,
    close: () => {
      clearInterval(timer);
      runs.close();
    },
  };
}

/** Turns the marks of `operation` into what a socket shows. */
async function disturb(response: Response, env: HttpBindings, world: World): Promise<Response> {
  const network = response.headers.get(NETWORK_HEADER);
  if (network === null) return response;
  response.headers.delete(NETWORK_HEADER);
  if (network.startsWith('slow:')) {
    await world.clock.sleep(Number(network.slice('slow:'.length)));
    return response;
  }
  // A listening server cannot refuse; closing without an answer is the nearest. A time-out just never answers.
  if (network !== 'timeout') env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

function listen(app: Hono<{ Bindings: HttpBindings }>, port: number) {
  return new Promise<{ readonly server: ReturnType<typeof serve>; readonly port: number }>(
    (resolve, reject) => {
      const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (info: AddressInfo) =>
        resolve({ server, port: info.port }),
      );
      server.on('error', reject);
    },
  );
}

/** Puts `ibmcloud` into `bin`, for whoever has that first on the `PATH`. */
function writeTool(folder: string, url: string): void {
  const path = join(folder, 'bin', 'ibmcloud');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, executable(url));
  chmodSync(path, 0o755);
}

function writeConfig(world: World, endpoints: LocalEndpoints, webhook: string, out: string | undefined) {
  const folder = out ?? mkdtempSync(join(tmpdir(), 'logpush-keeper-'));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, secret: string): void =>
    writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 });
  let apiKey: string | undefined;
  for (const account of world.file.accounts) {
    if (account.keeper === undefined) continue;
    const value = world.keyValue(account.keeper.apiKey);
    apiKey ??= value;
    write(`${account.name}.apikey`, value);
    if (account.deployer !== undefined)
      write(`${account.name}.deployer.apikey`, world.keyValue(account.deployer.apiKey));
  }
  if (apiKey === undefined) throw new Error('the world file gives the keeper no API key in any account');
  const urls = { webhook: world.webhook.messagePath, heartbeat: world.webhook.heartbeatPath };
  for (const [name, path] of Object.entries(urls)) write(`${name}.url`, `${webhook}${path}`);
  const config = join(folder, 'keeper.yml');
  const text = keeperConfig(
    world.file,
    endpoints,
    (account) => ({ file: `./${account}.apikey` }),
    'file:./ledger',
    { webhook: { file: './webhook.url' }, heartbeat: { file: './heartbeat.url' } },
  );
  writeFileSync(config, text);
  writeFileSync(join(folder, 'endpoints.json'), `${JSON.stringify(endpoints)}\n`);
  const deploy = deployFiles(world, endpoints, webhook);
  if (deploy !== undefined) {
    writeFileSync(join(folder, 'deploy.yml'), deploy.config);
    writeFileSync(join(folder, 'manifest.yml'), deploy.manifest);
    write(
      'deploy.env',
      [
        ...Object.entries(deploy.env).map(([name, value]) => `${name}='${value}'`),
        `LOCAL_CLOUD='${new URL(webhook).origin}/control'`,
        `PATH='${resolve(folder, 'bin')}':"$PATH"`,
      ].join('\n'),
    );
  }
  return { config, apiKey };
}
