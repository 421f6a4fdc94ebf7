import { type Finding, finding, findingKey } from './finding.ts';
import { isOverdue, KEPT_FOR_MS } from './fleet-build.ts';
import { RANK } from './open-incident.ts';
import type { KeptRun, Outcome, RunReport } from './report.ts';
import type { Shard } from './shard.ts';
import { formatDuration, formatInstant } from './time.ts';

/** What a shard has left of its newest run: a report, nothing, or something that cannot be read. */
export interface ShardRun {
  readonly shard: Shard;
  readonly run?: KeptRun;
  readonly unclear?: string;
}

/** The report of all shards. */
export interface Together {
  /** Its calls are the first one's. */
  readonly report: RunReport;
  readonly callsOfOthers: RunReport['calls'];
  /** Each of them has looked at its part. */
  readonly isWhole: boolean;
}

/**
 * Since when there are as many shards as in this run: as the first one's run before says, unless that was too long ago to be of
 * these.
 *
 * @param everyMs - how often the function runs; absent = on no schedule
 */
export function sinceWhen(own: RunReport, before: KeptRun | undefined, everyMs: number | undefined): number {
  const since = before?.shard?.since;
  // A clock that was ahead once must not make all that the others leave too old.
  if (before === undefined || since === undefined || since > own.startedAt) return own.startedAt;
  return everyMs !== undefined && isOverdue(before.finishedAt, everyMs, own.startedAt)
    ? own.startedAt
    : since;
}

/**
 * What all shards of a function have found and done: the first one's run, and the newest of each other. A root that many find is
 * found once. A shard is given the time that a schedule is given before it counts as missed, from when there are so many on.
 *
 * @param own - the first one's, which says since when there are so many: what is older is not of these shards
 * @param everyMs - how often the function runs; absent = on no schedule, so nobody is missed
 */
export function putTogether(
  own: RunReport,
  others: readonly ShardRun[],
  everyMs: number | undefined,
): Together {
  const now = own.finishedAt;
  const since = own.shard?.since ?? own.startedAt;
  // One that would only say the same again is kept no more often.
  const isOfThese = ({ finishedAt }: KeptRun): boolean => finishedAt >= since - KEPT_FOR_MS;
  const runs = others.flatMap(({ run }) => (run !== undefined && isOfThese(run) ? [run] : []));
  const isMissed = ({ run, unclear }: ShardRun): boolean =>
    unclear === undefined &&
    everyMs !== undefined &&
    isOverdue(Math.max(run?.finishedAt ?? 0, since), everyMs, now);
  const missed = others.filter(isMissed);
  const isUnclear = others.some(({ unclear }) => unclear !== undefined);
  const all = [own, ...runs] as const;
  const findings = [
    ...merged(all.flatMap((run) => run.findings)),
    ...missedShards(own.function, missed, everyMs ?? 0),
    ...others.flatMap((other) => unclearShard(own.function, other)),
  ];
  return {
    report: {
      ...own,
      findings,
      outcome: outcomeOf([own, ...runs], findings, isUnclear),
      // What one did before it fell silent has been told.
      actions: all.filter((run) => !missed.some((one) => one.run === run)).flatMap(({ actions }) => actions),
      waiting: all.flatMap(({ waiting }) => waiting),
      ...(own.keys === undefined ? {} : { keys: Object.assign({}, ...all.map(({ keys }) => keys)) }),
    },
    callsOfOthers: summed(runs.map(({ calls }) => calls)),
    isWhole:
      runs.length === others.length &&
      missed.length === 0 &&
      all.every(({ outcome }) => outcome !== 'failed'),
  };
}

/** Calls of several runs, by `service operation`. */
export function summed(calls: readonly KeptRun['calls'][]): KeptRun['calls'] {
  const sums: Record<string, number> = {};
  for (const [name, count] of calls.flatMap((one) => Object.entries(one)))
    sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

const hasLooked = ({ findings }: KeptRun): boolean => !findings.some(({ code }) => code === 'run-failed');

function outcomeOf(
  [own, ...others]: readonly [KeptRun, ...KeptRun[]],
  findings: readonly Finding[],
  isUnclear: boolean,
): Outcome {
  const outcomes = [own, ...others].map(({ outcome }) => outcome);
  // One that could not run is to be tried again, whatever the others saw.
  if (outcomes.every((outcome) => outcome === 'failed') || !hasLooked(own)) return own.outcome;
  if (isUnclear || outcomes.some((outcome) => outcome === 'partial' || outcome === 'failed'))
    return 'partial';
  return findings.some(({ severity }) => severity !== 'info') ? 'findings' : 'ok';
}

/** Several may find the same: what the worst of them says, since when the first of them says it. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const told = new Map<string, Finding>();
  for (const one of findings) {
    const known = told.get(findingKey(one));
    told.set(findingKey(one), known === undefined ? one : both(known, one));
  }
  return [...told.values()];
}

function both(a: Finding, b: Finding): Finding {
  const worse = RANK[b.severity] > RANK[a.severity] ? b : a;
  const since = [a.since, b.since].filter((at) => at !== undefined);
  const because = [...new Set([...(a.because ?? []), ...(b.because ?? [])])];
  const hides = [...new Set([...(a.hides ?? []), ...(b.hides ?? [])])];
  return {
    ...worse,
    ...(since.length === 0 ? {} : { since: Math.min(...since) }),
    ...(because.length === 0 ? {} : { because }),
    ...(hides.length === 0 ? {} : { hides }),
  };
}

const subjectOf = (name: string, { index }: Shard): string => `shard ${index} of ${name}`;

/** All of them have one message: what keeps a shard from running mostly keeps others as well. */
function missedShards(name: string, missed: readonly ShardRun[], everyMs: number): readonly Finding[] {
  const [first] = missed;
  return missed.map((one) => {
    const { shard, run } = one;
    const last =
      run === undefined
        ? 'it has left no report yet'
        : `its last report is of ${formatInstant(run.finishedAt)}`;
    const detail = `instance ${shard.index} of ${shard.of}, counted from 0, is to run every ${formatDuration(everyMs)}, and ${last}`;
    const more =
      first === undefined || first === one
        ? {}
        : { because: [findingKey({ code: 'shard-missed', subject: subjectOf(name, first.shard) })] };
    return finding('shard-missed', subjectOf(name, shard), detail, run?.finishedAt, more);
  });
}

const unclearShard = (name: string, { shard, unclear }: ShardRun): readonly Finding[] =>
  unclear === undefined ? [] : [finding('shard-unclear', subjectOf(name, shard), unclear)];
