import { expect, test } from 'vitest';
import { VirtualClock } from '../../../infra/local/clock.ts';
import type { Fault } from '../../../infra/local/faults.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { World } from '../../../infra/local/world.ts';
import type { WorldFile } from '../../../infra/local/world-file.ts';
import { createServices } from '../../../shared/clients/services.ts';
import type { CosDestination } from '../../../shared/domain/logpush.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { WHOLE } from '../../../shared/domain/shard.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { SweepContext } from '../../../shared/sweeps/context.ts';
import { WriteAccess } from '../../../shared/sweeps/write-access.ts';
import { BUCKET, smallWorld } from '../../simulation/small-world.ts';
import { fixedRandom } from '../../support/fake-clock.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

const WRITER = 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f';
const FOREIGN = 'iam-ServiceId-99999999-0000-4000-8000-000000000001';
const GROUP = 'AccessGroupId-11111111-0000-4000-8000-000000000001';
const COS = 'cloud-object-storage';
const DESTINATION: CosDestination = {
  kind: 'cos',
  instanceId: '33333333-1111-4222-8333-444444444444',
  region: 'eu-de',
  bucket: BUCKET,
  path: 'http',
  dailySubfolder: true,
};

type Account = WorldFile['accounts'][number];

/** The small world. Its keeper may read policies and groups, unless it is told to be blind. */
function aKeeper(change: (account: Account) => void = () => {}, { blind = false } = {}) {
  const file = smallWorld({ jobs: 1, destination: 'cos' });
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the small world has changed');
  if (!blind)
    account.serviceIds[0]?.policies.push(
      { service: 'iam-access-management', roles: ['Viewer'] },
      { service: 'iam-groups', roles: ['Viewer'] },
    );
  change(account);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  clock.advance(minutes(30));
  const { services, counts } = createServices({
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: fixedRandom,
    endpoints: { iam: 'http://127.0.0.1/iam' },
    accounts: new Map([
      [
        'edge',
        {
          accountId: account.id,
          credential: { kind: 'api-key', apiKey: new Secret(world.keyValue('keeper-key')) },
        },
      ],
    ]),
    cisCallsPerMinute: 80,
  });
  const log = createLog({ write: () => {}, clock });
  const context: SweepContext = {
    ports: { clock, random: fixedRandom, log, ledger: createMemoryLedger(), services },
    runId: 'r1',
    mode: 'observe',
    instances: [],
    bindings: [],
    forced: new Set(),
    scope: 'all',
    shard: WHOLE,
    holds: [],
    permission: async () => ({ mode: 'observe', holds: [] }),
    repair: { adoptDisabled: false, byHand: false },
    declared: { jobs: [], enforce: false },
    calls: counts,
    schedules: [],
  };
  const write = new WriteAccess(context);
  const ask = (iamId = WRITER, more: Partial<CosDestination> = {}, by = write) =>
    clock.run(
      by.judge({ account: 'edge', accountId: account.id, iamId, destination: { ...DESTINATION, ...more } }),
    );
  const fault = (respond: Fault['respond'], operation?: string): void =>
    world.faults.add({
      match: { service: 'iam', ...(operation === undefined ? {} : { operation }) },
      after: 0,
      times: null,
      respond,
    });
  return { world, clock, ask, fault, counts, again: () => new WriteAccess(context), accountId: account.id };
}

test('the identity of a job may write where its policy says, and nowhere else', async () => {
  const { ask } = aKeeper();
  expect(await ask()).toMatchObject({ verdict: 'yes', detail: expect.stringContaining('ObjectWriter') });
  expect(await ask(WRITER, { bucket: 'other' })).toMatchObject({ verdict: 'no' });
});

test.each<[string, (account: Account) => void, 'yes' | 'no' | 'unknown']>([
  ['nothing', () => {}, 'no'],
  [
    'a policy',
    ({ policies }) => policies.push({ iamId: FOREIGN, service: COS, roles: ['Object Writer'] }),
    'yes',
  ],
  ['all services', ({ policies }) => policies.push({ iamId: FOREIGN, roles: ['Writer'] }), 'yes'],
  ['reading', ({ policies }) => policies.push({ iamId: FOREIGN, service: COS, roles: ['Reader'] }), 'no'],
  [
    'a path',
    ({ policies }) =>
      policies.push({ iamId: FOREIGN, service: COS, roles: ['Object Writer'], path: 'http/*' }),
    'yes',
  ],
  [
    'another path',
    ({ policies }) =>
      policies.push({ iamId: FOREIGN, service: COS, roles: ['Object Writer'], path: 'dns/*' }),
    'no',
  ],
  [
    'a resource group',
    ({ policies }) => policies.push({ iamId: FOREIGN, roles: ['Writer'], resourceGroup: 'rg' }),
    'unknown',
  ],
  [
    'a custom role',
    ({ policies, customRoles }) => {
      customRoles.push({ name: 'Put', actions: [`${COS}.object.put`] });
      policies.push({ iamId: FOREIGN, service: COS, roles: ['Put'] });
    },
    'unknown',
  ],
  [
    'a group',
    ({ accessGroups }) =>
      accessGroups.push({
        name: 'writers',
        id: GROUP,
        members: [FOREIGN],
        policies: [{ service: COS, roles: ['Object Writer'], bucket: BUCKET }],
      }),
    'yes',
  ],
])('an identity of another account that has %s', async (_, change, verdict) => {
  expect(await aKeeper(change).ask(FOREIGN)).toMatchObject({ verdict });
});

test('a keeper that may not read policies never says no, and names the rights', async () => {
  const { ask, world } = aKeeper(() => {}, { blind: true });
  for (const ownPolicies of ['shown', 'hidden'] as const) {
    world.settings.iam.ownPolicies = ownPolicies;
    expect(await ask()).toMatchObject({
      verdict: 'unknown',
      detail: expect.stringMatching(/needs Viewer on IAM Access Management and IAM Access Groups/),
    });
  }
});

test('groups that may not be read leave a no open, but not a yes', async () => {
  const withoutGroups = (): ReturnType<typeof aKeeper> => {
    const keeper = aKeeper((account) => account.serviceIds[0]?.policies.pop());
    keeper.world.settings.iam.groupsWithoutRight = 'refuse';
    return keeper;
  };
  expect(await withoutGroups().ask()).toMatchObject({ verdict: 'yes' });
  expect(await withoutGroups().ask(FOREIGN)).toMatchObject({
    verdict: 'unknown',
    detail: expect.stringContaining('Viewer on IAM Access Groups'),
  });
});

test('what changed a moment ago leaves a no open for ten minutes', async () => {
  const { ask, again, world, clock, accountId } = aKeeper();
  world.iam.addPolicy({ iamId: FOREIGN, accountId, service: 'logs', roles: ['Sender'] });
  expect(await ask(FOREIGN)).toMatchObject({
    verdict: 'unknown',
    detail: expect.stringContaining('changed'),
  });
  clock.advance(minutes(10));
  expect(await ask(FOREIGN, {}, again())).toMatchObject({ verdict: 'no' });
  world.iam.addPolicy({ iamId: FOREIGN, accountId, service: COS, roles: ['Writer'] });
  expect(await ask(FOREIGN, {}, again())).toMatchObject({ verdict: 'yes' });
});

test('an identity is asked about once a run, its keeper’s own rights only for a no, and lists to their end', async () => {
  const { ask, counts, world, accountId } = aKeeper();
  for (const bucket of [BUCKET, BUCKET]) await ask(WRITER, { bucket });
  expect(counts()).toMatchObject({ 'iam listV2Policies': 1, 'iam listAccessGroups': 1 });
  for (let n = 0; n < 250; n += 1)
    world.iam.addPolicy({
      iamId: FOREIGN,
      accountId,
      service: COS,
      roles: ['Writer'],
      resource: { type: 'bucket', name: `b-${n}` },
    });
  await ask(FOREIGN);
  expect(await ask(FOREIGN, { bucket: 'b-249' })).toMatchObject({ verdict: 'yes' });
  expect(counts()).toMatchObject({ 'iam listV2Policies': 5, 'iam listAccessGroups': 3 });
});

test.each<Fault['respond']>([
  { kind: 'status', status: 403 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 429 },
  { kind: 'nonsense' },
  { kind: 'html', status: 200 },
  { kind: 'timeout' },
  { kind: 'refused' },
])('an IAM that answers %o leaves it unknown, with the reason', async (respond) => {
  const lists = aKeeper();
  lists.fault(respond, 'listV2Policies');
  expect(await lists.ask()).toMatchObject({
    verdict: 'unknown',
    detail: expect.stringContaining('listV2Policies'),
  });
  const everything = aKeeper();
  everything.fault(respond);
  expect(await everything.ask()).toMatchObject({ verdict: 'unknown' });
});
