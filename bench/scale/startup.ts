import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBundles } from '../../infra/build/bundle.ts';
import { configAt } from './resources/config-at.ts';
import { instancesOf } from './resources/endless-cloud.ts';

/** How long a process takes from its start to its first call. */
export interface Startup {
  readonly name: string;
  readonly medianMs: number;
  /** To a Node that does nothing but call. */
  readonly ratio: number;
}

const TIMES = 15;
/** It runs inside the platform's own process; there is no start of its own to measure. */
const NO_PROGRAM = 'webhook';
const BARE = 'node alone';

/**
 * From the start of a process until its first request arrives on loopback, in the middle of so many starts, which take turns so
 * that a busy moment of the machine falls on all of them.
 */
export async function measureStartup(): Promise<readonly Startup[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-start-'));
  const server = createServer();
  try {
    const port = await listening(server);
    const bundles = (await buildBundles(join(folder, 'out'))).filter(({ name }) => name !== NO_PROGRAM);
    const bare = join(folder, 'bare.js');
    writeFileSync(bare, `require('node:http').get('http://127.0.0.1:${port}/').on('error', () => {});\n`);
    const { text, env } = configAt(port, instancesOf(1), join(folder, 'ledger'));
    const environment = { ...env, KEEPER_CONFIG_TEXT: text };
    const programs = [
      { name: BARE, file: bare },
      ...bundles.map(({ name, folder: at }) => ({ name, file: join(at, 'main.js') })),
    ];
    const taken = new Map<string, number[]>(programs.map(({ name }) => [name, []]));
    for (let round = 0; round < TIMES; round += 1)
      for (const { name, file } of programs)
        taken.get(name)?.push(await untilCall(server, file, environment));
    const bareMs = median(taken.get(BARE) ?? []);
    return [...taken].map(([name, times]) => {
      const medianMs = median(times);
      return { name, medianMs, ratio: medianMs / bareMs };
    });
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });

const milliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;

function untilCall(server: Server, file: string, env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = milliseconds();
    const child = spawn(process.execPath, [file], { env, stdio: 'ignore' });
    const called = (): void => {
      const ms = milliseconds() - startedAt;
      child.removeAllListeners('close').on('close', () => resolve(ms));
      child.kill('SIGKILL');
    };
    server.once('request', called);
    child.on('error', reject).on('close', (code) => {
      server.removeListener('request', called);
      reject(new Error(`${file} ended with ${code} and called nobody`));
    });
  });
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
