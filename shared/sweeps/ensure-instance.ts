import type { Declared, DeclaredJob } from '../domain/declared/job.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { jobKey, type Zone } from '../domain/logpush.ts';
import { enabledByIncident } from '../domain/repair/incident.ts';
import type { JobReport, ReportedAction, Waiting } from '../domain/report.ts';
import { ApiError, DeadlineError, LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import { jobReport } from './check-logpush.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import type { ElsewhereLook } from './declared-elsewhere.ts';
import { logdnaFindings } from './declared-logdna.ts';
import { DeclaredMemory } from './declared-records.ts';
import { ensureZone } from './ensure-zone.ts';
import { readIncidents } from './incidents.ts';
import { type MergedObservation, readObservation, splitByAge } from './observation-parts.ts';
import { currentJobs, type Observation, observedJob } from './observations.ts';
import { seenInstance, seenJob } from './observe.ts';
import { ZoneDesk, type ZoneRun } from './zone-desk.ts';

/** What the run has found and done so far. */
export interface Sums {
  readonly findings: Finding[];
  readonly actions: ReportedAction[];
  readonly waiting: Waiting[];
  readonly jobs: JobReport[];
  /** How many declared jobs of an instance were seen to, or told of. */
  readonly looked: Map<string, number>;
  successes: number;
  failures: number;
}

/** An instance, or the zones of it from one on, or those before that one. */
export interface Part {
  readonly instance: CisInstance;
  readonly from?: string;
  readonly until?: string;
}

/**
 * Sees to the declared jobs of one instance. Only their zones are looked at.
 *
 * @throws {DeadlineError} when there is no time for more; the ledger knows then where the next run begins
 */
export async function ensureInstance(
  context: SweepContext,
  part: Part,
  sums: Sums,
  elsewhere: ElsewhereLook,
): Promise<void> {
  const { instance } = part;
  const wanted = wantedOf(context, instance);
  if (wanted.length === 0) {
    await lookForLogdna(context, instance, sums);
    return;
  }
  // Before CIS is asked for anything: see `DeclaredMemory.read`.
  const memory = await DeclaredMemory.read(context, instance.crn);
  let stoppedAt = part.from ?? '';
  try {
    const zones = await Array.fromAsync(context.ports.services.cis(instance.account).listZones(instance.crn));
    const { declared, untold } = zonesOf(wanted, zones);
    await memory.declare(declared);
    const observation = await readObservation(context.ports.ledger, instance.crn);
    if (part.until === undefined) {
      sums.findings.push(...untold, ...logdnaElsewhere(context, instance, observation, declared));
      count(sums, instance, untold.length);
    }
    const run = { context, instance, memory, elsewhere };
    const judge = await judgeOf(context, instance, observation, sums);
    const all = [...Map.groupBy(declared, ({ zone }) => zone.id)];
    for (const [i, [zoneId, ofZone]] of zonesIn(part, all).entries()) {
      // A zone for which a whole run has no time must not keep all others from their turn.
      stoppedAt =
        i === 0 && zoneId === part.from ? (all[(indexOf(all, zoneId) + 1) % all.length]?.[0] ?? '') : zoneId;
      await ensureOne({ ...run, judge }, ofZone, sums);
      count(sums, instance, ofZone.length);
    }
  } catch (error) {
    if (error instanceof DeadlineError) await stop(memory, stoppedAt);
    throw error;
  }
  await memory.stopAt(undefined);
}

async function stop(memory: DeclaredMemory, zoneId: string): Promise<void> {
  try {
    await memory.stopAt(zoneId);
  } catch (error) {
    // Another run is at it, or the ledger is gone: the next run begins elsewhere, and no job is made twice for that.
    if (!isExpected(error)) throw error;
  }
}

/** The declared jobs of an instance. */
export const wantedOf = ({ declared }: SweepContext, { crn }: CisInstance): readonly DeclaredJob[] =>
  declared.jobs.filter((job) => job.instance === crn);

type OfZone = readonly [zoneId: string, declared: readonly Declared[]];

const indexOf = (all: readonly OfZone[], zoneId: string): number =>
  Math.max(
    0,
    all.findIndex(([id]) => id === zoneId),
  );

function zonesIn({ from, until }: Part, all: readonly OfZone[]): readonly OfZone[] {
  if (from !== undefined) return all.slice(indexOf(all, from));
  return until === undefined ? all : all.slice(0, indexOf(all, until));
}

function count({ looked }: Sums, { crn }: CisInstance, jobs: number): void {
  looked.set(crn, (looked.get(crn) ?? 0) + jobs);
}

async function ensureOne(run: ZoneRun, declared: readonly Declared[], sums: Sums): Promise<void> {
  const [{ zone }] = declared as [Declared];
  const desk = new ZoneDesk(run, zone, declared);
  try {
    await ensureZone(desk);
    sums.successes += 1;
  } catch (error) {
    if (endsInstance(error)) throw error;
    sums.failures += 1;
    // The gateway's answer for a plan that does not know Logpush.
    const isPlan = error instanceof ApiError && error.service === 'cis' && error.status === 405;
    const code = isPlan ? 'declared-plan' : 'zone-unreadable';
    sums.findings.push(finding(code, `zone ${zone.name}`, describeError(error)));
  } finally {
    sums.findings.push(...desk.findings);
    sums.actions.push(...desk.actions);
    sums.waiting.push(...desk.waiting);
  }
}

/** What is not about one zone: what the run knows is not current any more, or it may not go on. */
const endsInstance = (error: unknown): boolean =>
  !isExpected(error) ||
  error instanceof LedgerConflictError ||
  error instanceof LedgerUnavailableError ||
  error instanceof DeadlineError;

/** Each declaration with the zone that it means; what has none is told. */
function zonesOf(
  wanted: readonly DeclaredJob[],
  zones: readonly Zone[],
): { readonly declared: readonly Declared[]; readonly untold: readonly Finding[] } {
  const untold: Finding[] = [];
  const declared = wanted.flatMap((job) => {
    const name = job.zone.toLowerCase();
    const zone = zones.find((one) => one.id === name || one.name.toLowerCase() === name);
    const subject = `declared job ${job.name} (${job.dataset} of ${job.zone})`;
    if (zone === undefined) {
      untold.push(finding('declared-zone-missing', subject, 'the CIS instance has no such zone'));
      return [];
    }
    if (zone.status.toLowerCase() === 'active') return [{ wanted: job, zone }];
    untold.push(finding('declared-zone-inactive', subject, `the zone is ${zone.status}`));
    return [];
  });
  return { declared, untold };
}

/** The state of jobs that are read now, by what was known of them before. */
async function judgeOf(
  { ports }: SweepContext,
  { crn }: CisInstance,
  { jobs }: Observation,
  sums: Sums,
): Promise<ZoneRun['judge']> {
  const { record: incidents } = await readIncidents(ports.ledger, crn);
  const reported = new Set<string>();
  return (job, zone, answeredAt) => {
    const key = jobKey(job.ref);
    const enabledByUs = enabledByIncident(incidents, job.ref);
    const about = { zone, memory: jobs[key], siblingMoves: false, enabledByUs };
    const judged = seenJob(job, about, answeredAt);
    if (!reported.has(key)) sums.jobs.push(jobReport(judged));
    reported.add(key);
    return { job, health: judged.classified.health };
  };
}

/** Nothing is declared in the instance: all that there is to say of it. */
async function lookForLogdna(context: SweepContext, instance: CisInstance, sums: Sums): Promise<void> {
  const seen = await seenInstance(context, instance);
  sums.successes += seen.successes;
  sums.failures += seen.failures;
  const found = [...Map.groupBy(seen.jobs, ({ zone }) => zone.id).values()].flatMap((ofZone) => {
    const [{ zone }] = ofZone as [(typeof ofZone)[number]];
    return logdnaFindings(
      ofZone.map(({ job }) => job),
      zone,
      [],
      false,
    );
  });
  sums.findings.push(...seen.findings, ...found);
}

/** Zones without declared jobs are not looked at; what a fresh look of `check-logpush` shows of them is told. */
function logdnaElsewhere(
  { ports }: SweepContext,
  { crn }: CisInstance,
  observation: MergedObservation,
  declared: readonly Declared[],
): readonly Finding[] {
  const { fresh } = splitByAge(observation, ports.clock.now());
  if (fresh === undefined) return [];
  const ours = new Set(declared.map(({ zone }) => zone.id));
  return currentJobs(fresh)
    .filter(({ zone }) => !ours.has(zone.id))
    .flatMap((observed) => logdnaFindings([observedJob(crn, observed)], observed.zone, [], false));
}
