import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { isIn, type Shard, shardsOf, WHOLE } from '../../shared/domain/shard.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { readObservation, splitByAge } from '../../shared/sweeps/observation-parts.ts';
import { isFresh, runShards } from '../support/sharded.ts';
import { events, telling } from '../support/telling.ts';
import { type VirtualKeeper, type VirtualKeeperOptions, virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

/** Every instant as 0. */
const timeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      /(?:At|^at|^from|^until|^since|^sureFrom|^sureUntil)$/.test(key) ? 0 : member,
    ),
  );

/** Every instant in minutes: several instances are seconds apart. */
const toMinutes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'number' && member > minutes(1) ? Math.floor(member / minutes(1)) : member,
    ),
  );

/** A report without what differs from look to look: when it was, who made it, and how often zones were listed. */
function comparable(json: string): unknown {
  const { runs, findings, ...report } = JSON.parse(json) as FleetReport;
  const found = findings.map(({ code, subject, severity }) => `${severity} ${code} ${subject}`);
  const ran = runs.map(({ function: name, last }) => [name, last?.outcome]);
  return [timeless(report), found.toSorted(), ran];
}

const later = ({ clock, world }: VirtualKeeper, ms: number): void => {
  clock.advance(ms);
  world.catchUp();
};

const observed = async ({ ledger, world }: VirtualKeeper) =>
  Promise.all(
    [...new Set([...world.cis.jobs()].map(({ instanceCrn }) => instanceCrn))].map(async (crn) =>
      readObservation(ledger, crn),
    ),
  );

test('three shards leave what one run leaves: each job is in one of them, and report and observation are the same', async () => {
  const [one, three] = [virtualKeeper(), virtualKeeper()];
  for (const keeper of [one, three]) later(keeper, minutes(20));
  const whole = await one.run(CHECK);
  const parts = await runShards(three, CHECK, 3);
  expect(parts.map(({ jobs }) => jobs.length)).not.toContain(0);
  const seen = parts.flatMap(({ jobs }) => jobs.map(({ label }) => label));
  expect(seen.toSorted()).toEqual(whole.jobs.map(({ label }) => label).toSorted());
  expect(comparable((await three.cli('report', '--json')).out)).toEqual(
    comparable((await one.cli('report', '--json')).out),
  );
  const [[seenByOne], [seenByThree]] = [await observed(one), await observed(three)];
  for (const part of ['jobs', 'unreadable', 'retention'] as const)
    expect(timeless(seenByThree?.[part])).toEqual(timeless(seenByOne?.[part]));
  expect(await three.ledger.list('observations/')).toHaveLength(6);
});

test('the others start from what all shards have seen, and look themselves at the part of one that is missing', async () => {
  const keeper = virtualKeeper();
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3, (index) => index !== 1);
  const behind = (await observed(keeper)).map((all) => splitByAge(all, keeper.clock.now()).behind);
  expect(behind).toEqual([[{ index: 1, of: 3 }], [{ index: 1, of: 3 }]]);
  const { out } = await keeper.cli('report', '--text');
  expect(out).toContain('what shard 1 of 3 has seen of instance');
  expect(out).toMatch(/^(?!OK)/);
  await keeper.run(CHECK, { shard: { index: 1, of: 3 } });
  const { calls } = await keeper.run('reenable-logpush');
  expect(calls['cis listLogpushJobs']).toBeUndefined();
  later(keeper, minutes(10));
  await runShards(keeper, CHECK, 3, (index) => index !== 1);
  const ofMissing = [...new Set([...keeper.world.cis.jobs()].map(({ zoneId }) => zoneId))].filter((id) =>
    isIn({ index: 1, of: 3 }, id),
  ).length;
  const looks = async (name: FunctionName) => (await keeper.run(name)).calls['cis listLogpushJobs'];
  // The zone of the job that it moves is read again.
  expect(await looks('rotate-keys')).toBe(ofMissing + 1);
  expect(await looks('verify-buckets')).toBe(ofMissing);
  // What it has seen in place of the missing one serves the next.
  expect(await looks('reenable-logpush')).toBeUndefined();
});

test('what a silent shard saw last is never shown as fine, and what the others see is not doubted for it', async () => {
  const keeper = virtualKeeper();
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3);
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3, (index) => index !== 1);
  const { instances } = JSON.parse((await keeper.cli('report', '--json')).out) as FleetReport;
  for (const { id, jobs } of instances.flatMap(({ zones }) => zones))
    for (const { outdated } of jobs)
      expect(outdated).toBe(isIn({ index: 1, of: 3 }, id) ? 'last seen 20 min ago' : undefined);
});

test('what is known of the jobs survives every change of the number of shards', async () => {
  const [one, many] = [telling(), telling()];
  for (const of of [3, 5, 2, 3, 1, 4]) {
    for (const keeper of [one, many]) later(keeper, minutes(30) - (keeper.clock.now() % minutes(30)));
    await one.run(CHECK);
    await runShards(many, CHECK, of);
    const [expected, known] = [await observed(one), await observed(many)];
    for (const [n, { jobs }] of known.entries())
      expect(toMinutes(jobs)).toEqual(toMinutes(expected[n]?.jobs));
  }
  expect((await observed(many)).some(({ jobs }) => Object.values(jobs).some(({ outage }) => outage))).toBe(
    true,
  );
});

test('of what many shards find each incident is told once, and the sign of life is one a round', async () => {
  const [one, three] = [telling(), telling()];
  for (let round = 0; round < 4; round += 1) {
    for (const keeper of [one, three]) later(keeper, minutes(5));
    await one.run(CHECK);
    await runShards(three, CHECK, 3);
  }
  expect(events(three).toSorted()).toEqual(events(one).toSorted());
  expect(events(three).length).toBeGreaterThan(3);
  expect(three.world.webhook.beats).toHaveLength(4);
});

test('all shards at the same instant: what the others have found is told a round later', async () => {
  const [one, three] = [telling(), telling()];
  for (let round = 0; round < 2; round += 1) {
    for (const keeper of [one, three]) later(keeper, minutes(5));
    await one.run(CHECK);
    await three.clock.run(Promise.all(shardsOf(3).map((shard) => three.start(CHECK, { shard }))));
  }
  expect(events(three).toSorted()).toEqual(events(one).toSorted());
});

const KILLED = new Error('killed');

/** A ledger that lets its keeper die at a write: before it, while its answer is under way, or after it. */
function deadly(
  ledger: LedgerStore,
  moment: 'before' | 'during' | 'after',
  isTarget: (key: string) => boolean,
) {
  let isDead = false;
  const alive = <T>(work: () => Promise<T>): Promise<T> => (isDead ? Promise.reject(KILLED) : work());
  return {
    read: (key: string) => alive(() => ledger.read(key)),
    list: (prefix: string) => alive(() => ledger.list(prefix)),
    write: async (key: string, body: string, tag: string | undefined) => {
      if (isDead || (isTarget(key) && moment === 'before')) {
        isDead = true;
        throw KILLED;
      }
      const written = await ledger.write(key, body, tag);
      isDead = isTarget(key);
      if (isDead && moment === 'during') throw KILLED;
      return written;
    },
  };
}

test.each(['before', 'during', 'after'] as const)(
  'a shard that dies %s its write leaves the others as they are; the first one says so, closes nothing and gives no sign of life',
  async (moment) => {
    const keeper = telling();
    later(keeper, minutes(5));
    await runShards(keeper, CHECK, 3);
    const opened = events(keeper);
    const dies: VirtualKeeperOptions['surround'] = (surroundings) => ({
      ...surroundings,
      ledger: deadly(surroundings.ledger, moment, (key) => key.endsWith('/2-of-3.json')),
    });
    const beats = () => keeper.world.webhook.beats.length;
    const beatsBefore = beats();
    let [report] = await runShards(keeper, CHECK, 3, () => false);
    for (let round = 0; round < 8; round += 1) {
      later(keeper, minutes(5));
      const dying = keeper.start(CHECK, { shard: { index: 2, of: 3 }, surround: dies });
      await expect(keeper.clock.run(dying)).rejects.toBe(KILLED);
      [report] = await runShards(keeper, CHECK, 3, (index) => index < 2);
    }
    expect(report?.findings.filter(({ code }) => code.startsWith('shard-'))).toMatchObject([
      { code: 'shard-missed', subject: 'shard 2 of check-logpush' },
    ]);
    expect(beats() - beatsBefore).toBeLessThan(8);
    const told = events(keeper).slice(opened.length);
    expect(told.filter((event) => event.startsWith('closed'))).toEqual([]);
    expect(told.some((event) => event.includes('shard-missed'))).toBe(true);
    const silent = beats();
    later(keeper, minutes(5));
    await runShards(keeper, CHECK, 3, (index) => index < 2);
    expect(beats()).toBe(silent);
    later(keeper, minutes(5));
    expect((await runShards(keeper, CHECK, 3)).at(0)?.findings.map(({ code }) => code)).not.toContain(
      'shard-missed',
    );
    expect(beats()).toBe(silent + 1);
    expect((await observed(keeper)).every((all) => isFresh(all, keeper.clock.now()))).toBe(true);
  },
);

/** CIS refuses an operation, for one zone or for all. */
const refuse = ({ world }: VirtualKeeper, operation: string, target?: string): void =>
  world.faults.add({
    match: { operation, ...(target === undefined ? {} : { target }) },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });

test('while a shard is silent, what the others see is gone is not told as over', async () => {
  const keeper = telling();
  const round = async (isAlive?: (index: number) => boolean): Promise<void> => {
    later(keeper, minutes(5));
    await runShards(keeper, CHECK, 3, isAlive);
  };
  const zoneId = [...keeper.world.cis.jobs()].find((job) => isIn({ index: 1, of: 3 }, job.zoneId))?.zoneId;
  refuse(keeper, 'listLogpushJobs', zoneId ?? '');
  await round();
  const isTold = (what: string) =>
    events(keeper).some((event) => event.startsWith(`${what} zone-unreadable`));
  expect(isTold('opened')).toBe(true);
  keeper.world.faults.clear();
  later(keeper, minutes(30));
  for (let n = 0; n < 3; n += 1) await round((index) => index < 2);
  expect(isTold('closed')).toBe(false);
  for (let n = 0; n < 2; n += 1) await round();
  expect(isTold('closed')).toBe(true);
});

test('what a shard could not list, the others look at themselves', async () => {
  const keeper = virtualKeeper();
  later(keeper, minutes(20));
  await runShards(keeper, CHECK, 3, (index) => index !== 1);
  refuse(keeper, 'listZones');
  const { outcome } = await keeper.run(CHECK, { shard: { index: 1, of: 3 } });
  expect(outcome).toBe('failed');
  keeper.world.faults.clear();
  expect((await observed(keeper)).map((all) => isFresh(all, keeper.clock.now()))).toEqual([false, false]);
  expect((await keeper.run('reenable-logpush')).calls['cis listLogpushJobs']).toBeGreaterThan(0);
  expect((await observed(keeper)).map((all) => isFresh(all, keeper.clock.now()))).toEqual([true, true]);
});

test('what is to be seen once a run the first shard alone looks at', async () => {
  const keeper = virtualKeeper();
  await keeper.run('verify-buckets');
  later(keeper, minutes(300));
  const reports = await runShards(keeper, CHECK, 3);
  const missed = reports.map(
    ({ findings }) => findings.filter(({ code }) => code === 'schedule-missed').length,
  );
  expect(missed).toEqual([1, 0, 0]);
});

test('two numbers of shards at the same time, and one by hand for all: each leaves what is true', async () => {
  const [one, many] = [telling(), telling()];
  for (let round = 0; round < 3; round += 1) {
    for (const keeper of [one, many]) later(keeper, minutes(5));
    await one.run(CHECK);
    const all: readonly Shard[] = [...shardsOf(3), ...shardsOf(2), WHOLE];
    await many.clock.run(Promise.all(all.map((shard) => many.start(CHECK, { shard }))));
  }
  const [expected, known] = [await observed(one), await observed(many)];
  const states = (all: typeof known) =>
    all.map(({ jobs }) =>
      Object.entries(jobs).map(([key, { health, outage }]) => [key, health, outage?.from]),
    );
  expect(states(known)).toEqual(states(expected));
  expect(new Set(events(many))).toEqual(new Set(events(one)));
});
