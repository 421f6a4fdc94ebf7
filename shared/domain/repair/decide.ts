import { type Finding, finding } from '../finding.ts';
import type { Classified, JobMemory } from '../health.ts';
import { describeHold, type Hold, holdOf } from '../hold.ts';
import type { LogpushJob, Zone } from '../logpush.ts';
import { omit } from '../omit.ts';
import { hours, minutes } from '../time.ts';
import { enabledAgain, type Incident, type PastIncident } from './incident.ts';

/** What the decision about one job sees. */
export interface RepairView {
  readonly job: LogpushJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
  readonly label: string;
  readonly classified: Classified;
  /** What was known before this look, and what is known with it. */
  readonly memory: JobMemory | undefined;
  readonly remembered: JobMemory;
  readonly incident: Incident | undefined;
  readonly holds: readonly Hold[];
  /** Jobs that were never seen enabled are switched on as well. */
  readonly adoptDisabled: boolean;
  readonly now: number;
}

/** What is to be done about one job. */
export type RepairStep =
  | { readonly kind: 'leave' }
  /** Its failures disabled it: it may be enabled once the cause is gone. */
  | { readonly kind: 'enable'; readonly incident: Incident }
  /** It must stay as it is, for this reason. */
  | { readonly kind: 'report'; readonly incident: Incident; readonly finding: Finding }
  /** It was seen enabled. */
  | { readonly kind: 'enabled'; readonly incident: Incident }
  | { readonly kind: 'close'; readonly past: PastIncident };

/** Tries for one cause within a day; then a person has to look. */
const ATTEMPTS_PER_DAY = 3;
const ATTEMPT_WINDOW_MS = hours(24);

/**
 * Whether a job that is disabled may be enabled: only when its own failures disabled it, never against a person, never
 * inside a hold, and never in a loop. Whether the cause is gone is for the caller to find out.
 */
export function decideRepair(view: RepairView): RepairStep {
  const { job, classified, incident, now } = view;
  if (job.enabled) return incident === undefined ? { kind: 'leave' } : decideEnabled(view, incident);
  if (classified.health !== 'disabled-by-failures') {
    if (incident === undefined) return { kind: 'leave' };
    return { kind: 'close', past: endIncident(view, incident, 'by-hand') };
  }
  const open = incident ?? opened(view);
  const report = (code: Finding['code'], detail: string): RepairStep => ({
    kind: 'report',
    incident: open,
    finding: finding(code, `job ${view.label}`, detail, open.seenAt),
  });
  const hold = holdOf(view.holds, job, view.zone, now);
  if (hold !== undefined) return report('repair-held', describeHold(hold));
  if (!view.adoptDisabled && isFirstLook(view.memory))
    return report('job-disabled-at-first-look', `${classified.reason}; the keeper has never seen it enabled`);
  const recent = open.attempts.filter(({ at }) => now - at < ATTEMPT_WINDOW_MS);
  if (recent.length >= ATTEMPTS_PER_DAY) {
    const causes = [...new Set(recent.map(({ cause }) => cause))].join(', ');
    return report('repair-quarantined', `${recent.length} tries within a day did not enable it (${causes})`);
  }
  return { kind: 'enable', incident: anew(open) };
}

/** What enabled it before did not last: it counts from anew. What we enabled in vain is not tried again for that cause. */
function anew(incident: Incident): Incident {
  const rest = omit(incident, 'enabledAt', 'enabledBy', 'cause');
  if (incident.enabledBy !== 'keeper' || incident.cause === undefined) return rest;
  return { ...omit(rest, 'seenCause'), futile: [...new Set([...(incident.futile ?? []), incident.cause])] };
}

/** The job was disabled before anybody could see it work: nothing says that its owner wants it enabled. */
export const isFirstLook = (memory: JobMemory | undefined): boolean =>
  memory === undefined || (memory.enabledAt === undefined && memory.cleanAt === undefined && !memory.failing);

const opened = ({ job, label, now }: RepairView): Incident => ({
  ref: job.ref,
  label,
  seenAt: now,
  attempts: [],
});

function decideEnabled(view: RepairView, incident: Incident): RepairStep {
  const { job, now } = view;
  const { enabledAt } = incident;
  // A request of ours may not have been answered; then it was enabled when that was sent.
  if (enabledAt === undefined)
    return { kind: 'enabled', incident: enabledAgain(incident, incident.attempts.at(-1)?.at ?? now) };
  const { lastCompleteAt, lastErrorAt } = job;
  const isProven =
    lastCompleteAt !== undefined &&
    lastCompleteAt > enabledAt &&
    (lastErrorAt === undefined || lastErrorAt < lastCompleteAt);
  if (!isProven) return { kind: 'leave' };
  return { kind: 'close', past: endIncident(view, incident, 'proven') };
}

/** What it cost is what the looks at the job say of its outage. */
function endIncident(
  { remembered, now }: Pick<RepairView, 'remembered' | 'now'>,
  incident: Incident,
  outcome: PastIncident['outcome'],
): PastIncident {
  const lost = remembered.outages.findLast(({ until }) => until >= incident.seenAt)?.lost;
  return { ...incident, endedAt: now, outcome, ...(lost === undefined ? {} : { lost }) };
}

/** At most this many jobs are enabled in one run: a tenth of the fleet, at least 5. */
export const mostChanges = (fleet: number, configured: number | undefined): number =>
  configured ?? Math.max(5, Math.floor(fleet / 10));

/** A first job that neither pushes nor fails for this long says nothing: the next one tries. */
const SILENT_MS = minutes(60);
/** After so many silent ones silence is taken for an answer. */
const SILENT_JOBS = 3;

/** What the jobs that were enabled for a cause say of it: one fails, or nobody has pushed yet. */
export type Unproven = 'failing' | 'waiting';

/** Causes whose jobs have yet to prove that they are gone: nothing else is enabled for them. */
export function unprovenCauses(
  enabled: readonly { readonly job: LogpushJob; readonly incident: Incident }[],
  now: number,
): ReadonlyMap<string, Unproven> {
  const unproven = new Map<string, Unproven>();
  const byCause = Map.groupBy(enabled, ({ incident }) => incident.cause ?? '');
  for (const [cause, jobs] of byCause) {
    const states = jobs.map(({ job, incident: { enabledAt = now } }) => {
      if ((job.lastErrorAt ?? 0) > Math.max(enabledAt, job.lastCompleteAt ?? 0)) return 'failing';
      return now - enabledAt < SILENT_MS ? 'waiting' : 'silent';
    });
    const silent = states.filter((state) => state === 'silent').length;
    if (states.includes('failing')) unproven.set(cause, 'failing');
    else if (states.includes('waiting') && silent < SILENT_JOBS) unproven.set(cause, 'waiting');
  }
  return unproven;
}

/** Whether a job that was enabled for this cause after the incident began has pushed since: then the others follow. */
export const isProvenBy = (past: readonly PastIncident[], cause: string, { seenAt }: Incident): boolean =>
  past.some((one) => one.outcome === 'proven' && one.cause === cause && (one.enabledAt ?? 0) >= seenAt);
