import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readFleet } from '../../shared/runtime/fleet.ts';
import { renderFleetHtml } from '../../shared/runtime/render-html.ts';
import { loadWorld } from '../local/load-world.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { tellStory } from './tell.ts';

const USAGE = `usage: npm start [-- --world NAME|FILE] [--seed N] [--quiet] [--report FILE]

Lets a simulated IBM Cloud live through its days with the keeper's functions on their schedules, then once more
without the keeper, and compares the log minutes lost. Time is virtual; nothing leaves this machine. At the end the keeper's
report of the fleet is written as one HTML page: to FILE, or to .local/story-report.html.
`;

/** @returns whether the story could be told and ended well */
async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      world: { type: 'string', default: 'demo' },
      seed: { type: 'string', default: '1' },
      quiet: { type: 'boolean', default: false },
      report: { type: 'string', default: '.local/story-report.html' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`--seed takes a whole number, not "${values.seed}"`);
  // In memory: thousands of runs would spend minutes on making each of their writes last.
  const ledger = createMemoryLedger();
  const told = await tellStory({
    file: loadWorld(values.world),
    seed: Number(values.seed),
    ledger,
    manifest: fileURLToPath(new URL('../../manifest.yml', import.meta.url)),
    write: (line) => process.stdout.write(`${line}\n`),
    quiet: values.quiet,
  });
  const report = resolve(values.report);
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, renderFleetHtml(await readFleet(told.config, ledger, told.treated.now())));
  process.stdout.write(`report of the fleet, as the keeper sees it at the end: ${report}\n`);
  return told.wrongs.length === 0;
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
