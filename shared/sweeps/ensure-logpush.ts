import type { Declared, DeclaredJob } from '../domain/declared/job.ts';
import { isDeadLogdna, isLogdna } from '../domain/declared/predecessor.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { jobKey, type Zone } from '../domain/logpush.ts';
import { enabledByIncident } from '../domain/repair/incident.ts';
import { type JobReport, judgeOutcome, type ReportedAction, type Waiting } from '../domain/report.ts';
import {
  ApiError,
  DeadlineError,
  LedgerConflictError,
  LedgerUnavailableError,
  NotPermittedError,
} from '../errors.ts';
import { jobReport } from './check-logpush.ts';
import {
  type CisInstance,
  describeError,
  isExpected,
  type SweepContext,
  type SweepResult,
} from './context.ts';
import { DeclaredMemory } from './declared-records.ts';
import { ensureZone } from './ensure-zone.ts';
import { readIncidents } from './incidents.ts';
import { type Seen, type SeenJob, seenInstance, seenJob } from './observe.ts';
import { modeChanged } from './permission.ts';
import { ZoneDesk, type ZoneRun } from './zone-desk.ts';

interface Sums {
  readonly findings: Finding[];
  readonly actions: ReportedAction[];
  readonly waiting: Waiting[];
  readonly jobs: JobReport[];
  successes: number;
  failures: number;
}

/**
 * Sees to the Logpush jobs that the configuration declares: log retention on first, a job that is missing is made, one that
 * differs is reported or made as declared, one that cannot be changed is replaced. Jobs that are not declared are left alone;
 * LogDNA jobs, which push nothing any more, are reported.
 *
 * No request that makes a job is sent twice. It is noted in the ledger before it goes out; whoever comes after that looks for
 * the job first.
 */
export async function ensureLogpush(context: SweepContext): Promise<SweepResult> {
  const sums: Sums = { findings: [], actions: [], waiting: [], jobs: [], successes: 0, failures: 0 };
  let stopped: Finding | undefined;
  for (const instance of context.instances) {
    try {
      await ensureInstance(context, instance, sums);
    } catch (error) {
      if (error instanceof NotPermittedError) {
        stopped = modeChanged(error);
        break;
      }
      if (!isExpected(error)) throw error;
      const isOvertaken = error instanceof LedgerConflictError;
      if (!isOvertaken) sums.failures += 1;
      const code = isOvertaken ? 'declared-overtaken' : 'declared-failed';
      sums.findings.push(finding(code, `instance ${instance.crn}`, describeError(error)));
    }
  }
  const { successes, failures, ...found } = sums;
  const findings = stopped === undefined ? found.findings : [...found.findings, stopped];
  const outcome = stopped === undefined ? judgeOutcome(findings, failures, successes) : 'partial';
  return { outcome, ...found, findings, rotations: [] };
}

async function ensureInstance(context: SweepContext, instance: CisInstance, sums: Sums): Promise<void> {
  const wanted = context.declared.jobs.filter((job) => job.instance === instance.crn);
  // Before CIS is asked for anything: see `DeclaredMemory.read`.
  const memory = await DeclaredMemory.read(context, instance.crn);
  const seen = await seenInstance(context, instance);
  sums.findings.push(...seen.findings, ...seen.jobs.flatMap((one) => logdnaFinding(one, seen.jobs, wanted)));
  sums.failures += seen.failures;
  sums.successes += seen.successes;
  if (wanted.length === 0) return;
  const zones = await Array.fromAsync(context.ports.services.cis(instance.account).listZones(instance.crn));
  const declared = zonesOf(wanted, zones, sums);
  await memory.declare(declared);
  const judge = await judgeOf(context, instance, seen, sums);
  for (const [zoneId, ofZone] of Map.groupBy(declared, ({ zone }) => zone.id)) {
    const [{ zone }] = ofZone as [Declared];
    const elsewhere = seen.jobs.flatMap(({ job }) => (job.ref.zoneId === zoneId ? [] : [job]));
    const desk = new ZoneDesk({ context, instance, memory, judge, elsewhere }, zone, ofZone);
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
  { findings }: Sums,
): readonly Declared[] {
  return wanted.flatMap((job) => {
    const name = job.zone.toLowerCase();
    const zone = zones.find((one) => one.id === name || one.name.toLowerCase() === name);
    const subject = `declared job ${job.name} (${job.dataset} of ${job.zone})`;
    if (zone === undefined) {
      findings.push(finding('declared-zone-missing', subject, 'the CIS instance has no such zone'));
      return [];
    }
    if (zone.status.toLowerCase() === 'active') return [{ wanted: job, zone }];
    findings.push(finding('declared-zone-inactive', subject, `the zone is ${zone.status}`));
    return [];
  });
}

/** The state of jobs that are read now, by what was known of them before. */
async function judgeOf(
  { ports }: SweepContext,
  { crn }: CisInstance,
  { jobs }: Seen,
  sums: Sums,
): Promise<ZoneRun['judge']> {
  const memories = new Map(jobs.map(({ job, remembered }) => [jobKey(job.ref), remembered]));
  const { record: incidents } = await readIncidents(ports.ledger, crn);
  const reported = new Set<string>();
  return (job, zone, answeredAt) => {
    const key = jobKey(job.ref);
    const enabledByUs = enabledByIncident(incidents, job.ref);
    const about = { zone, memory: memories.get(key), siblingMoves: false, enabledByUs };
    const judged = seenJob(job, about, answeredAt);
    if (!reported.has(key)) sums.jobs.push(jobReport(judged));
    reported.add(key);
    return { job, health: judged.classified.health };
  };
}

function logdnaFinding(
  { job, zone, label }: SeenJob,
  all: readonly SeenJob[],
  wanted: readonly DeclaredJob[],
): readonly Finding[] {
  if (!isLogdna(job)) return [];
  const subject = `job ${label}`;
  if (!isDeadLogdna(job)) {
    const detail = 'it shows pushes to IBM Log Analysis, which is no more: it is not touched';
    return [finding('logdna-job', subject, detail)];
  }
  const names = [zone.id, zone.name.toLowerCase()];
  const declared = wanted.filter(
    (one) => one.dataset === job.dataset && names.includes(one.zone.toLowerCase()),
  );
  const dead = all.filter(
    (other) => other.zone.id === zone.id && other.job.dataset === job.dataset && isDeadLogdna(other.job),
  );
  const detail = 'it pushes to IBM Log Analysis, which is no more';
  if (declared.length !== 1 || dead.length !== 1) return [finding('logdna-job', subject, detail)];
  const todo = 'nothing: a declared job takes its place, and it is deleted once that one has pushed';
  return [finding('logdna-job', subject, detail, undefined, { repair: 'keeper', todo })];
}
