import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { reportLine } from '../../../shared/runtime/report-line.ts';

const REPORT: RunReport = {
  schema: 1,
  function: 'check-logpush',
  runId: '0123456789ab',
  mode: 'act',
  startedAt: 1,
  finishedAt: 2,
  outcome: 'ok',
  findings: [],
  actions: [],
  waiting: [],
  jobs: [],
  rotations: [],
  calls: { 'cis listZones': 1 },
};

const parsed = (report: RunReport) => JSON.parse(reportLine(report)) as Record<string, unknown>;

test('the level of a report is how bad it is', () => {
  const failing = finding('run-failed', 'function check-logpush', 'no answer');
  expect(parsed(REPORT)).toEqual({ level: 'info', message: 'report', ...REPORT });
  expect(
    parsed({ ...REPORT, findings: [finding('job-enabled-again', 'job 7', 'it is back')] }),
  ).toMatchObject({
    level: 'info',
  });
  expect(parsed({ ...REPORT, outcome: 'findings', findings: [failing] })).toMatchObject({ level: 'warn' });
  expect(parsed({ ...REPORT, outcome: 'partial' })).toMatchObject({ level: 'warn' });
  expect(parsed({ ...REPORT, outcome: 'failed' })).toMatchObject({ level: 'error' });
});

test.each([
  [40, 400],
  [20, 4_000],
  [400, 10],
])(
  'a report of %i findings and %i jobs fits in a record, says what is not in it, and its outcome',
  (f, j) => {
    const findings = Array.from({ length: f }, (_, i) => finding('run-failed', `job ${i}`, 'ü'.repeat(100)));
    const jobs = Array.from({ length: j }, (_, i) => ({
      jobId: i,
      label: `job ${i} (http_requests of shop.example)`,
      instanceCrn: 'crn:v1:bluemix:public:internet-svcs:global:a/1:2::',
      zoneId: 'z',
      health: 'failing',
      reason: 'last error is newer',
    }));
    const line = reportLine({ ...REPORT, outcome: 'findings', findings, jobs, keys: { edge: [] } });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(30_000);
    const told = JSON.parse(line) as {
      readonly outcome: string;
      readonly findings: readonly unknown[];
      readonly jobs: readonly unknown[];
      readonly cut: Readonly<Record<string, number>>;
    };
    expect(told).toMatchObject({ level: 'warn', outcome: 'findings', calls: REPORT.calls });
    expect(told.cut['jobs']).toBe(j);
    expect(told.jobs.length).toBeLessThan(j);
    // What needs attention is the last to go.
    if (f < 100) expect(told.findings).toEqual(JSON.parse(JSON.stringify(findings)));
    else expect([told.cut['findings'], told.jobs.length]).toEqual([f, 0]);
  },
);
