import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildBundles, deployedFunctions, sizeTable } from '../../../infra/build/bundle.ts';
import { checkBundles } from '../../../infra/build/check.ts';
import { runNode } from '../../../infra/build/run-node.ts';

const out = mkdtempSync(join(tmpdir(), 'logpush-keeper-build-'));
const built = buildBundles(out);

afterAll(() => rmSync(out, { recursive: true, force: true }));

test('every function is built but the command line', async () => {
  expect((await built).map(({ name }) => name)).toEqual(deployedFunctions());
  expect(deployedFunctions()).toContain('webhook');
  expect(deployedFunctions()).not.toContain('keeper');
});

test('every bundle runs as the platform would run it', async () => {
  expect(await checkBundles(await built)).toEqual([]);
});

test('what is large is loaded on the way, and the webhook is small enough to be sent as text', async () => {
  const bundles = await built;
  expect(bundles.flatMap(({ problems }) => problems)).toEqual([]);
  expect(bundles.find(({ name }) => name === 'webhook')?.base64Bytes).toBeLessThan(60_000);
  expect(sizeTable(bundles)).toMatch(/^webhook +[\d.]+ kB +[\d.]+ kB +[\d.]+ kB$/m);
});

test('a job starts with the packages that every run needs, and with little of undici', async () => {
  const jobs = (await built).filter(({ name }) => name !== 'webhook');
  expect(jobs.length).toBe(5);
  for (const { packages, codeBytes, asideBytes, folder } of jobs) {
    expect(packages).toEqual(['p-limit', 'undici', 'yaml', 'yocto-queue', 'zod']);
    expect(codeBytes).toBeLessThan(1_950_000);
    expect(asideBytes).toBeGreaterThan(500_000);
    const code = readFileSync(join(folder, 'main.code.js'), 'utf8');
    expect(code).toContain('node_modules/undici/lib/dispatcher/agent.js');
    expect(code).not.toMatch(/node_modules\/undici\/(?:index\.js|lib\/(?:mock|interceptor|cache)\/)/);
  }
});

test('a bundle needs nothing beyond its folder, and says nothing of ES modules', async () => {
  for (const { folder, asideBytes } of await built) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
    expect(Object.keys(manifest)).toEqual(['name', 'version', 'private', 'main']);
    const codes = asideBytes === undefined ? ['main.js'] : ['main.code.js', 'cos-sdk.code.js'];
    const texts = codes.map((file) => readFileSync(join(folder, file), 'utf8'));
    const required = texts.flatMap((text) => [...text.matchAll(/\brequire\("([^"]+)"\)/g)]);
    const beside = asideBytes === undefined ? [] : ['./cos-sdk.js'];
    expect(required.map(([, name = '']) => name).filter((name) => !isBuiltin(name))).toEqual(beside);
    // What starts a job reads it byte for byte.
    for (const text of texts) expect(text).toMatch(/^[\0-\x7f]*$/);
  }
});

test('a bundle that does something when it is required, or exports nothing, is noticed', async () => {
  const folder = join(out, 'broken');
  mkdirSync(folder);
  writeFileSync(join(folder, 'main.js'), 'console.log("at work"); require("node:zlib");');
  writeFileSync(join(folder, 'package.json'), '{"main":"main.js"}');
  const broken = { name: 'broken', folder, codeBytes: 0, mapBytes: 0, packages: [], problems: [] };
  expect(await checkBundles([broken])).toEqual([
    expect.stringContaining('they said at work undefined'),
    expect.stringContaining('it exited 0 with at work'),
    'broken loads zlib before its first call',
  ]);
});

test('what does not end by itself does not keep the build', async () => {
  const forever = 'console.log("at work"); setInterval(() => {}, 1000);';
  expect(await runNode(['-e', forever], {}, 1_000)).toEqual({ code: null, lines: ['at work'] });
});
