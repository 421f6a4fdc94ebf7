import { parseArgs } from 'node:util';
import { minutes } from '../../shared/domain/time.ts';
import { pair } from './cases.ts';
import { liveFleet } from './fleet/fleet-life.ts';
import { live } from './life.ts';

const USAGE = `usage: npm run simulate -- --seeds N [--first S] [--trace] [--fleet]

Each seed is one life of a key: a small world, a death of the keeper at some external call, and one more fault later.
With --fleet each seed is thirty days of a fleet: all functions on their schedules, roles, buckets and keys that go and
come back, people at work, services that do not answer, deaths and faults of calls.
Prints every broken invariant with the seed that replays it; --trace prints what happened.
Exit code: 0 no invariant was broken, 1 one was.
`;

interface Lived {
  readonly name: string;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

async function liveKey(seed: number): Promise<Lived> {
  const { violations, trace } = await live(pair(seed));
  const told = violations.map(({ invariant, detail }) => `invariant ${invariant}: ${detail}`);
  return { name: pair(seed).name, violations: told, trace };
}

/** Figures of all fleets of a call. */
const sums = { runs: 0, hits: 0, calls: 0, outages: 0, rotations: 0, enabled: 0, longestMinutes: 0 };

async function liveOneFleet(seed: number): Promise<Lived> {
  const { violations, trace, runs, hits, calls, outages, rotations, delays } = await liveFleet(seed);
  sums.runs += runs;
  sums.hits += hits;
  sums.calls += calls;
  sums.outages += outages;
  sums.rotations += rotations;
  sums.enabled += delays.length;
  sums.longestMinutes = Math.max(sums.longestMinutes, ...delays.map((delay) => delay / minutes(1)));
  return { name: 'thirty days of a fleet', violations, trace };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      fleet: { type: 'boolean', default: false },
    },
  });
  const [seeds, first] = [Number(values.seeds), Number(values.first)];
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(first) || first < 0) {
    process.stderr.write(USAGE);
    return 1;
  }
  let broken = 0;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const lived = await (values.fleet ? liveOneFleet(seed) : liveKey(seed));
    if (lived.violations.length > 0) broken += 1;
    if (lived.violations.length > 0 || values.trace)
      process.stdout.write(tell(seed, lived, values.fleet, values.trace));
    if (seed % (values.fleet ? 10 : 100) === 0) process.stderr.write(`… seed ${seed}\n`);
  }
  const what = values.fleet ? `fleets, ${JSON.stringify(sums)},` : 'lives';
  process.stdout.write(`${seeds} ${what} from seed ${first}: ${broken} with a broken invariant\n`);
  return broken === 0 ? 0 : 1;
}

const tell = (seed: number, { name, violations, trace }: Lived, fleet: boolean, all: boolean): string =>
  [
    `seed ${seed}: ${name}`,
    ...violations.map((violation) => `  ${violation}`),
    `  replay: npm run simulate -- ${fleet ? '--fleet ' : ''}--seeds 1 --first ${seed} --trace`,
    ...(all ? trace.map((line) => `  ${line}`) : []),
    '',
  ].join('\n');

process.exitCode = await main();
