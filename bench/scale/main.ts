import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costOf } from '../../infra/code-engine/cost.ts';
import { CALLS_PER_MINUTE } from '../../shared/domain/call-budget.ts';
import { hours } from '../../shared/domain/time.ts';
import { LATENCY_MS, LIMITS } from './cloud.ts';
import { REACTION_MS } from './failures/failure.ts';
import { MANIFEST } from './failures/keeper.ts';
import { KINDS } from './failures/kinds.ts';
import { type FailureRow, measureFailures, WAYS } from './failures/measure.ts';
import { failureTable, practices } from './failures/table.ts';
import { measureAll, type Sizes } from './measure.ts';
import { type Plot, svgOf } from './plot.ts';
import { plotsOf, resourcePlotsOf } from './plots.ts';
import { measureResources, type Resources } from './resources/measure.ts';
import { measureStartup } from './startup.ts';
import { costTable, resourceTable, startupTable, tables } from './table.ts';

const USAGE = `usage: npm run bench -- [--seed S] [--quick] [--machine] [--out FOLDER]

Measures the keeper and other ways to do the same in one simulated cloud: calls and time, held against what nobody can be below;
how soon failures are seen and repaired; what it costs. That is in virtual time. Last comes what differs between machines: memory
and CPU of a look at up to 10,000 zones, and how long each function takes to start. Tables come on stdout; figures as JSON and
plots as SVG go to FOLDER, out/bench if not said.
  --quick    smaller fleets, fewer failures, no whole rotation, and nothing that differs between machines
  --machine  only what differs between machines
`;

interface Extent {
  readonly sizes: Sizes;
  readonly failures: Parameters<typeof measureFailures>[1];
  /** Zones of the fleets whose cost is told. */
  readonly cost: readonly number[];
}

const WATCHED_MS = hours(72);
const extentOf = (isQuick: boolean, seed: number): Extent =>
  isQuick
    ? {
        sizes: { look: [10, 50], move: [10], rotation: [] },
        failures: { zones: 4, failures: 2, spreadMs: hours(2), watchedMs: WATCHED_MS, seed },
        cost: [50],
      }
    : {
        sizes: { look: [10, 50, 100, 200, 500, 1000], move: [10, 50, 100, 200], rotation: [50] },
        failures: { zones: 50, failures: 12, spreadMs: hours(24), watchedMs: WATCHED_MS, seed },
        cost: [50, 400],
      };

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      machine: { type: 'boolean', default: false },
      out: { type: 'string', default: 'out/bench' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) {
    process.stderr.write(`--seed takes a whole number, not "${values.seed}"\n\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(values.out, { recursive: true });
  if (!values.machine) {
    const extent = extentOf(values.quick, seed);
    await scale(values.out, seed, extent);
    await failures(values.out, extent);
    await cost(values.out, extent);
  }
  if (values.machine || !values.quick) await machine(values.out);
}

/** Calls and time. */
async function scale(out: string, seed: number, { sizes }: Extent): Promise<void> {
  const rows = await Array.fromAsync(measureAll(LIMITS, sizes, seed));
  say(
    `seed ${seed}; every answer after ${LATENCY_MS} ms; our budget is ${CALLS_PER_MINUTE} calls a minute\n`,
    ...tables(rows),
  );
  const facts = { seed, latencyMs: LATENCY_MS, callsPerMinute: CALLS_PER_MINUTE, limits: LIMITS, rows };
  keep(out, 'scale', facts, plotsOf(rows));
}

/** Detection and repair. */
async function failures(out: string, { failures: plan }: Extent): Promise<void> {
  const rows: FailureRow[] = [];
  for (const kind of KINDS) {
    const ofKind = await Array.fromAsync(measureFailures(kind, plan));
    say(...failureTable(kind, ofKind, plan), '');
    rows.push(...ofKind);
  }
  say(...practices(WAYS), '');
  keep(out, 'failures', { plan, reactionMs: REACTION_MS, kinds: KINDS, rows });
}

/** What Code Engine takes for it. */
async function cost(out: string, { cost: sizes }: Extent): Promise<void> {
  const costs = await Promise.all(
    sizes.map((zones) => costOf({ path: MANIFEST, source: 'manifest.yml', env: {} }, zones)),
  );
  say(...costTable(costs), '');
  keep(out, 'cost', costs);
}

const ZONES = [1_000, 3_000, 10_000];

/** Figures of this machine. */
async function machine(out: string): Promise<void> {
  const resources: Resources[] = [];
  for (const zones of ZONES) resources.push(await measureResources(zones));
  say(...resourceTable(resources));
  const startup = await measureStartup();
  say(...startupTable(startup));
  keep(out, 'machine', { resources, startup }, resourcePlotsOf(resources));
}

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function keep(
  out: string,
  name: string,
  facts: object,
  plots: Iterable<readonly [name: string, plot: Plot]> = [],
): void {
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
  for (const [file, plot] of plots) writeFileSync(join(out, `${file}.svg`), svgOf(plot));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
