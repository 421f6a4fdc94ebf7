import { type Finding, finding } from '../domain/finding.ts';
import { type Classified, classifyJob, type JobMemory, rememberJob } from '../domain/health.ts';
import { jobKey, type LogpushJob, type Zone } from '../domain/logpush.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { minutes } from '../domain/time.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import { observeFleet, type ZoneLook } from './fleet.ts';
import {
  type ObservedJob,
  readObservation,
  type StoredObservation,
  writeObservation,
} from './observations.ts';

/** One job as CIS shows it, the state it is in, and what the looks before knew of it. */
export interface SeenJob {
  readonly job: LogpushJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
  readonly label: string;
  readonly classified: Classified;
  readonly memory: JobMemory | undefined;
}

/** What one pass over an instance saw. */
export interface Seen {
  readonly jobs: readonly SeenJob[];
  readonly findings: readonly Finding[];
  /** Zones that could be read, and places that could not. */
  readonly successes: number;
  readonly failures: number;
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
      const memory = before.jobs[key];
      const classified = classifyJob(job, memory, siblingMoves(job, look), look.answeredAt);
      const { id, name } = look.zone;
      after[key] = {
        ...rememberJob(job, memory, look.answeredAt),
        zone: { id, name },
        jobId: job.ref.jobId,
        health: classified.health,
      };
      jobs.push({ job, zone: look.zone, label: jobLabel({ job, zone: look.zone }), classified, memory });
    }
  }
  // What was not seen this time is still remembered: it is unknown, not gone.
  const kept = failures === 0 ? after : { ...before.jobs, ...after };
  findings.push(...(await keep(context, instance, { ...before, jobs: kept, seenAt })));
  return { jobs, findings, successes, failures };
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
