import type { LogpushJob } from '../logpush.ts';
import { type Declared, isMatch, placeOf } from './job.ts';

/** The job in whose place a declared one that is missing would come. */
export type Predecessor =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly job: LogpushJob }
  | { readonly kind: 'ambiguous'; readonly detail: string };

/** What IBM Log Analysis took last. @see https://cloud.ibm.com/docs/log-analysis?topic=log-analysis-release-notes */
const LOGDNA_ENDED_AT = Date.UTC(2025, 2, 30);

export const isLogdna = ({ destination }: LogpushJob): boolean =>
  destination.kind === 'other' && destination.system === 'logdna';

/** A LogDNA job that shows no push since the service ended. */
export const isDeadLogdna = (job: LogpushJob): boolean =>
  isLogdna(job) && (job.lastCompleteAt ?? 0) <= LOGDNA_ENDED_AT;

/**
 * Which job of the zone a declaration that no job matches is about, if any: one of its name that differs in its destination,
 * or one that was made for a declaration of another dataset. A job that several could mean, or several that it could mean, is
 * nobody's.
 *
 * @param free - jobs of the zone that no other declaration matches, has made or replaces
 * @param siblings - the other declarations of the zone that no job matches
 */
export function predecessorOf(
  declared: Declared,
  free: readonly LogpushJob[],
  siblings: readonly Declared[],
  orphans: ReadonlySet<number>,
): Predecessor {
  const named = namesakesOf(declared, free, orphans);
  const [job] = named;
  if (job === undefined) return { kind: 'none' };
  if (named.length > 1) return { kind: 'ambiguous', detail: `jobs ${idsOf(named)} of its name could be it` };
  const rival = siblings.find((other) => namesakesOf(other, free, orphans).includes(job));
  if (rival === undefined) return { kind: 'one', job };
  return { kind: 'ambiguous', detail: `job ${job.ref.jobId} could be it, and also another declared job` };
}

/** The dead LogDNA job of its dataset, unless there are several, or several declarations of this dataset. */
export function deadLogdnaOf(
  { wanted }: Declared,
  free: readonly LogpushJob[],
  siblings: readonly Declared[],
): LogpushJob | undefined {
  const dead = free.filter((job) => isDeadLogdna(job) && job.dataset === wanted.dataset);
  const isShared = siblings.some((other) => other.wanted.dataset === wanted.dataset);
  return dead.length === 1 && !isShared ? dead[0] : undefined;
}

/**
 * Jobs of its name that are not it: they push its dataset elsewhere, or another dataset to its destination. Many jobs of one
 * name may do the latter, each for a dataset that somebody wants: only one that was made for a declaration which is gone counts.
 *
 * @param orphans - ids of jobs that were made for declarations which nobody makes any more
 */
export const namesakesOf = (
  declared: Declared,
  jobs: readonly LogpushJob[],
  orphans: ReadonlySet<number>,
): readonly LogpushJob[] =>
  jobs.filter(
    (job) =>
      job.name === declared.wanted.name &&
      !isMatch(declared, job) &&
      !isDeadLogdna(job) &&
      (job.dataset === declared.wanted.dataset || (orphans.has(job.ref.jobId) && isAtPlace(declared, job))),
  );

const isAtPlace = (declared: Declared, job: LogpushJob): boolean =>
  isMatch(declared, { ...job, dataset: declared.wanted.dataset });

const idsOf = (jobs: readonly LogpushJob[]): string => jobs.map(({ ref }) => ref.jobId).join(', ');

/** Another job that pushes to the bucket and path of a declared one, whatever its dataset, region and instance. */
export function atSamePath({ wanted }: Declared, jobs: readonly LogpushJob[]): LogpushJob | undefined {
  const { destination } = wanted;
  if (destination.kind !== 'cos') return undefined;
  return jobs.find(
    ({ destination: other }) =>
      other.kind === 'cos' && other.bucket === destination.bucket && other.path === destination.path,
  );
}

/** What differs between two destinations of one kind, for people; keys aside. */
export const otherPlace = (job: LogpushJob): string =>
  job.destination.kind === 'cloud-logs' || job.destination.kind === 'cos'
    ? placeOf(job.destination)
    : job.destination.kind === 'other'
      ? job.destination.system
      : 'a destination that cannot be read';
