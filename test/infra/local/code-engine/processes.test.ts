import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TOKEN_FILE } from '../../../../infra/local/code-engine/environment.ts';
import { commandsIn, Processes } from '../../../../infra/local/code-engine/processes.ts';
import { serveWorld } from '../../../../infra/local/serve.ts';
import { minutes } from '../../../../shared/domain/time.ts';
import { smallWorld } from '../../../simulation/small-world.ts';

const IMAGE = 'icr.io/acme/keeper:1';
const NEVER = new AbortController().signal;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
  const program = (action: string, text: string): void => {
    mkdirSync(join(folder, action));
    writeFileSync(join(folder, action, 'main.js'), text);
  };
  program(
    'show',
    `const { readFileSync } = require('node:fs');
    console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), args: process.argv.slice(2) }));
    console.log(readFileSync(process.env.KEEPER_CONFIG, 'utf8'), readFileSync(process.env.CR_TOKEN_FILENAME, 'utf8'));
    console.error('warned');
    process.exitCode = 3;`,
  );
  program(
    'stay',
    `process.on('SIGTERM', () => console.log('not yet'));
    require('node:http').get(process.env.READY_URL);
    setInterval(() => {}, 1000);`,
  );
  program('tick', "console.log(process.env.CE_TYPE ?? 'by hand');");
  writeFileSync(join(folder, 'package.json'), '{}');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const idle = { now: () => 0, sleep: () => Promise.resolve() };
const container = (command: readonly string[], env: Readonly<Record<string, string>> = {}) => ({
  image: IMAGE,
  command,
  env,
  files: { '/etc/keeper/keeper.yml': 'version: 1', [TOKEN_FILE]: 'cr-token' },
});

test('a folder that stands for an image has a command for each of its actions', () => {
  expect(commandsIn(folder)).toEqual(['node show/main.js', 'node stay/main.js', 'node tick/main.js']);
});

test('a process sees the environment of its container and nothing else, and finds its mounts', async () => {
  const processes = new Processes(new Map([[IMAGE, folder]]), idle);
  const env = {
    KEEPER_CONFIG: '/etc/keeper/keeper.yml',
    FOLDER: '/etc/keeper',
    CE_JOBRUN: 'run-1',
    MODE: '/etc',
  };
  expect(await processes.runJob(container(['node', 'show/main.js', '--plan'], env), NEVER)).toBe(3);
  const [log] = processes.logs;
  expect(log).toMatchObject({ jobRun: 'run-1', exit: 3, stderr: 'warned\n' });
  const [first = '', second] = log?.stdout.split('\n') ?? [];
  const seen = JSON.parse(first) as { env: Record<string, string>; cwd: string; args: readonly string[] };
  expect(Object.keys(seen.env).toSorted()).toEqual([
    'CE_JOBRUN',
    'CR_TOKEN_FILENAME',
    'FOLDER',
    'HOME',
    'KEEPER_CONFIG',
    'MODE',
    'PATH',
  ]);
  expect(seen.env['KEEPER_CONFIG']).toBe(`${seen.env['FOLDER']}/keeper.yml`);
  expect(seen).toMatchObject({ env: { MODE: '/etc' }, cwd: folder, args: ['--plan'] });
  expect(second).toBe('version: 1 cr-token');
});

test('a process that does not heed SIGTERM is killed', async () => {
  const processes = new Processes(new Map([[IMAGE, folder]]), idle);
  const stop = new AbortController();
  const server = createServer((_, response) => {
    response.end();
    stop.abort();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const READY_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await processes.runJob(container(['node', 'stay/main.js'], { READY_URL }), stop.signal)).toBe(137);
  server.close();
});

test('a command that is not there ends as a shell would say it', async () => {
  const processes = new Processes(new Map(), idle);
  expect(await processes.runJob(container(['node', 'show/main.js']), NEVER)).toBe(127);
});

test('a served cloud runs what is due as its time is moved, each run to its end', async () => {
  const cloud = await serveWorld(smallWorld({ jobs: 1 }), { seed: 1, images: new Map([[IMAGE, folder]]) });
  const { codeEngine } = cloud.world;
  const project = codeEngine.projects.add({
    name: 'keeper',
    accountId: cloud.world.file.accounts[0]?.id ?? '',
    region: 'eu-de',
    resourceGroupId: 'default',
  });
  codeEngine.jobs.add(project.id, 'tick', {
    image_reference: IMAGE,
    run_commands: ['node'],
    run_arguments: ['tick/main.js'],
    run_env_variables: [],
    run_volume_mounts: [],
    run_mode: 'task',
    run_service_account: 'default',
    run_as_user: 0,
    run_compute_resource_token_enabled: false,
    scale_array_spec: '0',
    scale_cpu_limit: '0.25',
    scale_memory_limit: '1G',
    scale_ephemeral_storage_limit: '400M',
    scale_max_execution_time: 900,
    scale_retry_limit: 0,
  });
  codeEngine.subscriptions.add(project.id, {
    kind: 'cron',
    name: 'often',
    schedule: '*/5 * * * *',
    timezone: 'UTC',
    destination: { type: 'job', name: 'tick' },
  });
  const now = cloud.world.now();
  const advanceMs = Math.ceil(now / minutes(5)) * minutes(5) + minutes(11) - now;
  const answer = await fetch(`${cloud.control}/run-until`, {
    method: 'POST',
    body: JSON.stringify({ advanceMs }),
  });
  expect(answer.status).toBe(200);
  expect(cloud.world.now()).toBeGreaterThanOrEqual(now + advanceMs);
  expect(cloud.processes.logs.map(({ stdout, exit }) => [stdout, exit])).toEqual(
    Array.from({ length: 3 }, () => ['dev.knative.sources.ping\n', 0]),
  );
  const truth = (await (await fetch(`${cloud.control}/job-runs`)).json()) as object;
  expect(truth).toMatchObject({ runs: [{ job: 'tick', status: 'completed' }, {}, {}], lost: [] });
  await cloud.close();
});

test('a folder in which nothing is to run stands for no image', async () => {
  const images = new Map([[IMAGE, join(folder, 'show')]]);
  await expect(serveWorld(smallWorld({ jobs: 1 }), { seed: 1, images })).rejects.toThrow('build it first');
});
