import type { LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import { days } from '../time.ts';
import { isMatch } from './job.ts';
import { recalled } from './missing.ts';
import { deadLogdnaOf, otherPlace, predecessorOf } from './predecessor.ts';
import type { DeclaredEntry, Predecessor } from './record.ts';
import { type DeclaredView, freeJobs, namesakes, type Step, told } from './view.ts';

/**
 * The job that was replaced, the one that the declaration names, or a dead one of LogDNA goes once its successor has pushed, if
 * it is still what it was when that was decided.
 */
export function decideSuccession(
  view: DeclaredView,
  entry: DeclaredEntry,
  successor: LogpushJob,
  subject: string,
): Step {
  const { declared, siblings, enforce } = view;
  const known = remembered(view, entry, successor);
  if ('ambiguous' in known) return told('declared-ambiguous', subject, known.ambiguous);
  const { predecessor } = known;
  if (predecessor !== undefined)
    return { entry: known, ...leaves(view, known, predecessor, successor, subject) };
  const dead = enforce ? deadLogdnaOf(declared, freeJobs(view), siblings) : undefined;
  const step =
    dead === undefined ? { findings: namesakes(view, subject) } : goes(view, dead, successor, subject);
  return { entry: known, ...step };
}

/** The entry with the job that goes: one that the declaration names, and not one that it does not name any more. */
function remembered(
  view: DeclaredView,
  { predecessor, ...entry }: DeclaredEntry,
  successor: LogpushJob,
): DeclaredEntry | { readonly ambiguous: string } {
  const { declared, siblings } = view;
  if (predecessor?.by === 'ledger' || (predecessor && predecessor.jobId === declared.wanted.replaces))
    return { ...entry, predecessor };
  const all = view.jobs.map(({ job }) => job).filter((job) => job !== successor);
  const named = predecessorOf(declared, all, freeJobs(view), siblings, new Map());
  if (named.kind === 'ambiguous') return { ambiguous: named.detail };
  if (named.kind === 'none') return entry;
  return { ...entry, predecessor: omit(recalled(named.job, named.by), 'job') };
}

/** The job that was to go, if it is still the one that was meant. */
function leaves(
  view: DeclaredView,
  entry: DeclaredEntry,
  { jobId, dataset, place, by }: Predecessor,
  successor: LogpushJob,
  subject: string,
): Step {
  const old = view.jobs.find(({ job }) => job.ref.jobId === jobId)?.job;
  if (old === undefined || view.siblings.some((sibling) => isMatch(sibling, old)))
    return { findings: [], entry: omit(entry, 'predecessor') };
  if (old.dataset !== dataset || otherPlace(old) !== place) {
    const now = `job ${jobId}, which was to be deleted, pushes ${old.dataset} to ${otherPlace(old)} by now`;
    return told('declared-ambiguous', subject, `${now}, not ${dataset} to ${place}`);
  }
  if (by === 'ledger' && !view.enforce) {
    const detail = `job ${successor.ref.jobId} was made in place of job ${jobId}, which is still there`;
    return told('declared-job-differs', subject, detail);
  }
  return goes(view, old, successor, subject);
}

function goes(
  { declared, now }: DeclaredView,
  old: LogpushJob,
  successor: LogpushJob,
  subject: string,
): Step {
  const [oldId, jobId] = [old.ref.jobId, successor.ref.jobId];
  if (isProven(successor, now)) return { findings: [], effect: { kind: 'delete', job: old, successor } };
  if (!declared.wanted.enabled) {
    const detail = `job ${jobId} is declared disabled, so it never proves itself; job ${oldId} stays`;
    return told('declared-replacement-unproven', subject, detail);
  }
  return {
    findings: [],
    waiting: { subject, waitsFor: `a push of job ${jobId}, before job ${oldId} is deleted` },
  };
}

/** The platform gives a job up that pushed nothing for so long. A new job shows no push before its first. */
const PROOF_MS = days(1);

const isProven = ({ enabled, lastCompleteAt, lastErrorAt }: LogpushJob, now: number): boolean =>
  enabled &&
  lastCompleteAt !== undefined &&
  (lastErrorAt ?? 0) <= lastCompleteAt &&
  now - lastCompleteAt <= PROOF_MS;
