import { expect, test } from 'vitest';
import { type FleetBug, liveFleet } from '../simulation/fleet/fleet-life.ts';

/** Among them: a full bucket, a firewall, a key that is disabled and one that is deleted. */
const SEEDS = [2, 7, 9, 24];

test('thirty days of a fleet, all functions on their schedules: found in one pass, enabled in time and once, losses told right', async () => {
  const sums = { runs: 0, hits: 0, calls: 0, outages: 0, rotations: 0, enabled: 0 };
  for (const seed of SEEDS) {
    const life = await liveFleet(seed);
    const replay = `npm run simulate -- --fleet --seeds 1 --first ${seed} --trace`;
    expect(life.violations, `seed ${seed}: ${replay}`).toEqual([]);
    sums.runs += life.runs;
    sums.hits += life.hits;
    sums.calls += life.calls;
    sums.outages += life.outages;
    sums.rotations += life.rotations;
    sums.enabled += life.delays.length;
  }
  process.stdout.write(`${SEEDS.length} fleets of 30 days: ${JSON.stringify(sums)}, 0 violations\n`);
  for (const [what, count] of Object.entries(sums)) expect(count, what).toBeGreaterThan(0);
});

/** Each with a seed in whose world it matters. */
const BUGS: Readonly<Record<string, readonly [number, FleetBug]>> = {
  'jobs that failures disabled stay disabled': [12, { neverRuns: 'reenable-logpush' }],
  'dead keys stay': [7, { neverRuns: 'rotate-keys' }],
  'errors are not read': [
    22,
    {
      changeAnswer: ({ url }, answer) =>
        url.endsWith('/logpush/jobs')
          ? { ...answer, body: answer.body.replaceAll(/"last_error":"[^"]*"/g, '"last_error":null') }
          : answer,
    },
  ],
  'an answer is not believed': [
    12,
    {
      changeAnswer: ({ body }, answer) =>
        typeof body === 'string' && body.includes('"enabled":true') ? { ...answer, status: 500 } : answer,
    },
  ],
  'a refusal is taken for a yes, and nobody remembers that it was in vain': [
    8,
    {
      changeAnswer: ({ method, url }, answer) =>
        method !== 'GET' && /\/(cos|cloud-logs)\//.test(url) && answer.status === 403
          ? { ...answer, status: 200, body: '' }
          : answer,
      changeDocument: (key, body) =>
        key.startsWith('incidents/') ? body.replaceAll(/"futile": \[[^\]]*\],?/g, '') : body,
    },
  ],
  'what an outage cost is told too low': [
    1,
    {
      changeDocument: (key, body) =>
        key.startsWith('observations/') ? body.replaceAll(/"max":\d+/g, '"max":0') : body,
    },
  ],
};

test.each(Object.entries(BUGS))('the checks notice when %s', async (_, [seed, bug]) => {
  expect((await liveFleet(seed, bug)).violations).not.toEqual([]);
});
