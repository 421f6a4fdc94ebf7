import { expect, test } from 'vitest';
import { WorldFile } from '../../infra/local/world-file.ts';
import { readClaims } from '../../shared/clients/jwt.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import { readRecord } from '../../shared/sweeps/records.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** CIS, Cloud Logs, a bucket and the secrets each belong to another account, where the keeper has a key with the rights of that account alone. */

const [LOGS_SECRET, STORE_SECRET] = [
  '0f7c6a52-0000-4000-8000-000000000001',
  '0f7c6a52-0000-4000-8000-000000000002',
];

const ACCOUNTS = ['edge', 'logs', 'store', 'vault'] as const;
type Account = (typeof ACCOUNTS)[number];

/** The id of the service ID of an account: 1 the keeper's, 2 the one whose key jobs carry. */
const serviceId = (account: Account, n: 1 | 2): string =>
  `ServiceId-${`${ACCOUNTS.indexOf(account) + 1}`.repeat(8)}-0000-4000-8000-00000000000${n}`;
const keeperOf = (account: Account) => `iam-${serviceId(account, 1)}`;
const logpushOf = (account: Account) => `iam-${serviceId(account, 2)}`;

/** An account in which the keeper has a key with these roles. */
const account = (name: Account, policies: readonly object[], serviceIds: readonly object[] = []) => ({
  name,
  id: `${ACCOUNTS.indexOf(name) + 1}`.repeat(32),
  keeper: { serviceId: `keeper-${name}`, apiKey: `keeper-${name}-key` },
  serviceIds: [
    {
      name: `keeper-${name}`,
      id: serviceId(name, 1),
      policies,
      apiKeys: [{ name: `keeper-${name}-key`, id: `ApiKey-${name}-keeper`, createdDaysAgo: 20 }],
    },
    ...serviceIds,
  ],
});

/** The service ID of an account whose key Logpush jobs carry. */
const logpush = (name: Account, policy: object) => ({
  name: `logpush-${name}`,
  id: serviceId(name, 2),
  policies: [policy],
  apiKeys: [{ name: `${name}-key`, id: `ApiKey-${name}-old`, createdDaysAgo: 85 }],
});

const OPERATOR = { service: 'iam-identity', roles: ['Operator'] };
const secret = (id: string, name: string) => ({
  id,
  name: `${name}-key`,
  apiKey: `${name}-key`,
  binding: { name, adopt: 'disable' },
});
const job = (id: number, name: string, dataset: string, destination: object) => ({
  id,
  name: `job-${id}`,
  dataset,
  apiKey: `${name}-key`,
  ...destination,
});

const aWorld = () =>
  WorldFile.parse({
    name: 'accounts',
    about: 'Four accounts.',
    startsAt: '2026-03-01T00:00:00Z',
    days: 5,
    accounts: [
      account('edge', [{ service: 'internet-svcs', roles: ['Writer'] }]),
      account('logs', [OPERATOR], [logpush('logs', { service: 'logs', roles: ['Sender'] })]),
      account(
        'store',
        [OPERATOR],
        [
          logpush('store', {
            service: 'cloud-object-storage',
            roles: ['Object Writer'],
            bucket: 'acme-logs',
          }),
        ],
      ),
      account('vault', [{ service: 'secrets-manager', roles: ['Writer'] }]),
    ],
    cloudLogs: [
      { name: 'logs', guid: 'bdaaaee6-64da-482f-86f3-f733be1eae08', region: 'eu-de', account: 'logs' },
    ],
    buckets: [
      {
        name: 'acme-logs',
        location: 'eu-de',
        instance: '33333333-1111-4222-8333-444444444444',
        account: 'store',
      },
    ],
    secretsManagers: [
      {
        name: 'vault',
        guid: 'a5636a44-6fb3-438d-85d6-3284f14d49fe',
        region: 'eu-de',
        account: 'vault',
        secrets: [secret(LOGS_SECRET, 'logs'), secret(STORE_SECRET, 'store')],
      },
    ],
    cis: [
      {
        name: 'shop',
        guid: 'e62e2ea9-4d83-466f-8278-c975d967be57',
        account: 'edge',
        zones: [
          {
            id: 'a494d76ca5e6c8e2f0e7eb6a65238573',
            name: 'shop.example',
            jobs: [
              job(1, 'logs', 'http_requests', { cloudLogs: 'logs' }),
              job(2, 'logs', 'dns_logs', { cloudLogs: 'logs' }),
              job(3, 'store', 'firewall_events', { cos: { bucket: 'acme-logs', path: 'firewall' } }),
            ],
          },
        ],
      },
    ],
  });

/** The keeper of that world, and which identity has called which service. */
function inFourAccounts() {
  const callers = new Map<string, Set<string>>();
  const keeper = virtualKeeper({
    file: aWorld(),
    wrapTransport: (inner) => ({
      async send(request) {
        const service = new URL(request.url).pathname.split('/')[1] ?? '';
        const token = Object.entries(request.headers).find(
          ([name]) => name.toLowerCase() === 'authorization',
        );
        const caller = readClaims(token?.[1].replace(/^Bearer /i, '') ?? '')?.iamId;
        if (caller !== undefined) callers.set(service, (callers.get(service) ?? new Set()).add(caller));
        return inner.send(request);
      },
    }),
  });
  const outcomes = async (binding: 'logs' | 'store') => {
    const id = binding === 'logs' ? LOGS_SECRET : STORE_SECRET;
    return (await readRecord(keeper.ledger, binding, { id })).record.history.map(({ outcome }) => outcome);
  };
  return { keeper, callers, outcomes };
}

test('a rotation over four accounts completes, and each is called as itself alone', async () => {
  const { keeper, callers, outcomes } = inFourAccounts();
  const reports = await keeper.runEvery(minutes(15), 'rotate-keys', days(4));
  expect([await outcomes('logs'), await outcomes('store')]).toEqual([['complete'], ['complete']]);
  expect(reports.flatMap(({ findings }) => findings.filter(({ severity }) => severity !== 'info'))).toEqual(
    [],
  );
  expect(Object.fromEntries([...callers].map(([service, who]) => [service, [...who].toSorted()]))).toEqual({
    cis: [keeperOf('edge')],
    iam: [keeperOf('logs'), keeperOf('store')],
    'secrets-manager': [keeperOf('vault')],
    'cloud-logs': [logpushOf('logs')],
    cos: [logpushOf('store')],
  });
  expect(keeper.world.calls.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
  expect(keeper.world.logpush.truth().map(({ lostMinutes }) => lostMinutes)).toEqual([0, 0, 0]);
});

test.each([
  ['logs', 'iam-identity', 'binding-failed', ['logs']],
  ['store', 'iam-identity', 'binding-failed', ['store']],
  ['vault', 'secrets-manager', 'binding-failed', ['logs', 'store']],
  ['edge', 'internet-svcs', 'zone-unreadable', ['logs', 'store']],
] as const)(
  'account %s lacks its right (%s): %s names it, and only %j wait',
  async (name, service, code, wait) => {
    const { keeper, outcomes } = inFourAccounts();
    keeper.world.iam.removePolicy(keeperOf(name), service);
    const reports = await keeper.runEvery(minutes(15), 'rotate-keys', days(4));
    for (const { findings } of [reports[0], reports.at(-1)].filter((report) => report !== undefined))
      expect(findings.filter((finding) => finding.severity !== 'info')).toEqual(
        wait.map((binding) =>
          expect.objectContaining({
            code,
            subject: `binding ${binding}`,
            detail: expect.stringMatching(new RegExp(`403 .*account "${name}"`)),
          }),
        ),
      );
    for (const binding of ['logs', 'store'] as const)
      expect(await outcomes(binding)).toEqual(wait.some((waits) => waits === binding) ? [] : ['complete']);
    // Given back, it goes on by itself.
    const accountId = keeper.world.file.accounts.find((account) => account.name === name)?.id ?? '';
    const roles = [service === 'iam-identity' ? 'Operator' : 'Writer'];
    keeper.world.iam.addPolicy({ iamId: keeperOf(name), accountId, service, roles });
    await keeper.runEvery(minutes(15), 'rotate-keys', days(4));
    expect([await outcomes('logs'), await outcomes('store')]).toEqual([['complete'], ['complete']]);
  },
);
