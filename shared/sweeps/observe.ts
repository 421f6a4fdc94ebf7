import { type Finding, finding } from '../domain/finding.ts';
import { type Classified, classifyJob, type JobMemory, rememberJob } from '../domain/health.ts';
import { jobKey, type LogpushJob, type Zone } from '../domain/logpush.ts';
import { enabledByIncident } from '../domain/repair/incident.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { minutes } from '../domain/time.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import { observeFleet, type ZoneLook } from './fleet.ts';
import { readIncidents } from './incidents.ts';
import {
  isFresh,
  type ObservedJob,
  observe,
  observedJob,
  readObservation,
  type StoredObservation,
  writeObservation,
} from './observations.ts';

/** One job as CIS shows it, the state it is in, and what is known of it. */
export interface SeenJob {
  readonly job: LogpushJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
  readonly label: string;
  readonly classified: Classified;
  /** What the looks before knew. */
  readonly memory: JobMemory | undefined;
  /** What is known with this look. */
  readonly remembered: JobMemory;
}

/** What one pass over an instance saw. */
export interface Seen {
  readonly jobs: readonly SeenJob[];
  readonly findings: readonly Finding[];
  /** Zones that could be read, and places that could not. */
  readonly successes: number;
  readonly failures: number;
  /** When the look began. */
  readonly seenAt: number;
}

/** A job that pushed this lately shows that its zone has traffic. */
const MOVES_MS = minutes(15);

/**
 * Looks at every Logpush job of an instance, says what state each is in, and leaves the observation in the ledger for
 * the next look and for the other functions. A plan does not write it.
 */
export async function observeInstance(context: SweepContext, instance: CisInstance): Promise<Seen> {
  const seenAt = context.ports.clock.now();
  const before = await readObservation(context.ports.ledger, instance.crn);
  const { record: incidents } = await readIncidents(context.ports.ledger, instance.crn);
  const after: Record<string, ObservedJob> = {};
  const jobs: SeenJob[] = [];
  const findings: Finding[] = [];
  let failures = 0;
  let successes = 0;
  for await (const look of observeFleet(context, [instance])) {
    if ('unreadable' in look) {
      failures += 1;
      findings.push(unreadable(look));
      continue;
    }
    successes += 1;
    findings.push(...zoneFindings(look));
    for (const job of look.jobs) {
      const key = jobKey(job.ref);
      const memory = withEnabling(before.jobs[key], enabledByIncident(incidents, job.ref));
      const seen = seenJob(job, look.zone, memory, siblingMoves(job, look), look.answeredAt);
      after[key] = observe(job, look.zone, seen.classified, seen.remembered);
      jobs.push(seen);
    }
  }
  const complete = failures === 0;
  // What was not seen this time is still remembered: it is unknown, not gone.
  const kept = complete ? after : { ...before.jobs, ...after };
  findings.push(...(await keep(context, instance, { ...before, jobs: kept, seenAt, complete })));
  return { jobs, findings, successes, failures, seenAt };
}

/** A job that we enabled, and that no look has seen enabled since, was enabled all the same. */
export function withEnabling(memory: JobMemory | undefined, at: number | undefined): JobMemory | undefined {
  if (memory === undefined || at === undefined || at <= (memory.enabledAt ?? 0)) return memory;
  return { ...memory, enabledAt: at };
}

/** Judges one job by what it shows and by what the looks before knew. */
export function seenJob(
  job: LogpushJob,
  zone: Pick<Zone, 'id' | 'name'>,
  memory: JobMemory | undefined,
  siblingMoves: boolean,
  answeredAt: number,
): SeenJob {
  const classified = classifyJob(job, memory, siblingMoves, answeredAt);
  const remembered = rememberJob(job, memory, classified.health, answeredAt);
  return { job, zone, label: jobLabel({ job, zone }), classified, memory, remembered };
}

/**
 * The jobs of an instance as the last observation shows them if it is fresh, else a look of our own. What is to be
 * changed must be read again.
 */
export async function seenInstance(context: SweepContext, instance: CisInstance): Promise<Seen> {
  const { ledger, clock } = context.ports;
  const observation = await readObservation(ledger, instance.crn);
  if (!isFresh(observation, clock.now())) return observeInstance(context, instance);
  const jobs = Object.values(observation.jobs).map((observed): SeenJob => {
    const job = observedJob(instance.crn, observed);
    const { zone, health, reason, since } = observed;
    const classified = { health, reason, ...(since === undefined ? {} : { since }) };
    return { job, zone, label: jobLabel({ job, zone }), classified, memory: observed, remembered: observed };
  });
  return { jobs, findings: [], successes: 1, failures: 0, seenAt: observation.seenAt };
}

async function keep(
  context: SweepContext,
  instance: CisInstance,
  observation: StoredObservation,
): Promise<readonly Finding[]> {
  if (context.mode === 'plan') return [];
  try {
    await writeObservation(context.ports.ledger, context.ports.random, instance.crn, observation);
    return [];
  } catch (error) {
    if (!isExpected(error)) throw error;
    // What was seen is reported all the same; the next look only knows less.
    const detail = `the observation could not be kept: ${describeError(error)}`;
    return [finding('ledger-unwritable', `instance ${instance.crn}`, detail)];
  }
}

function unreadable(look: Extract<ZoneLook, { unreadable: string }>): Finding {
  return look.zone === undefined
    ? finding('instance-unreadable', `instance ${look.instance.crn}`, look.unreadable)
    : finding('zone-unreadable', `zone ${look.zone.name}`, look.unreadable);
}

type ReadableZone = Exclude<ZoneLook, { unreadable: string }>;

function zoneFindings({ zone, jobs }: ReadableZone): readonly Finding[] {
  if (jobs.length === 0 || (zone.status.toLowerCase() === 'active' && !zone.paused)) return [];
  const detail = zone.paused ? 'the zone is paused' : `the zone is ${zone.status}`;
  return [finding('zone-inactive', `zone ${zone.name}`, `${detail}; it has ${jobs.length} Logpush job(s)`)];
}

const siblingMoves = (job: LogpushJob, { jobs, answeredAt }: ReadableZone): boolean =>
  jobs.some(
    (other) =>
      other.ref.jobId !== job.ref.jobId &&
      other.enabled &&
      answeredAt - (other.lastCompleteAt ?? 0) <= MOVES_MS,
  );
