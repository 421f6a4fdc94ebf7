import { expect, test } from 'vitest';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../../shared/errors.ts';
import type { Transport } from '../../../shared/ports.ts';
import { createLedger } from '../../../shared/runtime/ledger.ts';
import { readConfig } from '../../../shared/runtime/prepare.ts';
import { fixedRandom } from '../../support/fake-clock.ts';
import { virtualKeeper } from '../../support/virtual-keeper.ts';

/**
 * What Code Engine starts a job with.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-inside-env-vars
 */
const JOB = {
  JOB_INDEX: '0',
  JOB_ARRAY_SIZE: '1',
  JOB_INDEX_RETRY_COUNT: '0',
  JOB_RETRY_LIMIT: '1',
  JOB_MODE: 'task',
  CE_JOB: 'check-logpush',
  HOSTNAME: 'check-logpush-jobrun-6bgmg-0-0',
};

const CRON = {
  ...JOB,
  CE_ID: '7a0f6d0e-6f9b-4f8e-9a46-1a7bd7a3a0d1',
  CE_SOURCE: '/apis/v1/namespaces/1a2b3c4d5e6/pingsources/keeper-check-logpush-every-5-minutes',
  CE_SPECVERSION: '1.0',
  CE_TIME: '2026-01-05T03:00:00.059682656Z',
  CE_TYPE: 'dev.knative.sources.ping',
};

const written = (key: unknown): string =>
  JSON.stringify({ bucket: 'acme-rings', endpoint: 's3.eu-de', key, operation: 'Object:Write' });

const RING = {
  ...JOB,
  CE_ID: '9b1c',
  CE_SOURCE: 'https://cloud.ibm.com/catalog/services/cloud-object-storage/acme-rings',
  CE_SPECVERSION: '1.0',
  CE_TYPE: 'com.ibm.cloud.cos.document.write',
  CE_SUBJECT: 'rings/secrets/20260101T0000',
  CE_DATA: written('rings/alert/20260301T0417'),
};

const jsonOf = (line = ''): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

test.each([
  ['a schedule without data', CRON, { kind: 'schedule' }],
  ['a schedule with empty data', { ...CRON, CE_DATA: '' }, { kind: 'schedule' }],
  ['a schedule with data', { ...CRON, CE_DATA: '{"key":"rings/alert/20260301T0417"}' }, { kind: 'schedule' }],
  ['a ring', RING, { kind: 'ring', type: 'alert' }],
  ['a ring without data', { ...RING, CE_DATA: '' }, { kind: 'ring', type: 'unknown' }],
  ['a ring whose data are no JSON', { ...RING, CE_DATA: 'key' }, { kind: 'ring', type: 'unknown' }],
  ['a ring with another key', { ...RING, CE_DATA: written('../<b>') }, { kind: 'ring', type: 'unknown' }],
  ['a ring whose key is none', { ...RING, CE_DATA: written(7) }, { kind: 'ring', type: 'unknown' }],
  ['a hand', JOB, { kind: 'hand' }],
  ['a hand, outside Code Engine', {}, { kind: 'hand' }],
])('%s starts a whole run, whose last line is the report', async (_, env, trigger) => {
  const { code, lines } = await virtualKeeper().entry('rotate-keys', env);
  expect(code).toBe(0);
  expect(jsonOf(lines.at(-1))).toMatchObject({ function: 'rotate-keys', trigger, schema: 1 });
  expect(jsonOf(lines.at(-1))['actions']).not.toEqual([]);
  expect(jsonOf(lines.at(-2))).toMatchObject({ message: 'run finished' });
});

test('of an array job of a function that is not split the first instance does all the work', async () => {
  const keeper = virtualKeeper();
  const other = await keeper.entry('verify-buckets', { ...CRON, JOB_ARRAY_SIZE: '3', JOB_INDEX: '2' });
  expect(other.code).toBe(0);
  expect(other.lines).toHaveLength(1);
  expect(jsonOf(other.lines[0])).toMatchObject({
    message: 'nothing to do: index 0 sees to the whole fleet',
    outcome: 'ok',
  });
  expect(keeper.world.calls).toEqual([]);
  const first = await keeper.entry('verify-buckets', { ...CRON, JOB_ARRAY_SIZE: '3', JOB_INDEX: '0' });
  expect(jsonOf(first.lines.at(-1))).toMatchObject({ function: 'verify-buckets', schema: 1 });
});

test('the instances of check-logpush see to a part each, and say which', async () => {
  const keeper = virtualKeeper();
  const jobs: unknown[] = [];
  for (const JOB_INDEX of ['0', '1', '2']) {
    const { code, lines } = await keeper.entry('check-logpush', { ...CRON, JOB_ARRAY_SIZE: '3', JOB_INDEX });
    expect(code).toBe(0);
    expect(jsonOf(lines.at(-2))).toMatchObject({ message: 'run finished', jobIndex: Number(JOB_INDEX) });
    expect(jsonOf(lines.at(-1))).toMatchObject({ shard: { index: Number(JOB_INDEX), of: 3 } });
    jobs.push(...(jsonOf(lines.at(-1))['jobs'] as readonly unknown[]));
  }
  expect(jobs).toHaveLength(20);
});

test.each([
  ['3', '3'],
  ['2', '7'],
  ['1001', '4'],
])('of an array of %s, index %s of check-logpush would see to no part: an error', async (size, index) => {
  const keeper = virtualKeeper();
  const env = { ...CRON, JOB_ARRAY_SIZE: size, JOB_INDEX: index };
  const { code, lines } = await keeper.entry('check-logpush', env);
  expect([code, jsonOf(lines[0])['detail']]).toEqual([
    1,
    expect.stringMatching(/^JOB_(INDEX|ARRAY_SIZE): it is /),
  ]);
  expect(keeper.world.calls).toEqual([]);
});

test('an instance that was started alone does the work, whatever its index', async () => {
  const { lines } = await virtualKeeper().entry('check-logpush', { ...JOB, JOB_INDEX: '4' });
  expect(jsonOf(lines.at(-1))).toHaveProperty('jobs');
});

test('a run that is tried again says so', async () => {
  const { lines } = await virtualKeeper().entry('check-logpush', { ...CRON, JOB_INDEX_RETRY_COUNT: '1' });
  expect(jsonOf(lines[0])).toMatchObject({ message: 'the platform tries this run again', retry: 1 });
});

test.each([
  ['JOB_INDEX', 'one'],
  ['JOB_INDEX', '-1'],
  ['JOB_ARRAY_SIZE', '1e3'],
  ['JOB_INDEX_RETRY_COUNT', ' '],
  ['KEEPER_TIMEOUT', '15m'],
  ['KEEPER_TIMEOUT', '119'],
])('%s: %j is an error that names the variable, and nothing is called', async (name, value) => {
  const keeper = virtualKeeper();
  const { code, lines } = await keeper.entry('check-logpush', { ...CRON, [name]: value });
  expect(code).toBe(1);
  expect(lines).toHaveLength(1);
  expect(jsonOf(lines[0])).toMatchObject({ level: 'error', outcome: 'failed' });
  expect(jsonOf(lines[0])['detail']).toMatch(new RegExp(`^${name}: `));
  expect(keeper.world.calls).toEqual([]);
});

test('a run keeps within the time that the platform gives it, less a minute', async () => {
  const ends: (number | undefined)[] = [];
  for (const more of [{}, { KEEPER_TIMEOUT: '300' }]) {
    const keeper = virtualKeeper();
    // CIS asks for patience again and again, for longer than any run has.
    const respond = { kind: 'status', status: 429, retryAfterSeconds: 200 } as const;
    keeper.world.faults.add({ match: { service: 'cis' }, after: 0, times: null, respond });
    const before = keeper.clock.now();
    await keeper.entry('check-logpush', { ...CRON, ...more });
    ends.push(keeper.clock.now() - before);
  }
  const [usual = 0, short = 0] = ends;
  expect(usual).toBeGreaterThan(minutes(10));
  expect(usual).toBeLessThanOrEqual(minutes(14));
  expect(short).toBeGreaterThan(minutes(3));
  expect(short).toBeLessThanOrEqual(minutes(4));
});

test.each([20, 100, 200, 400])(
  'all tries of a run together keep within the time of the run, which the platform counts from the first (%i s)',
  async (retryAfterSeconds) => {
    const keeper = virtualKeeper();
    const respond = { kind: 'status', status: 429, retryAfterSeconds } as const;
    keeper.world.faults.add({ match: { service: 'cis' }, after: 0, times: null, respond });
    const before = keeper.clock.now();
    let last = 1;
    for (let retry = 0; last === 1 && retry <= 5; retry += 1)
      last = (
        await keeper.entry('check-logpush', {
          ...CRON,
          KEEPER_TIMEOUT: '900',
          JOB_INDEX_RETRY_COUNT: String(retry),
        })
      ).code;
    expect(keeper.clock.now() - before).toBeLessThanOrEqual(minutes(14));
  },
);

test('people are told of a run that used all of its time', async () => {
  const keeper = virtualKeeper({
    notify: true,
    wrapTransport: (transport) => ({
      send: async (request) => {
        if (!request.url.includes('/webhook/')) await keeper.clock.sleep(seconds(28));
        return transport.send(request);
      },
    }),
  });
  const { lines } = await keeper.entry('check-logpush', { ...CRON, KEEPER_TIMEOUT: '120' });
  expect(lines.at(-1)).toContain('the deadline of the run is near');
  expect(lines.at(-1)).not.toContain('notification-failed');
  expect(keeper.world.webhook.messages).not.toEqual([]);
});

test('the ledger of a run on Code Engine cannot be a folder', async () => {
  for (const place of [{ CE_PROJECT_ID: '0b5e' }, { CE_JOBRUN: 'check-logpush-jobrun-6bgmg' }]) {
    const keeper = virtualKeeper();
    const { code, lines } = await keeper.entry('check-logpush', { ...CRON, ...place });
    expect(code).toBe(1);
    expect(jsonOf(lines.at(-1))['detail']).toMatch(
      /^KEEPER_CONFIG_TEXT:\d+:\d+: on Code Engine the ledger cannot be a folder.*\n +fix: write cos:/,
    );
    expect(keeper.world.calls).toEqual([]);
  }
});

test('a ledger that cannot be reached is no reason to start a run again, and no sign of life', async () => {
  const no = () => Promise.reject(new LedgerUnavailableError('ledger read x: no answer'));
  for (const name of ['check-logpush', 'ensure-logpush'] as const) {
    const keeper = virtualKeeper({ notify: true, ledger: { read: no, write: no, list: no } });
    const { code, lines } = await keeper.entry(name, CRON);
    expect(code).toBe(0);
    expect(jsonOf(lines.at(-1))).toMatchObject({ outcome: 'failed', withoutLedger: true });
    expect(jsonOf(lines.at(-1))['findings']).not.toEqual([]);
    expect(keeper.world.webhook.beats).toEqual([]);
    expect((await keeper.cli(name)).code).toBe(2);
  }
});

test('a run that could not run is one to start again', async () => {
  const keeper = virtualKeeper();
  const respond = { kind: 'status', status: 500 } as const;
  keeper.world.faults.add({ match: { operation: 'listZones' }, after: 0, times: null, respond });
  const { code, lines } = await keeper.entry('check-logpush', CRON);
  expect(jsonOf(lines.at(-1))).toMatchObject({ outcome: 'failed' });
  expect(jsonOf(lines.at(-1))).not.toHaveProperty('withoutLedger');
  expect(code).toBe(1);
});

test('only a run on schedule is a sign of life', async () => {
  const keeper = virtualKeeper({ notify: true });
  await keeper.entry('check-logpush', RING);
  await keeper.entry('check-logpush', JOB);
  expect(keeper.world.webhook.beats).toHaveLength(0);
  await keeper.entry('check-logpush', CRON);
  expect(keeper.world.webhook.beats).toHaveLength(1);
});

test('the configuration comes from where it is mounted', async () => {
  const keeper = virtualKeeper();
  const asked: string[] = [];
  const { code } = await keeper.entry(
    'check-logpush',
    { KEEPER_CONFIG: '/etc/keeper/keeper.yml' },
    (path) => {
      asked.push(path);
      return Buffer.from(keeper.configText);
    },
  );
  expect(code).toBe(0);
  expect(new Set(asked)).toEqual(new Set(['/etc/keeper/keeper.yml']));
});

const PROFILE = 'Profile-0f7c6a52-0000-4000-8000-00000000000e';
const MOUNT = '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token';

test('a run and its ledger log in with the profile of the platform and the token that is mounted', async () => {
  const logins: string[] = [];
  const watched = (transport: Transport): Transport => ({
    send: (request) => {
      if (request.url.endsWith('/identity/token')) logins.push(String(request.body));
      return transport.send(request);
    },
  });
  const readFile = (path: string): Uint8Array => {
    if (path === MOUNT) return Buffer.from('EXAMPLE-CR-TOKEN\n');
    throw new Error(`nothing else is read: ${path}`);
  };
  const keeper = virtualKeeper({
    wrapTransport: watched,
    changeConfig: (text) =>
      text.replace(/^ledger: .*$/m, 'ledger: cos://acme-keeper?region=eu-de&account=edge'),
  });
  const env = {
    KEEPER_CONFIG_TEXT: keeper.configText,
    KEEPER_PROFILES: `edge=${PROFILE}`,
    CE_PROJECT_ID: '0b5e',
  };
  const { lines } = await keeper.entry('check-logpush', env, readFile);
  expect(jsonOf(lines.at(-1))).toMatchObject({ outcome: 'failed' });
  const ofRun = logins.length;
  expect(ofRun).toBeGreaterThan(0);
  const { clock } = keeper;
  const transport = watched(new InProcessTransport(keeper.world.app, clock));
  const ledger = createLedger(readConfig(undefined, env), {
    transport,
    clock,
    random: fixedRandom,
    readFile,
  });
  await expect(clock.run(ledger.list(''))).rejects.toThrow(LedgerUnavailableError);
  expect(logins.length).toBeGreaterThan(ofRun);
  const grant = {
    grant_type: 'urn:ibm:params:oauth:grant-type:cr-token',
    cr_token: 'EXAMPLE-CR-TOKEN',
    profile_id: PROFILE,
  };
  for (const login of logins) expect(Object.fromEntries(new URLSearchParams(login))).toEqual(grant);
});
