import { type Finding, finding } from '../finding.ts';
import { describeHold, holdOf } from '../hold.ts';
import { changedDestination } from '../logpush.ts';
import { driftOf, type SeenInZone, unchangeableIn, wasSent } from './drift.ts';
import { type Declared, declaredName, hasLabels, isMatch, jobToBe } from './job.ts';
import { decideMissing, recalled } from './missing.ts';
import { type DeclaredEntry, settle } from './record.ts';
import { decideSuccession } from './succession.ts';
import {
  type DeclaredDecision,
  type DeclaredEffect,
  type DeclaredView,
  freeJobs,
  type Step,
  told,
} from './view.ts';

/**
 * What is to be done about one declared job, from what its zone shows: at most one effect. Only three kinds of jobs are ever
 * deleted or given another destination: one that the ledger says was made for a declaration, one that the declaration names, and
 * a dead one of LogDNA. Nothing is done where several jobs, or several declarations, could be meant.
 */
export function decideDeclared(view: DeclaredView): DeclaredDecision {
  const { declared, entry } = view;
  const subject = `declared ${declaredName(declared)}`;
  const free = freeJobs(view);
  const jobs = view.jobs.map(({ job }) => job);
  const settled = settle(declared, entry, jobs, view.storeNow, (job) => !free.includes(job));
  if (settled.kind === 'wait') {
    const waitsFor = 'whether CIS has made it: a list may be late, so no other is made until then';
    return { entry, findings: [], waiting: { subject, waitsFor, until: settled.until } };
  }
  if (settled.kind === 'unsure') {
    const detail = `job ${settled.jobIds.join(', ')} has appeared since it was made, and which one it is cannot be told`;
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
    effect.kind === 'update' || effect.kind === 'delete'
      ? [effect.job]
      : [jobToBe(declared), ...(effect.kind === 'create' && effect.replaces ? [effect.replaces.job] : [])];
  return concerned.map((job) => holdOf(holds, job, declared.zone, now)).find((hold) => hold !== undefined);
}

function decideSettled(view: DeclaredView, entry: DeclaredEntry, subject: string): Step {
  const { declared } = view;
  const all = view.jobs.filter(
    ({ job }) => isMatch(declared, job) && job.ref.jobId !== entry.predecessor?.jobId,
  );
  // Beside the one that was made in its place, the job that is named is the one that goes.
  const others = all.filter(({ job }) => job.ref.jobId !== declared.wanted.replaces);
  const matches = others.length > 0 ? others : all;
  if (matches.length > 1) {
    const detail = `jobs ${matches.map(({ job }) => job.ref.jobId).join(', ')} push this dataset there`;
    return told('declared-ambiguous', subject, detail);
  }
  const [current] = matches;
  if (current === undefined) return decideMissing(view, entry, subject);
  // Made for a declaration that is gone, and given to this one since.
  const made = view.orphans.get(current.job.ref.jobId);
  const own = made === undefined ? entry : { ...entry, made };
  return { entry: own, ...decidePresent(view, own, current, subject) };
}

function decidePresent(view: DeclaredView, entry: DeclaredEntry, current: SeenInZone, subject: string): Step {
  const { declared, enforce } = view;
  const { wanted } = declared;
  const { job } = current;
  const { jobId } = job.ref;
  const made = entry.made?.jobId === jobId ? entry.made : undefined;
  const unchangeable = unchangeableIn(declared, made, job);
  const areLabelsUnknown = made === undefined && hasLabels(wanted.labels);
  const isNamed = wanted.replaces === jobId;
  const isOtherwise = unchangeable.length > 0 || (isNamed && areLabelsUnknown);
  const isReplaceable = wanted.destination.kind === 'cloud-logs' && entry.predecessor === undefined;
  if (isOtherwise && isReplaceable && (isNamed || (enforce && made !== undefined))) {
    const replaces = recalled(job, isNamed ? 'declaration' : 'ledger');
    return { findings: [], effect: { kind: 'create', replaces } };
  }
  const findings: Finding[] = [];
  const say = (code: Parameters<typeof finding>[0], detail: string): void =>
    void findings.push(finding(code, subject, `job ${jobId}${detail}`));
  if (unchangeable.length > 0) {
    const why = isReplaceable ? '' : ': declare it with a path of its own';
    say('declared-job-differs', `: ${unchangeable.join('; ')}; no update can change that${why}`);
  }
  if (areLabelsUnknown)
    say('declared-labels-unknown', ', whose labels CIS does not show, was not made by the keeper');
  findings.push(...shownOtherwise(declared, entry, current, subject));
  const { change, differences } = driftOf(declared, entry, current);
  if (differences.length > 0) {
    const detail = `: ${differences.join('; ')}`;
    if (enforce)
      return { findings, effect: { kind: 'update', job, change, detail: `job ${jobId}${detail}` } };
    say('declared-drift', detail);
  }
  const succession = decideSuccession(view, entry, job, subject);
  return { ...succession, findings: [...findings, ...succession.findings] };
}

/** What CIS was sent as declared and shows otherwise: to send it again would change nothing. */
function shownOtherwise(
  declared: Declared,
  entry: DeclaredEntry,
  { job }: SeenInZone,
  subject: string,
): readonly Finding[] {
  const { jobId } = job.ref;
  const findings: Finding[] = [];
  const { made } = entry;
  if (made?.jobId === jobId && made.name === declared.wanted.name && job.name !== made.name) {
    const detail = `job ${jobId}: it was made under this name, and CIS shows ${job.name || 'none'}`;
    findings.push(finding('declared-name-shown-otherwise', subject, detail));
  }
  const changed = changedDestination(declared.wanted.destination, job.destination);
  if (changed !== undefined && wasSent(declared, entry, job))
    findings.push(finding('job-destination-changed', subject, `job ${jobId}: ${changed}`));
  return findings;
}
