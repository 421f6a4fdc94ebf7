import { accepts } from './binding.ts';
import type { LogpushJob, Zone } from './logpush.ts';
import { days, formatInstant, minutes } from './time.ts';

/** Jobs that a person wants left as they are. Whatever is `*` is any. */
export interface Hold {
  readonly instance: string;
  readonly zone: string;
  readonly dataset: string;
  /** A job id; absent = every job. */
  readonly job?: number;
  readonly reason: string;
  /** Absent = at once. */
  readonly from?: number;
  /** Absent = until it is taken out of the configuration. */
  readonly until?: number;
  /** Only within these hours of the week: a maintenance window. */
  readonly weekly?: WeeklyWindow;
}

/** A stretch of time that comes every week, in UTC. It may reach into the next day. */
interface WeeklyWindow {
  /** On which days it begins; 0 = Sunday. */
  readonly days: readonly number[];
  readonly startMinute: number;
  /** At most a day. */
  readonly forMs: number;
}

/** A hold that is in force, and when it ends; absent = nobody knows. */
export interface ActiveHold {
  readonly reason: string;
  readonly until?: number;
}

/** The hold that keeps this job as it is now, if any. */
export function holdOf(
  holds: readonly Hold[],
  job: Pick<LogpushJob, 'ref' | 'dataset'>,
  zone: Pick<Zone, 'id' | 'name'>,
  now: number,
): ActiveHold | undefined {
  for (const hold of holds) {
    if (!covers(hold, job, zone) || now < (hold.from ?? 0) || now >= (hold.until ?? Infinity)) continue;
    const windowEnd = hold.weekly === undefined ? Infinity : windowEndsAt(hold.weekly, now);
    if (windowEnd === undefined) continue;
    const until = Math.min(windowEnd, hold.until ?? Infinity);
    return { reason: hold.reason, ...(Number.isFinite(until) ? { until } : {}) };
  }
  return undefined;
}

/** A hold for people: why, and until when if that is known. */
export const describeHold = ({ reason, until }: ActiveHold): string =>
  `a hold says so: ${reason}${until === undefined ? '' : `, until ${formatInstant(until)}`}`;

const covers = (
  hold: Hold,
  job: Pick<LogpushJob, 'ref' | 'dataset'>,
  zone: Pick<Zone, 'id' | 'name'>,
): boolean =>
  (hold.job === undefined || hold.job === job.ref.jobId) &&
  accepts(hold.instance, job.ref.instanceCrn) &&
  (accepts(hold.zone, zone.id) || accepts(hold.zone, zone.name)) &&
  accepts(hold.dataset, job.dataset);

/** @returns when the window that is open now ends; undefined when none is */
function windowEndsAt(window: WeeklyWindow, now: number): number | undefined {
  const today = Math.floor(now / days(1)) * days(1);
  // The one that began yesterday may not have ended yet.
  for (const day of [today - days(1), today]) {
    if (!window.days.includes(new Date(day).getUTCDay())) continue;
    const startAt = day + minutes(window.startMinute);
    if (now >= startAt && now < startAt + window.forMs) return startAt + window.forMs;
  }
  return undefined;
}
