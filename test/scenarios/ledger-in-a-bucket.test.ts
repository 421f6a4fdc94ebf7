import { expect, test } from 'vitest';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, minutes, seconds } from '../../shared/domain/time.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { loadConfig } from '../../shared/runtime/config/config.ts';
import type { Surroundings } from '../../shared/runtime/connect.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import { Invariants } from '../simulation/invariants.ts';
import { OLD_KEY, SECRET_ID, smallWorld } from '../simulation/small-world.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const LEDGER = 'acme-keeper';
const KEEPER = 'iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28';

/** A small world whose keepers have their ledger in a bucket; each run is a process of its own. */
function aKeeper(lifecycle: WorldFile['buckets'][number]['lifecycle'] = [], latency = { ms: 0 }) {
  const file = smallWorld({ jobs: 2 });
  file.buckets.push({
    name: LEDGER,
    location: 'eu-de',
    instance: '33333333-1111-4222-8333-444444444444',
    account: 'edge',
    grantsLogpush: false,
    instanceState: 'active',
    lifecycle,
  });
  for (const { name, policies } of file.accounts.flatMap(({ serviceIds }) => serviceIds))
    if (name === 'keeper')
      policies.push({ service: 'cloud-object-storage', roles: ['Object Writer', 'Reader'], bucket: LEDGER });
  const ledgerOf = (surroundings: Surroundings): LedgerStore =>
    createLedger(
      loadConfig({
        text: keeper.configText,
        source: 'keeper.yml',
        env: { APIKEY_EDGE: keeper.world.keyValue('keeper-key') },
      }),
      surroundings,
    );
  const keeper = virtualKeeper({
    file,
    wrapTransport: (transport) => ({
      send: async (request) => {
        if (latency.ms > 0) await keeper.clock.sleep(latency.ms);
        return transport.send(request);
      },
    }),
    changeConfig: (text) => text.replace('file:./ledger', `cos://${LEDGER}/prod?region=eu-de`),
    surround: (surroundings) => ({ ...surroundings, ledger: ledgerOf(surroundings) }),
  });
  return keeper;
}

test('two keepers at the same instant, every quarter of an hour, rotate a key through a ledger in a bucket', async () => {
  const keeper = aKeeper();
  const { world, clock } = keeper;
  const invariants = new Invariants(world);
  const documents = () => world.cos.objects(LEDGER);
  const record = (): RotationRecord | undefined => {
    const found = documents().find(({ key }) => key === `prod/rotations/${SECRET_ID}.json`);
    return found === undefined ? undefined : (JSON.parse(found.body) as RotationRecord);
  };
  const isOver = () => record()?.history.length === 1 && record()?.current === undefined;
  const calls = new Set<string>();
  for (const giveUpAt = clock.now() + days(10); !isOver() && clock.now() < giveUpAt; ) {
    invariants.startRun();
    for (const run of await keeper.runTwice('rotate-keys')) {
      if (run.status === 'rejected') throw run.reason;
      for (const call of Object.keys(run.value.calls)) calls.add(call);
    }
    clock.advance(minutes(15));
    world.catchUp();
    invariants.check();
  }

  expect(record()?.history).toEqual([expect.objectContaining({ outcome: 'complete' })]);
  expect(world.iam.liveKeyByValue(world.keyValue(OLD_KEY))).toBeUndefined();
  expect(invariants.violations).toEqual([]);
  expect(world.logpush.truth().map(({ lostMinutes }) => lostMinutes)).toEqual([0, 0]);
  expect(
    documents()
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual([
    'prod/.selftest.json',
    'prod/budgets/iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28.json',
    `prod/leases/${SECRET_ID}.json`,
    `prod/rotations/${SECRET_ID}.json`,
    'prod/runs/rotate-keys.json',
  ]);
  const kept = documents()
    .map(({ body }) => body)
    .join('\n');
  for (const secret of world.iam.secretValues()) expect(kept).not.toContain(secret);
  expect([...calls].filter((call) => call.startsWith('cos '))).toEqual([]);
});

test('without its ledger a keeper changes nothing', async () => {
  const keeper = aKeeper();
  keeper.world.iam.removePolicy(KEEPER, 'cloud-object-storage');
  const keysBefore = keeper.world.iam.keys().map(({ id }) => id);

  const report = await keeper.run('rotate-keys');

  expect(report.outcome).toBe('failed');
  expect(JSON.stringify(report.findings)).toContain(
    `ledger list ${LEDGER}/prod/rotations/: COS answered 403`,
  );
  expect(keeper.world.iam.keys().map(({ id }) => id)).toEqual(keysBefore);
});

test('verify-buckets looks at the bucket of the ledger as well', async () => {
  const lifecycle = [{ id: 'tidy', prefix: '', enabled: true, expireDays: 30 }];
  const { findings } = await aKeeper(lifecycle).run('verify-buckets');

  expect(findings).toMatchObject([
    {
      code: 'ledger-expires',
      subject: `ledger cos://${LEDGER}/prod`,
      detail: 'rule "tidy" expires all objects',
    },
  ]);
});

test.each(['check-logpush', 'rotate-keys'] as const)(
  'while every answer takes long, its ledger’s too, %s still ends before the platform would end it',
  async (name) => {
    const latency = { ms: 0 };
    const keeper = aKeeper([], latency);
    await keeper.run('check-logpush');
    for (const [ms, timeout] of [
      [seconds(25), 300],
      [seconds(29), 300],
      [seconds(29), 120],
    ] as const) {
      latency.ms = ms;
      const before = keeper.clock.now();
      const { lines } = await keeper.entry(name, { KEEPER_TIMEOUT: String(timeout) });
      expect(keeper.clock.now() - before).toBeLessThan(seconds(timeout));
      expect(JSON.parse(lines.at(-1) ?? '')).toHaveProperty('outcome');
    }
  },
);
