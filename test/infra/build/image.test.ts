import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { deployedFunctions } from '../../../infra/build/bundle.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

test('the image has the Node that everything is tested with', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const images = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gm)];
  expect(images.map(([, version]) => version)).toEqual([devDependencies['node'], devDependencies['node']]);
});

test('the image is made of the files that its build is given, and holds the jobs and nothing else', () => {
  const context = mkdtempSync(join(tmpdir(), 'logpush-keeper-image-'));
  try {
    const given = readFileSync(join(ROOT, '.dockerignore'), 'utf8').matchAll(/^!(.+)$/gm);
    for (const [, path = ''] of given) cpSync(join(ROOT, path), join(context, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(context, 'node_modules'));
    const [, command = ''] = [...dockerfile.matchAll(/^RUN (.+)$/gm)].at(-1) ?? [];
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: context, env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

    const out = join(context, 'out');
    const jobs = deployedFunctions().filter((name) => name !== 'webhook');
    expect(readdirSync(out).toSorted()).toEqual(jobs);
    for (const job of jobs)
      expect(readdirSync(join(out, job)).toSorted()).toEqual([
        'cos-sdk.code.js',
        'cos-sdk.code.js.cache',
        'cos-sdk.js',
        'main.code.js',
        'main.code.js.cache',
        'main.js',
        'package.json',
      ]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
});
