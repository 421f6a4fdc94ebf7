import { type Binding, claimOf } from '../binding.ts';
import { type Finding, type FindingCode, finding } from '../finding.ts';
import { describeHold, type Hold, holdOf } from '../hold.ts';
import type { LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import type { Waiting } from '../report.ts';
import { type DeclaredChange, driftOf, type SeenInZone, unchangeableIn } from './drift.ts';
import { type Declared, declaredName, hasLabels, isMatch, jobToBe } from './job.ts';
import {
  atSamePath,
  deadLogdnaOf,
  isDeadLogdna,
  namesakesOf,
  otherPlace,
  predecessorOf,
} from './predecessor.ts';
import { type DeclaredEntry, settle } from './record.ts';

/** What one decision about one declaration needs to know. */
export interface DeclaredView {
  readonly declared: Declared;
  readonly entry: DeclaredEntry;
  /** All jobs of the zone. */
  readonly jobs: readonly SeenInZone[];
  /** The other declarations of the zone. */
  readonly siblings: readonly Declared[];
  /** Ids of jobs that were made for those, or that go for their sake. */
  readonly othersJobs: ReadonlySet<number>;
  /** Ids of jobs that were made for declarations which nobody makes any more. */
  readonly orphans: ReadonlySet<number>;
  /** The jobs of all other zones, for a bucket's path is one job's alone. */
  readonly elsewhere: readonly LogpushJob[];
  readonly bindings: readonly Binding[];
  /** Whether the job is to be made as declared where it differs. */
  readonly enforce: boolean;
  readonly holds: readonly Hold[];
  readonly now: number;
  /** The ledger's clock. */
  readonly storeNow: number;
}

export type DeclaredEffect =
  /** Makes the declared job. @param replaces - the job that goes once the new one has pushed */
  | { readonly kind: 'create'; readonly replaces?: LogpushJob }
  | {
      readonly kind: 'update';
      readonly job: LogpushJob;
      readonly change: DeclaredChange;
      /** For people. */
      readonly detail: string;
    }
  /** Deletes a job in whose place another one pushes. */
  | { readonly kind: 'delete'; readonly job: LogpushJob; readonly successor: LogpushJob };

export interface DeclaredDecision {
  /** What is to be remembered from now on. */
  readonly entry: DeclaredEntry;
  readonly findings: readonly Finding[];
  readonly effect?: DeclaredEffect;
  readonly waiting?: Waiting;
}

type Step = Omit<DeclaredDecision, 'entry'> & { readonly entry?: DeclaredEntry };

/**
 * What is to be done about one declared job, from what its zone shows: at most one effect. An effect never follows from a name
 * alone, nor where several jobs, or several declarations, could be meant.
 */
export function decideDeclared(view: DeclaredView): DeclaredDecision {
  const { declared, entry } = view;
  const subject = `declared ${declaredName(declared)}`;
  const jobs = view.jobs.map(({ job }) => job);
  const settled = settle(declared, entry, jobs, view.storeNow);
  if (settled.kind === 'wait') {
    const waitsFor = 'whether CIS has made it: a list may be late, so no other is made until then';
    return { entry, findings: [], waiting: { subject, waitsFor, until: settled.until } };
  }
  if (settled.kind === 'several') {
    const detail = `jobs ${settled.jobIds.join(', ')} have appeared since it was made`;
    return { entry, findings: [finding('declared-ambiguous', subject, detail)] };
  }
  const step = decideSettled(view, settled.entry, subject);
  const next = { entry: settled.entry, ...step };
  const hold = step.effect === undefined ? undefined : heldBy(view, step.effect);
  if (hold === undefined) return next;
  return {
    entry: next.entry,
    findings: [...next.findings, finding('declared-held', subject, describeHold(hold))],
  };
}

/** A replacement is held by whatever holds the job that goes, too. */
function heldBy({ declared, holds, now }: DeclaredView, effect: DeclaredEffect) {
  const concerned =
    effect.kind === 'create'
      ? [jobToBe(declared), ...(effect.replaces ? [effect.replaces] : [])]
      : [effect.job];
  return concerned.map((job) => holdOf(holds, job, declared.zone, now)).find((hold) => hold !== undefined);
}

function decideSettled(view: DeclaredView, entry: DeclaredEntry, subject: string): Step {
  const matches = view.jobs.filter(
    ({ job }) => isMatch(view.declared, job) && job.ref.jobId !== entry.replaces,
  );
  if (matches.length > 1) {
    const detail = `jobs ${matches.map(({ job }) => job.ref.jobId).join(', ')} push this dataset there`;
    return told('declared-ambiguous', subject, detail);
  }
  const [current] = matches;
  return current === undefined ? decideMissing(view, subject) : decidePresent(view, entry, current, subject);
}

const told = (code: FindingCode, subject: string, detail: string): Step => ({
  findings: [finding(code, subject, detail)],
});

/** Jobs of the zone that no other declaration has anything to do with. */
const freeJobs = ({ jobs, siblings, othersJobs }: DeclaredView): readonly LogpushJob[] =>
  jobs
    .map(({ job }) => job)
    .filter((job) => !othersJobs.has(job.ref.jobId) && siblings.every((sibling) => !isMatch(sibling, job)));

/** No job of the zone is the declared one. */
function decideMissing(view: DeclaredView, subject: string): Step {
  const { declared, siblings, elsewhere, enforce } = view;
  const all = view.jobs.map(({ job }) => job);
  const unmatched = siblings.filter((sibling) => all.every((job) => !isMatch(sibling, job)));
  const before = predecessorOf(declared, freeJobs(view), unmatched, view.orphans);
  if (before.kind === 'ambiguous') return told('declared-ambiguous', subject, before.detail);
  const isMovable = before.kind === 'one' && canMove(view, before.job);
  const taken = atSamePath(declared, [...all, ...elsewhere]);
  // Another region or instance of the same bucket and path is the same path to CIS.
  if (taken !== undefined && !(isMovable && taken.ref.jobId === before.job.ref.jobId)) {
    const detail = `job ${taken.ref.jobId} (${taken.dataset}) pushes to this bucket and path: each job needs its own`;
    return told('declared-path-taken', subject, detail);
  }
  if (before.kind === 'none') return { findings: [], effect: { kind: 'create' } };
  const { job } = before;
  const what = `job ${job.ref.jobId} pushes ${job.dataset} to ${otherPlace(job)}`;
  if (isMovable) {
    const { destination } = declared.wanted;
    if (!enforce) return told('declared-drift', subject, what);
    return { findings: [], effect: { kind: 'update', job, change: { destination }, detail: `${what} now` } };
  }
  if (enforce) return { findings: [], effect: { kind: 'create', replaces: job } };
  return told('declared-job-differs', subject, `${what}, which no update can change`);
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

function decidePresent(view: DeclaredView, entry: DeclaredEntry, current: SeenInZone, subject: string): Step {
  const { declared, enforce } = view;
  const { wanted } = declared;
  const { job } = current;
  const unchangeable = unchangeableIn(declared, entry, job);
  const findings: Finding[] = [];
  if (unchangeable.length > 0) {
    const detail = `job ${job.ref.jobId}: ${unchangeable.join('; ')}; no update can change that`;
    const isReplaceable = wanted.destination.kind === 'cloud-logs' && entry.replaces === undefined;
    if (enforce && isReplaceable) return { findings: [], effect: { kind: 'create', replaces: job } };
    const why = isReplaceable ? '' : ': declare it with a path of its own';
    findings.push(finding('declared-job-differs', subject, `${detail}${why}`));
  }
  if (entry.made?.jobId !== job.ref.jobId && hasLabels(wanted.labels)) {
    const detail = `CIS does not show the labels of job ${job.ref.jobId}, which the keeper did not make`;
    findings.push(finding('declared-labels-unknown', subject, detail));
  }
  const { change, differences } = driftOf(declared, current);
  if (differences.length > 0) {
    const detail = `job ${job.ref.jobId}: ${differences.join('; ')}`;
    if (enforce) return { findings, effect: { kind: 'update', job, change, detail } };
    findings.push(finding('declared-drift', subject, detail));
  }
  const succession = decideSuccession(view, entry, job, subject);
  return { ...succession, findings: [...findings, ...succession.findings] };
}

/** The job that was replaced, or a dead one of LogDNA, goes once its successor has pushed. */
function decideSuccession(
  view: DeclaredView,
  entry: DeclaredEntry,
  successor: LogpushJob,
  subject: string,
): Step {
  const { declared, siblings, enforce } = view;
  const { jobId } = successor.ref;
  const old =
    entry.replaces === undefined
      ? deadLogdnaOf(declared, freeJobs(view), siblings)
      : view.jobs.find(({ job }) => job.ref.jobId === entry.replaces)?.job;
  if (entry.replaces === undefined && old === undefined) return { findings: namesakes(view, subject) };
  if (old === undefined || siblings.some((sibling) => isMatch(sibling, old)))
    return { findings: [], entry: omit(entry, 'replaces') };
  const { jobId: oldId } = old.ref;
  if (!enforce && !isDeadLogdna(old)) {
    const detail = `job ${jobId} was made in place of job ${oldId}, which is still there`;
    return told('declared-job-differs', subject, detail);
  }
  if (isProven(successor)) return { findings: [], effect: { kind: 'delete', job: old, successor } };
  if (!declared.wanted.enabled) {
    const detail = `job ${jobId} is declared disabled, so it never proves itself; job ${oldId} stays`;
    return told('declared-replacement-unproven', subject, detail);
  }
  return {
    findings: [],
    waiting: { subject, waitsFor: `a push of job ${jobId}, before job ${oldId} is deleted` },
  };
}

/** A job beside the declared one that it may have replaced, if the ledger knew. */
function namesakes(view: DeclaredView, subject: string): readonly Finding[] {
  const ids = namesakesOf(view.declared, freeJobs(view), view.orphans).map(({ ref }) => ref.jobId);
  if (ids.length === 0) return [];
  const detail = `beside it job ${ids.join(', ')} has the same name, and the same dataset or destination`;
  return [finding('declared-namesake', subject, detail)];
}

/** A new job shows no push before its first. */
const isProven = ({ enabled, lastCompleteAt, lastErrorAt }: LogpushJob): boolean =>
  enabled && lastCompleteAt !== undefined && (lastErrorAt ?? 0) <= lastCompleteAt;
