import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { World } from '../../../../infra/local/world.ts';
import type { WorldFile } from '../../../../infra/local/world-file.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';

/** The demo world's first job: `high` frequency, a push a minute, with a key that ends in ten days. */
const JOB_ID = 700101;

function aWorld(change: (file: WorldFile) => void = () => {}) {
  const file = loadWorld('two-keys');
  change(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const state = [...world.cis.jobs()].find((job) => job.id === JOB_ID);
  if (state === undefined) throw new Error('the demo world has changed');
  const ref = { instanceCrn: state.instanceCrn, zoneId: state.zoneId, jobId: state.id };
  return {
    world,
    clock,
    state,
    ref,
    startsAt: file.startsAt,
    pass: (ms: number): void => {
      clock.advance(ms);
      world.catchUp();
    },
    truth: () => {
      const truth = world.logpush.truth().find((job) => job.ref.jobId === JOB_ID);
      if (truth === undefined) throw new Error('the job is gone');
      return truth;
    },
  };
}

/** A key of the same identity, good at once. */
function addKey(world: World, now: number): string {
  const owner = world.iam.keys().find((key) => key.name === 'logpush edge');
  if (owner === undefined) throw new Error('the demo world has changed');
  const value = 'a-second-key-of-the-same-identity-0123456789';
  world.iam.addKey({
    id: 'ApiKey-second',
    name: 'second',
    iamId: owner.iamId,
    accountId: owner.accountId,
    value,
    createdAt: now - hours(1),
    locked: false,
    disabled: false,
  });
  return value;
}

test('pushes each interval once, and says how far it came', () => {
  const { pass, truth, state, startsAt } = aWorld();
  pass(hours(1));
  expect(truth()).toMatchObject({ deliveries: 60, deliveredMinutes: 60, lostMinutes: 0 });
  expect(state).toMatchObject({ lastCompleteAt: startsAt + hours(1), lastErrorAt: undefined });
});

test('many small steps do what one large step does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 40 }), (steps) => {
      const [small, large] = [aWorld(), aWorld()];
      for (const step of steps) small.pass(step);
      large.pass(steps.reduce((sum, step) => sum + step, 0));
      expect(small.world.logpush.truth()).toEqual(large.world.logpush.truth());
    }),
    { numRuns: 20 },
  );
});

test('a token outlives its key: loss begins when the cached token ends, not when the key does', () => {
  const { pass, truth } = aWorld();
  // Tokens are minted a minute past each hour; the key ends on the hour.
  pass(days(10));
  expect(truth().lostMinutes).toBe(0);
  pass(minutes(1));
  expect(truth()).toMatchObject({ lostMinutes: 1, enabled: true });
});

test('after 24 hours without a push the platform disables the job and keeps its error; it never backfills', () => {
  const { pass, truth, state, world, ref } = aWorld();
  pass(days(10) + hours(24));
  expect(truth()).toMatchObject({ enabled: false, wanted: true });
  expect(state.lastErrorAt).toBeDefined();
  const lost = truth().lostMinutes;
  pass(hours(1));
  expect(truth().lostMinutes).toBe(lost + 60);

  world.cis.setDestinationKey(ref, addKey(world, world.now()));
  world.cis.setEnabled(ref, true);
  pass(hours(1));
  expect(truth()).toMatchObject({ enabled: true, deliveredMinutes: days(10) / 60_000 + 51 });
  // The new key is used from the tenth minute after the change on.
  expect(truth().lostMinutes).toBe(lost + 60 + 9);
  expect(state.errorMessage).toBeUndefined();
});

test('a job that a person disables loses nothing: its owner does not want it', () => {
  const { pass, truth, world, ref } = aWorld();
  world.cis.setEnabled(ref, false);
  pass(hours(2));
  expect(truth()).toMatchObject({ lostMinutes: 0, deliveries: 0, wanted: false });
});

test.each([60, 30, 0])(
  'a bad new key is helped out by the previous one for %i minutes after the change',
  (windowMinutes) => {
    const { pass, truth, world, ref } = aWorld((file) => {
      file.settings.logpush.previousKeyWindowMinutes = windowMinutes;
    });
    pass(hours(1));
    world.cis.setDestinationKey(ref, 'a key that IAM has never seen, and never will');
    pass(hours(2));
    // The new key is used from the tenth minute on; the previous one may help until its window ends.
    const helpedMinutes = Math.max(0, windowMinutes - 10);
    expect(truth().byPreviousKey).toBe(helpedMinutes + 9);
    expect(truth().lostMinutes).toBe(120 - 9 - helpedMinutes);
  },
);

test('the previous key helps only as long as it is good itself', () => {
  const { pass, truth, world, ref, clock } = aWorld();
  pass(days(9) + hours(23) + minutes(40));
  world.cis.setDestinationKey(ref, 'a key that IAM has never seen, and never will');
  const before = truth().lostMinutes;
  clock.advance(minutes(60));
  world.catchUp();
  // Within its window of 60 minutes the previous key ended, and with it its last token, 21 minutes in.
  expect(truth().lostMinutes - before).toBe(60 - 20);
});

test('a role that goes and comes shows as failing and then as pushing again', () => {
  const { pass, state, world } = aWorld();
  const { iamId } = world.iam.keys().find((key) => key.name === 'logpush edge') ?? { iamId: '' };
  pass(minutes(5));
  world.iam.removePolicy(iamId, 'logs');
  pass(minutes(5));
  expect(state.lastErrorAt).toBe(world.now());
  world.iam.addPolicy({
    iamId,
    accountId: world.file.accounts[0]?.id ?? '',
    service: 'logs',
    roles: ['Sender'],
  });
  pass(minutes(5));
  expect(state).toMatchObject({ lastErrorAt: undefined, lastCompleteAt: world.now() });
  expect(world.events.map((event) => event.kind)).toEqual(
    expect.arrayContaining(['job-failing', 'job-recovered']),
  );
});

test('a zone that is not active pushes nothing, and nothing of it counts as lost', () => {
  const { pass, truth } = aWorld((file) => {
    for (const zone of file.cis.flatMap((cis) => cis.zones)) zone.status = 'pending';
  });
  pass(hours(3));
  expect(truth()).toMatchObject({ deliveries: 0, lostMinutes: 0 });
});
