import { expect, test } from 'vitest';
import { alertMail } from '../../bench/scale/baselines/alert-mail.ts';
import { commandLine } from '../../bench/scale/baselines/command-line.ts';
import { script, scriptAsOften } from '../../bench/scale/baselines/script.ts';
import { terraform, terraformOfDestinations } from '../../bench/scale/baselines/terraform.ts';
import { REACTION_MS } from '../../bench/scale/failures/failure.ts';
import { keeper } from '../../bench/scale/failures/keeper.ts';
import { KINDS, type Kind } from '../../bench/scale/failures/kinds.ts';
import { spreadOf } from '../../bench/scale/failures/measure.ts';
import { fatesOf, type Plan } from '../../bench/scale/failures/scene.ts';
import { failureTable } from '../../bench/scale/failures/table.ts';
import type { Way } from '../../bench/scale/way.ts';
import { hours, minutes } from '../../shared/domain/time.ts';

const PLAN: Plan = {
  zones: 4,
  failures: 4,
  spreadMs: hours(1),
  watchedMs: hours(30),
  makesKeys: false,
  seed: 1,
};

const kindOf = (endsBy: Kind['endsBy']): Kind => {
  const kind = KINDS.find((one) => one.endsBy === endsBy);
  if (kind === undefined) throw new Error(`no kind ends by ${endsBy}`);
  return kind;
};

/** A day of failing jobs takes long to simulate: two of them are enough, one for each of their causes. */
const planOf = ({ endsBy }: Kind): Plan => (endsBy === 'itself' ? { ...PLAN, zones: 2, failures: 2 } : PLAN);

const worst = async (kind: Kind, way: Way, plan = planOf(kind)) => {
  const fates = await fatesOf(kind, way, plan);
  const of = (times: readonly (number | undefined)[]): number => spreadOf(times).worstMs ?? Infinity;
  return {
    fates,
    seenMs: of(fates.map(({ detectedMs }) => detectedMs)),
    repairedMs: of(fates.map(({ repairedMs }) => repairedMs)),
    lostMinutes: fates.reduce((sum, { lostMinutes }) => sum + lostMinutes, 0),
  };
};

/** The keeper's, once for each kind: of all ways it takes the longest to simulate. */
const KEEPERS = new Map<Kind, ReturnType<typeof worst>>();
const keeperAt = (kind: Kind): ReturnType<typeof worst> => {
  const known = KEEPERS.get(kind) ?? worst(kind, keeper);
  KEEPERS.set(kind, known);
  return known;
};

// A push a minute, a look every five, a rotation every fifteen; each run takes seconds.
const [PUSH_MS, RUN_MS, LOOK_MS, ROTATION_MS] = [minutes(1), minutes(1), minutes(5), minutes(15)];
/** How long CIS takes to use another key. */
const SPREAD_MS = minutes(10);
const BOUNDS = {
  'another-key': { seenMs: ROTATION_MS + RUN_MS, repairedMs: ROTATION_MS + RUN_MS + SPREAD_MS + PUSH_MS },
  owner: {
    seenMs: PUSH_MS + LOOK_MS + RUN_MS,
    repairedMs: PUSH_MS + LOOK_MS + RUN_MS + REACTION_MS + PUSH_MS,
  },
  itself: { seenMs: LOOK_MS + RUN_MS, repairedMs: LOOK_MS + RUN_MS + PUSH_MS },
};

test.each(KINDS)('$name: the keeper sees and repairs it within what its schedules allow', async (kind) => {
  const { fates, seenMs, repairedMs } = await keeperAt(kind);
  expect(fates).toHaveLength(planOf(kind).failures);
  expect(seenMs).toBeLessThanOrEqual(BOUNDS[kind.endsBy].seenMs);
  expect(repairedMs).toBeLessThanOrEqual(BOUNDS[kind.endsBy].repairedMs);
  // Two jobs of the one zone of the team; a person mends what is a person's, and nothing else.
  expect(fates.map(({ jobs }) => jobs)).toEqual(fates.map(() => 2));
  expect(fates.map(({ byPerson }) => byPerson)).toEqual(fates.map(() => kind.endsBy === 'owner'));
});

test.each([commandLine, script, terraform, alertMail])(
  '$name makes no key: its jobs lose all of the time that they are watched; one made by hand ends it',
  async (way) => {
    const kind = kindOf('another-key');
    const alone = await worst(kind, way);
    expect(alone.fates.map(({ repairedMs }) => repairedMs)).toEqual(alone.fates.map(() => undefined));
    // The last token of a dead key goes on for an hour at most.
    for (const { jobs, lostMinutes } of alone.fates) {
      expect(lostMinutes).toBeGreaterThan(((PLAN.watchedMs - hours(1)) / minutes(1) - 1) * jobs);
      expect(lostMinutes).toBeLessThanOrEqual((PLAN.watchedMs / minutes(1)) * jobs);
    }
    const watchedMs = hours(60);
    const byHand = await worst(kind, way, { ...PLAN, watchedMs, makesKeys: true });
    expect(byHand.repairedMs).toBeLessThan(watchedMs);
    expect(byHand.repairedMs).toBeGreaterThan(byHand.seenMs + REACTION_MS);
  },
);

test('only what looks at the health of jobs sees them fail before the platform has disabled them', async () => {
  const kind = kindOf('owner');
  for (const way of [commandLine, script])
    expect((await worst(kind, way)).seenMs).toBeLessThanOrEqual(minutes(17));
  expect((await worst(kind, scriptAsOften)).seenMs).toBeLessThanOrEqual(BOUNDS.owner.seenMs);
  // The mail comes in the night after, and is read in the morning.
  const plan = { ...PLAN, watchedMs: hours(36) };
  for (const way of [terraform, alertMail])
    for (const { detectedMs } of await fatesOf(kind, way, plan))
      expect(detectedMs).toBeGreaterThan(hours(24));
});

test('where the configuration of Terraform has the role, nobody has to be told', async () => {
  const { fates, repairedMs } = await worst(kindOf('owner'), terraformOfDestinations);
  expect(repairedMs).toBeLessThanOrEqual(hours(1) + RUN_MS + PUSH_MS);
  expect(fates.map(({ byPerson }) => byPerson)).toEqual(fates.map(() => false));
});

test('jobs that the platform has disabled: who looks less often than the keeper loses more, and a way that enables none needs a person', async () => {
  const kind = kindOf('itself');
  const ours = await keeperAt(kind);
  for (const way of [commandLine, script, terraform, alertMail]) {
    const { fates, lostMinutes } = await worst(kind, way);
    expect(lostMinutes).toBeGreaterThan(ours.lostMinutes);
    const needsPerson = way === commandLine || way === alertMail;
    expect(fates.map(({ byPerson }) => byPerson)).toEqual(fates.map(() => needsPerson));
  }
});

test('every failure comes, each to another team and in its part of the time; the seed says which and when', async () => {
  const plan = { ...PLAN, zones: 12, failures: 12, spreadMs: hours(24), watchedMs: hours(1) };
  const kind = kindOf('owner');
  const came = await fatesOf(kind, alertMail, plan);
  expect(new Set(came.map(({ jobId }) => Math.ceil(jobId / 4))).size).toBe(12);
  const startsAt = Math.floor((came[0]?.causeAt ?? 0) / hours(1)) * hours(1);
  for (const [part, { causeAt, at, jobs }] of came.entries()) {
    expect(Math.floor((causeAt - startsAt) / hours(2))).toBe(part);
    expect(at).toBe(causeAt);
    expect(jobs).toBe(2);
  }
  const planned = (fates: typeof came) => fates.map(({ jobId, causeAt }) => ({ jobId, causeAt }));
  expect(await fatesOf(kind, alertMail, plan)).toEqual(came);
  expect(planned(await fatesOf(kind, script, plan))).toEqual(planned(came));
  expect(planned(await fatesOf(kind, alertMail, { ...plan, seed: 2 }))).not.toEqual(planned(came));
});

test('what never came is told with how long it was waited for, and no mean hides it', () => {
  expect(spreadOf([minutes(2), undefined, minutes(4)])).toEqual({ of: 2, meanMs: minutes(3) });
  expect(spreadOf([undefined])).toEqual({ of: 0 });
  const kind = kindOf('another-key');
  const fate = {
    breakage: 'key-expired',
    jobId: 1,
    causeAt: 0,
    at: 0,
    jobs: 2,
    byPerson: false,
    lostMinutes: 9,
  } as const;
  const row = { kind: kind.name, who: 'somebody', makesKeys: false };
  const fates = [
    { ...fate, detectedMs: minutes(3), repairedMs: minutes(30) },
    { ...fate, detectedMs: minutes(5) },
  ];
  const lines = [...failureTable(kind, [{ ...row, fates }], { watchedMs: hours(30) })];
  expect(lines.find((line) => line.includes('somebody'))?.split(/ {2,}/)).toEqual([
    '',
    'somebody',
    '2 of 2',
    '4.0 min',
    '5.0 min',
    '1 of 2',
    '30.0 min',
    'not in 30 h',
    '0',
    '18',
  ]);
});
