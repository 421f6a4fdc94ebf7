import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Fault } from '../../infra/local/faults.ts';
import { loadWorld } from '../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../infra/local/serve.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { runKeeper } from '../support/command-line.ts';

/** The command line over real sockets, against the served local cloud, in good days and bad. */

let cloud: ServedCloud;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-cli-'));
  const file = loadWorld('two-keys');
  file.settings.iam.newKeyDelaySeconds = 0;
  cloud = await serveWorld(file, { seed: 1, out: folder });
});
afterAll(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  cloud.world.faults.clear();
  cloud.world.calls.length = 0;
  // Each test is a keeper's first run: one before may have moved the clock, and a schedule would seem missed.
  rmSync(join(folder, 'ledger'), { recursive: true, force: true });
});

const keeper = (...args: readonly string[]) => runKeeper(cloud.world, ...args);

/** The ready configuration with pieces of its text replaced. */
function changedConfig(name: string, ...changes: readonly (readonly [string | RegExp, string])[]): string {
  const text = changes.reduce(
    (before, [piece, by]) => {
      expect(before).toMatch(piece);
      return before.replace(piece, by);
    },
    readFileSync(cloud.config, 'utf8'),
  );
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const fail = (service: string, respond: Fault['respond']): void =>
  cloud.world.faults.add({ match: { service }, after: 0, times: null, respond });

test('the ready configuration works as it is', async () => {
  const { code, out } = await keeper('check-logpush', '--config', cloud.config, '--json');
  const report = JSON.parse(out) as RunReport;
  expect(report.findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(report).toMatchObject({ schema: 1, function: 'check-logpush', outcome: 'ok' });
  expect(code).toBe(0);
  expect(report.jobs).toHaveLength(20);
  expect(Object.values(report.calls).reduce((sum, count) => sum + count, 0)).toBe(cloud.world.calls.length);
});

test('config check calls nothing; config schema is a JSON Schema', async () => {
  expect(await keeper('config', 'check', '--config', cloud.config)).toEqual({
    code: 0,
    out: 'the configuration is good: 2 CIS instance(s), 2 binding(s)\n',
    err: '',
  });
  expect(cloud.world.calls).toEqual([]);
  const { code, out } = await keeper('config', 'schema');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: 'object' });
});

test.each([
  [['check-logpush'], 'no configuration was given'],
  [['check-logpush', '--config', 'no-such-file.yml'], 'no-such-file.yml'],
  [['no-such-function', '--config', 'x'], 'there is no command "no-such-function"'],
  [[], 'no function was named'],
  [['rotate-keys', '--no-such-option'], '--no-such-option'],
] as const)('%o is refused with a reason, and nothing is called', async (args, reason) => {
  const { code, out, err } = await keeper(...args);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain(reason);
  expect(cloud.world.calls).toEqual([]);
});

test('every mistake of a configuration is told at once, with its place, and nothing is called', async () => {
  const config = changedConfig(
    'broken.yml',
    ['mode: act', 'mode: sometimes'],
    ['managedBy: keeper', 'managedby: keeper'],
    [/accountId: \w+/, 'accountId: 42'],
  );
  const { code, err } = await keeper('rotate-keys', '--config', config);
  expect(code).toBe(1);
  expect(err.match(/broken\.yml:\d+:\d+: /g)?.length).toBeGreaterThanOrEqual(3);
  expect(err.match(/^ {4}fix: /gm)?.length).toBe(err.match(/broken\.yml:\d+:\d+: /g)?.length);
  expect(cloud.world.calls).toEqual([]);
});

test('refused credentials name the account and are no crash', async () => {
  writeFileSync(join(folder, 'wrong.apikey'), 'this-key-was-never-issued-by-anybody-0123456\n');
  const config = changedConfig(
    'refused.yml',
    ['./edge.apikey', './wrong.apikey'],
    ['./audit.apikey', './wrong.apikey'],
  );
  for (const name of ['check-logpush', 'rotate-keys']) {
    const { code, out } = await keeper(name, '--config', config);
    expect(code).toBe(1);
    expect(out).toContain('IAM does not accept the credentials of account "edge"');
    expect(out).not.toContain('this-key-was-never-issued');
  }
});

test('one account refused does not stop the work for the other', async () => {
  writeFileSync(join(folder, 'wrong.apikey'), 'this-key-was-never-issued-by-anybody-0123456\n');
  const config = changedConfig('half.yml', ['./audit.apikey', './wrong.apikey']);
  const { code, out } = await keeper('rotate-keys', '--config', config, '--plan');
  expect(code).toBe(2);
  expect(out).toContain('binding-failed  binding audit-logs');
  expect(out).toContain('mint-key         binding edge-logs');
});

test('a clock that does not answer is said before anything is called', async () => {
  const config = changedConfig('clock.yml', [/clock: http\S+/, `clock: ${cloud.control}/no-such-clock`]);
  const { code, err } = await keeper('check-logpush', '--config', config);
  expect(code).toBe(1);
  expect(err).toContain('does not answer with a time');
  expect(cloud.world.calls).toEqual([]);
});

test.each([
  ['nonsense', { kind: 'nonsense' }, 'the answer is not what the API documents'],
  ['a page of HTML', { kind: 'html', status: 404 }, '404'],
  ['a refusal', { kind: 'status', status: 403 }, '403'],
] as const)('%s from CIS fails the run and nothing else', async (_, respond, reason) => {
  fail('cis', respond);
  const { code, out } = await keeper('check-logpush', '--config', cloud.config);
  expect(code).toBe(1);
  expect(out).toContain(reason);
  expect(out).not.toContain('<');
});

test('nonsense from Secrets Manager mints no key', async () => {
  fail('secrets-manager', { kind: 'nonsense' });
  const { code, out } = await keeper('rotate-keys', '--config', cloud.config);
  expect(code).toBe(1);
  expect(out).toContain('secrets-manager getSecretMetadata: the answer is not what the API documents');
  expect(cloud.world.calls.map((call) => call.operation)).not.toContain('createApiKey');
});

test('one unreadable zone is an entry; the other zones are still read', async () => {
  const zone = loadWorld('two-keys').cis[0]?.zones[0];
  cloud.world.faults.add({
    match: { operation: 'listLogpushJobs', target: zone?.id ?? '' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  const { code, out } = await keeper('check-logpush', '--config', cloud.config, '--json');
  const report = JSON.parse(out) as RunReport;
  expect(code).toBe(2);
  expect(report.outcome).toBe('partial');
  expect(report.findings.map((finding) => finding.code)).toContain('zone-unreadable');
  expect(report.jobs).toHaveLength(20 - (zone?.jobs.length ?? 0));
});

test('the control API moves time, tells the truth and counts calls', async () => {
  const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await globalThis.fetch(`${cloud.control}${path}`, init);
    return (await response.json()) as Record<string, unknown>;
  };
  const before = await call('/clock');
  const after = await call('/clock', { advanceMs: 3_600_000 });
  expect(Number(after['nowMs']) - Number(before['nowMs'])).toBeGreaterThanOrEqual(3_600_000);
  const world = await call('/world');
  expect(world['jobs']).toHaveLength(20);
  expect((world['jobs'] as readonly unknown[])[0]).toMatchObject({
    enabled: true,
    keyId: expect.stringMatching(/^ApiKey-/),
    lostMinutes: 0,
  });
  for (const secret of cloud.world.iam.secretValues()) expect(JSON.stringify(world)).not.toContain(secret);
  await call('/faults', { match: { service: 'cis' }, respond: { kind: 'status', status: 403 } });
  await keeper('check-logpush', '--config', cloud.config);
  expect(await call('/calls')).toHaveProperty(['cis', 'listZones']);
  expect(await call('/clock', { advanceMs: -1 })).toHaveProperty('error');
});
