import { parseArgs } from 'node:util';
import { pair } from './cases.ts';
import { type Life, live } from './life.ts';

const USAGE = `usage: npm run simulate -- --seeds N [--first S] [--trace]

Each seed is one life of a key: a small world, a death of the keeper at some external call, and one more fault later.
Prints every broken invariant with the seed that replays it; --trace prints what happened, call by call.
Exit code: 0 no invariant was broken, 1 one was.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
    },
  });
  const [seeds, first] = [Number(values.seeds), Number(values.first)];
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(first) || first < 0) {
    process.stderr.write(USAGE);
    return 1;
  }
  let broken = 0;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const { name } = pair(seed);
    const life = await live(pair(seed));
    if (life.violations.length > 0) broken += 1;
    if (life.violations.length > 0 || values.trace)
      process.stdout.write(tell(seed, name, life, values.trace));
    if (seed % 100 === 0) process.stderr.write(`… seed ${seed}\n`);
  }
  process.stdout.write(`${seeds} lives from seed ${first}: ${broken} with a broken invariant\n`);
  return broken === 0 ? 0 : 1;
}

const tell = (seed: number, name: string, life: Life, trace: boolean): string =>
  [
    `seed ${seed}: ${name}`,
    ...life.violations.map(({ invariant, detail }) => `  invariant ${invariant}: ${detail}`),
    `  replay: npm run simulate -- --seeds 1 --first ${seed} --trace`,
    ...(trace ? life.trace.map((line) => `  ${line}`) : []),
    '',
  ].join('\n');

process.exitCode = await main();
