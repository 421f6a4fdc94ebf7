import { parentPort, workerData } from 'node:worker_threads';
import { minutes } from '../../shared/domain/time.ts';
import { drawLife } from './cases.ts';
import { liveFleet } from './fleet/fleet-life.ts';
import { live } from './life.ts';
import { type Lived, LONGEST, type Order } from './order.ts';

/** Lives every n-th seed of an order, and tells of each. */
async function work({ first, seeds, fleet, trace, part, parts }: Order): Promise<void> {
  for (let seed = first + part; seed < first + seeds; seed += parts)
    parentPort?.postMessage(await (fleet ? fleetOf(seed) : lifeOf(seed, trace)), []);
}

async function lifeOf(seed: number, wantsTrace: boolean): Promise<Lived> {
  const of = drawLife(seed);
  const { violations, trace, hits, figures } = await live(of);
  const told = violations.map(({ invariant, detail }) => `invariant ${invariant}: ${detail}`);
  return {
    seed,
    name: of.name,
    violations: told,
    trace: wantsTrace ? trace : [],
    figures: { ...figures },
    hits,
  };
}

async function fleetOf(seed: number): Promise<Lived> {
  const { violations, trace, runs, hits, calls, outages, rotations, delays } = await liveFleet(seed);
  const longest = Math.max(0, ...delays) / minutes(1);
  const figures = {
    runs,
    'runs hit': hits,
    calls,
    outages,
    'rotations completed': rotations,
    'jobs enabled': delays.length,
    [LONGEST]: longest,
  };
  return { seed, name: 'thirty days of a fleet', violations, trace, figures, hits: [] };
}

await work(workerData as Order);
