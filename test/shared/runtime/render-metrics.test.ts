import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import { jobsOf } from '../../../shared/domain/fleet-report.ts';
import { HEALTHS } from '../../../shared/domain/health.ts';
import { days, hours, minutes } from '../../../shared/domain/time.ts';
import { renderMetrics } from '../../../shared/runtime/render-metrics.ts';
import { INSTANCE_CRN } from '../../support/builders.ts';
import { aFleetInput, aFleetJob, aKeptRun, MADE_AT } from '../../support/fleet.ts';
import { parseOpenMetrics } from '../../support/open-metrics.ts';
import { randomFleet } from '../../support/random-fleet.ts';

test('any report makes good OpenMetrics, whatever its names, and its numbers are those of the report', () => {
  fc.assert(
    fc.property(randomFleet, (report) => {
      const families = parseOpenMetrics(renderMetrics(report));
      const valuesOf = (name: string) => families.get(`logpush_keeper_${name}`)?.samples ?? [];
      for (const health of HEALTHS)
        expect(valuesOf('jobs').find(({ labels }) => labels['health'] === health)?.value).toBe(
          jobsOf(report).filter((job) => job.health === health).length,
        );
      expect(valuesOf('findings').reduce((sum, { value }) => sum + value, 0)).toBe(report.findings.length);
      expect(valuesOf('verdict').filter(({ value }) => value === 1)).toHaveLength(1);
      const names = report.instances.flatMap(({ zones }) =>
        zones.flatMap((zone) =>
          zone.jobs
            .filter(({ lastCompleteAt }) => lastCompleteAt !== undefined)
            .map(() => zone.name.toWellFormed()),
        ),
      );
      expect(valuesOf('job_last_push_age_seconds').map(({ labels }) => labels['zone'])).toEqual(names);
      for (const { labels } of [...valuesOf('job_last_push_age_seconds'), ...valuesOf('job_lost_minutes')])
        expect(['instance', 'zone', 'dataset', 'job']).toEqual(expect.arrayContaining(Object.keys(labels)));
    }),
    { numRuns: 300 },
  );
});

test('jobs, findings, keys, rotations and runs, each in numbers', () => {
  const zone = { id: 'z', name: 'a "quoted" \\ zone' };
  const report = buildFleetReport(
    aFleetInput({
      instances: [
        {
          crn: INSTANCE_CRN,
          seenAt: MADE_AT,
          jobs: [
            aFleetJob({
              zone,
              health: 'failing',
              lastCompleteAt: MADE_AT - hours(1),
              outages: [{ from: MADE_AT - hours(1), lostMinutes: { min: 55 } }],
            }),
          ],
        },
      ],
      runs: [
        aKeptRun({
          outcome: 'findings',
          findings: [finding('job-failing', 'job 1', 'x')],
          calls: { 'cis listZones': 2, 'cis getZone': 1, 'iam grantToken': 1 },
        }),
      ],
      keys: [
        {
          binding: 'edge-logs',
          secretId: 's',
          configured: true,
          keys: [
            { keyId: 'ApiKey-1', role: 'current', expiresAt: MADE_AT + days(3) },
            { keyId: 'ApiKey-2', role: 'new', expiresAt: 'never' },
            { keyId: 'ApiKey-3', role: 'old' },
          ],
        },
      ],
      rotations: [
        {
          binding: 'edge-logs',
          secretId: 's',
          runId: 'r',
          attempt: 1,
          reason: 'forced',
          state: 'draining',
          startedAt: MADE_AT,
          phases: [],
          jobs: [],
          calls: {},
        },
      ],
    }),
  );
  const text = renderMetrics(report);
  const lines = text.split('\n');
  const job = `instance="aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb",zone="a \\"quoted\\" \\\\ zone",dataset="http_requests",job="1"`;
  for (const line of [
    `logpush_keeper_report_timestamp_seconds ${MADE_AT / 1000}`,
    'logpush_keeper_verdict{logpush_keeper_verdict="critical"} 1',
    'logpush_keeper_jobs{health="failing"} 1',
    'logpush_keeper_jobs{health="healthy"} 0',
    '# UNIT logpush_keeper_job_last_push_age_seconds seconds',
    `logpush_keeper_job_last_push_age_seconds{${job}} 3600`,
    `logpush_keeper_job_lost_minutes{${job}} 55`,
    'logpush_keeper_findings{severity="critical",code="job-failing"} 1',
    'logpush_keeper_key_expiry_seconds{binding="edge-logs",role="current"} 259200',
    'logpush_keeper_key_expiry_seconds{binding="edge-logs",role="new"} +Inf',
    'logpush_keeper_rotation_phase{binding="edge-logs",logpush_keeper_rotation_phase="draining"} 1',
    'logpush_keeper_rotation_phase{binding="edge-logs",logpush_keeper_rotation_phase="none"} 0',
    `logpush_keeper_last_run_timestamp_seconds{function="check-logpush"} ${(MADE_AT - minutes(2)) / 1000}`,
    'logpush_keeper_last_run_outcome{function="check-logpush",logpush_keeper_last_run_outcome="findings"} 1',
    'logpush_keeper_function_overdue{function="check-logpush"} 0',
    'logpush_keeper_last_run_calls{function="check-logpush",service="cis"} 3',
  ])
    expect(lines).toContain(line);
  expect(text).not.toContain('ApiKey-');
  expect(parseOpenMetrics(text).get('logpush_keeper_key_expiry_seconds')?.samples).toHaveLength(2);
});

test('the parser refuses what is no OpenMetrics', () => {
  const good = '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds{b="c"} 1\n# EOF\n';
  expect(parseOpenMetrics(good).get('a_seconds')?.samples).toEqual([{ labels: { b: 'c' }, value: 1 }]);
  for (const bad of [
    good.replace('# EOF\n', ''),
    good.replace('"c"', '"c\n"'),
    good.replace('"c"', '"c"x"'),
    good.replace(' 1', ' one'),
    good.replace('UNIT a_seconds seconds', 'UNIT a_seconds minutes'),
    good.replace('a_seconds{b="c"} 1\n', 'a_seconds{b="c"} 1\na_seconds{b="c"} 2\n'),
  ])
    expect(() => parseOpenMetrics(bad)).toThrow();
});
