// `npm run check`: everything a change must pass, in the order in which it fails fastest.
import { spawnSync } from 'node:child_process';

const bin = (path) => [process.execPath, `node_modules/${path}`];
const steps = [
  ['format', ...bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.'],
  ['types', ...bin('typescript/bin/tsc'), '--project', 'tsconfig.json'],
  ['lint', ...bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', '.'],
  ['dead code', ...bin('knip/bin/knip.js'), '--no-progress'],
  ['tests', ...bin('vitest/vitest.mjs'), 'run'],
];

const failed = [];
for (const [name, command, ...args] of steps) {
  process.stdout.write(`\n── ${name}\n`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? '\nall checks passed\n' : `\nfailed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
