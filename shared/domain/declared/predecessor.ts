import type { LogpushJob } from '../logpush.ts';
import { type Declared, isMatch, placeOf } from './job.ts';
import type { Made } from './record.ts';

/** Jobs that were made for declarations which nobody makes any more, by id. */
export type Orphans = ReadonlyMap<number, Made>;

/** The job in whose place a declared one that is missing would come. */
export type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly job: LogpushJob; readonly by: 'ledger' | 'declaration' }
  | { readonly kind: 'ambiguous'; readonly detail: string };

/** What IBM Log Analysis took last. @see https://cloud.ibm.com/docs/log-analysis?topic=log-analysis-release-notes */
const LOGDNA_ENDED_AT = Date.UTC(2025, 2, 30);

export const isLogdna = ({ destination }: LogpushJob): boolean =>
  destination.kind === 'other' && destination.system === 'logdna';

/** A LogDNA job that shows no push since the service ended. */
export const isDeadLogdna = (job: LogpushJob): boolean =>
  isLogdna(job) && (job.lastCompleteAt ?? 0) <= LOGDNA_ENDED_AT;

/**
 * Which job of the zone a declaration that no job matches is about, if any: the one that it names, else one that was made for a
 * declaration of its name that is gone. A job that the keeper did not make, and that nobody names, is never meant, whatever
 * it looks like. One that several could mean, or several that it could mean, is nobody's.
 *
 * @param all - the jobs of the zone
 * @param free - those that no other declaration matches, has made or replaces
 * @param siblings - the other declarations of the zone
 */
export function predecessorOf(
  declared: Declared,
  all: readonly LogpushJob[],
  free: readonly LogpushJob[],
  siblings: readonly Declared[],
  orphans: Orphans,
): Found {
  const named = namedBy(declared, all);
  if (named !== undefined) {
    const { jobId } = named.ref;
    if (free.includes(named) && siblings.every(({ wanted }) => wanted.replaces !== jobId))
      return { kind: 'one', job: named, by: 'declaration' };
    const detail = `job ${jobId}, which it replaces, is another declared job, or goes for the sake of one`;
    return { kind: 'ambiguous', detail };
  }
  const ours = madeBefore(declared, free, orphans);
  const [job] = ours;
  if (job === undefined) return { kind: 'none' };
  if (ours.length > 1) {
    const ids = ours.map(({ ref }) => ref.jobId).join(', ');
    return { kind: 'ambiguous', detail: `jobs ${ids} of its name could be it` };
  }
  const unmatched = siblings.filter((sibling) => all.every((one) => !isMatch(sibling, one)));
  if (unmatched.every((other) => !madeBefore(other, free, orphans).includes(job)))
    return { kind: 'one', job, by: 'ledger' };
  return { kind: 'ambiguous', detail: `job ${job.ref.jobId} could be it, and also another declared job` };
}

/** The job that a declaration names as the one in whose place it comes, while that is there. */
const namedBy = ({ wanted }: Declared, jobs: readonly LogpushJob[]): LogpushJob | undefined =>
  wanted.replaces === undefined ? undefined : jobs.find(({ ref }) => ref.jobId === wanted.replaces);

/** Jobs that were made under its name for a declaration that is gone, with its dataset or at its destination. */
const madeBefore = (
  declared: Declared,
  jobs: readonly LogpushJob[],
  orphans: Orphans,
): readonly LogpushJob[] =>
  jobs.filter((job) => {
    const made = orphans.get(job.ref.jobId);
    if (made === undefined || (made.name ?? job.name) !== declared.wanted.name || isMatch(declared, job))
      return false;
    return job.dataset === declared.wanted.dataset || isAtPlace(declared, job);
  });

const isAtPlace = (declared: Declared, job: LogpushJob): boolean =>
  isMatch(declared, { ...job, dataset: declared.wanted.dataset });

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

/** Jobs of its name and dataset that push elsewhere: both may be meant. */
export const namesakesOf = (declared: Declared, jobs: readonly LogpushJob[]): readonly LogpushJob[] =>
  jobs.filter(
    (job) =>
      job.name === declared.wanted.name &&
      job.dataset === declared.wanted.dataset &&
      !isMatch(declared, job) &&
      !isDeadLogdna(job),
  );

/**
 * A job of its dataset that pushes to its Cloud Logs instance, by another region: an instance is in one region, so one of the
 * two is wrong, and both would push the same logs.
 */
export const inOtherRegion = (
  { wanted: { dataset, destination } }: Declared,
  jobs: readonly LogpushJob[],
): LogpushJob | undefined =>
  jobs.find(
    (job) =>
      job.dataset === dataset &&
      destination.kind === 'cloud-logs' &&
      job.destination.kind === 'cloud-logs' &&
      job.destination.instanceId === destination.instanceId &&
      job.destination.region !== destination.region,
  );

/** Another job that pushes to the bucket and path of a declared one, whatever its dataset, region and instance. */
export function atSamePath({ wanted }: Declared, jobs: readonly LogpushJob[]): LogpushJob | undefined {
  const { destination } = wanted;
  if (destination.kind !== 'cos') return undefined;
  return jobs.find(
    ({ destination: other }) =>
      other.kind === 'cos' && other.bucket === destination.bucket && other.path === destination.path,
  );
}

/** Where a job pushes, for people; keys aside. */
export const otherPlace = (job: LogpushJob): string =>
  job.destination.kind === 'cloud-logs' || job.destination.kind === 'cos'
    ? placeOf(job.destination)
    : job.destination.kind === 'other'
      ? job.destination.system
      : 'a destination that cannot be read';
