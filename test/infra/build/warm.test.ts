import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { buildBundles } from '../../../infra/build/bundle.ts';
import { imageEnvironment, runNode } from '../../../infra/build/run-node.ts';
import { warmBundles } from '../../../infra/build/warm.ts';

const out = mkdtempSync(join(tmpdir(), 'logpush-keeper-warm-'));
const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../../infra/build/${name}`, import.meta.url));
const KEEP_COMPILED = ['--require', fileOf('keep-compiled.cjs')];

afterAll(() => rmSync(out, { recursive: true, force: true }));

/** A program as a job is one, that says something. */
function program(name: string, says: string): string {
  const folder = join(out, name);
  mkdirSync(folder);
  copyFileSync(fileOf('start.cjs'), join(folder, 'main.js'));
  const code = `(function (module, exports, require, isProgram) {
    const say = (text) => console.log(text, isProgram, require('./beside.js').sum(1, 2));
    say(${JSON.stringify(says)});
  })`;
  writeFileSync(join(folder, 'main.code.js'), code);
  writeFileSync(join(folder, 'beside.js'), 'exports.sum = (a, b) => a + b;');
  return folder;
}

/** Whether V8 takes what was compiled before, in a process with the flags of the image. */
async function isTaken(folder: string, file: string): Promise<boolean> {
  const script = `
    const { readFileSync } = require('node:fs');
    const filename = process.argv[1];
    const cachedData = readFileSync(filename + '.cache');
    const { Script } = require('node:vm');
    new Script(readFileSync(filename, 'latin1'), { filename, cachedData }).cachedDataRejected === false`;
  const { lines } = await runNode(['-p', script, join(folder, `${file}.code.js`)], imageEnvironment());
  return lines.join() === 'true';
}

test('a program starts from what was compiled before, wherever its folder lies', async () => {
  const folder = program('before', 'hello');
  const first = await runNode([...KEEP_COMPILED, join(folder, 'main.js')], imageEnvironment());
  expect(first).toEqual({ code: 0, lines: ['hello true 3'] });
  cpSync(folder, join(out, 'elsewhere'), { recursive: true });
  expect(await isTaken(join(out, 'elsewhere'), 'main')).toBe(true);
  expect(await runNode([join(out, 'elsewhere', 'main.js')])).toEqual(first);
});

test.each([
  ['of other code', (cache: string, other: string) => copyFileSync(other, cache)],
  ['cut off', (cache: string) => writeFileSync(cache, readFileSync(cache).subarray(0, 300))],
  ['no such thing', (cache: string) => writeFileSync(cache, 'hello')],
  ['a folder', (cache: string) => (rmSync(cache), mkdirSync(cache))],
  [
    'of another version of Node',
    (cache: string) => writeFileSync(cache, ofAnotherVersion(readFileSync(cache))),
  ],
])('a program whose cache is %s starts all the same', async (name, spoil) => {
  const folder = program(name, 'hello');
  const other = program(`${name}, other`, 'something else altogether');
  for (const each of [folder, other]) await runNode([...KEEP_COMPILED, join(each, 'main.js')]);
  spoil(join(folder, 'main.code.js.cache'), join(other, 'main.code.js.cache'));
  expect(await runNode([join(folder, 'main.js')])).toEqual({ code: 0, lines: ['hello true 3'] });
});

/** Its first word is a magic number, its second says which V8 has written it. */
function ofAnotherVersion(cache: Buffer): Buffer {
  cache.writeUInt8(cache.readUInt8(4) ^ 1, 4);
  return cache;
}

test('a job that ran once has its code and that of the SDK of COS compiled', async () => {
  const bundles = await buildBundles(join(out, 'jobs'), ['ensure-logpush']);
  expect(await warmBundles(bundles)).toEqual([]);
  for (const { folder } of bundles)
    for (const file of ['main', 'cos-sdk']) expect(await isTaken(folder, file)).toBe(true);
});
