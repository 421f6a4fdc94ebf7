import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBundles, sizeTable } from './bundle.ts';
import { checkBundles } from './check.ts';
import { warmBundles } from './warm.ts';

const USAGE = `usage: npm run build [-- --warm] [--check] [--out DIR]

Makes a folder of each function, for IBM Cloud Code Engine: DIR/<function> with main.js, what that runs, source maps and a package.json.
  --warm   runs each job once against a simulated IBM Cloud, and lays beside its code what V8 has compiled by then
  --check  starts each of them as a process of its own, also against a simulated IBM Cloud
  --out    folder (default out)
`;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  let options: { readonly warm: boolean; readonly check: boolean; readonly out: string };
  try {
    options = parseArgs({
      args: [...args],
      options: {
        warm: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        out: { type: 'string', default: 'out' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 1;
  }
  const bundles = await buildBundles(resolve(options.out));
  process.stdout.write(sizeTable(bundles));
  const problems = bundles.flatMap((bundle) =>
    bundle.problems.map((problem) => `${bundle.name}: ${problem}`),
  );
  if (options.warm) problems.push(...(await warmBundles(bundles)));
  if (options.check) problems.push(...(await checkBundles(bundles)));
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
