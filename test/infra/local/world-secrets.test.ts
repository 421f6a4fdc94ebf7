import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { keeperConfig } from '../../../infra/local/keeper-config.ts';
import { World } from '../../../infra/local/world.ts';
import { WorldFile } from '../../../infra/local/world-file.ts';
import { days, hours, minutes } from '../../../shared/domain/time.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const INSTANCE = 'cccc3333-0000-4000-8000-000000000001';
const SECRET = '0f7c6a52-0000-4000-8000-000000000001';
const LOGS = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
const OWNER = 'ServiceId-aaaa1111-0000-4000-8000-000000000001';
const PERSON = 'IBMid-1234567890';
const key = (name: string, last: number) => ({
  name,
  id: `ApiKey-bbbb2222-0000-4000-8000-00000000000${last}`,
  createdDaysAgo: 70,
});

/** A world with one secret, and jobs that push to one Cloud Logs instance with the keys that are named. */
function aWorld(secret: object, jobKeys: readonly string[], settings: object = {}) {
  const file = WorldFile.parse({
    name: 'secrets',
    about: 'One secret.',
    startsAt: '2026-09-01T10:00:00Z',
    days: 1,
    settings,
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT,
        keeper: { serviceId: 'logpush', apiKey: 'one' },
        serviceIds: [
          {
            name: 'logpush',
            id: OWNER,
            policies: [{ service: 'logs', roles: ['Sender'] }],
            apiKeys: [key('one', 1), key('two', 2)],
          },
        ],
        users: [
          {
            name: 'somebody',
            iamId: PERSON,
            policies: [{ service: 'logs', roles: ['Sender'] }],
            apiKeys: [key('own', 3)],
          },
        ],
      },
    ],
    cloudLogs: [{ name: 'logs', guid: LOGS, region: 'eu-de', account: 'edge' }],
    secretsManagers: [
      {
        name: 'secrets',
        guid: INSTANCE,
        region: 'eu-de',
        account: 'edge',
        secrets: [{ id: SECRET, ...secret }],
      },
    ],
    cis: [
      {
        name: 'shop',
        guid: 'dddd4444-0000-4000-8000-000000000001',
        account: 'edge',
        zones: [
          {
            id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
            name: 'shop.example',
            jobs: jobKeys.map((apiKey, index) => ({
              id: index + 1,
              name: `job-${index + 1}`,
              dataset: ['http_requests', 'dns_logs'][index],
              cloudLogs: 'logs',
              apiKey,
            })),
          },
        ],
      },
    ],
  });
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const endpoints = {
    iam: '',
    cis: '',
    secretsManager: '',
    cloudLogs: '',
    cos: '',
    cosConfig: '',
    resourceController: '',
    cbr: '',
    codeEngine: '',
  };
  const config = parse(keeperConfig(file, endpoints, () => ({ env: 'KEY' }), 'file:./ledger'));
  return { world, clock, bindings: config.bindings };
}

const KV = {
  name: 'edge-keys',
  type: 'kv',
  data: {
    first: { apiKey: 'one', binding: { name: 'first', managedBy: 'keeper' } },
    second: { apiKey: 'two', binding: { name: 'second', managedBy: 'others', adopt: 'never' } },
    team: 'edge',
  },
};

test('the members of a kv hold keys and texts, and each may have a binding of its own', () => {
  const { world, bindings } = aWorld(KV, ['one', 'two']);

  const held = (member: string) => world.secretsManager.currentPayload(INSTANCE, SECRET, member);
  expect(held('first')).toBe(world.keyValue('one'));
  expect(held('second')).toBe(world.keyValue('two'));
  expect(held('team')).toBe('edge');
  expect(bindings).toMatchObject([
    { name: 'first', managedBy: 'keeper', secret: { id: SECRET, member: 'first' }, iamId: `iam-${OWNER}` },
    { name: 'second', managedBy: 'others', secret: { id: SECRET, member: 'second' } },
  ]);
  expect(bindings[0].jobs).toEqual([{ destination: { cloudLogs: { instance: LOGS, region: 'eu-de' } } }]);
  expect(bindings[1].adopt).toEqual({ apiKeyId: key('two', 2).id, retire: 'never' });
});

test('a secret without a type is arbitrary, and its binding names no member', () => {
  const { world, bindings } = aWorld({ name: 'plain', apiKey: 'one', binding: { name: 'edge' } }, ['one']);

  expect(world.secretsManager.truth()).toMatchObject([{ name: 'plain', type: 'arbitrary', state: 1 }]);
  expect(world.secretsManager.currentPayload(INSTANCE, SECRET)).toBe(world.keyValue('one'));
  expect(bindings[0]).toMatchObject({ name: 'edge', managedBy: 'keeper' });
  expect(bindings[0].secret).not.toHaveProperty('member');
});

const MADE = {
  name: 'edge-key',
  type: 'iam_credentials',
  serviceId: 'logpush',
  ttlDays: 10,
  createdDaysAgo: 9,
  binding: { name: 'edge', managedBy: 'secrets-manager' },
};

test('a job can carry a key that Secrets Manager made, until its lease ends', () => {
  const { world, clock, bindings } = aWorld(MADE, ['secret:edge-key']);
  const value = world.secretsManager.currentPayload(INSTANCE, SECRET);
  expect(world.keyValue('secret:edge-key')).toBe(value);
  expect(bindings).toMatchObject([
    { managedBy: 'secrets-manager', account: 'edge', iamId: `iam-${OWNER}`, secret: { id: SECRET } },
  ]);
  expect(bindings[0].jobs).toHaveLength(1);
  expect(bindings[0]).not.toHaveProperty('adopt');

  clock.advance(days(1));
  world.catchUp();
  expect(world.logpush.truth()[0]?.lostMinutes).toBe(0);
  // The pusher still has a token that it minted with the key.
  clock.advance(hours(3));
  world.catchUp();

  expect(world.iam.keys().find(({ id }) => id === world.iam.keyIdOf(value))).toMatchObject({ deleted: true });
  expect(world.logpush.truth()[0]?.lostMinutes).toBeGreaterThan(minutes(100) / minutes(1));
});

test('time alone rotates a secret and ends its keys, whoever asks', () => {
  const { world, clock } = aWorld({ ...MADE, createdDaysAgo: 1, rotateEveryDays: 4 }, ['secret:edge-key']);
  clock.advance(days(4) + hours(1));
  world.catchUp();

  expect(world.secretsManager.truth()[0]?.versions).toHaveLength(2);
  const times = world.events.map(({ at }) => at).filter((at) => at > world.file.startsAt);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(world.iam.keys().filter(({ name }) => name.endsWith('edge-key'))).toMatchObject([
    { iamId: `iam-${OWNER}`, createdAt: Date.UTC(2026, 7, 31, 10) },
    { iamId: `iam-${OWNER}`, createdAt: Date.UTC(2026, 8, 4, 10), locked: true },
  ]);
});

test('a world file can hold a secret in a state, and make it one that does not reuse its key', () => {
  const { world } = aWorld({ ...MADE, reuse: false, state: 2 }, []);

  expect(world.secretsManager.truth()).toMatchObject([{ type: 'iam_credentials', state: 2 }]);
});

test('a secret may hold the key of a person, which others manage', () => {
  const binding = { name: 'edge', managedBy: 'others' };
  const { world, clock, bindings } = aWorld({ name: 'personal', apiKey: 'own', binding }, ['own']);
  const granted = world.iam.grantToken(world.keyValue('own'), clock.now());

  expect(granted).toMatchObject({ ok: true, principal: { iamId: PERSON } });
  expect(bindings).toMatchObject([{ managedBy: 'others', account: 'edge', iamId: PERSON }]);
  clock.advance(hours(2));
  world.catchUp();
  expect(world.logpush.truth()[0]?.lostMinutes).toBe(0);
});

test('a key that no secret of the file makes is named', () => {
  expect(() => aWorld(MADE, ['secret:other'])).toThrow('secret:other');
});
