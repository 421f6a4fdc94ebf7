import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { isIn } from '../../shared/domain/shard.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../shared/errors.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { aDeclaration, aZoneJob, declaringKeeper } from '../support/declared.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { runShards } from '../support/sharded.ts';
import { telling } from '../support/telling.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';
/** The shard that sees nothing. */
const BLIND = { index: 1, of: 3 };
const others = (index: number): boolean => index !== BLIND.index;

const later = ({ clock, world }: VirtualKeeper, ms: number): void => {
  clock.advance(ms);
  world.catchUp();
};

/** While work goes on CIS lists no zones. */
async function blinded<T>({ world }: VirtualKeeper, work: () => Promise<T>): Promise<T> {
  world.faults.add({
    match: { operation: 'listZones' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  const done = await work();
  world.faults.clear();
  return done;
}

/** By whether a job is the blind shard's, what the report says of how well it is known. */
async function doubts(keeper: VirtualKeeper) {
  const { instances } = JSON.parse((await keeper.cli('report', '--json')).out) as FleetReport;
  const zones = instances.flatMap((instance) => instance.zones);
  const of = (isBlind: boolean) =>
    zones
      .filter(({ id }) => isIn(BLIND, id) === isBlind)
      .flatMap(({ jobs }) => jobs.map(({ outdated = 'known' }) => outdated.replace(/:.*/, '')));
  return { blind: new Set(of(true)), others: new Set(of(false)) };
}

const UNREAD = new Set(['the last look could not read it']);
const KNOWN = new Set(['known']);

test('what one shard could not list says nothing of the zones of the others', async () => {
  const keeper = virtualKeeper();
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3);
  later(keeper, minutes(5));
  await blinded(keeper, () => keeper.run(CHECK, { shard: BLIND }));
  await runShards(keeper, CHECK, 3, others);
  expect(await doubts(keeper)).toEqual({ blind: UNREAD, others: KNOWN });
});

test('what was not read in the place of a shard that is silent is not shown as seen', async () => {
  const keeper = virtualKeeper();
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3);
  later(keeper, minutes(40));
  await runShards(keeper, CHECK, 3, others);
  await blinded(keeper, () => keeper.run('reenable-logpush'));
  expect(await doubts(keeper)).toEqual({ blind: UNREAD, others: KNOWN });
});

test('no sign of life while a shard sees nothing at all', async () => {
  const keeper = telling();
  later(keeper, minutes(5));
  await runShards(keeper, CHECK, 3);
  const before = keeper.world.webhook.beats.length;
  later(keeper, minutes(5));
  const { outcome } = await blinded(keeper, () => keeper.run(CHECK, { shard: BLIND }));
  expect(outcome).toBe('failed');
  expect((await runShards(keeper, CHECK, 3, others)).at(0)?.outcome).toBe('partial');
  expect(keeper.world.webhook.beats).toHaveLength(before);
  later(keeper, minutes(5));
  await runShards(keeper, CHECK, 3);
  expect(keeper.world.webhook.beats).toHaveLength(before + 1);
});

/** A ledger whose owner lets nobody list. */
function unlisted(): LedgerStore {
  return {
    ...createMemoryLedger(),
    list: async (prefix) => {
      throw new LedgerUnavailableError(`ledger list ${prefix}: COS answered 403`, { status: 403 });
    },
  };
}

test('one that looks at all of the fleet, and whoever starts from that, need no right to list the ledger', async () => {
  const keeper = virtualKeeper({ ledger: unlisted() });
  for (const name of [CHECK, 'reenable-logpush', 'verify-buckets'] as const)
    expect((await keeper.run(name)).outcome).not.toBe('failed');
  later(keeper, minutes(30));
  expect((await keeper.run(CHECK)).outcome).not.toBe('failed');
  expect((await keeper.run('verify-buckets')).calls['cis listLogpushJobs']).toBeUndefined();
});

test('a shard without the right to list the ledger says so, and forgets nothing of what it cannot find', async () => {
  const keeper = virtualKeeper({ ledger: unlisted() });
  const { outcome, findings } = await keeper.run(CHECK, { shard: BLIND });
  expect([outcome, findings.map(({ detail }) => detail)]).toEqual([
    'failed',
    [expect.stringContaining('COS answered 403')],
  ]);
});

test('who looks in the place of silent shards lists the zones once, and says once that time was short', async () => {
  const asked: string[] = [];
  let answerMs = 0;
  const keeper = telling({
    wrapTransport: (transport) => ({
      send: async (request) => {
        const { pathname } = new URL(request.url);
        if (!pathname.includes('/zones')) return transport.send(request);
        asked.push(pathname);
        if (pathname.endsWith('/logpush/jobs')) await keeper.clock.sleep(answerMs);
        return transport.send(request);
      },
    }),
    surround: (surroundings) => ({ ...surroundings, deadlineAt: keeper.clock.now() + minutes(2) }),
  });
  const [first] = keeper.world.cis.jobs();
  const guid = first?.instanceCrn.split(':').at(7) ?? '';
  const lists = (): number => asked.filter((path) => path.endsWith('/zones') && path.includes(guid)).length;
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 20);
  later(keeper, minutes(40));
  await runShards(keeper, CHECK, 20, (index) => index === 0);
  answerMs = seconds(40);
  for (let run = 0; run < 3; run += 1) {
    const before = lists();
    const { findings } = await keeper.run('verify-buckets');
    expect(lists() - before).toBe(1);
    if (run === 0) expect(findings.filter(({ code }) => code === 'look-cut').length).toBeGreaterThan(0);
    const told = findings.map(({ code, subject, detail }) => `${code} ${subject} ${detail}`);
    expect(new Set(told).size).toBe(told.length);
    later(keeper, minutes(10));
  }
});

test('a LogDNA job in a zone that nobody declares is told of, whichever other shard is silent', async () => {
  const made = declaringKeeper([aDeclaration('cloud-logs')], {
    change: ({ cis: [instance] }) => {
      for (let n = 0; n < 6; n += 1)
        instance?.zones.push({
          id: (n * 7_919 + 1).toString(16).padStart(32, '0'),
          name: `other-${n}.example`,
          status: 'active',
          retention: true,
          jobs: [aZoneJob({ id: 1_000 + n, name: 'old', other: 'logdna' })],
        });
    },
  });
  await runShards(made.keeper, CHECK, 2, (index) => index === 0);
  const theirs = (index: number): readonly string[] =>
    [...made.world.cis.jobs()]
      .filter(
        ({ zoneId, destination }) => destination.elsewhere === 'logdna' && isIn({ index, of: 2 }, zoneId),
      )
      .map(({ id }) => String(id));
  const told = (await made.run()).findings.filter(({ code }) => code === 'logdna-job');
  expect(theirs(0)).not.toEqual([]);
  expect(theirs(1)).not.toEqual([]);
  expect(told).toHaveLength(theirs(0).length);
});
