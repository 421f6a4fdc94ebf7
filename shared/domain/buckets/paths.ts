import { type Finding, finding } from '../finding.ts';
import type { CosDestination } from '../logpush.ts';

interface Placed {
  readonly label: string;
  readonly destination: CosDestination;
}

/** What every object of a job begins with. */
const below = ({ path }: CosDestination): string => (path === '' ? '' : `${path}/`);

/** The job writes beside the folder of the other: no daily folder of its own lies between. */
const surrounds = (outer: CosDestination, inner: CosDestination): boolean =>
  outer.bucket === inner.bucket &&
  outer.path !== inner.path &&
  !outer.dailySubfolder &&
  below(inner).startsWith(below(outer));

/** The prefixes below a job's path that belong to other jobs: what lies there does not show that this one arrives. */
export const foreignPrefixes = (destination: CosDestination, all: readonly Placed[]): readonly string[] => [
  ...new Set(
    all
      .map((other) => other.destination)
      .filter((other) => surrounds(destination, other))
      .map(below),
  ),
];

/**
 * Jobs of one path mix what they push; range, firewall and DNS events need paths of their own. A path below another's is
 * told only if that other has no daily folders: whoever reads it reads both then, and daily folders keep them apart else.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export function judgePaths(jobs: readonly Placed[]): readonly Finding[] {
  const shared = Map.groupBy(jobs, ({ destination: { bucket, path } }) => `${bucket}/${path}`);
  const together = [...shared]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([path, sharing]) => finding('bucket-path-shared', `bucket ${path}`, `jobs ${labels(sharing)}`));
  const nested = [...shared].flatMap(([path, outers]) => {
    const inners = jobs.filter(({ destination }) =>
      outers.some((outer) => surrounds(outer.destination, destination)),
    );
    const detail = `of jobs ${labels(outers)}; below it lie the paths of ${labels(inners)}`;
    return inners.length === 0 ? [] : [finding('bucket-path-nested', `bucket ${path}`, detail)];
  });
  return [...together, ...nested];
}

const labels = (jobs: readonly Placed[]): string => jobs.map(({ label }) => label).join(', ');
