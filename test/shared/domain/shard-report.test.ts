import { expect, test } from 'vitest';
import { finding, findingKey } from '../../../shared/domain/finding.ts';
import { rootsOf } from '../../../shared/domain/finding-roots.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { shardsOf } from '../../../shared/domain/shard.ts';
import { putTogether, type ShardRun, sinceWhen } from '../../../shared/domain/shard-report.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { aKeptRun, MADE_AT } from '../../support/fleet.ts';

const EVERY = minutes(5);
const LONG_AGO = MADE_AT - hours(9);

const anOwn = (fields: Partial<RunReport> = {}): RunReport => ({
  ...aKeptRun({ finishedAt: MADE_AT }),
  jobs: [],
  rotations: [],
  shard: { index: 0, of: 4, since: LONG_AGO },
  ...fields,
});
const others = (change: (run: ShardRun) => ShardRun = (run) => run): readonly ShardRun[] =>
  shardsOf(4)
    .slice(1)
    .map((shard) => change({ shard, run: aKeptRun({ shard, calls: { 'cis listZones': 2 } }) }));
const without = (...indices: readonly number[]) =>
  others(({ shard, ...rest }) => (indices.includes(shard.index) ? { shard } : { shard, ...rest }));

test('what all shards find, do, wait for and call is one report', () => {
  const action = { kind: 'move-job', subject: 'job 1', detail: 'd', outcome: 'applied', at: 1 } as const;
  const runs = others(({ shard }) => ({
    shard,
    run: aKeptRun({
      outcome: 'findings',
      findings: [finding('job-failing', `job ${shard.index}`, 'x')],
      actions: [action],
      waiting: [{ subject: `binding ${shard.index}`, waitsFor: 'its turn' }],
      keys: { [`b${shard.index}`]: [] },
      calls: { 'cis listZones': shard.index },
    }),
  }));
  const { report, callsOfOthers, isWhole } = putTogether(anOwn({ keys: { b0: [] } }), runs, EVERY);
  expect(isWhole).toBe(true);
  expect(report).toMatchObject({ outcome: 'findings', runId: 'run1', shard: { index: 0, of: 4 } });
  expect(report.findings.map(findingKey)).toEqual([1, 2, 3].map((n) => `job-failing job ${n}`));
  expect(report.actions).toHaveLength(3);
  expect(report.waiting.map(({ subject }) => subject)).toEqual(['binding 1', 'binding 2', 'binding 3']);
  expect(Object.keys(report.keys ?? {})).toEqual(['b0', 'b1', 'b2', 'b3']);
  expect(callsOfOthers).toEqual({ 'cis listZones': 6 });
});

test('a root that many shards find is found once: as the worst of them says, since the first', () => {
  const root = (since: number, more = {}) => ({
    ...finding('bucket-firewall-refuses', 'bucket a', 'x', since),
    ...more,
  });
  const [one, two, three] = others();
  const runs = [
    { ...one, run: aKeptRun({ findings: [root(7, { severity: 'warning', hides: ['job-failing'] })] }) },
    {
      ...two,
      run: aKeptRun({ findings: [root(5, { severity: 'critical', detail: 'y', because: ['a b'] })] }),
    },
    { ...three, run: aKeptRun({ findings: [root(9, { severity: 'info' })] }) },
  ] as readonly ShardRun[];
  const { report } = putTogether(anOwn(), runs, EVERY);
  expect(report.findings).toEqual([
    root(5, { severity: 'critical', detail: 'y', because: ['a b'], hides: ['job-failing'] }),
  ]);
});

test.each([
  ['ok', ['ok', 'ok', 'ok'], 'ok'],
  ['ok', ['ok', 'partial', 'ok'], 'partial'],
  ['ok', ['ok', 'failed', 'ok'], 'partial'],
  ['partial', ['ok', 'ok', 'ok'], 'partial'],
  ['failed', ['ok', 'ok', 'ok'], 'partial'],
  ['failed', ['failed', 'failed', 'failed'], 'failed'],
] as const)('%s with %j is %s', (outcome, ofOthers, expected) => {
  const runs = others(({ shard }) => ({
    shard,
    run: aKeptRun({ outcome: ofOthers[shard.index - 1] ?? 'ok' }),
  }));
  expect(putTogether(anOwn({ outcome }), runs, EVERY).report.outcome).toBe(expected);
});

test('the first one could do nothing: it is to be tried again, whatever the others saw', () => {
  const findings = [finding('run-failed', 'function check-logpush', 'x')];
  const { report, isWhole } = putTogether(anOwn({ outcome: 'failed', findings }), others(), EVERY);
  expect([report.outcome, isWhole]).toEqual(['failed', false]);
});

test('shards that leave no report are missed, all in one message, and nothing is whole', () => {
  const { report, isWhole } = putTogether(anOwn(), without(1, 3), EVERY);
  expect([report.outcome, isWhole]).toEqual(['findings', false]);
  expect(report.findings.map(({ subject }) => subject)).toEqual([
    'shard 1 of check-logpush',
    'shard 3 of check-logpush',
  ]);
  expect(report.findings[0]?.detail).toBe(
    'instance 1 of 4, counted from 0, is to run every 5 min, and it has left no report yet',
  );
  expect(rootsOf(report.findings)).toHaveLength(1);
});

test.each([
  ['its last report is older than three periods', minutes(31), [1]],
  ['what says the same is kept every quarter of an hour', minutes(29), []],
] as const)('a shard: %s', (_, ageMs, missed) => {
  const action = { kind: 'move-job', subject: 'job 1', detail: 'd', outcome: 'applied', at: 1 } as const;
  const runs = others(({ shard, run }) => ({
    shard,
    run: { ...aKeptRun(run), finishedAt: shard.index === 1 ? MADE_AT - ageMs : MADE_AT, actions: [action] },
  }));
  const { report, isWhole } = putTogether(anOwn(), runs, EVERY);
  expect(report.findings.map(({ subject }) => subject)).toEqual(
    missed.map((index) => `shard ${index} of check-logpush`),
  );
  expect(isWhole).toBe(missed.length === 0);
  // What the silent one did long ago is not told with each run from then on.
  expect(report.actions).toHaveLength(3 - missed.length);
});

test('a shard has the time of a schedule for its first run; until it has run, nothing is whole', () => {
  const young = anOwn({ shard: { index: 0, of: 4, since: MADE_AT - minutes(20) } });
  const { report, isWhole } = putTogether(young, without(2), EVERY);
  expect([report.findings, isWhole]).toEqual([[], false]);
});

test('what a shard of an earlier time has left is not of these', () => {
  const old = others(({ shard }) => ({
    shard,
    run: aKeptRun({ finishedAt: LONG_AGO, findings: [finding('job-failing', 'job 1', 'x')] }),
  }));
  const young = anOwn({ shard: { index: 0, of: 4, since: MADE_AT } });
  expect(putTogether(young, old, EVERY)).toMatchObject({ report: { findings: [] }, isWhole: false });
});

test('a shard that could do nothing has not looked; of one whose report cannot be read nobody knows', () => {
  const failed = others(({ shard }) => ({
    shard,
    run: aKeptRun({ outcome: 'failed', findings: [finding('run-failed', 'function check-logpush', 'x')] }),
  }));
  expect(putTogether(anOwn(), failed, EVERY).isWhole).toBe(false);
  const unread = others(({ shard }) => ({ shard, unclear: 'a newer keeper' }));
  const { report, isWhole } = putTogether(anOwn(), unread, EVERY);
  expect([report.outcome, isWhole]).toEqual(['partial', false]);
  expect(report.findings.map(({ code }) => code)).toEqual([
    'shard-unclear',
    'shard-unclear',
    'shard-unclear',
  ]);
});

test('since when there are so many is remembered, unless that was too long ago to be the same', () => {
  const own = anOwn({ startedAt: MADE_AT });
  const before = (finishedAt: number, since = LONG_AGO) =>
    aKeptRun({ finishedAt, shard: { index: 0, of: 4, since } });
  expect(sinceWhen(own, undefined, EVERY)).toBe(MADE_AT);
  expect(sinceWhen(own, before(MADE_AT - minutes(29)), EVERY)).toBe(LONG_AGO);
  expect(sinceWhen(own, before(MADE_AT - minutes(31)), EVERY)).toBe(MADE_AT);
  expect(sinceWhen(own, before(MADE_AT - minutes(31)), undefined)).toBe(LONG_AGO);
  // The clock of the run before was ahead.
  expect(sinceWhen(own, before(MADE_AT + hours(9), MADE_AT + hours(9)), EVERY)).toBe(MADE_AT);
});
