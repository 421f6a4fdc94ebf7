import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { keeperConfig } from '../../../infra/local/keeper-config.ts';
import { World } from '../../../infra/local/world.ts';
import { WorldFile } from '../../../infra/local/world-file.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const INSTANCE = 'cccc3333-0000-4000-8000-000000000001';
const SECRET = '0f7c6a52-0000-4000-8000-000000000001';
const LOGS = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
const OWNER = 'ServiceId-aaaa1111-0000-4000-8000-000000000001';
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
  const endpoints = { iam: '', cis: '', secretsManager: '', cloudLogs: '', cos: '', cosConfig: '' };
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
