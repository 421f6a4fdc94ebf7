import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createFileLedger } from '../../shared/runtime/file-ledger.ts';
import { loadWorld } from '../local/load-world.ts';
import { tellStory } from './tell.ts';

const USAGE = `usage: npm start [-- --world NAME|FILE] [--seed N] [--quiet]

Lets a simulated IBM Cloud live through its days with the keeper's functions on their schedules, then once more
without the keeper, and compares the log minutes lost. Time is virtual; nothing leaves this machine.
`;

/** @returns whether the story could be told and ended well */
async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      world: { type: 'string', default: 'demo' },
      seed: { type: 'string', default: '1' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`--seed takes a whole number, not "${values.seed}"`);
  const folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-story-'));
  try {
    const told = await tellStory({
      file: loadWorld(values.world),
      seed: Number(values.seed),
      ledger: createFileLedger(join(folder, 'ledger')),
      manifest: fileURLToPath(new URL('../../manifest.yml', import.meta.url)),
      write: (line) => process.stdout.write(`${line}\n`),
      quiet: values.quiet,
    });
    return told.wentWell;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
