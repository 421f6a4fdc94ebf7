import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import { serveWorld } from '../../infra/local/serve.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { smallWorld } from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { type VirtualKeeperOptions, virtualKeeper } from '../support/virtual-keeper.ts';

/** `keeper local`, and what becomes of a run that is told to stop. */

const MANIFEST = fileURLToPath(new URL('../../manifest.yml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keeper-stop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A keeper that is told to stop after a while. */
function stoppedAfter(ms: number, options: VirtualKeeperOptions = {}) {
  const signals = new EventEmitter();
  const ledger = createMemoryLedger();
  const keeper = virtualKeeper({ ...options, ledger, signals });
  const calls = { before: 0 };
  void keeper.clock.sleep(ms).then(() => {
    calls.before = keeper.world.calls.length;
    signals.emit('SIGTERM');
  });
  const leases = async () => {
    const keys = await ledger.list('leases/');
    return Promise.all(keys.map(async (key) => JSON.parse((await ledger.read(key))?.body ?? '') as object));
  };
  return { keeper, leases, callsAfter: () => keeper.world.calls.length - calls.before };
}

test('keeper local runs what the manifest says when it says so, until it is told to stop', async () => {
  const { keeper } = stoppedAfter(minutes(11));
  const { code, out, err } = await keeper.cli('local', '--manifest', MANIFEST);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatchInlineSnapshot(`
    "check-logpush: first start 2026-03-01T00:05:00.000Z
    reenable-logpush: first start 2026-03-01T00:02:00.000Z
    rotate-keys: first start 2026-03-01T00:15:00.000Z
    verify-buckets: first start 2026-03-01T00:07:00.000Z
    ensure-logpush: first start 2026-03-01T04:23:00.000Z
    2026-03-01T00:02:00.000Z reenable-logpush: ok, 0 s; next start 2026-03-01T00:07:00.000Z
    2026-03-01T00:05:00.000Z check-logpush: ok, 0 s; next start 2026-03-01T00:10:00.000Z
    2026-03-01T00:07:00.000Z reenable-logpush: ok, 0 s; next start 2026-03-01T00:12:00.000Z
    2026-03-01T00:07:00.000Z verify-buckets: ok, 0 s; next start 2026-03-01T01:07:00.000Z
    2026-03-01T00:10:00.000Z check-logpush: ok, 0 s; next start 2026-03-01T00:15:00.000Z
    "
  `);
});

test('keeper local passes the periods of the manifest on: a function that it does not start is missed by nobody', async () => {
  const manifest = join(folder, 'alone.yml');
  const text = readFileSync(MANIFEST, 'utf8');
  writeFileSync(
    manifest,
    text.replace(/ {8}(?:reenable|rotate|verify|ensure)\S+-(?:later|minutes|hourly|daily): .*\n/g, ''),
  );
  const { keeper } = stoppedAfter(minutes(61));
  await keeper.run('rotate-keys');
  const { out } = await keeper.cli('local', '--manifest', manifest);
  expect(out).not.toContain('rotate-keys');
  expect((await keeper.ledger.read('runs/check-logpush.json'))?.body).not.toContain('schedule-missed');
});

test('keeper local skips a run whose configuration is broken by then, and goes on when it is mended', async () => {
  const { keeper } = stoppedAfter(minutes(16));
  const config = join(folder, 'keeper.yml');
  writeFileSync(config, keeper.configText);
  const write = (at: number, text: string) =>
    void keeper.clock.sleep(at).then(() => writeFileSync(config, text));
  write(minutes(6), keeper.configText.replace('mode: act', 'mode: sometimes'));
  write(minutes(11), keeper.configText);
  const { code, out, err } = await keeper.cli('local', '--manifest', MANIFEST, '--config', config);
  expect(code).toBe(0);
  const checks = out.split('\n').filter((line) => line.includes('Z check-logpush: '));
  expect(checks.map((line) => line.replace(/^.*check-logpush: /, '').replace(config, 'keeper.yml'))).toEqual([
    expect.stringMatching(/^ok, /),
    expect.stringMatching(/^skipped: keeper\.yml:2:7 mode must be one of observe, act, 0 s; next start /),
    expect.stringMatching(/^ok, /),
  ]);
  expect(err).toContain('fix: write observe or act');
});

test('keeper local goes on after a run that could not be done', async () => {
  let surrounded = 0;
  const { keeper } = stoppedAfter(minutes(11), {
    surround: (surroundings) => {
      surrounded += 1;
      if (surrounded === 2) throw new TypeError('a mistake of ours');
      return surroundings;
    },
  });
  const { code, out, err } = await keeper.cli('local', '--manifest', MANIFEST);
  expect(code).toBe(0);
  expect(out.match(/Z \S+: \w+/g)).toEqual([
    'Z reenable-logpush: failed',
    'Z check-logpush: ok',
    'Z reenable-logpush: ok',
    'Z verify-buckets: ok',
    'Z check-logpush: ok',
  ]);
  expect(err).toMatch(/^reenable-logpush: the run stopped: unexpected TypeError at /);
  expect(err).not.toContain('a mistake of ours');
});

test('keeper local starts every instance of an array job, and one that fails is counted', async () => {
  const manifest = join(folder, 'array.yml');
  const text = readFileSync(MANIFEST, 'utf8');
  writeFileSync(manifest, text.replace('check-logpush.ts\n', 'check-logpush.ts\n          arraySize: 3\n'));
  let surrounded = 0;
  const { keeper } = stoppedAfter(minutes(11), {
    surround: (surroundings) => {
      surrounded += 1;
      // The first is about the clock, the next is reenable-logpush's.
      if (surrounded === 4) throw new TypeError('a mistake of ours');
      return surroundings;
    },
  });
  const { code, out, err } = await keeper.cli('local', '--manifest', manifest);
  expect(code).toBe(0);
  expect(out.match(/Z check-logpush: [^;]*/g)).toEqual([
    expect.stringContaining('1 failed'),
    expect.not.stringContaining('failed'),
  ]);
  // For the clock once, and for each run of the three functions that came.
  expect(surrounded).toBe(1 + 3 + 2 * 3);
  expect(err.match(/^check-logpush: the run stopped/gm)).toHaveLength(1);
});

test('keeper local refuses a manifest that starts something else, and one that is not there', async () => {
  const manifest = join(folder, 'other.yml');
  writeFileSync(manifest, readFileSync(MANIFEST, 'utf8').replaceAll('check-logpush', 'look-elsewhere'));
  const keeper = virtualKeeper();
  const { code, err } = await keeper.cli('local', '--manifest', manifest);
  expect([code, err]).toEqual([
    1,
    expect.stringContaining('a schedule starts "look-elsewhere", which is no function of the keeper'),
  ]);
  expect((await keeper.cli('local', '--manifest', join(folder, 'nowhere.yml'))).err).toContain(
    'the file cannot be read: ENOENT',
  );
  expect(keeper.world.calls).toEqual([]);
});

// The first run of rotate-keys makes a key, and waits until IAM knows it.
test.each(['entry', 'local'] as const)(
  'told to stop in the middle of a rotation (%s), no request starts any more and no lease stays',
  async (way) => {
    const { keeper, leases, callsAfter } = stoppedAfter(
      way === 'entry' ? seconds(1) : minutes(15) + seconds(1),
      {
        notify: true,
        change: (file) => {
          file.settings.iam.newKeyDelaySeconds = 60;
        },
      },
    );
    if (way === 'entry') {
      const { code, lines } = await keeper.entry('rotate-keys');
      expect(code).toBe(0);
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ function: 'rotate-keys', schema: 1 });
      // What it has not done is nobody's concern: the next run sees to it.
      expect(await keeper.ledger.list('runs/')).toEqual([]);
      expect(await keeper.ledger.list('notifications/')).toEqual([]);
    } else expect((await keeper.cli('local', '--manifest', MANIFEST)).code).toBe(0);
    expect(keeper.world.calls.map(({ operation }) => operation)).toContain('createApiKey');
    expect(callsAfter()).toBe(0);
    expect(await leases()).toEqual([expect.not.objectContaining({ until: expect.anything() })]);
    // The next one goes on where it ended.
    keeper.clock.advance(minutes(15));
    const { findings } = await keeper.run('rotate-keys');
    expect(findings.map(({ code }) => code)).not.toContain('run-failed');
  },
);

test('whichever request of a run is under way when it is told to stop is its last, and no lease stays', async () => {
  let total = Infinity;
  for (let last = 1; last <= total; last += 1) {
    const signals = new EventEmitter();
    const ledger = createMemoryLedger();
    let sent = 0;
    const keeper = virtualKeeper({
      file: smallWorld({ jobs: 2 }),
      ledger,
      signals,
      wrapTransport: (transport) => ({
        send: async (request) => {
          sent += 1;
          if (sent === last) signals.emit('SIGTERM');
          await keeper.clock.sleep(seconds(1));
          return transport.send(request);
        },
      }),
    });
    const { code, lines } = await keeper.entry('rotate-keys');
    expect([code, JSON.parse(lines.at(-1) ?? '')]).toEqual([
      0,
      expect.objectContaining({ function: 'rotate-keys' }),
    ]);
    if (sent < last) total = sent;
    // Zones are read side by side: another request may be under way, and none begins.
    else expect(sent).toBeLessThanOrEqual(last + 1);
    for (const key of await ledger.list('leases/'))
      expect(JSON.parse((await ledger.read(key))?.body ?? '')).not.toHaveProperty('until');
  }
  expect(total).toBeGreaterThan(12);
});

test('a process that is told to stop in the middle of a rotation ends by itself and leaves no lease', async () => {
  const file = loadWorld('two-keys');
  file.settings.iam.newKeyDelaySeconds = 60;
  const cloud = await serveWorld(file, { seed: 1, out: join(folder, 'served') });
  try {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../functions/rotate-keys.ts', import.meta.url))],
      {
        env: { PATH: process.env['PATH'], KEEPER_CONFIG: cloud.config },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'exit');
    const isMinted = (): boolean => cloud.world.calls.some(({ operation }) => operation === 'createApiKey');
    const poll = setInterval(() => {
      if (!isMinted()) return;
      clearInterval(poll);
      child.kill('SIGTERM');
    }, 20);
    const [code, signal] = (await ended) as [number | null, string | null];
    clearInterval(poll);
    expect([code, signal]).toEqual([0, null]);
    const leases = join(dirname(cloud.config), 'ledger', 'leases');
    for (const name of readdirSync(leases).filter((name) => name.endsWith('.json')))
      expect(JSON.parse(readFileSync(join(leases, name), 'utf8'))).not.toHaveProperty('until');
    expect(isMinted()).toBe(true);
  } finally {
    await cloud.close();
  }
});
