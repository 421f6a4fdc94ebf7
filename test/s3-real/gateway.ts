// A Ceph RADOS gateway, a real S3 server, with the cluster it stands on: three processes and one temporary folder.
// Prints one JSON line when it is ready. It ends, with all of them, when its input ends: so it outlives nobody who
// started it, however that one died.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { seconds } from '../../shared/domain/time.ts';
import { systemClock } from '../../shared/runtime/system.ts';
import { cephConf } from './ceph-conf.ts';

const READY_WITHIN_MS = seconds(60);

const clock = systemClock();
const folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-s3-'));
const conf = join(folder, 'ceph.conf');
const output = join(folder, 'output');
const children: ChildProcess[] = [];
let ready = false;
let ending = false;

/** Everything is in memory or in the folder: nothing is lost by a hard end. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  const alive = children.filter(
    ({ pid, exitCode, signalCode }) => pid !== undefined && exitCode === null && signalCode === null,
  );
  await Promise.all(
    alive.map((child) => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      return gone;
    }),
  );
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

function fail(why: string): void {
  if (!ending) process.stderr.write(`${why}\n${readFileSync(output, 'utf8').slice(-4000)}\n`);
  void end(1);
}

function start(program: string, args: readonly string[]): ChildProcess {
  const log = openSync(output, 'a');
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, CEPH_CONF: conf, CEPH_ARGS: '' },
  });
  children.push(child);
  child.once('error', () => fail(`${program} could not be started`));
  return child;
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const [code] = await once(start(program, args), 'exit');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}

function daemon(program: string, ...args: readonly string[]): void {
  start(program, [...args, '-f']).once('exit', () => fail(`${program} ended`));
}

/** Below the ports that connections take by themselves: those of the cluster could be on it before it listens. */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
    return port;
  } catch {
    return await freePort();
  } finally {
    probe.close();
  }
}

async function answers(port: number): Promise<void> {
  for (;;) {
    try {
      await (await request(`http://127.0.0.1:${port}/`)).body.dump();
      return;
    } catch {
      await clock.sleep(20);
    }
  }
}

async function startAll(): Promise<number> {
  const [clusterId, diskId] = [randomUUID(), randomUUID()];
  const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
  for (const name of ['mon', 'osd', 'rgw', 'log', 'sock']) mkdirSync(join(folder, name));
  for (const name of ['keyring', 'output']) writeFileSync(join(folder, name), '');
  writeFileSync(conf, cephConf({ folder, clusterId, monitorPort, gatewayPort }));
  const map = join(folder, 'monmap');
  await run(
    'monmaptool',
    '--create',
    '--fsid',
    clusterId,
    '--addv',
    'a',
    `[v2:127.0.0.1:${monitorPort}]`,
    map,
  );
  await run('ceph-mon', '-i', 'a', '--mkfs', '--monmap', map);
  daemon('ceph-mon', '-i', 'a');
  await run('ceph', 'osd', 'new', diskId); // Waits for the monitor.
  await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', diskId);
  daemon('ceph-osd', '-i', '0');
  daemon('radosgw', '-n', 'client.rgw'); // Waits for the storage, and listens then.
  await answers(gatewayPort);
  return gatewayPort;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(1));
process.stdin.on('close', () => void end(0)).resume();
void clock.sleep(READY_WITHIN_MS).then(() => {
  if (!ready) fail(`not ready within ${READY_WITHIN_MS / 1000} s`);
});

startAll().then(
  (port) => {
    ready = true;
    console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, conf }));
  },
  (error: unknown) => fail(String(error)),
);
