import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../../infra/local/random.ts';
import { createUndiciTransport } from '../../../shared/clients/undici-transport.ts';
import { minutes } from '../../../shared/domain/time.ts';
import type { Clock, LedgerStore } from '../../../shared/ports.ts';
import { loadConfig } from '../../../shared/runtime/config/config.ts';
import { createFileLedger } from '../../../shared/runtime/file-ledger.ts';
import { runFunction } from '../../../shared/runtime/invocation.ts';
import { systemClock } from '../../../shared/runtime/system.ts';
import { configAt } from './config-at.ts';
import { instancesOf } from './endless-cloud.ts';
import { type Alive, type Taken, takenBy } from './taken.ts';

/** Two looks at a fleet of so many zones that a server on loopback tells of; says what the second one took. */
const [, , zones = '', port = '', what = ''] = process.argv;
const { gc } = globalThis;

/** It never waits: how long a pace takes is known, and here only work is measured. */
function restlessClock(): Clock & { skip(ms: number): void } {
  const machine = systemClock();
  let skippedMs = 0;
  const skip = (ms: number): void => void (skippedMs += Math.max(0, ms));
  return { now: () => machine.now() + skippedMs, sleep: async (ms) => skip(ms), skip };
}

/** Where it holds most: all of an instance has been seen, and the observation is about to be written. */
function sampled(ledger: LedgerStore, sample: () => void): LedgerStore {
  return {
    ...ledger,
    write: async (key, body, tag) => {
      if (key.startsWith('observations/')) sample();
      return ledger.write(key, body, tag);
    },
  };
}

/** Bytes that are alive; 0 where only the time is measured, which collections would take. */
function alive(): number {
  if (what !== 'heap') return 0;
  gc?.();
  return process.memoryUsage().heapUsed;
}

async function main(): Promise<Taken & Alive> {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-bench-'));
  const transport = createUndiciTransport();
  const clock = restlessClock();
  const { text, env } = configAt(Number(port), instancesOf(Number(zones)), `file:${folder}`);
  const config = loadConfig({ text, source: 'keeper.yml', env });
  const random = new SeededRandom(1);
  let [mostBytes, endBytes] = [0, 0];
  const look = async (): Promise<number> => {
    const ledger = sampled(createFileLedger(folder), () => {
      mostBytes = Math.max(mostBytes, alive());
    });
    const surroundings = { transport, clock, random, ledger, log: { info: () => {}, warn: () => {} } };
    const report = await runFunction('check-logpush', config, surroundings, { plan: false });
    endBytes = Math.max(endBytes, alive());
    return report.jobs.length;
  };
  try {
    await look();
    clock.skip(minutes(5));
    const taken = await takenBy(look);
    return { ...taken, mostBytes, endBytes };
  } finally {
    await transport.close();
    rmSync(folder, { recursive: true });
  }
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
