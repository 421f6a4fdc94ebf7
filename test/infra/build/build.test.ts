import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildBundles, deployedFunctions, sizeTable } from '../../../infra/build/bundle.ts';
import { checkBundles } from '../../../infra/build/check.ts';

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

test('a bundle needs nothing beside it, and says nothing of ES modules', async () => {
  for (const { folder } of await built) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
    expect(Object.keys(manifest)).toEqual(['name', 'version', 'private', 'main']);
    const code = readFileSync(join(folder, 'main.js'), 'utf8');
    const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name);
    expect(required.filter((name) => !isBuiltin(name))).toEqual([]);
  }
});

test('a bundle that does something when it is required, or exports nothing, is noticed', async () => {
  const folder = join(out, 'broken');
  mkdirSync(folder);
  writeFileSync(join(folder, 'main.js'), 'console.log("at work");');
  writeFileSync(join(folder, 'package.json'), '{"main":"main.js"}');
  const broken = { name: 'broken', folder, codeBytes: 0, mapBytes: 0, packages: [], problems: [] };
  expect(await checkBundles([broken])).toEqual([
    expect.stringContaining('they said at work undefined'),
    expect.stringContaining('it exited 0 with at work'),
  ]);
});

test('the image has the Node that everything is tested with', () => {
  const root = new URL('../../../', import.meta.url);
  const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const images = [...readFileSync(new URL('Dockerfile', root), 'utf8').matchAll(/^FROM node:([\d.]+)-/gm)];
  expect(images.map(([, version]) => version)).toEqual([devDependencies['node'], devDependencies['node']]);
});
