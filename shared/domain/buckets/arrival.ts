import type { Health } from '../health.ts';
import type { CosDestination, LogpushJob } from '../logpush.ts';
import { formatInstant, minutes } from '../time.ts';

/** What a look into the folder of a job found. */
export interface Arrivals {
  /** When the newest object that Logpush can have written was written. */
  readonly newestAt?: number;
  /** Everything was seen: what is not there did not arrive. */
  readonly complete: boolean;
}

/** How long a batch may take: `low` pushes about every 5 minutes, `high` about every minute. */
const LATE_MS: Readonly<Record<string, number>> = { low: minutes(15), high: minutes(10) };

export const lateAfterMs = (job: Pick<LogpushJob, 'frequency'>): number =>
  LATE_MS[job.frequency] ?? minutes(15);

/**
 * The prefixes under which a job's objects of the last minutes are: today's folder, and yesterday's shortly after
 * midnight (UTC); without daily folders the path itself.
 */
export function prefixesOf(
  { path, dailySubfolder }: CosDestination,
  now: number,
  lateMs: number,
): readonly string[] {
  const below = path === '' ? '' : `${path}/`;
  if (!dailySubfolder) return [below];
  const folder = (at: number): string => `${below}${formatInstant(at).slice(0, 10).replaceAll('-', '')}/`;
  return [...new Set([folder(now), folder(now - lateMs)])];
}

/** Names of objects sort by time, as far as is known; nothing but a shorter listing depends on it. */
export const nameAt = (at: number): string => `${formatInstant(at).slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** Whether Logpush can have written this object: no test object, no ownership file, no folder, nothing empty. */
export function isEvidence(key: string, size: number): boolean {
  const name = key.split('/').at(-1) ?? '';
  return size > 0 && name !== '' && name !== 'test.txt.gz' && !/^ownership-challenge|^\./.test(name);
}

/**
 * Whether what the job says it pushed is in the bucket.
 *
 * @returns `arrives`, `missing` with the evidence, or `unclear` with what could not be told
 */
export function judgeArrival(
  job: LogpushJob,
  health: Health,
  arrivals: Arrivals,
  now: number,
):
  | { readonly verdict: 'arrives' | 'idle' }
  | { readonly verdict: 'missing' | 'unclear'; readonly detail: string } {
  const lateMs = lateAfterMs(job);
  const { newestAt, complete } = arrivals;
  if (newestAt !== undefined && now - newestAt <= lateMs) return { verdict: 'arrives' };
  // Of a job that pushes nothing no object is expected; why it pushes nothing is told elsewhere.
  if (health !== 'healthy' || job.lastCompleteAt === undefined) return { verdict: 'idle' };
  const newest = newestAt === undefined ? 'none' : `the newest of ${formatInstant(newestAt)}`;
  const claim = `the job says that it pushed ${formatInstant(job.lastCompleteAt)}`;
  if (!complete)
    return { verdict: 'unclear', detail: `${claim}; not every object could be listed, ${newest} was seen` };
  return { verdict: 'missing', detail: `${claim}; of its objects there is ${newest}` };
}
