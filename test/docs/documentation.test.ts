import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { anchorOf } from '../../infra/docs.ts';
import { readRunMs } from '../../shared/runtime/code-engine.ts';
import { loadConfig } from '../../shared/runtime/config/config.ts';
import { readManifest } from '../../shared/runtime/manifest/manifest.ts';
import { TRACER_KEY } from '../support/keeper-yml.ts';

/** What the deployment needs of the environment. */
const DEPLOYED = {
  KEEPER_IMAGE: 'icr.io/acme/keeper',
  KEEPER_RINGS_BUCKET: 'acme-rings',
  KEEPER_RINGS_INSTANCE: '33333333-1111-4222-8333-444444444444',
};

const text = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The fenced YAML blocks of a page, without the indentation of the list they may stand in. */
const yamlBlocks = (page: string): readonly string[] =>
  [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^\1```/gm)].map(([, indent = '', body = '']) =>
    body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );

const isManifest = (block: string): boolean => block.startsWith('schema: code-engine/v1\n');

test('the manifest shown in the documentation is good, without a warning', () => {
  const [block, ...more] = yamlBlocks(text('docs/configuration.md')).filter(isManifest);
  const env = { ...DEPLOYED, KEEPER_WEBHOOK_URL: 'https://hooks.example/x' };
  expect(readManifest({ text: block, source: 'docs/configuration.md', env }).warnings).toEqual([]);
  expect(more).toEqual([]);
});

test.each(['README.md', 'docs/configuration.md'])('every configuration shown in %s is good', (path) => {
  const blocks = yamlBlocks(text(path)).filter((block) => !isManifest(block));
  expect(blocks).toHaveLength(1);
  for (const block of blocks) {
    const url = 'https://hooks.example/x';
    const env = { KEEPER_EDGE_APIKEY: TRACER_KEY, KEEPER_WEBHOOK_URL: url, KEEPER_HEARTBEAT_URL: url };
    loadConfig({ text: block, source: path, env });
  }
});

const anchors = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/configuration.md',
  'docs/deploy.md',
  'docs/rotation.md',
  'docs/runbook.md',
  'docs/security.md',
])('every relative link of %s leads to a file, and to a heading of it', (path) => {
  const folder = new URL(`../../${path}`, import.meta.url);
  for (const [, target = '', anchor] of text(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
    if (target.endsWith('/')) continue;
    const page = target === '' ? text(path) : readFileSync(new URL(target, folder), 'utf8');
    if (anchor !== undefined) expect(anchors(page), `${path} → ${target}`).toContain(anchor);
  }
});

test('the platform ends no run before the run ends itself', () => {
  const { packages } = readManifest({ text: text('manifest.yml'), source: 'manifest.yml', env: DEPLOYED });
  const jobs = packages.flatMap(({ actions }) => actions.filter(({ kind }) => kind === 'job'));
  expect(jobs).toHaveLength(5);
  for (const { timeout } of jobs) expect(timeout * 1000).toBeGreaterThan(readRunMs({}));
});
