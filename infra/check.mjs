// `npm run check`: everything a change must pass, in the order in which it fails fastest.
// `npm run check -- NAME …` runs only the named steps.
import { spawnSync } from 'node:child_process';

const bin = (path) => [process.execPath, `node_modules/${path}`];
const steps = [
  ['format', ...bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.'],
  ['types', ...bin('typescript/bin/tsc'), '--project', 'tsconfig.json'],
  ['lint', ...bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', '.'],
  ['dead-code', ...bin('knip/bin/knip.js'), '--no-progress'],
  ['tests', ...bin('vitest/vitest.mjs'), 'run'],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some(([step]) => step === name));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no step ${unknown.join(', ')}; there are ${steps.map(([name]) => name).join(', ')}\n`,
  );
  process.exit(1);
}

const failed = [];
for (const [name, command, ...args] of steps) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n── ${name}\n`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? '\npassed\n' : `\nfailed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
