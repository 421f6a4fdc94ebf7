import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Lived, LONGEST, type Order } from './order.ts';
import { HitTable } from './table.ts';

const USAGE = `usage: npm run simulate -- --seeds N [--first S] [--workers W] [--trace] [--fleet]

Each seed is one life of a key: two rotations in a small world, one to four keepers whose clocks differ, and one or two
faults, each aimed at a phase. Seeds in a row walk through every phase and every fault; the table at the end counts them.
With --fleet each seed is thirty days of a fleet: all functions on their schedules, roles, buckets and keys that go and
come back, people at work, services that do not answer, deaths and faults of calls.
Prints every broken invariant with the seed that replays it; --trace prints what happened.
Exit code: 0 no invariant was broken, 1 one was.
`;

/** From that many seeds on no cell of the table may be empty. */
const ENOUGH = 1_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      trace: { type: 'boolean', default: false },
      fleet: { type: 'boolean', default: false },
    },
  });
  const { trace, fleet } = values;
  const [seeds, first, parts] = [values.seeds, values.first, values.workers].map(Number);
  if (!isCount(seeds) || !isCount(parts) || first === undefined || !Number.isInteger(first) || first < 0) {
    process.stderr.write(USAGE);
    return 1;
  }
  const table = new HitTable();
  const sums: Record<string, number> = {};
  let [lived, broken] = [0, 0];
  const note = (life: Lived): void => {
    lived += 1;
    if (life.violations.length > 0) broken += 1;
    if (life.violations.length > 0 || trace) process.stdout.write(tell(life, fleet, trace));
    for (const [what, count] of Object.entries(life.figures))
      sums[what] = what === LONGEST ? Math.max(sums[what] ?? 0, count) : (sums[what] ?? 0) + count;
    table.add(life.hits);
    if (lived % (fleet ? 10 : 100) === 0) process.stderr.write(`… ${lived} lived\n`);
  };
  const order = { first, seeds, fleet, trace, parts };
  await Promise.all(Array.from({ length: parts }, (_, part) => employ({ ...order, part }, note)));
  const figures = Object.entries(sums).map(([what, count]) => `${what} ${Math.round(count)}`);
  process.stdout.write(
    `${lived} ${fleet ? 'fleets' : 'lives'} from seed ${first}: ${broken} with a broken invariant\n${figures.join(', ')}\n`,
  );
  const isGood = broken === 0 && lived === seeds && (sums['429s by us'] ?? 0) === 0;
  return (fleet || report(table, seeds)) && isGood ? 0 : 1;
}

const isCount = (n: number | undefined): n is number => n !== undefined && Number.isInteger(n) && n >= 1;

/** @throws {Error} what a worker threw */
function employ(order: Order, note: (life: Lived) => void): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: order });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.on('message', (life: Lived) => note(life));
  worker.on('error', reject);
  worker.on('exit', () => resolve());
  return promise;
}

/** @returns whether the table is as it has to be */
function report(table: HitTable, seeds: number): boolean {
  const { empty, impossible } = table;
  process.stdout.write(`\n${table.toString()}\n`);
  if (impossible.length > 0)
    process.stdout.write(`hit, but said to be impossible: ${impossible.join(', ')}\n`);
  if (seeds < ENOUGH || empty.length === 0) return impossible.length === 0;
  process.stdout.write(`never hit: ${empty.join(', ')}\n`);
  return false;
}

const tell = ({ seed, name, violations, trace }: Lived, fleet: boolean, all: boolean): string =>
  [
    `seed ${seed}: ${name}`,
    ...violations.map((violation) => `  ${violation}`),
    `  replay: npm run simulate -- ${fleet ? '--fleet ' : ''}--seeds 1 --first ${seed} --trace`,
    ...(all ? trace.map((line) => `  ${line}`) : []),
    '',
  ].join('\n');

process.exitCode = await main();
