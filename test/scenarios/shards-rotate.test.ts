import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { isIn, shardsOf } from '../../shared/domain/shard.ts';
import { days, hours } from '../../shared/domain/time.ts';
import { runShards } from '../support/sharded.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const ROTATE = 'rotate-keys';
/** The secrets of the world `two-keys`. */
const EDGE = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const AUDIT = 'baa46744-7811-4891-8893-aec55f7c178d';
const OF = 5;

const ownerOf = (secretId: string): number => shardsOf(OF).findIndex((shard) => isIn(shard, secretId));

const reported = async (keeper: ReturnType<typeof virtualKeeper>) =>
  JSON.parse((await keeper.cli('report', '--json')).out) as FleetReport;

test('each key is rotated by the shard of its secret, to the end and without a lost minute; the report has both', async () => {
  const keeper = virtualKeeper({ notify: true });
  const { clock, world } = keeper;
  expect(new Set([ownerOf(EDGE), ownerOf(AUDIT), 0]).size).toBe(3);
  const did = new Map<number, Set<string>>();
  for (const end = clock.now() + days(12); clock.now() < end; clock.advance(hours(4))) {
    world.catchUp();
    await runShards(keeper, 'check-logpush', 3);
    for (const shard of shardsOf(OF).toReversed()) {
      const { actions, shard: told } = await keeper.run(ROTATE, { shard });
      expect(told).toMatchObject(shard);
      // The first one's report is that of all.
      if (shard.index > 0)
        for (const { kind } of actions) did.set(shard.index, (did.get(shard.index) ?? new Set()).add(kind));
    }
  }
  expect(new Set(did.keys())).toEqual(new Set([ownerOf(EDGE), ownerOf(AUDIT)]));
  const { rotations, keys, runs, findings } = await reported(keeper);
  expect(rotations.map(({ binding, state }) => [binding, state])).toEqual([
    ['edge-logs', 'complete'],
    ['audit-logs', 'complete'],
  ]);
  expect(keys.map((of) => of.keys.length)).toEqual([1, 1]);
  expect(runs.find((run) => run.function === ROTATE)?.last?.outcome).not.toBe('failed');
  expect(findings.map(({ code }) => code)).not.toContain('shard-missed');
  expect(world.logpush.truth().reduce((sum, { lostMinutes }) => sum + lostMinutes, 0)).toBe(0);
});

test('an event is seen to by the shard whose secret it names, which tells people itself; the others do nothing', async () => {
  const keeper = virtualKeeper({ notify: true });
  // Nobody but Secrets Manager has the key any more.
  keeper.world.iam.removePolicy('iam-ServiceId-c6598990-2699-488f-86dc-79967d63cedf', 'secrets-manager');
  const event = { type: 'secret_rotated', secretIds: [AUDIT] };
  const reports = [];
  for (const shard of shardsOf(OF))
    reports.push(await keeper.run(ROTATE, { shard, trigger: { kind: 'event', event } }));
  for (const [index, { findings, trigger, actions }] of reports.entries()) {
    const isOurs = index === ownerOf(AUDIT);
    expect(trigger).toMatchObject(
      isOurs
        ? { bindings: ['audit-logs'] }
        : { ignored: 'other instances of this run see to the secrets that it names' },
    );
    expect([findings.length > 0, actions]).toEqual([isOurs, []]);
  }
  expect(keeper.world.webhook.messages.length).toBe(1);
  expect(await keeper.ledger.list('runs/')).toEqual([]);
});

test('what is wrong with an event itself only the first shard tells', async () => {
  const keeper = virtualKeeper({ notify: true });
  for (const shard of shardsOf(3)) {
    const trigger = { kind: 'event', unreadable: 'it is not JSON' } as const;
    const { findings } = await keeper.run(ROTATE, { shard, trigger });
    expect(findings.map(({ code }) => code)).toEqual(shard.index === 0 ? ['event-unreadable'] : []);
  }
});
