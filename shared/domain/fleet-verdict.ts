import { type FleetJob, type FleetReport, jobsOf } from './fleet-report.ts';
import type { Health } from './health.ts';
import { days, formatDuration } from './time.ts';

/** What a person has to think of a job, or of the whole: `unknown` is never `ok`. */
export type Level = 'critical' | 'warning' | 'unknown' | 'ok';

const LEVELS: Readonly<Record<Health, Level>> = {
  'disabled-by-failures': 'critical',
  failing: 'critical',
  'disabled-unclear': 'warning',
  stalled: 'warning',
  unknown: 'unknown',
  'disabled-by-hand': 'ok',
  idle: 'ok',
  starting: 'ok',
  healthy: 'ok',
};

/** What was bad when it was last seen stays so; what was good is unknown once nobody has looked lately. */
export function levelOf(job: FleetJob): Level {
  const level = LEVELS[job.health];
  return level === 'ok' && job.outdated !== undefined ? 'unknown' : level;
}

/** A key that ends within this time should have been replaced: rotations begin weeks before. */
const ENDS_SOON_MS = days(7);

/** Whether a key is worth a look. `unknown`: its end is not known. */
export function keyLevel(expiresAt: number | 'never' | undefined, at: number): Level {
  if (expiresAt === 'never') return 'ok';
  if (expiresAt === undefined) return 'unknown';
  if (expiresAt <= at) return 'critical';
  return expiresAt - at < ENDS_SOON_MS ? 'warning' : 'ok';
}

export interface Verdict {
  readonly level: Level;
  /** What needs a person, in one sentence. */
  readonly sentence: string;
}

const LEAD: Readonly<Record<Level, string>> = {
  critical: 'A person is needed now',
  warning: 'A person should look today',
  unknown: 'Nothing is known to be wrong, but not all is known',
  ok: 'Nothing needs a person',
};

/** The first thing to read: how urgent it is, with counts. */
export function verdictOf(report: FleetReport): Verdict {
  const parts = [...jobParts(report), ...findingParts(report), ...keyParts(report), ...blindParts(report)];
  const level =
    (['critical', 'warning', 'unknown'] as const).find((wanted) =>
      parts.some((part) => part.level === wanted),
    ) ?? 'ok';
  const texts = parts.map(({ text }) => text);
  return {
    level,
    sentence: `${LEAD[level]}: ${[...texts, ...(level === 'ok' ? [calm(report)] : [])].join('; ')}.`,
  };
}

interface Part {
  readonly level: Level;
  readonly text: string;
}

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

function jobParts(report: FleetReport): readonly Part[] {
  const jobs = jobsOf(report);
  const of = (level: Level): readonly FleetJob[] => jobs.filter((job) => levelOf(job) === level);
  const [critical, warning, unknown] = [of('critical'), of('warning'), of('unknown')];
  const total = ` of ${count(jobs.length, 'job')}`;
  const parts: Part[] = [];
  if (critical.length > 0) {
    const disabled = critical.filter((job) => job.health === 'disabled-by-failures').length;
    const kinds = [
      ...(disabled < critical.length ? [`${critical.length - disabled} failing`] : []),
      ...(disabled > 0 ? [`${disabled} disabled by failures`] : []),
    ];
    parts.push({
      level: 'critical',
      text: `${critical.length}${total} ${critical.length === 1 ? 'pushes' : 'push'} nothing (${kinds.join(', ')})`,
    });
  }
  if (warning.length > 0)
    parts.push({
      level: 'warning',
      text: `${count(warning.length, 'job')} silent or disabled without a clear reason`,
    });
  if (unknown.length > 0)
    parts.push({ level: 'unknown', text: `the state of ${unknown.length}${total} is not known` });
  if (jobs.length === 0) parts.push({ level: 'unknown', text: 'no Logpush job has been seen' });
  return parts;
}

function findingParts({ findings }: FleetReport): readonly Part[] {
  const of = (severity: string): number => findings.filter((item) => item.severity === severity).length;
  const [critical, warning] = [of('critical'), of('warning')];
  return [
    ...(critical > 0 ? [{ level: 'critical' as const, text: count(critical, 'critical finding') }] : []),
    ...(warning > 0 ? [{ level: 'warning' as const, text: count(warning, 'warning') }] : []),
  ];
}

function keyParts({ keys, rotations, at }: FleetReport): readonly Part[] {
  const halted = rotations.filter(({ state }) => state === 'halted').length;
  // The old key of a rotation may end: its successor is there.
  const inUse = keys.flatMap((binding) => binding.keys.filter(({ role }) => role !== 'old'));
  const of = (level: Level): number =>
    inUse.filter(({ expiresAt }) => keyLevel(expiresAt, at) === level).length;
  const [ended, soon] = [of('critical'), of('warning')];
  return [
    ...(ended > 0
      ? [{ level: 'critical' as const, text: `${count(ended, 'key has', 'keys have')} expired` }]
      : []),
    ...(soon > 0
      ? [
          {
            level: 'warning' as const,
            text: `${count(soon, 'key ends', 'keys end')} within ${formatDuration(ENDS_SOON_MS)}`,
          },
        ]
      : []),
    ...(halted > 0
      ? [
          {
            level: 'warning' as const,
            text: `${count(halted, 'rotation waits', 'rotations wait')} for a person`,
          },
        ]
      : []),
  ];
}

/** What keeps the report from knowing. */
function blindParts({ runs, unreadable, instances, at }: FleetReport): readonly Part[] {
  const unseen = instances.filter(({ seenAt }) => seenAt === undefined).length;
  return [
    ...(unseen > 0
      ? [
          {
            level: 'unknown' as const,
            text: `${count(unseen, 'CIS instance has', 'CIS instances have')} never been looked at`,
          },
        ]
      : []),
    ...runs.flatMap(({ function: name, stale, last }) =>
      stale && last !== undefined
        ? [
            {
              level: 'warning' as const,
              text: `${name} has not reported for ${formatDuration(at - last.finishedAt)}`,
            },
          ]
        : [],
    ),
    ...runs.flatMap(({ function: name, last }) =>
      last === undefined ? [{ level: 'unknown' as const, text: `${name} has never run` }] : [],
    ),
    ...runs.flatMap(({ function: name, stale, last }) =>
      !stale && last?.outcome === 'failed'
        ? [{ level: 'warning' as const, text: `${name} could not run` }]
        : [],
    ),
    ...(unreadable.length > 0
      ? [
          {
            level: 'unknown' as const,
            text: `${count(unreadable.length, 'part')} of the ledger cannot be read`,
          },
        ]
      : []),
  ];
}

function calm(report: FleetReport): string {
  const jobs = jobsOf(report);
  const healthy = jobs.filter((job) => job.health === 'healthy').length;
  if (healthy === jobs.length)
    return jobs.length === 1 ? 'the one job pushes' : `all ${jobs.length} jobs push`;
  const rest = (['idle', 'starting', 'disabled-by-hand'] as const).flatMap((health) => {
    const n = jobs.filter((job) => job.health === health).length;
    return n > 0 ? [`${n} ${health === 'disabled-by-hand' ? 'disabled by hand' : health}`] : [];
  });
  return `${healthy} of ${count(jobs.length, 'job')} push, ${rest.join(', ')}`;
}
