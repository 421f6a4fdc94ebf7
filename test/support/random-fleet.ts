import * as fc from 'fast-check';
import { FINDING_CODES, type Finding } from '../../shared/domain/finding.ts';
import { buildFleetReport, type FleetJobInput } from '../../shared/domain/fleet-build.ts';
import type { FleetKeys, FleetReport } from '../../shared/domain/fleet-report.ts';
import { HEALTHS } from '../../shared/domain/health.ts';
import type { KeptRun, RotationReport } from '../../shared/domain/report.ts';
import { PHASES } from '../../shared/domain/rotation/record.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import { INSTANCE_CRN } from './builders.ts';
import { aKeptRun, MADE_AT } from './fleet.ts';

const at = fc.integer({ min: MADE_AT - days(30), max: MADE_AT });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('shop.example', 'a "b" \\ c\nd', '# EOF', '{x="1"} 2', '\u001b[31m', ''),
);

const job: fc.Arbitrary<FleetJobInput> = fc
  .record({
    must: fc.record({
      zone: fc.record({ id: fc.constantFrom('z1', 'z2', 'z3'), name: text }),
      jobId: fc.nat(50),
      health: fc.constantFrom(...HEALTHS),
      firstSeenAt: at,
    }),
    may: fc.record(
      {
        name: text,
        dataset: text,
        frequency: text,
        lastCompleteAt: at,
        lastErrorAt: at,
        errorMessage: text,
        reason: text,
        destination: fc.constantFrom(
          { kind: 'cloud-logs', instanceId: 'i', region: 'eu-de' } as const,
          { kind: 'other', system: 'https' } as const,
          { kind: 'unreadable', reason: 'why' } as const,
        ),
        outages: fc.array(
          fc
            .record({
              from: at,
              until: fc.option(at, { nil: undefined }),
              min: fc.nat(9),
              max: fc.option(fc.nat(9), { nil: undefined }),
            })
            .map(({ from, until, min, max }) => ({
              from,
              ...(until === undefined ? {} : { until }),
              lostMinutes: { min, ...(max === undefined ? {} : { max }) },
            })),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ must, may }) => ({ ...must, ...may }));

const found: fc.Arbitrary<Finding> = fc.record(
  {
    code: fc.constantFrom(...FINDING_CODES),
    severity: fc.constantFrom('info', 'warning', 'critical'),
    subject: fc.constantFrom('job 1', 'job 2', 'key 3'),
    detail: text,
    todo: text,
    repair: fc.constantFrom('keeper', 'person', 'none'),
    since: at,
    because: fc.array(fc.constantFrom('job-failing job 1', 'job-stalled job 2', 'stray-key key 3'), {
      maxLength: 2,
    }),
  },
  { requiredKeys: ['code', 'severity', 'subject', 'detail', 'todo'] },
) as fc.Arbitrary<Finding>;

const run: fc.Arbitrary<KeptRun> = fc
  .record({
    function: fc.constantFrom('check-logpush', 'rotate-keys'),
    mode: fc.constantFrom('act', 'observe'),
    outcome: fc.constantFrom('ok', 'findings', 'partial', 'failed'),
    findings: fc.array(found, { maxLength: 5 }),
    finishedAt: at,
    calls: fc.dictionary(
      fc.constantFrom('cis listZones', 'iam grantToken', 'notify sendMessage'),
      fc.nat(99),
    ),
  })
  .map(aKeptRun);

const rotation: fc.Arbitrary<RotationReport> = fc
  .record({
    must: fc.record({
      binding: fc.constantFrom('edge', 'audit'),
      secretId: text,
      runId: text,
      attempt: fc.nat(3),
      reason: text,
      state: fc.constantFrom('halted', 'complete', ...PHASES),
      startedAt: at,
      phases: fc.array(fc.record({ phase: fc.constantFrom(...PHASES), at }), { maxLength: 3 }),
      jobs: fc.array(fc.record({ label: text, state: text, movedAt: at }), { maxLength: 2 }),
      calls: fc.dictionary(fc.constantFrom('cis', 'iam'), fc.nat(9)),
    }),
    may: fc.record(
      {
        member: text,
        endedAt: at,
        detail: text,
        oldKeyId: text,
        newKeyId: text,
        waitsFor: text,
        until: at,
        jobCounts: fc.dictionary(fc.constantFrom('proven', 'gone'), fc.nat(9)),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ must, may }) => ({ ...must, ...may }));

const keys: fc.Arbitrary<FleetKeys> = fc.record({
  binding: fc.constantFrom('edge', 'audit', 'a"b'),
  secretId: text,
  configured: fc.boolean(),
  keys: fc.array(
    fc.record(
      {
        keyId: text,
        role: fc.constantFrom('current', 'old', 'new'),
        createdAt: at,
        expiresAt: fc.oneof(at, fc.constant('never' as const)),
        disabled: fc.boolean(),
      },
      { requiredKeys: ['keyId', 'role'] },
    ),
    { maxLength: 3 },
  ),
}) as fc.Arbitrary<FleetKeys>;

/** A report of the fleet with anything that may be in one, and names that nobody would choose. */
export const randomFleet: fc.Arbitrary<FleetReport> = fc
  .record({
    jobs: fc.uniqueArray(job, { maxLength: 6, selector: ({ jobId }) => jobId }),
    seenAt: fc.constantFrom(0, MADE_AT - minutes(2), MADE_AT - days(1)),
    runs: fc.uniqueArray(run, { maxLength: 2, selector: ({ function: name }) => name }),
    rotations: fc.uniqueArray(rotation, { maxLength: 2, selector: ({ binding }) => binding }),
    keys: fc.array(keys, { maxLength: 3 }),
    unreadable: fc.array(text, { maxLength: 2 }),
  })
  .map(({ jobs, seenAt, ...rest }) =>
    buildFleetReport({
      at: MADE_AT,
      instances: [{ crn: INSTANCE_CRN, seenAt, jobs }],
      functions: ['check-logpush', 'rotate-keys', 'verify-buckets'].map((name) => ({
        name,
        everyMs: minutes(5),
      })),
      ...rest,
    }),
  );
