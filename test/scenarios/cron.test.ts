import { expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, minutes, seconds } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { Invariants } from '../simulation/invariants.ts';
import { OLD_KEY, SECRET_ID, smallWorld } from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * Nobody promises that a schedule is kept: ticks are lost, doubled and late, and a run that takes long overlaps the next.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron
 */

interface Tick {
  readonly name: FunctionName;
  readonly at: number;
}

/** How often the two functions that a rotation takes are meant to come. */
const PERIODS = { 'rotate-keys': minutes(15), 'check-logpush': minutes(60) } as const;

const ticksOf = (from: number, until: number): readonly Tick[] =>
  (['rotate-keys', 'check-logpush'] as const).flatMap((name) =>
    Array.from({ length: Math.floor((until - from) / PERIODS[name]) }, (_, i) => ({
      name,
      at: from + i * PERIODS[name],
    })),
  );

/** Of ten ticks two are lost, two doubled, and two come as late as the next one or later. */
function disturbed(ticks: readonly Tick[], seed: number): readonly Tick[] {
  const random = new SeededRandom(seed);
  return ticks.flatMap((tick) => {
    const drawn = random.next();
    if (drawn < 0.2) return [];
    if (drawn < 0.4) return [tick, { ...tick, at: tick.at + seconds(20 * random.next()) }];
    return drawn < 0.6 ? [{ ...tick, at: tick.at + minutes(5 + 15 * random.next()) }] : [tick];
  });
}

/** Three days with these ticks; each request takes a while, so that runs overlap. */
async function live(change: (ticks: readonly Tick[]) => readonly Tick[]) {
  const ledger = createMemoryLedger();
  const keeper = virtualKeeper({
    file: smallWorld({ jobs: 2 }),
    ledger,
    notify: true,
    wrapTransport: (transport) => ({
      send: async (request) => {
        await keeper.clock.sleep(seconds(4));
        return transport.send(request);
      },
    }),
  });
  const { clock, world } = keeper;
  const invariants = new Invariants(world);
  const [running, overlaps] = [new Map<string, number>(), { most: 0 }];
  const from = clock.now();
  await clock.run(
    Promise.all(
      change(ticksOf(from, from + days(3))).map(async ({ name, at }) => {
        await clock.sleep(at - from);
        invariants.startRun();
        running.set(name, (running.get(name) ?? 0) + 1);
        overlaps.most = Math.max(overlaps.most, ...running.values());
        await keeper.start(name);
        running.set(name, (running.get(name) ?? 0) - 1);
        world.catchUp();
        invariants.check();
      }),
    ),
  );
  clock.advance(from + days(3) - clock.now());
  world.catchUp();
  const body = (await ledger.read(`rotations/${SECRET_ID}.json`))?.body;
  const { current, history, suspects } = JSON.parse(body ?? '{}') as RotationRecord;
  const keys = [...world.cis.jobs()].map(({ destination }) => world.iam.keyIdOf(destination.apiKey));
  const old = world.iam.keyIdOf(world.keyValue(OLD_KEY));
  return {
    keeper,
    mostAtOnce: overlaps.most,
    end: {
      underWay: current?.phase,
      rotations: history.length,
      suspects: suspects.length,
      keysMade: world.calls.filter(({ operation }) => operation === 'createApiKey').length,
      keysInJobs: new Set(keys).size,
      isOldKeyThere: world.iam.keys().some(({ id, deleted }) => id === old && !deleted),
      lostMinutes: world.logpush.truth().reduce((sum, { lostMinutes }) => sum + lostMinutes, 0),
      violations: invariants.violations,
    },
  };
}

test.each([1, 2])(
  'ticks that are lost, doubled, late and overlap end where a kept schedule ends (seed %i)',
  async (seed) => {
    const { end, mostAtOnce } = await live((ticks) => disturbed(ticks, seed));
    expect(mostAtOnce).toBeGreaterThan(1);
    expect(end).toEqual(KEPT);
  },
);

test('a kept schedule rotates once and loses nothing', async () => {
  const { end, mostAtOnce } = await live((ticks) => ticks);
  expect(mostAtOnce).toBe(1);
  expect(end).toEqual(KEPT);
});

const KEPT = {
  underWay: undefined,
  rotations: 1,
  suspects: 0,
  keysMade: 1,
  keysInJobs: 1,
  isOldKeyThere: false,
  lostMinutes: 0,
  violations: [],
};

test('three periods of silence are told by the next run, and the dead man’s switch hears nothing meanwhile', async () => {
  const keeper = virtualKeeper({ notify: true });
  const { clock, world } = keeper;
  await keeper.run('rotate-keys');
  await keeper.run('check-logpush');
  const silentFrom = clock.now();
  const beats = world.webhook.beats.length;
  expect(beats).toBe(1);
  clock.advance(minutes(65));
  expect(world.webhook.beats).toHaveLength(beats);
  const { findings } = await keeper.run('check-logpush');
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'schedule-missed', subject: 'function rotate-keys' }),
  );
  expect(world.webhook.beats.at(-1)).toBeGreaterThanOrEqual(silentFrom + minutes(65));
});

test('runs that an alert starts beside those of the schedule do everything once, and none fails', async () => {
  const keeper = virtualKeeper({
    file: loadWorld('demo'),
    notify: true,
    wrapTransport: (transport) => ({
      send: async (request) => {
        await keeper.clock.sleep(seconds(1));
        return transport.send(request);
      },
    }),
  });
  const { world, clock } = keeper;
  const minted: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const twice = ['check-logpush', 'reenable-logpush', 'rotate-keys'] as const;
    const reports = await keeper.runAtOnce(...twice, ...twice, 'verify-buckets', 'ensure-logpush');
    for (const { outcome, findings, actions } of reports) {
      minted.push(...actions.filter(({ kind }) => kind === 'mint-key').map(({ subject }) => subject));
      expect(outcome).not.toBe('failed');
      expect(findings.map(({ code }) => code)).not.toContain('binding-failed');
    }
    world.catchUp();
    clock.advance(minutes(5));
  }
  const { messages } = world.webhook;
  expect(messages.length).toBeGreaterThan(0);
  expect(new Set(messages.map(({ text }) => text)).size).toBe(messages.length);
  const made = world.calls.filter(({ operation }) => operation === 'createApiKey');
  expect(new Set(minted).size).toBeGreaterThan(0);
  expect(made).toHaveLength(new Set(minted).size);
});
