import type { FleetJob, FleetReport } from './fleet-report.ts';
import { jobsOf } from './fleet-report.ts';
import { days, hours } from './time.ts';

type TimelineState =
  | 'pushing'
  /** Nothing to push, and no error. */
  | 'quiet'
  /** Failing, or silent although it should push. */
  | 'gap'
  | 'disabled'
  /** Nobody looked, or what was seen was not kept. */
  | 'unknown'
  /** Before the keeper first saw the job. */
  | 'unseen';

export interface Segment {
  readonly state: TimelineState;
  readonly from: number;
  readonly until: number;
}

/** The time that all time lines of a report show. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** The last seven days, or since the first job was seen if that is less; at least an hour. */
export function spanOf(report: FleetReport): Span {
  const first = Math.min(...jobsOf(report).map((job) => job.firstSeenAt));
  const from = Math.min(Math.max(first, report.at - days(7)), report.at - hours(1));
  return { from: Number.isFinite(from) ? from : report.at - days(7), until: report.at };
}

/** What a job did in a span of time: adjoining segments that cover it, oldest first. What nothing tells is unknown. */
export function timelineOf(job: FleetJob, span: Span): readonly Segment[] {
  let line: readonly Segment[] = [{ ...span, state: 'unknown' }];
  const paint = (state: TimelineState, from: number, until: number): void => {
    line = over(line, { state, from: Math.max(from, span.from), until: Math.min(until, span.until) });
  };
  const { lastCompleteAt, lastErrorAt, firstSeenAt } = job;
  const known = Math.max(firstSeenAt, lastCompleteAt ?? 0, lastErrorAt ?? 0);
  // A look of a few minutes ago tells of now; an older one tells only up to itself.
  const seenUntil = job.outdated === undefined ? span.until : (job.seenAt ?? known);
  // Without an account of the gaps, a push tells of its own moment only.
  if (job.outages !== undefined && lastCompleteAt !== undefined)
    paint('pushing', firstSeenAt, Math.min(lastCompleteAt, seenUntil));
  for (const [state, from] of presentOf(job)) paint(state, from, seenUntil);
  for (const outage of job.outages ?? []) paint('gap', outage.from, outage.until ?? seenUntil);
  for (const incident of job.incidents)
    paint('disabled', incident.seenAt, incident.enabledAt ?? incident.endedAt ?? seenUntil);
  if (isDisabled(job)) paint('disabled', disabledFrom(job), seenUntil);
  paint('unseen', span.from, firstSeenAt);
  return merged(line);
}

const isDisabled = ({ health }: FleetJob): boolean => health.startsWith('disabled-');

/** When it was disabled, as far as anything tells: failures stop when a job is. */
const disabledFrom = (job: FleetJob): number =>
  job.incidents.findLast(({ endedAt }) => endedAt === undefined)?.seenAt ??
  job.lastErrorAt ??
  job.lastCompleteAt ??
  job.firstSeenAt;

/** What the last look says about the time since the last push. */
function presentOf(job: FleetJob): readonly (readonly [TimelineState, number])[] {
  // Where gaps are accounted for, pushes are too: without one, it has been so since it was first seen.
  const without = job.outages === undefined ? job.seenAt : job.firstSeenAt;
  const since = job.lastCompleteAt ?? job.lastErrorAt ?? without;
  if (since === undefined) return [];
  switch (job.health) {
    case 'healthy':
      return [['pushing', since]];
    case 'starting':
    case 'idle':
      return [['quiet', since]];
    case 'failing':
    case 'stalled':
    case 'disabled-by-failures':
    case 'disabled-unclear':
      return [['gap', since]];
    case 'disabled-by-hand':
    case 'unknown':
      return [];
  }
}

/** Lays a segment over others. */
function over(below: readonly Segment[], top: Segment): readonly Segment[] {
  if (top.until <= top.from) return below;
  const left = below.flatMap((segment) =>
    [
      { ...segment, until: Math.min(segment.until, top.from) },
      { ...segment, from: Math.max(segment.from, top.until) },
    ].filter(({ from, until }) => until > from),
  );
  return [...left, top].toSorted((a, b) => a.from - b.from);
}

function merged(line: readonly Segment[]): readonly Segment[] {
  const result: Segment[] = [];
  for (const segment of line) {
    const last = result.at(-1);
    if (last?.state === segment.state) result[result.length - 1] = { ...last, until: segment.until };
    else result.push(segment);
  }
  return result;
}
