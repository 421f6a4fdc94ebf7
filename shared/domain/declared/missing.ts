import { claimOf } from '../binding.ts';
import { changedDestination, type LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import { isMatch } from './job.ts';
import { atSamePath, deadLogdnaOf, inOtherRegion, otherPlace, predecessorOf } from './predecessor.ts';
import type { DeclaredEntry } from './record.ts';
import { type DeclaredView, freeJobs, namesakes, type Step, told } from './view.ts';

/** No job of the zone is seen to be the declared one. */
export function decideMissing(view: DeclaredView, entry: DeclaredEntry, subject: string): Step {
  const { declared, siblings, enforce } = view;
  const all = view.jobs.map(({ job }) => job);
  const hidden = whichMayBeIt(view, entry, subject);
  if (hidden !== undefined) return hidden;
  const free = freeJobs(view);
  const before = predecessorOf(declared, all, free, siblings, view.orphans);
  if (before.kind === 'ambiguous') return told('declared-ambiguous', subject, before.detail);
  const old = before.kind === 'one' ? before : undefined;
  const movable = old !== undefined && canMove(view, old.job) ? old.job : undefined;
  const path = whoHasPath(view, subject, movable);
  if (path !== undefined) return path;
  if (old === undefined) {
    const twin = inOtherRegion(declared, free);
    const dead = enforce ? deadLogdnaOf(declared, free, siblings) : undefined;
    if (twin === undefined) {
      const effect = { kind: 'create', ...(dead === undefined ? {} : { dead }) } as const;
      return { findings: namesakes(view, subject), effect };
    }
    const detail = `job ${twin.ref.jobId} pushes ${twin.dataset} to ${otherPlace(twin)}: one of the two regions is wrong`;
    return told('declared-job-differs', subject, detail);
  }
  const { job, by } = old;
  const what = `job ${job.ref.jobId} pushes ${job.dataset} to ${otherPlace(job)}`;
  // A job that is named goes by its name: it is not taken over, unless its path leaves no other way.
  const isMoved = movable !== undefined && (by === 'ledger' || atSamePath(declared, all) !== undefined);
  if (isMoved) {
    const { destination } = declared.wanted;
    if (!enforce) return told('declared-drift', subject, what);
    return { findings: [], effect: { kind: 'update', job, change: { destination }, detail: `${what} now` } };
  }
  if (by === 'ledger' && !enforce)
    return told('declared-job-differs', subject, `${what}, which no update can change`);
  return { findings: [], effect: { kind: 'create', replaces: recalled(job, by) } };
}

/** A job that goes, as it is now. */
export const recalled = (job: LogpushJob, by: 'ledger' | 'declaration') => ({
  jobId: job.ref.jobId,
  dataset: job.dataset,
  place: otherPlace(job),
  by,
  job,
});

/** A job that could be the declared one, though CIS does not show it so: what is not known to be absent is not made again. */
function whichMayBeIt(view: DeclaredView, entry: DeclaredEntry, subject: string): Step | undefined {
  const { declared, siblings, othersJobs } = view;
  const { wanted } = declared;
  const all = view.jobs.map(({ job }) => job);
  const made = all.find(({ ref }) => ref.jobId === entry.made?.jobId);
  if (made !== undefined && wanted.replaces !== made.ref.jobId) {
    // It was given to another declaration since.
    if (siblings.some((sibling) => isMatch(sibling, made))) {
      const without = omit(entry, 'made');
      return { entry: without, ...decideMissing(view, without, subject) };
    }
    const changed = changedDestination(wanted.destination, made.destination) ?? 'it has another dataset';
    return told('job-destination-changed', subject, `job ${made.ref.jobId}: ${changed}`);
  }
  const blind = all.find(
    ({ ref, dataset, destination }) =>
      destination.kind === 'unreadable' &&
      dataset === wanted.dataset &&
      ref.jobId !== wanted.replaces &&
      !othersJobs.has(ref.jobId),
  );
  if (blind === undefined) return undefined;
  const detail = `job ${blind.ref.jobId} (${blind.dataset}) has a destination that cannot be read: it may be this one`;
  return told('declared-unknown', subject, detail);
}

/**
 * Who pushes to the bucket and path of a declared job. Another region or instance of the same bucket and path is the same path
 * to CIS.
 *
 * @param movable - a job that would be given the declared destination
 */
function whoHasPath(view: DeclaredView, subject: string, movable: LogpushJob | undefined): Step | undefined {
  const { declared, elsewhere } = view;
  if (declared.wanted.destination.kind !== 'cos') return undefined;
  if (elsewhere === undefined) return { findings: [], effect: { kind: 'look-elsewhere' } };
  const all = view.jobs.map(({ job }) => job).filter((job) => job !== movable);
  const taken = atSamePath(declared, [...all, ...elsewhere.jobs]);
  if (taken !== undefined) {
    const detail = `job ${taken.ref.jobId} (${taken.dataset}) pushes to this bucket and path: each job needs its own`;
    return told('declared-path-taken', subject, detail);
  }
  if (elsewhere.unread === 0) return undefined;
  const detail = `${elsewhere.unread} zone(s) or instance(s) could not be read, and a job there may push to its path`;
  return told('declared-paths-unread', subject, detail);
}

/**
 * Whether a job can be given the declared destination as it stands: the same kind and dataset, and a key that is of the same
 * binding or of none. A job that another binding looks after is never taken from it in place, and whether one without a key
 * can be given one is not documented.
 */
function canMove({ declared: { wanted, zone }, bindings }: DeclaredView, job: LogpushJob): boolean {
  if (wanted.binding === undefined || job.dataset !== wanted.dataset) return false;
  if (job.destination.kind !== wanted.destination.kind) return false;
  const claims = bindings.flatMap((binding) => {
    const claim = claimOf(binding, job, zone);
    return claim === undefined ? [] : [{ name: binding.name, claim }];
  });
  if (claims.some(({ name, claim }) => name !== wanted.binding || claim !== 'key')) return false;
  return claims.length > 0 || job.destination.kind === 'cloud-logs' || job.destinationKey.state === 'visible';
}
