import { catalogued, type Finding, findingKey, isFindingCode, type Severity } from './finding.ts';
import type { Repair } from './findings/catalogue.ts';
import type {
  FleetFinding,
  FleetIncident,
  FleetInstance,
  FleetJob,
  FleetKeys,
  FleetReport,
  FleetRun,
  FleetZone,
  Outage,
} from './fleet-report.ts';
import type { Health } from './health.ts';
import { type Destination, destinationName, isKeyed, jobKey } from './logpush.ts';
import type { Incident, IncidentRecord, PastIncident } from './repair/incident.ts';
import type { KeptRun, RotationReport } from './report.ts';
import { formatDuration, minutes } from './time.ts';

/** One job as an observation holds it. What only newer observations hold is optional. */
export interface FleetJobInput {
  readonly zone: { readonly id: string; readonly name: string };
  readonly jobId: number;
  readonly health: Health;
  readonly firstSeenAt: number;
  readonly name?: string;
  readonly dataset?: string;
  readonly frequency?: string;
  readonly destination?: Destination;
  readonly lastCompleteAt?: number;
  readonly lastErrorAt?: number;
  readonly errorMessage?: string;
  /** The evidence for its health, in a sentence. */
  readonly reason?: string;
  readonly outages?: readonly Outage[];
  /** When the look began that shows it, where that is not the instance's: several looks make one observation. */
  readonly seenAt?: number;
  /** Why that look could not read its zone: an earlier one saw it as it is here. */
  readonly unread?: string;
}

/** What the ledger holds about the fleet. */
export interface FleetInput {
  readonly at: number;
  readonly instances: readonly {
    readonly crn: string;
    /** When its look began; absent or 0 = it was never looked at. */
    readonly seenAt?: number;
    readonly jobs: readonly FleetJobInput[];
    readonly incidents?: Pick<IncidentRecord, 'open' | 'past'>;
  }[];
  /** The functions there are, and how often each runs. */
  readonly functions: readonly { readonly name: string; readonly everyMs?: number }[];
  /** The newest kept run of each function that has left one. */
  readonly runs: readonly KeptRun[];
  readonly keys: readonly FleetKeys[];
  readonly rotations: readonly RotationReport[];
  readonly unreadable: readonly string[];
}

/** A report that says the same as the one before is kept again only when that is this old. */
export const KEPT_FOR_MS = minutes(15);
/** `check-logpush` looks every five minutes: what it saw longer ago than three looks is history. */
const OUTDATED_MS = minutes(15);

/** Whether a function that was to run every `everyMs`, and whose newest kept run ended then, has missed three periods. */
export const isOverdue = (finishedAt: number, everyMs: number, at: number): boolean =>
  at - finishedAt > 3 * everyMs + KEPT_FOR_MS;

/** Builds the report of the fleet from what the ledger holds. What the ledger does not tell stays unknown. */
export function buildFleetReport(input: FleetInput): FleetReport {
  const { at, rotations, keys, unreadable } = input;
  return {
    schema: 1,
    at,
    instances: input.instances.map((instance) => instanceOf(instance, input)),
    findings: findingsOf(input.runs),
    rotations,
    keys,
    runs: input.functions.map((known) => runOf(known, input)),
    unreadable,
  };
}

type InstanceInput = FleetInput['instances'][number];

function instanceOf(instance: InstanceInput, input: FleetInput): FleetInstance {
  const { crn, seenAt } = instance;
  const zones = new Map<string, { readonly name: string; readonly jobs: FleetJob[] }>();
  for (const job of [...instance.jobs, ...forgotten(instance)]) {
    const { id, name } = job.zone;
    const zone = zones.get(id) ?? { name, jobs: [] };
    zone.jobs.push(jobOf(job, instance, input.at));
    zones.set(id, zone);
  }
  const inOrder = [...zones]
    .map(
      ([id, { name, jobs }]): FleetZone => ({ id, name, jobs: jobs.toSorted((a, b) => a.jobId - b.jobId) }),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { crn, ...(isSeen(seenAt) ? { seenAt } : {}), zones: inOrder };
}

const isSeen = (seenAt: number | undefined): seenAt is number => seenAt !== undefined && seenAt > 0;

/** Jobs of open incidents that no observation holds: it was lost, and they are not fine. */
function forgotten({ jobs, incidents }: InstanceInput): readonly FleetJobInput[] {
  const known = new Set(jobs.map(({ jobId }) => jobId));
  return Object.values(incidents?.open ?? {})
    .filter(({ ref }) => !known.has(ref.jobId))
    .map(({ ref, seenAt }) => ({
      zone: { id: ref.zoneId, name: ref.zoneId },
      jobId: ref.jobId,
      health: 'unknown',
      firstSeenAt: seenAt,
    }));
}

function jobOf(job: FleetJobInput, instance: InstanceInput, at: number): FleetJob {
  const { zone, health, destination, dataset, ...rest } = job;
  const { jobId, name, frequency, firstSeenAt, lastCompleteAt, lastErrorAt, errorMessage, outages } = rest;
  const label = `${jobId} (${dataset === undefined ? '' : `${dataset} of `}${zone.name})`;
  const blind = job.unread === undefined ? undefined : `the last look could not read it: ${job.unread}`;
  const reason = job.reason ?? errorMessage;
  const seenAt = job.seenAt ?? instance.seenAt;
  const outdated = blind ?? outdatedBy(seenAt, at);
  return {
    jobId,
    label,
    health,
    firstSeenAt,
    incidents: incidentsOf(job, instance),
    ...(reason === undefined ? {} : { reason }),
    ...(name === undefined ? {} : { name }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(frequency === undefined ? {} : { frequency }),
    ...(destination === undefined ? {} : { destination: nameOf(destination) }),
    ...(blind === undefined && isSeen(seenAt) ? { seenAt } : {}),
    ...(outdated === undefined ? {} : { outdated }),
    ...(lastCompleteAt === undefined ? {} : { lastCompleteAt }),
    ...(lastErrorAt === undefined ? {} : { lastErrorAt }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...(outages === undefined ? {} : { outages: outages.toSorted((a, b) => a.from - b.from) }),
  };
}

function nameOf(destination: Destination): string {
  if (isKeyed(destination)) return destinationName(destination);
  return destination.kind === 'other'
    ? `${destination.system} (not a destination of the keeper)`
    : `unreadable: ${destination.reason}`;
}

function outdatedBy(seenAt: number | undefined, at: number): string | undefined {
  if (!isSeen(seenAt)) return 'no look at it is known';
  if (seenAt - at > OUTDATED_MS) return 'the clock of the last look was ahead: when that was is not known';
  return at - seenAt > OUTDATED_MS ? `last seen ${formatDuration(at - seenAt)} ago` : undefined;
}

function incidentsOf(job: FleetJobInput, instance: InstanceInput): readonly FleetIncident[] {
  const { open = {}, past = [] } = instance.incidents ?? {};
  const key = jobKey({ instanceCrn: instance.crn, zoneId: job.zone.id, jobId: job.jobId });
  const all: readonly (Incident | PastIncident)[] = [
    ...past.filter(({ ref }) => jobKey(ref) === key),
    ...(open[key] === undefined ? [] : [open[key]]),
  ];
  return all.map(fleetIncident).toSorted((a, b) => a.seenAt - b.seenAt);
}

/** What the ledger holds of it for the repair alone is nothing that a report promises. */
function fleetIncident(incident: Incident | PastIncident): FleetIncident {
  const { seenAt, attempts, enabledAt, enabledBy, cause } = incident;
  const past = 'outcome' in incident ? incident : undefined;
  return {
    seenAt,
    tries: attempts.length,
    ...(enabledAt === undefined ? {} : { enabledAt }),
    ...(enabledBy === undefined ? {} : { enabledBy }),
    ...(cause === undefined ? {} : { cause }),
    ...(past === undefined ? {} : { endedAt: past.endedAt, outcome: past.outcome }),
    ...(past?.lost === undefined ? {} : { lost: past.lost }),
  };
}

const URGENCY: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Two functions may find the same; the newest run tells it. */
function findingsOf(runs: readonly KeptRun[]): readonly FleetFinding[] {
  const newest = new Map<string, FleetFinding>();
  for (const run of runs.toSorted((a, b) => a.finishedAt - b.finishedAt))
    for (const item of run.findings)
      newest.set(findingKey(item), { ...whole(item), function: run.function, runAt: run.finishedAt });
  return [...newest.values()].toSorted((a, b) => URGENCY[a.severity] - URGENCY[b.severity]);
}

/** Of a code that this version does not know nobody can say that the keeper mends it. */
const mendedBy = (code: string): Repair => (isFindingCode(code) ? catalogued(code).repair : 'person');

/** Keepers of before have kept findings that do not say who mends them. */
const whole = (item: Finding | Omit<Finding, 'repair'>): Finding =>
  'repair' in item ? item : { ...item, repair: mendedBy(item.code) };

function runOf(
  { name, everyMs }: FleetInput['functions'][number],
  { runs, at }: Pick<FleetInput, 'runs' | 'at'>,
): FleetRun {
  const run = runs.find((candidate) => candidate.function === name);
  const known = { function: name, ...(everyMs === undefined ? {} : { everyMs }) };
  if (run === undefined) return { ...known, stale: false };
  const { runId, mode, outcome, startedAt, finishedAt, calls } = run;
  const stale = everyMs !== undefined && isOverdue(finishedAt, everyMs, at);
  return { ...known, last: { runId, mode, outcome, startedAt, finishedAt, calls }, stale };
}
