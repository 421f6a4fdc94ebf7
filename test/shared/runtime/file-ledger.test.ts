import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createFileLedger } from '../../../shared/runtime/file-ledger.ts';
import { ledgerContract } from './ledger-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'logpush-keeper-ledger-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, String(folders++));

ledgerContract('file ledger', () => createFileLedger(newFolder()));

/** A process that ended before this test began. */
const DEAD_PID = spawnSync(process.execPath, ['-e', '']).pid;
const WRITER = fileURLToPath(new URL('ledger-writer.ts', import.meta.url));

test('the folder is for its owner alone', async () => {
  const folder = newFolder();
  await createFileLedger(folder).write('rotations/a.json', '{}', undefined);

  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'rotations')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'rotations', 'a.json')).mode & 0o777).toBe(0o600);
});

test('looking makes nothing', async () => {
  const folder = newFolder();
  const store = createFileLedger(folder);

  await store.read('a.json');
  await store.list('');

  expect(existsSync(folder)).toBe(false);
});

test('a write leaves nothing but the document', async () => {
  const folder = newFolder();
  await createFileLedger(folder).write('a.json', '{}', undefined);

  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a document survives a new store on the same folder', async () => {
  const folder = newFolder();
  const tag = await createFileLedger(folder).write('a.json', '{"n":1}', undefined);

  expect(await createFileLedger(folder).read('a.json')).toEqual({ body: '{"n":1}', tag });
});

test('the list leaves out what a crash or a person left', async () => {
  const folder = newFolder();
  const store = createFileLedger(folder);
  await store.write('a.json', '{}', undefined);
  for (const name of ['.b.json.tmp', '.b.json.lock', 'my notes.txt']) writeFileSync(join(folder, name), 'x');

  expect(await store.list('')).toEqual(['a.json']);
});

test('a folder that cannot be one is an unavailable ledger, with the reason', async () => {
  const file = newFolder();
  writeFileSync(file, '');
  const store = createFileLedger(file);
  const unavailable = { name: 'LedgerUnavailableError' };

  await expect(store.read('a.json')).rejects.toMatchObject({
    ...unavailable,
    message: 'ledger read a.json: ENOTDIR',
  });
  await expect(store.write('a.json', '{}', undefined)).rejects.toMatchObject(unavailable);
  await expect(store.list('')).rejects.toMatchObject({
    ...unavailable,
    message: 'ledger list (all): ENOTDIR',
  });
});

test('a folder in the place of a document is an unavailable ledger', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'a.json'), { recursive: true });

  await expect(createFileLedger(folder).read('a.json')).rejects.toMatchObject({
    message: 'ledger read a.json: EISDIR',
  });
});

test('a lock of a living process is a conflict, and stays', async () => {
  const folder = newFolder();
  plantLock(folder, 'a.json', process.pid, startOf(process.pid));

  await expect(createFileLedger(folder).write('a.json', '{}', undefined)).rejects.toMatchObject({
    name: 'LedgerConflictError',
  });
  expect(readdirSync(folder)).toEqual(['.a.json.lock']);
});

test('a lock of a dead process is taken over', async () => {
  const folder = newFolder();
  plantLock(folder, 'a.json', DEAD_PID, '1');

  await createFileLedger(folder).write('a.json', '{}', undefined);

  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a lock whose process number was given to another process is taken over', async () => {
  const folder = newFolder();
  plantLock(folder, 'a.json', process.pid, 'another start');

  await createFileLedger(folder).write('a.json', '{}', undefined);

  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a lock is taken over although the process before died while it took it over', async () => {
  const folder = newFolder();
  plantLock(folder, 'a.json', DEAD_PID, '1');
  writeFileSync(join(folder, '.a.json.lock~'), lockOf(DEAD_PID, '2'));

  await createFileLedger(folder).write('a.json', '{}', undefined);

  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a lock of another machine, or one that nobody can read, is never taken over', async () => {
  for (const content of [
    JSON.stringify({ ...JSON.parse(lockOf(DEAD_PID, '1')), host: 'elsewhere' }),
    'garbage',
    '{}',
  ]) {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, '.a.json.lock'), content);

    await expect(createFileLedger(folder).write('a.json', '{}', undefined)).rejects.toThrow('.a.json.lock');
  }
});

test('killed before any of its file operations, a write leaves the old document or the new, and never blocks the next', async () => {
  const bodies = new Set<string | undefined>();
  const operations = new Set<string>();
  for (let call = 1; ; call += 1) {
    const folder = newFolder();
    const store = createFileLedger(folder);
    const tag = await store.write('rotations/a.json', 'old', undefined);
    const child = spawnSync(process.execPath, [WRITER, folder, 'kill', String(call), tag], {
      encoding: 'utf8',
    });
    if (child.signal !== 'SIGKILL') {
      expect([child.status, child.stderr]).toEqual([0, '']);
      break;
    }
    operations.add(child.stdout);
    const after = await store.read('rotations/a.json');
    bodies.add(after?.body);
    expect(await store.list('')).toEqual(['rotations/a.json']);
    await store.write('rotations/a.json', 'next', after?.tag);
    expect((await store.read('rotations/a.json'))?.body).toBe('next');
  }
  expect(bodies).toEqual(new Set(['old', 'new']));
  expect(operations).toContain('renameSync'); // Between the temporary file and the document.
});

test('of processes that race with the same tag exactly one wins each document, dead locks or not', async () => {
  const folder = newFolder();
  const rounds = 150;
  for (let round = 0; round < rounds; round += 2)
    plantLock(folder, `race-${round}.json`, DEAD_PID, String(round));

  const writers = ['one', 'two', 'three'].map((name) =>
    spawn(process.execPath, [WRITER, folder, 'race', String(rounds), name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const won = await Promise.all(writers.map(async (writer) => winsOf(writer)));

  const all = won.flat().toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: rounds }, (_, round) => round));
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

/** Lets the writer go when all have started, and collects the rounds it won. */
async function winsOf(writer: ChildProcess): Promise<readonly number[]> {
  let output = '';
  writer.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  writer.stdin?.end('go');
  await new Promise((resolve) => writer.once('close', resolve));
  return JSON.parse(output) as readonly number[];
}

function plantLock(folder: string, key: string, pid: number, started: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `.${key}.lock`), lockOf(pid, started));
}

const lockOf = (pid: number, started: string): string =>
  JSON.stringify({ host: hostname(), boot: textOf('/proc/sys/kernel/random/boot_id').trim(), pid, started });

const startOf = (pid: number): string => textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '';

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
