import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seconds } from '../../shared/domain/time.ts';
import { LATENCY_MS, LIMITS } from './cloud.ts';
import { CALLS_PER_MINUTE } from './floor.ts';
import { BASELINES, measureAll, type Row, type Sizes, type Work } from './measure.ts';
import { type Plot, svgOf } from './plot.ts';
import { measureResources } from './resources/measure.ts';
import { measureStartup } from './startup.ts';
import { resourceTable, startupTable, tables } from './table.ts';

const USAGE = `usage: npm run bench -- [--seed S] [--quick] [--machine] [--out FOLDER]

Measures the keeper and three other ways to do the same in one simulated cloud, and holds each against what nobody can be below.
Time is virtual. Tables come on stdout; figures as JSON and plots as SVG go to FOLDER, out/bench if not said.
  --quick    smaller fleets, and no whole rotation
  --machine  in place of that, what differs between machines: memory and CPU of a look at up to 10,000 zones, and how long each
             function takes to start
`;

const FULL: Sizes = { look: [10, 50, 100, 200, 500, 1000], move: [10, 50, 100, 200], rotation: [50] };
const QUICK: Sizes = { look: [10, 50], move: [10], rotation: [] };

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
  mkdirSync(values.out, { recursive: true });
  if (values.machine) {
    await machine(values.out);
    return;
  }
  const seed = Number(values.seed);
  const rows = await Array.fromAsync(measureAll(LIMITS, values.quick ? QUICK : FULL, seed));
  process.stdout.write(
    `seed ${seed}; every answer after ${LATENCY_MS} ms; our budget is ${CALLS_PER_MINUTE} calls a minute\n\n`,
  );
  for (const line of tables(rows)) process.stdout.write(`${line}\n`);
  for (const { name, leavesOut } of BASELINES) process.stdout.write(`${name} leaves out: ${leavesOut}.\n`);
  const facts = { seed, latencyMs: LATENCY_MS, callsPerMinute: CALLS_PER_MINUTE, limits: LIMITS, rows };
  writeFileSync(join(values.out, 'scale.json'), `${JSON.stringify(facts, null, 2)}\n`);
  for (const [name, plot] of plotsOf(rows)) writeFileSync(join(values.out, `${name}.svg`), svgOf(plot));
}

const [SMALL, LARGE] = [1_000, 10_000];

/** Figures of this machine. */
async function machine(out: string): Promise<void> {
  const small = await measureResources(SMALL);
  const large = await measureResources(LARGE);
  const startup = await measureStartup();
  for (const line of resourceTable(small, large)) process.stdout.write(`${line}\n`);
  for (const line of startupTable(startup)) process.stdout.write(`${line}\n`);
  const facts = { resources: [small, large], startup };
  writeFileSync(join(out, 'machine.json'), `${JSON.stringify(facts, null, 2)}\n`);
}

const FLOOR = 'floor';

/** Zones against calls and against time, a plot for each work and limit. */
function* plotsOf(rows: readonly Row[]): Generator<readonly [name: string, plot: Plot]> {
  const works: readonly Work[] = ['look', 'move'];
  for (const work of works)
    for (const [index, { name: limit }] of LIMITS.entries()) {
      const group = rows.filter((row) => row.work === work && row.limit === limit);
      const plot = (y: string, of: (row: Row) => number, least: (row: Row) => number): Plot => ({
        title: `${work}, at ${limit}`,
        x: 'zones',
        y,
        series: [...Map.groupBy(group, ({ who }) => who)].flatMap(([name, points], first) => [
          { name, points: points.map((row) => [row.zones, of(row)] as const) },
          ...(first > 0
            ? []
            : [
                { name: FLOOR, isBound: true, points: points.map((row) => [row.zones, least(row)] as const) },
              ]),
        ]),
      });
      yield [
        `${work}-calls-${index + 1}`,
        plot(
          'calls to CIS',
          (row) => row.calls['cis'] ?? 0,
          (row) => row.floor.calls,
        ),
      ];
      yield [
        `${work}-time-${index + 1}`,
        plot(
          'seconds',
          (row) => row.ms / seconds(1),
          (row) => row.floor.strictMs / seconds(1),
        ),
      ];
    }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
