import { expect, test } from 'vitest';
import { configAt } from '../../bench/scale/resources/config-at.ts';
import { answerOf, instancesOf } from '../../bench/scale/resources/endless-cloud.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import { shardsOf } from '../../shared/domain/shard.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { Clock } from '../../shared/ports.ts';
import { loadConfig } from '../../shared/runtime/config/config.ts';
import { runFunction } from '../../shared/runtime/invocation.ts';
import { readObservation } from '../../shared/sweeps/observation-parts.ts';
import { START } from '../support/builders.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { isFresh } from '../support/sharded.ts';

const ZONES = 10_000;
const SHARDS = 100;

test('a hundred shards look at each of ten thousand zones exactly once, and each job is in one of them', async () => {
  const { text, env } = configAt(1, instancesOf(ZONES), 'file:/unused');
  const config = loadConfig({ text, source: 'keeper.yml', env });
  const looked = new Map<string, number>();
  // Each shard asks for the same pages.
  const pages = new Map<string, string>();
  // Nobody waits: how long a pace takes is tested elsewhere.
  let now = START;
  const clock: Clock = { now: () => now, sleep: async (ms) => void (now += ms) };
  const surroundings = {
    transport: {
      send: async ({ url }: { readonly url: string }) => {
        const at = new URL(url);
        if (at.pathname.endsWith('/logpush/jobs'))
          looked.set(at.pathname, (looked.get(at.pathname) ?? 0) + 1);
        const isPage = at.pathname.endsWith('/zones');
        const body = pages.get(url) ?? JSON.stringify(answerOf(at, ZONES, now) ?? {});
        if (isPage) pages.set(url, body);
        return { status: 200, headers: {}, body };
      },
    },
    random: new SeededRandom(1),
    log: { info: () => {}, warn: () => {} },
    ledger: createMemoryLedger(),
    clock,
  };
  const jobs = new Map<number, number>();
  for (const shard of shardsOf(SHARDS)) {
    now = START;
    const report = await runFunction('check-logpush', config, surroundings, { plan: false, shard });
    for (const { jobId } of report.jobs) jobs.set(jobId, (jobs.get(jobId) ?? 0) + 1);
  }
  expect([looked.size, jobs.size]).toEqual([ZONES, 4 * ZONES]);
  for (const counted of [looked, jobs]) expect(Math.max(...counted.values())).toBe(1);
  let seen = 0;
  for (const { crn } of config.instances) {
    const all = await readObservation(surroundings.ledger, crn);
    expect(isFresh(all, START + minutes(5))).toBe(true);
    seen += Object.keys(all.jobs).length;
  }
  expect(seen).toBe(4 * ZONES);
});
