import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isMap, parseDocument } from 'yaml';
import { loadWorld } from '../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../infra/local/serve.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Blocks of commands, by the heading that they stand under. */
const CHAPTERS = chapters(readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8'));

function chapters(page: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((chapter) => [
        chapter.slice(0, chapter.indexOf('\n')),
        [...chapter.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, body = '']) => body),
      ]),
  );
}

let folder = '';
let cloud: ServedCloud;
/** What a person's terminal holds from one command to the next. */
let terminal: Record<string, string> = {};

/** An account in which nothing of the keeper is, and who administers it. */
function emptyAccount(file: WorldFile): void {
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the world has no account');
  const platform = ['iam-identity', 'iam-access-management', 'iam-groups', 'context-based-restrictions'];
  account.users.push({
    name: 'admin',
    iamId: 'IBMid-5500000000',
    policies: [
      { roles: ['Administrator', 'Manager'] },
      ...platform.map((service) => ({ service, roles: ['Administrator'] })),
    ],
    apiKeys: [
      {
        name: 'admin-key',
        id: 'ApiKey-ad000000-0000-4000-8000-000000000001',
        createdDaysAgo: 1,
        disabled: false,
        locked: false,
      },
    ],
  });
}

/**
 * The project's own manifest with one job and the webhook. All of it is deployed elsewhere, in virtual time; here each further job
 * would be more of the same calls, of which a deployment makes five in a second.
 */
function oneJobAndTheWebhook(): string {
  const document = parseDocument(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'));
  const keep = (part: string, isKept: (name: string, rule: string) => boolean): void => {
    const all = document.getIn(['project', 'packages', 'keeper', part]);
    if (!isMap(all)) throw new Error(`manifest.yml has no ${part}`);
    all.items = all.items.filter(({ key, value }) => isKept(String(key), String(value)));
  };
  keep('actions', (name) => name === 'check-logpush' || name === 'webhook');
  keep('rules', (_, rule) => rule.includes('check-logpush'));
  const rules = String(document.getIn(['project', 'packages', 'keeper', 'rules']));
  keep('triggers', (name) => rules.includes(name));
  return document.toString();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-'));
  const file = loadWorld('new-account');
  emptyAccount(file);
  // Nobody waits here for what takes seconds there.
  const { codeEngine } = file.settings;
  codeEngine.projectDelaySeconds = 0;
  codeEngine.deleteDelaySeconds = 0;
  codeEngine.deployDelaySeconds = 0;
  codeEngine.startDelaySeconds = 0;
  cloud = await serveWorld(file, { seed: 1, out: join(folder, 'cloud') });
  // A checkout, in which the person works; what they write stays here.
  for (const name of ['package.json', 'node_modules', 'infra', 'shared', 'functions', 'Dockerfile'])
    symlinkSync(join(ROOT, name), join(folder, name));
  writeFileSync(join(folder, 'manifest.yml'), oneJobAndTheWebhook());
  writeFileSync(join(folder, 'admin.apikey'), cloud.world.keyValue('admin-key'));
  const { PATH = '' } = process.env;
  terminal = { PATH: [join(folder, 'cloud', 'bin'), PATH].join(delimiter), HOME: folder };
});

afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
}

/** Runs a command in the person's shell, and keeps what it exported. */
function run(command: string): Promise<Ended> {
  const kept = '__terminal__';
  const script = `${command}\ncode=$?\nprintf '\\n${kept}\\n'\nenv -0\nexit $code`;
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], {
      cwd: folder,
      env: terminal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const [said = '', variables = ''] = out.split(`\n${kept}\n`);
      terminal = Object.fromEntries(
        variables
          .split('\0')
          .filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line))
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      resolve({ code: code ?? 1, out: `${said}\n${err}` });
    });
  });
}

/** The commands of a block: a line each. */
const commandsOf = (block: string): readonly string[] =>
  block.split('\n').filter((line) => line.trim() !== '');

/** A person's own values, in place of the examples of the page. */
const own: Readonly<Record<string, () => string>> = {
  KEEPER_ACCOUNT_ID: () => cloud.world.file.accounts[0]?.id ?? '',
  KEEPER_RINGS_INSTANCE: () => guid,
};
let guid = '';

/** Only what a person fills in, and where this simulated cloud is. */
const asPerson = (command: string): string =>
  Object.entries(own)
    .reduce(
      (text, [name, value]) =>
        text.replace(new RegExp(`^(export ${name})=\\S+`), (_all, set) => `${set}=${value()}`),
      command,
    )
    .replace('config init ', `config init --endpoints ${join(folder, 'cloud', 'endpoints.json')} `);

/** Exit codes that the page tells of. */
const expected = (command: string): number => {
  if (/deploy -- plan/.test(command)) return planned++ === 0 ? 2 : 0;
  if (command.includes('report --config')) return 2;
  if (/deploy -- destroy/.test(command)) return command.includes('--yes') ? 0 : 2;
  return 0;
};
let planned = 0;

test('every command of the page, from an empty account to the first report and away again', async () => {
  const before = cloud.world.iam.policies.all().filter(({ state }) => state === 'active').length;
  const told: string[] = [];
  for (const [heading, blocks] of CHAPTERS) {
    if (heading === 'Try it on the simulated cloud') continue;
    for (const shown of blocks.flatMap(commandsOf)) {
      const command = asPerson(shown);
      const { code, out } = await run(command);
      told.push(out);
      expect(code, `${command}\n${out}`).toBe(expected(command));
      guid = /GUID:\s+([0-9a-f-]{36})/.exec(out)?.[1] ?? guid;
      if (command.includes('report --config')) expect(out).toContain('check-logpush: ok');
    }
  }
  // Shorter ones are names: those of a user or a host.
  const secrets = cloud.world.secretValues().filter(({ length }) => length >= 16);
  for (const secret of secrets) expect(told.join('\n')).not.toContain(secret);
  // Nothing of ours is left.
  const { codeEngine, iam, file } = cloud.world;
  const accountId = file.accounts[0]?.id ?? '';
  expect(iam.profiles.ofAccount(accountId)).toEqual([]);
  expect(iam.policies.all().filter(({ state }) => state === 'active')).toHaveLength(before);
  for (const { id } of codeEngine.projects.list(accountId))
    expect([
      codeEngine.jobs.list(id),
      codeEngine.functions.list(id),
      codeEngine.subscriptions.list(id),
    ]).toEqual([[], [], []]);
});

test('the simulated cloud can be deployed to as the page says', async () => {
  const out = join(folder, '.local');
  const simulated = await serveWorld(loadWorld('demo'), { seed: 1, out });
  const before = terminal;
  try {
    const blocks = CHAPTERS.get('Try it on the simulated cloud') ?? [];
    // What serves is served here. What changes something takes half a minute; that it can be planned says that everything is found.
    const commands = blocks
      .slice(0, 2)
      .flatMap(commandsOf)
      .filter((command) => !/local-cloud|-- apply /.test(command));
    const { out: said } = await run([...commands, 'command -v ibmcloud'].join('\n'));
    expect(said).toContain('+ project logpush-keeper in us-south');
    expect(said).toContain(join(out, 'bin', 'ibmcloud'));
  } finally {
    terminal = before;
    await simulated.close();
  }
});
