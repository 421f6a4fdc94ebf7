// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { expect, test } from 'vitest';
import { casesOf } from '../../bench/diagnose/cases.ts';
import { judge, runCase } from '../../bench/diagnose/run.ts';
import { worldOf } from '../../bench/diagnose/world.ts';
import { BREAKAGES } from '../../infra/local/breakage-kinds.ts';
import { VirtualClock } from '../../infra/local/clock.ts';
import { World } from '../../infra/local/world.ts';
import type { RunReport } from '../../shared/domain/report.ts';

test('every kind of breakage comes up, and a third of the worlds have several', () => {
  const cases = casesOf(1, 312);
  expect(new Set(cases.map(({ breakages }) => breakages[0]))).toEqual(new Set(BREAKAGES));
  const several = cases.filter(({ breakages }) => breakages.length > 1).length;
  expect(several).toBeGreaterThanOrEqual(104);
});

test('one world of each kind: named, or said to be unclear; nothing wrong is named, green or repaired', async () => {
  for (const one of casesOf(40, BREAKAGES.length)) {
    const outcome = await runCase(one);
    const wrong = outcome.pairs.filter(({ verdict }) => verdict === 'missed' || verdict === 'not said');
    expect({ ...outcome, wrong }, JSON.stringify(one)).toMatchObject({
      wrong: [],
      falseCauses: [],
      falseGreens: [],
      wrongRepairs: [],
    });
  }
});

test('a keeper that says nothing, or names what is not there, fails it', () => {
  const one = casesOf(1, BREAKAGES.length).find(({ breakages }) => breakages.includes('logs-private'));
  if (one === undefined) throw new Error('the kinds have changed');
  const seesAll = { ...one, missing: new Set<never>() };
  const file = worldOf(seesAll);
  const world = new World(file, { clock: new VirtualClock(file.startsAt), seed: 1 });
  world.breakages.add('logs-private', 1);
  const report = (causes: readonly string[]): RunReport => ({
    schema: 1,
    function: 'check-logpush',
    runId: 'run1',
    mode: 'act',
    startedAt: 0,
    finishedAt: 0,
    outcome: 'ok',
    findings: [],
    actions: [],
    waiting: [],
    jobs: [{ jobId: 1, label: '1', instanceCrn: '', zoneId: '', health: 'idle', reason: '', causes }],
    rotations: [],
    calls: {},
  });
  const silent = judge(seesAll, world, report([]));
  expect(silent.pairs.every(({ verdict }) => verdict === 'missed')).toBe(true);
  expect(silent.falseGreens).toContain(1);
  expect(judge(seesAll, world, report(['key-expired'])).falseCauses).toEqual(['key-expired of job 1']);
});
