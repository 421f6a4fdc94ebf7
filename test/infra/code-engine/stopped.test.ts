import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployFiles } from '../../../infra/local/deploy-files.ts';
import { loadWorld } from '../../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../../infra/local/serve.ts';

const DEPLOYER = fileURLToPath(new URL('../../../infra/code-engine/main.ts', import.meta.url));

let folder = '';
let cloud: ServedCloud;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-'));
  cloud = await serveWorld(loadWorld('demo'), { seed: 1, out: join(folder, 'cloud') });
  for (const name of ['bin', 'tmp']) mkdirSync(join(folder, name));
  // It logs in, stops whoever started it, and does not end by itself.
  const tool = join(folder, 'bin', 'ibmcloud');
  const script = ['#!/bin/sh', 'echo token > "$IBMCLOUD_HOME/config.json"', 'kill -s INT $PPID'];
  writeFileSync(tool, [...script, 'exec sleep 60', ''].join('\n'));
  chmodSync(tool, 0o755);
});

afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a deployment that is stopped half way leaves no login behind', async () => {
  const files = deployFiles(cloud.world, cloud.endpoints, cloud.webhook);
  writeFileSync(join(folder, 'manifest.yml'), files?.manifest ?? '');
  const { PATH = '' } = process.env;
  const child = spawn(
    process.execPath,
    [
      DEPLOYER,
      'status',
      '--config',
      join(folder, 'cloud', 'deploy.yml'),
      '--manifest',
      join(folder, 'manifest.yml'),
    ],
    {
      env: {
        ...files?.env,
        PATH: [join(folder, 'bin'), PATH].join(delimiter),
        TMPDIR: join(folder, 'tmp'),
      },
      stdio: 'ignore',
    },
  );
  const ended = await new Promise((done) => child.on('close', done));

  expect(ended).toBe(130);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
});
