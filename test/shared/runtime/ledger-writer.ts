// A second process for the file ledger's tests:
//   kill FOLDER N TAG    writes once, and is killed at its Nth file operation, after saying which it was
//   race FOLDER N NAME   writes N documents that others write too, and prints the numbers of those it won
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [folder = '', what = '', count = '', last = ''] = process.argv.slice(2);

const OPERATIONS = [
  'mkdirSync',
  'writeFileSync',
  'linkSync',
  'unlinkSync',
  'readFileSync',
  'openSync',
  'fsyncSync',
  'closeSync',
  'renameSync',
] as const;

async function writeAndDie(): Promise<void> {
  const { createFileLedger } = await import('../../../shared/runtime/file-ledger.ts');
  let left = Number(count);
  const say = fs.writeSync;
  for (const name of OPERATIONS) {
    const original = fs[name] as (...args: readonly unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: readonly unknown[]) => {
        left -= 1;
        if (left === 0) {
          say(1, name);
          process.kill(process.pid, 'SIGKILL');
        }
        return original(...args);
      },
    });
  }
  syncBuiltinESMExports();
  await createFileLedger(folder).write('rotations/a.json', 'new', last);
}

async function race(): Promise<void> {
  const { createFileLedger } = await import('../../../shared/runtime/file-ledger.ts');
  const store = createFileLedger(folder);
  fs.readFileSync(0); // Waits until the test lets all writers go.
  const won: number[] = [];
  for (let round = 0; round < Number(count); round += 1) {
    try {
      await store.write(`race-${round}.json`, last, undefined);
      won.push(round);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'LedgerConflictError')) throw error;
    }
  }
  console.log(JSON.stringify(won));
}

await (what === 'kill' ? writeAndDie() : race());
