import type { FleetJob, FleetReport, FleetZone } from './fleet-report.ts';
import { jobsOf } from './fleet-report.ts';
import { type Level, verdictOf } from './fleet-verdict.ts';
import { HEALTHS } from './health.ts';
import { PHASES } from './rotation/record.ts';

/** One number, and what it is of. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is measured: numbers of one kind. */
export interface MetricFamily {
  /** With its unit at its end, where it has one. */
  readonly name: string;
  /** A `stateset` is 1 for what is so and 0 for the other states, which its label of the family's own name tells apart. */
  readonly type: 'gauge' | 'stateset';
  readonly unit?: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const PREFIX = 'logpush_keeper';
const LEVELS: readonly Level[] = ['critical', 'warning', 'unknown', 'ok'];
const OUTCOMES = ['ok', 'findings', 'partial', 'failed'] as const;
/** `none`: no rotation is under way. */
const ROTATION_STATES = ['none', 'halted', ...PHASES] as const;

/**
 * The report of the fleet in numbers. What is not known has no number: its absence, or the age of the report, is what to
 * alert on. Labels of a job are its instance, zone, dataset and id, and nothing that changes from run to run.
 */
export const fleetMetrics = (report: FleetReport): readonly MetricFamily[] => [
  gauge(
    'report_timestamp',
    'When the report was made.',
    [{ labels: {}, value: report.at / 1_000 }],
    'seconds',
  ),
  stateset('verdict', 'What a person has to think of the fleet.', LEVELS, [[{}, verdictOf(report).level]]),
  gauge('unreadable_documents', 'Parts of the ledger that could not be read.', [
    { labels: {}, value: report.unreadable.length },
  ]),
  gauge(
    'jobs',
    'Logpush jobs by health.',
    HEALTHS.map((health) => ({
      labels: { health },
      value: jobsOf(report).filter((job) => job.health === health).length,
    })),
  ),
  ...jobFamilies(report),
  ...findingFamilies(report),
  ...keyFamilies(report),
  ...runFamilies(report),
];

const gauge = (name: string, help: string, samples: readonly Sample[], unit?: string): MetricFamily => ({
  name: `${PREFIX}_${name}${unit === undefined ? '' : `_${unit}`}`,
  type: 'gauge',
  help,
  samples,
  ...(unit === undefined ? {} : { unit }),
});

/** @param known - the labels of each thing, and the state that it is in */
function stateset(
  name: string,
  help: string,
  states: readonly string[],
  known: readonly (readonly [Sample['labels'], string])[],
): MetricFamily {
  const family = `${PREFIX}_${name}`;
  const samples = known.flatMap(([labels, is]) =>
    states.map((state) => ({ labels: { ...labels, [family]: state }, value: state === is ? 1 : 0 })),
  );
  return { name: family, type: 'stateset', help, samples };
}

/** The GUID of an instance: its CRN says the same at greater length. */
const guidOf = (crn: string): string => crn.split(':').at(7) ?? crn;

function jobFamilies({ instances, at }: FleetReport): readonly MetricFamily[] {
  const all = instances.flatMap(({ crn, zones }) =>
    zones.flatMap((zone) => zone.jobs.map((job) => ({ job, labels: labelsOf(guidOf(crn), zone, job) }))),
  );
  const ofJobs = (valueOf: (job: FleetJob) => number | undefined): readonly Sample[] =>
    all.flatMap(({ job, labels }) => {
      const value = valueOf(job);
      return value === undefined ? [] : [{ labels, value }];
    });
  return [
    gauge(
      'job_last_push_age',
      'Time since the end of the last pushed interval.',
      ofJobs(({ lastCompleteAt }) =>
        lastCompleteAt === undefined ? undefined : (at - lastCompleteAt) / 1_000,
      ),
      'seconds',
    ),
    gauge(
      'job_lost',
      'Log minutes lost at least in the gaps that are remembered.',
      ofJobs(({ outages }) => outages?.reduce((sum, { lostMinutes }) => sum + (lostMinutes?.min ?? 0), 0)),
      'minutes',
    ),
  ];
}

const labelsOf = (instance: string, { name }: FleetZone, { dataset, jobId }: FleetJob): Sample['labels'] => ({
  instance,
  zone: name,
  ...(dataset === undefined ? {} : { dataset }),
  job: String(jobId),
});

function findingFamilies({ findings }: FleetReport): readonly MetricFamily[] {
  const groups = Map.groupBy(findings, ({ severity, code }) => `${severity} ${code}`);
  const samples = [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map(({ severity, code }) => ({ labels: { severity, code }, value: group.length })),
  );
  return [gauge('findings', 'Findings of the newest runs.', samples)];
}

function keyFamilies({ keys, rotations, at }: FleetReport): readonly MetricFamily[] {
  // A binding whose secret was exchanged is there once for each secret.
  const bindings = [...new Set(keys.map(({ binding }) => binding))];
  const expiry = bindings.flatMap((binding) =>
    (['current', 'old', 'new'] as const).flatMap((role) => {
      const ends = keys
        .filter((one) => one.binding === binding)
        .flatMap((one) => one.keys.filter((key) => key.role === role).map(({ expiresAt }) => expiresAt))
        .filter((expiresAt) => expiresAt !== undefined)
        .map((expiresAt) => (expiresAt === 'never' ? Infinity : (expiresAt - at) / 1_000));
      return ends.length === 0 ? [] : [{ labels: { binding, role }, value: Math.min(...ends) }];
    }),
  );
  const phases = bindings.map((binding) => {
    const underWay = rotations.find((one) => one.binding === binding && one.endedAt === undefined);
    return [{ binding }, underWay?.state ?? 'none'] as const;
  });
  return [
    gauge('key_expiry', 'Time until a key of a binding ends; +Inf if it never does.', expiry, 'seconds'),
    stateset('rotation_phase', 'The phase of the rotation of a binding.', ROTATION_STATES, phases),
  ];
}

function runFamilies({ runs }: FleetReport): readonly MetricFamily[] {
  const last = runs.flatMap(({ function: name, last: run }) => (run === undefined ? [] : [{ name, run }]));
  return [
    gauge(
      'last_run_timestamp',
      'When the newest kept run of a function ended; one that says the same is kept every 15 minutes.',
      last.map(({ name, run }) => ({ labels: { function: name }, value: run.finishedAt / 1_000 })),
      'seconds',
    ),
    stateset(
      'last_run_outcome',
      'How the newest kept run of a function ended.',
      OUTCOMES,
      last.map(({ name, run }) => [{ function: name }, run.outcome]),
    ),
    gauge(
      'function_overdue',
      'Whether a function that ran before has missed three of its periods.',
      runs.map(({ function: name, stale }) => ({ labels: { function: name }, value: stale ? 1 : 0 })),
    ),
    gauge(
      'last_run_calls',
      'HTTP attempts of the newest kept run of a function, by service.',
      last.flatMap(({ name, run }) =>
        [...callsByService(run.calls)].map(([service, value]) => ({
          labels: { function: name, service },
          value,
        })),
      ),
    ),
  ];
}

function callsByService(calls: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of Object.entries(calls)) {
    const [service = ''] = name.split(' ', 1);
    sums.set(service, (sums.get(service) ?? 0) + count);
  }
  return sums;
}
