import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import { ConfigError } from '../../../../shared/errors.ts';
import { configJsonSchema, loadConfig, modeOf } from '../../../../shared/runtime/config/config.ts';
import { broken, GOOD, load, problemsOf, SECOND_BINDING, TRACER_KEY } from '../../../support/keeper-yml.ts';

const folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The least that a configuration can be. */
const SMALL = `version: 1
accounts:
  edge: { accountId: 12345678901234567890123456789012, apiKey: { env: KEEPER_EDGE_APIKEY } }
instances:
  - { crn: "crn:v1:bluemix:public:internet-svcs:global:a/12345678901234567890123456789012:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::", account: edge }
`;

test('a good configuration becomes what the functions work with', () => {
  expect(load(GOOD)).toEqual({
    version: 1,
    mode: 'observe',
    functions: { 'rotate-keys': 'act' },
    ledger: { kind: 'file', path: resolve('.keeper') },
    endpoints: { iam: 'https://iam.cloud.ibm.com', cis: 'https://api.cis.cloud.ibm.com' },
    accounts: {
      edge: {
        accountId: '0123456789abcdef0123456789abcdef',
        credential: { kind: 'api-key', apiKey: expect.anything() },
      },
      logs: {
        accountId: 'fedcba9876543210fedcba9876543210',
        credential: {
          kind: 'trusted-profile',
          profileId: 'Profile-5f2e0d1c-0000-4000-8000-000000000001',
          tokenFile: '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token',
        },
      },
    },
    instances: [
      {
        crn: 'crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::',
        account: 'edge',
      },
    ],
    bindings: [
      {
        name: 'edge-logs',
        managedBy: 'keeper',
        account: 'logs',
        accountId: 'fedcba9876543210fedcba9876543210',
        iamId: 'iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000a',
        secret: {
          instanceId: 'dddddddd-1111-4222-8333-eeeeeeeeeeee',
          region: 'eu-de',
          network: 'public',
          account: 'logs',
          id: '0f7c6a52-0000-4000-8000-000000000001',
        },
        jobs: [
          {
            instance: '*',
            zone: 'shop.example',
            dataset: '*',
            destination: {
              kind: 'cloud-logs',
              instanceId: 'cccccccc-1111-4222-8333-dddddddddddd',
              region: 'eu-de',
            },
          },
        ],
        adopt: { apiKeyId: 'ApiKey-0f7c6a52-0000-4000-8000-00000000000b', retire: 'disable' },
        qualify: 'action',
        rotation: { beforeMs: days(30), maxAgeMs: days(60), keyLifeMs: days(120), drainMs: hours(3) },
      },
    ],
    logpushJobs: [],
    holds: [],
    policies: {
      rotation: { beforeMs: days(30), maxAgeMs: days(80), keyLifeMs: days(120), drainMs: hours(3) },
      cis: { callsPerMinute: 40, processes: 4 },
      repair: { onFirstLook: 'report' },
    },
  });
});

test('what is left out has a default, and the mode is to observe', () => {
  const config = load(SMALL);

  expect(config).toMatchObject({
    mode: 'observe',
    functions: {},
    ledger: { kind: 'file', path: resolve('.keeper') },
    endpoints: { iam: 'https://iam.cloud.ibm.com', cis: 'https://api.cis.cloud.ibm.com' },
    bindings: [],
    policies: {
      rotation: { beforeMs: days(30), maxAgeMs: days(80), keyLifeMs: days(120), drainMs: minutes(135) },
      cis: { callsPerMinute: 80, processes: 4 },
    },
  });
});

test.each([
  ['cos://acme-ledger/keeper/prod?region=eu-de', 'keeper/prod', 'eu-de'],
  ['cos://acme-ledger/keeper/?region=eu-de', 'keeper', 'eu-de'],
  ['cos://acme-ledger?region=us', '', 'us'],
  ['cos://acme-ledger/?region=us-south', '', 'us-south'],
])('a ledger %s, which the only account reaches', (ledger, prefix, location) => {
  const place = { kind: 'cos', bucket: 'acme-ledger', prefix, location, account: 'edge' };
  expect(load(`${SMALL}ledger: ${ledger}\n`).ledger).toEqual(place);
});

test('of several accounts a ledger in a bucket names one', () => {
  const ledger = 'cos://acme-ledger/keeper?account=logs&region=eu-de';
  expect(load(broken(['file:./.keeper', ledger])).ledger).toMatchObject({
    prefix: 'keeper',
    account: 'logs',
  });
});

test('an account id of digits alone keeps all of them, without quotes', () => {
  expect(load(SMALL).accounts['edge']?.accountId).toBe('12345678901234567890123456789012');
  const exponent = SMALL.replaceAll('12345678901234567890123456789012', '00000000000000000000000000001e99');
  expect(load(exponent).accounts['edge']?.accountId).toBe('00000000000000000000000000001e99');
});

test('a function has its own mode, or the common one', () => {
  const config = load(GOOD);

  expect(modeOf(config, 'rotate-keys')).toBe('act');
  expect(modeOf(config, 'check-logpush')).toBe('observe');
  expect(modeOf(config, 'constructor')).toBe('observe');
});

test('the key from the environment is trimmed, and does not show', () => {
  const { credential } = load(GOOD).accounts['edge'] ?? {};

  expect(credential?.kind === 'api-key' && credential.apiKey.reveal()).toBe(TRACER_KEY);
  expect(JSON.stringify(load(GOOD))).not.toContain(TRACER_KEY);
});

test('relative paths begin at the folder of the file', () => {
  const path = join(folder, 'keeper.yml');
  writeFileSync(join(folder, 'edge.key'), `${TRACER_KEY}\n`);
  const text = broken(
    ['{ env: KEEPER_EDGE_APIKEY }', '{ file: ./edge.key }'],
    ['{ id: Profile-', '{ tokenFile: token, id: Profile-'],
  );
  writeFileSync(path, text);

  const config = loadConfig({ path, source: path, env: {} });

  expect(config.ledger).toEqual({ kind: 'file', path: join(folder, '.keeper') });
  const [edge, logs] = [config.accounts['edge']?.credential, config.accounts['logs']?.credential];
  expect(edge?.kind === 'api-key' && edge.apiKey.reveal()).toBe(TRACER_KEY);
  expect(logs?.kind === 'trusted-profile' && logs.tokenFile).toBe(join(folder, 'token'));
});

test('a second binding beside the first may use the account of another for its secret', () => {
  const [, second] = load(broken(['policies:\n', SECOND_BINDING])).bindings;

  expect(second?.secret).toMatchObject({ account: 'edge', network: 'private' });
  expect(second).not.toHaveProperty('adopt');
});

test('a local cloud is reached over http, whichever way loopback is written', () => {
  const text = SMALL.concat(
    'endpoints:\n  iam: http://127.1:4000/iam/\n  cis: http://localhost:4000/cis\n  secretsManager: http://[::1]:4000/sm\n',
    '  cloudLogs: http://127.0.0.1:4000/logs\n  cos: http://127.0.0.1:4000/cos\n  cosConfig: http://127.0.0.1:4000/config\n  resourceController: http://127.0.0.1:4000/rc\n  cbr: http://127.0.0.1:4000/cbr\n  codeEngine: http://127.0.0.1:4000/ce/\n  clock: http://127.0.0.1:4000/control/clock\n',
  );

  expect(load(text).endpoints).toEqual({
    iam: 'http://127.0.0.1:4000/iam',
    cis: 'http://localhost:4000/cis',
    secretsManager: 'http://[::1]:4000/sm',
    cloudLogs: 'http://127.0.0.1:4000/logs',
    cos: 'http://127.0.0.1:4000/cos',
    cosConfig: 'http://127.0.0.1:4000/config',
    resourceController: 'http://127.0.0.1:4000/rc',
    cbr: 'http://127.0.0.1:4000/cbr',
    codeEngine: 'http://127.0.0.1:4000/ce',
    clock: 'http://127.0.0.1:4000/control/clock',
  });
});

test('holds: planned, and of every week', () => {
  const holds = `holds:
  - { zone: pay.example, reason: planned, from: "2026-03-02T00:00:00Z", until: "2026-03-03T00:00:00Z" }
  - { reason: weekly, weekly: { days: [sun, wed], at: "22:30", for: 6h } }
`;
  const any = { instance: '*', zone: '*', dataset: '*' };

  expect(load(SMALL.concat(holds)).holds).toEqual([
    {
      ...any,
      zone: 'pay.example',
      reason: 'planned',
      from: Date.UTC(2026, 2, 2),
      until: Date.UTC(2026, 2, 3),
    },
    { ...any, reason: 'weekly', weekly: { days: [0, 3], startMinute: 22 * 60 + 30, forMs: 6 * 3_600_000 } },
  ]);
});

test('a byte order mark, Windows line ends, anchors and JSON are all good', () => {
  expect(problemsOf(`\uFEFF${GOOD.replaceAll('\n', '\r\n')}`)).toBe('');
  expect(problemsOf(broken(['before: 30d', 'before: &short 30d'], ['maxAge: 80d', 'maxAge: *short']))).toBe(
    '',
  );
  expect(load(JSON.stringify(parse(GOOD.replace(/accountId: (\w+)/g, 'accountId: "$1"')))).mode).toBe(
    'observe',
  );
});

/** What is told of a configuration file that reads so. */
function told(readFile: () => Uint8Array): string {
  try {
    loadConfig({ path: '/etc/keeper.yml', source: 'keeper.yml', env: {}, readFile });
    return 'nothing';
  } catch (error) {
    return error instanceof ConfigError ? error.message : String(error);
  }
}

const missing = (): never => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};

test('a file that is not there, or not UTF-8, is a problem like any other', () => {
  expect(told(missing)).toBe(
    'keeper.yml:0:0: the file cannot be read: ENOENT (check the path and the rights of the file)',
  );
  expect(told(() => Buffer.from('version: 1\nmode: \xfc\n', 'latin1'))).toBe(
    'keeper.yml:2:1: the file is not UTF-8 here (save it as UTF-8)',
  );
});

test('the JSON Schema speaks of what people write: defaults may be left out, typos may not pass', () => {
  const schema = configJsonSchema();

  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['version', 'accounts', 'instances'],
    additionalProperties: false,
    properties: {
      version: { const: 1 },
      mode: { enum: ['observe', 'act'], default: 'observe' },
      policies: { properties: { rotation: { properties: { before: { default: '30d' } } } } },
      accounts: {
        additionalProperties: { oneOf: [{ required: ['apiKey'] }, { required: ['trustedProfile'] }] },
      },
    },
  });
  expect(JSON.stringify(schema)).not.toContain('$ref');
});

test('a bucket declares whether its jobs carry a key, or leaves that to what they show', () => {
  const LOGS = '{ cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }';
  const selectorOf = (more: string) => {
    const cos = `{ cos: { bucket: acme-logs, region: us, instance: cccccccc-1111-4222-8333-dddddddddddd${more} } }`;
    return load(broken([LOGS, cos])).bindings[0]?.jobs[0]?.destination;
  };
  const bucket = {
    kind: 'cos',
    bucket: 'acme-logs',
    region: 'us',
    instanceId: 'cccccccc-1111-4222-8333-dddddddddddd',
  };
  expect(selectorOf('')).toEqual(bucket);
  expect(selectorOf(', auth: key')).toEqual({ ...bucket, auth: 'key' });
  expect(selectorOf(', path: old/, auth: ownership')).toEqual({ ...bucket, path: 'old', auth: 'ownership' });
});

test('jobs that do not carry the key are named by their ids', () => {
  const [binding] = load(broken(['    jobs:\n', '    exceptJobs: [700123]\n    jobs:\n'])).bindings;
  expect(binding?.exceptJobs).toEqual([700_123]);
});
