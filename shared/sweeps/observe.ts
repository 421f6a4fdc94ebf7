import type { Conclusion } from '../domain/diagnosis/conclude.ts';
import { doesPush } from '../domain/diagnosis/does-push.ts';
import { type SeenZone, whyInactive } from '../domain/diagnosis/zone.ts';
import { type Finding, finding, toldOnce } from '../domain/finding.ts';
import { type Classified, classifyJob, type JobMemory, rememberJob } from '../domain/health.ts';
import { jobKey, type LogpushJob } from '../domain/logpush.ts';
import { failuresOf } from '../domain/repair/certainty.ts';
import { enabledByIncident } from '../domain/repair/incident.ts';
import { bothSeen, seenIn } from '../domain/repair/seen-cause.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { minutes } from '../domain/time.ts';
import { LedgerConflictError } from '../errors.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import { listingOnce, observeFleet, type ZoneLook } from './fleet.ts';
import { readIncidents } from './incidents.ts';
import { readBefore, readObservation, splitByAge } from './observation-parts.ts';
import {
  currentJobs,
  type Observation,
  type ObservedJob,
  observe,
  observedJob,
  type StoredObservation,
  type UnreadablePlace,
  writePart,
} from './observations.ts';
import { lookAtRetention, type Retention, retentionOf } from './retention.ts';
import { cutLook, inTurn, type Unread, unreadable, unreadPlace } from './unread.ts';

/** One job as CIS shows it, the state it is in, and what is known of it. */
export interface SeenJob {
  readonly job: LogpushJob;
  readonly zone: SeenZone;
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
  /** Of the zones whose jobs do not push. */
  readonly retention: Retention;
}

/** Finds out why jobs do not push. */
export type Explain = (jobs: readonly SeenJob[], retention: Retention) => Promise<Conclusion>;

/** What one pass saw, and why jobs do not push where that was asked for. */
export interface Explained extends Seen {
  /** There was no time for all of it. */
  readonly isCut: boolean;
  readonly diagnosed: Conclusion;
}

const NOT_ASKED: Conclusion = { findings: [], byJob: new Map() };

/** A job that pushed this lately shows that its zone has traffic. */
const MOVES_MS = minutes(15);

/**
 * Looks at every Logpush job of an instance, or at those of the shard's zones, says what state each is in, and leaves the
 * observation in the ledger for the next look and for the other functions. A plan does not write it.
 *
 * @param explain - what it finds is kept as well: a cause that was seen may be gone when it is asked for next
 */
export async function observeInstance(
  context: SweepContext,
  instance: CisInstance,
  explain: Explain = async () => NOT_ASKED,
): Promise<Explained> {
  const seenAt = context.ports.clock.now();
  const before = await readBefore(context.ports.ledger, instance.crn, context.shard, seenAt);
  const { record: incidents } = await readIncidents(context.ports.ledger, instance.crn);
  const after: Record<string, ObservedJob> = {};
  const jobs: SeenJob[] = [];
  const findings: Finding[] = [];
  const blind: UnreadablePlace[] = [];
  const cut: Unread[] = [];
  let successes = 0;
  for await (const look of observeFleet(context, [instance], inTurn(context.shard, before))) {
    if ('unreadable' in look) {
      blind.push(unreadPlace(look, before));
      findings.push(unreadable(look));
      if (look.isCut) cut.push(look);
      continue;
    }
    successes += 1;
    findings.push(...zoneFindings(look));
    for (const job of look.jobs) {
      const key = jobKey(job.ref);
      const about = {
        zone: look.zone,
        memory: before.jobs[key],
        siblingMoves: siblingMoves(job, look),
        enabledByUs: enabledByIncident(incidents, job.ref),
      };
      const seen = seenJob(job, about, look.answeredAt);
      after[key] = observe(job, look.zone, seen.classified, seen.remembered);
      jobs.push(seen);
    }
  }
  findings.push(...cutLook(instance, cut));
  // What was not seen this time is still remembered: it is unknown, not gone.
  const isBlind = blind.some(({ zone }) => zone === undefined);
  const unseen = Object.entries(before.jobs).filter(
    ([, { zone }]) => isBlind || blind.some((place) => place.zone?.id === zone.id),
  );
  const silent = jobs.filter(({ classified }) => doesPush(classified.health) !== 'not asked');
  const zoneIds = [...new Set(silent.map(({ zone }) => zone.id))];
  const retention = await lookAtRetention(context, instance, zoneIds, before.retention);
  findings.push(...retention.findings);
  const diagnosed = await explain(jobs, retention.known);
  for (const { job } of silent) {
    const key = jobKey(job.ref);
    const diagnosis = diagnosed.byJob.get(key);
    const known = before.jobs[key]?.seenCause;
    const failures = failuresOf(diagnosis?.causes ?? []);
    const seenCause =
      diagnosis === undefined || failures.length === 0 ? known : bothSeen(known, seenIn(diagnosis, failures));
    const seen = after[key];
    if (seen !== undefined && seenCause !== undefined) after[key] = { ...seen, seenCause };
  }
  const endedAt = context.ports.clock.now();
  const kept = { ...Object.fromEntries(unseen), ...after };
  findings.push(
    ...(await keep(context, instance, {
      ...before,
      jobs: kept,
      seenAt,
      endedAt,
      // Who cannot even list the zones still knows which of them have waited longest.
      unreadable: isBlind ? [...blind, ...before.unreadable.filter(({ zone }) => zone !== undefined)] : blind,
      retention: retention.kept,
    })),
  );
  return {
    jobs,
    findings,
    successes,
    failures: blind.length,
    isCut: cut.length > 0,
    seenAt,
    retention: retention.known,
    diagnosed,
  };
}

/** What is known of a job beside what it shows. */
interface About {
  readonly zone: SeenZone;
  readonly memory: JobMemory | undefined;
  readonly siblingMoves: boolean;
  /** When we enabled it last: no look need have seen that. */
  readonly enabledByUs: number | undefined;
}

/** Judges one job by what it shows and by what the looks before knew. */
export function seenJob(job: LogpushJob, about: About, answeredAt: number): SeenJob {
  const { zone, siblingMoves, enabledByUs } = about;
  const memory = about.memory === undefined ? undefined : withEnabling(about.memory, enabledByUs);
  const classified = classifyJob(job, memory, siblingMoves, answeredAt, enabledByUs);
  const remembered = withEnabling(rememberJob(job, memory, classified.health, answeredAt), enabledByUs);
  return { job, zone, label: jobLabel({ job, zone }), classified, memory, remembered };
}

const withEnabling = (memory: JobMemory, at = 0): JobMemory =>
  at <= (memory.enabledAt ?? 0) ? memory : { ...memory, enabledAt: at };

/**
 * The jobs of an instance as the last observation shows them if it is fresh, else a look of our own: for a shard that is behind
 * at its part, so that one that does not run leaves no more than that to others. What is to be changed must be read again.
 */
export async function seenInstance(context: SweepContext, instance: CisInstance): Promise<Seen> {
  const { ledger, clock } = context.ports;
  const { fresh, behind } = splitByAge(await readObservation(ledger, instance.crn), clock.now());
  if (fresh === undefined) return observeInstance(context, instance);
  const looks = [asObserved(instance, fresh, clock.now())];
  const inParts = listingOnce(context);
  for (const shard of behind) {
    const look = await observeInstance({ ...inParts, shard }, instance);
    looks.push(look);
    // There is no time for the others either: nobody is to take what is kept of them for newer than it is.
    if (look.isCut) break;
  }
  return {
    jobs: looks.flatMap(({ jobs }) => jobs),
    findings: toldOnce(looks.flatMap(({ findings }) => findings)),
    successes: looks.reduce((sum, { successes }) => sum + successes, 0),
    failures: looks.reduce((sum, { failures }) => sum + failures, 0),
    seenAt: Math.min(...looks.map(({ seenAt }) => seenAt)),
    retention: new Map(looks.flatMap(({ retention }) => [...retention])),
  };
}

function asObserved({ crn }: CisInstance, observation: Observation, now: number): Seen {
  const jobs = currentJobs(observation).map((observed): SeenJob => {
    const job = observedJob(crn, observed);
    const { zone, health, reason, since } = observed;
    const classified = { health, reason, ...(since === undefined ? {} : { since }) };
    return { job, zone, label: jobLabel({ job, zone }), classified, memory: observed, remembered: observed };
  });
  const { seenAt, unreadable: blind } = observation;
  const retention = retentionOf(observation.retention, now);
  return { jobs, findings: [], successes: 1, failures: blind.length, seenAt, retention };
}

async function keep(
  context: SweepContext,
  instance: CisInstance,
  observation: StoredObservation,
): Promise<readonly Finding[]> {
  if (context.mode === 'plan') return [];
  try {
    await writePart(context.ports, instance.crn, context.shard, observation);
    return [];
  } catch (error) {
    // Another run was faster; its observation is as good as ours.
    if (error instanceof LedgerConflictError) return [];
    if (!isExpected(error)) throw error;
    // What was seen is reported all the same; the next look only knows less.
    const detail = `the observation could not be kept: ${describeError(error)}`;
    return [finding('ledger-unwritable', `instance ${instance.crn}`, detail)];
  }
}

type ReadableZone = Exclude<ZoneLook, { unreadable: string }>;

function zoneFindings({ zone, jobs }: ReadableZone): readonly Finding[] {
  const why = whyInactive(zone);
  if (jobs.length === 0 || why === undefined) return [];
  return [finding('zone-inactive', `zone ${zone.name}`, `${why}; it has ${jobs.length} Logpush job(s)`)];
}

const siblingMoves = (job: LogpushJob, { jobs, answeredAt }: ReadableZone): boolean =>
  jobs.some(
    (other) =>
      other.ref.jobId !== job.ref.jobId &&
      other.enabled &&
      answeredAt - (other.lastCompleteAt ?? 0) <= MOVES_MS,
  );
