import { type Finding, finding } from '../domain/finding.ts';
import { classifyJob } from '../domain/health.ts';
import { changedDestination, jobKey, type LogpushJobRef } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import { decideRepair, mostChanges } from '../domain/repair/decide.ts';
import {
  closeIncident,
  enabledAgain,
  type Incident,
  type IncidentRecord,
  type PastIncident,
} from '../domain/repair/incident.ts';
import { type JobReport, judgeOutcome, type ReportedAction } from '../domain/report.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { minutes, seconds } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import { jobReport } from './check-logpush.ts';
import {
  type CisInstance,
  describeError,
  isExpected,
  type SweepContext,
  type SweepResult,
} from './context.ts';
import { readIncidents, type StoredIncidents, writeIncidents } from './incidents.ts';
import { readObservation } from './observations.ts';
import { observeInstance, type SeenJob } from './observe.ts';
import { readRecord, type StoredRecord, writeRecord } from './records.ts';
import { type Cause, Causes } from './repair-cause.ts';

/** An observation of `check-logpush` this young is taken instead of a look of our own. */
const FRESH_MS = minutes(6);
/** How long a rotation waits for jobs that are being given the present key. */
const REPAIR_MS = minutes(10);
/** No request starts so late that it could end after that. */
const MARGIN_MS = seconds(60);

/**
 * Switches on again what failures disabled: only when the cause is gone, never against a person, never inside a hold,
 * and never in a loop. The key goes into the job with the same request that enables it.
 *
 * The attempt is noted before the request. If the process dies before, between or after, the next run sees whether the
 * job is enabled, and counts the attempt if it is not.
 */
export async function reenableLogpush(context: SweepContext): Promise<SweepResult> {
  const sums = { findings: [] as Finding[], actions: [] as ReportedAction[], jobs: [] as JobReport[] };
  const causes = new Causes(context);
  const budget = { left: mostChanges(await fleetSize(context), context.repair.maxChanges) };
  let failures = 0;
  for (const instance of context.instances) {
    const run = new InstanceRepair(context, instance, causes, budget);
    try {
      await run.toEnd();
    } catch (error) {
      if (!isExpected(error)) throw error;
      failures += 1;
      run.findings.push(finding('instance-unreadable', `instance ${instance.crn}`, describeError(error)));
    }
    sums.findings.push(...run.findings);
    sums.actions.push(...run.actions);
    sums.jobs.push(...run.jobs);
  }
  const outcome = judgeOutcome(sums.findings, failures, context.instances.length - failures);
  return { outcome, ...sums, waiting: [], rotations: [] };
}

async function fleetSize({ instances, ports }: SweepContext): Promise<number> {
  let size = 0;
  for (const { crn } of instances)
    size += Object.keys((await readObservation(ports.ledger, crn)).jobs).length;
  return size;
}

/** One instance's part of a run. */
class InstanceRepair {
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  readonly jobs: JobReport[] = [];
  readonly #context: SweepContext;
  readonly #instance: CisInstance;
  readonly #causes: Causes;
  readonly #budget: { left: number };
  #stored: StoredIncidents | undefined;
  /** Causes whose first job has been enabled and has not proven yet that it works. */
  readonly #unproven = new Set<string>();

  constructor(context: SweepContext, instance: CisInstance, causes: Causes, budget: { left: number }) {
    this.#context = context;
    this.#instance = instance;
    this.#causes = causes;
    this.#budget = budget;
  }

  async toEnd(): Promise<void> {
    const { ledger } = this.#context.ports;
    this.#stored = await readIncidents(ledger, this.#instance.crn);
    const wanted: { readonly seen: SeenJob; readonly incident: Incident }[] = [];
    let record = this.#record;
    for (const incident of Object.values(record.open))
      if (incident.enabledBy === 'keeper') this.#unproven.add(incident.cause ?? '');
    for (const seen of await this.#candidates(record)) {
      const step = this.#decide(seen, record.open[jobKey(seen.job.ref)]);
      const key = jobKey(seen.job.ref);
      this.jobs.push(jobReport(seen));
      if (step.kind === 'close') {
        record = closeIncident(record, key, step.past);
        this.findings.push(...recovered(step.past));
      } else if (step.kind !== 'leave') {
        record = { ...record, open: { ...record.open, [key]: step.incident } };
        if (step.kind === 'report') this.findings.push(step.finding);
        if (step.kind === 'enable') wanted.push({ seen, incident: step.incident });
      }
    }
    await this.#keep(record);
    for (const { seen, incident } of wanted) await this.#repair(seen, incident);
  }

  get #record(): IncidentRecord {
    if (this.#stored === undefined) throw new Error('the incidents were not read');
    return this.#stored.record;
  }

  /** Jobs that failures disabled, and those of open incidents, each read again before anything is decided. */
  async #candidates(record: IncidentRecord): Promise<readonly SeenJob[]> {
    const { ports } = this.#context;
    const observation = await readObservation(ports.ledger, this.#instance.crn);
    if (ports.clock.now() - observation.seenAt > FRESH_MS) {
      const seen = await observeInstance(this.#context, this.#instance);
      this.findings.push(...seen.findings);
      return seen.jobs.filter(
        ({ job, classified }) =>
          classified.health === 'disabled-by-failures' || record.open[jobKey(job.ref)] !== undefined,
      );
    }
    const cis = ports.services.cis(this.#instance.account);
    const candidates: SeenJob[] = [];
    for (const [key, memory] of Object.entries(observation.jobs)) {
      if (memory.health !== 'disabled-by-failures' && record.open[key] === undefined) continue;
      const ref: LogpushJobRef = {
        instanceCrn: this.#instance.crn,
        zoneId: memory.zone.id,
        jobId: memory.jobId,
      };
      const { job, answeredAt } = await cis.getLogpushJob(ref);
      if (job === undefined) continue;
      const classified = classifyJob(job, memory, false, answeredAt);
      const { zone } = memory;
      candidates.push({ job, zone, label: jobLabel({ job, zone }), classified, memory });
    }
    return candidates;
  }

  #decide(seen: SeenJob, incident: Incident | undefined) {
    const { repair, ports } = this.#context;
    return decideRepair({
      ...seen,
      incident,
      holds: repair.holds,
      adoptDisabled: repair.adoptDisabled,
      now: ports.clock.now(),
    });
  }

  async #repair(seen: SeenJob, incident: Incident): Promise<void> {
    const subject = `job ${seen.label}`;
    const cause = await this.#causes.of(seen);
    if (cause.kind === 'there') {
      this.findings.push(finding(cause.code, subject, cause.detail, incident.seenAt));
      return;
    }
    if (this.#budget.left <= 0 || (!cause.certain && this.#unproven.has(cause.name))) {
      const detail =
        this.#budget.left <= 0 ? 'the changes of this run are used up' : 'another job tries it first';
      this.findings.push(finding('repair-unclear', subject, detail, incident.seenAt));
      return;
    }
    this.#budget.left -= 1;
    this.#unproven.add(cause.name);
    const detail = cause.key === undefined ? 'enable it' : 'give it the key of its secret and enable it';
    if (this.#context.mode !== 'act') {
      this.#report(subject, detail, 'planned', this.#context.ports.clock.now());
      return;
    }
    await this.#enable(seen, incident, cause, detail);
  }

  async #enable(
    seen: SeenJob,
    incident: Incident,
    cause: Extract<Cause, { kind: 'gone' }>,
    detail: string,
  ): Promise<void> {
    const { ports } = this.#context;
    const subject = `job ${seen.label}`;
    const key = jobKey(seen.job.ref);
    const claim = cause.binding === undefined ? undefined : await this.#claim(cause);
    if (cause.binding !== undefined && claim === undefined) {
      const why = `a rotation of binding ${cause.binding.name} has begun`;
      this.findings.push(finding('repair-waits-for-rotation', subject, why, incident.seenAt));
      return;
    }
    const attempt = { at: ports.clock.now(), cause: cause.name };
    const tried: Incident = { ...incident, attempts: [...incident.attempts, attempt] };
    await this.#keep({ ...this.#record, open: { ...this.#record.open, [key]: tried } });
    try {
      const { job, answeredAt } = await ports.services
        .cis(this.#instance.account)
        .updateLogpushJob(seen.job.ref, {
          enabled: true,
          ...(cause.key === undefined
            ? {}
            : { destination: { ...cause.key.destination, apiKey: cause.key.value } }),
        });
      const enabled = enabledAgain(tried, answeredAt);
      await this.#keep({ ...this.#record, open: { ...this.#record.open, [key]: enabled } });
      this.#report(subject, detail, 'applied', answeredAt);
      this.findings.push(finding('job-enabled-again', subject, seen.classified.reason, incident.seenAt));
      const changed =
        cause.key === undefined ? undefined : changedDestination(cause.key.destination, job.destination);
      if (changed !== undefined) this.findings.push(finding('job-destination-changed', subject, changed));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#report(subject, detail, 'failed', ports.clock.now());
      this.findings.push(finding('repair-failed', subject, describeError(error), incident.seenAt));
    } finally {
      if (claim !== undefined) await this.#release(claim);
    }
  }

  /**
   * Keeps rotations of this secret from beginning while a job is given its key. A process that dies leaves a claim that
   * ends by itself. @returns undefined when a rotation is under way, or another run is at it
   */
  async #claim({ binding }: Extract<Cause, { kind: 'gone' }>): Promise<StoredRecord | undefined> {
    if (binding === undefined) return undefined;
    const { ledger, random, clock } = this.#context.ports;
    const stored = await readRecord(ledger, binding.name, binding.secret.id);
    const { current, repair } = stored.record;
    const now = clock.now();
    const isTaken = repair !== undefined && repair.runId !== this.#context.runId && now < repair.until;
    if (current !== undefined || isTaken) return undefined;
    const claim = { runId: this.#context.runId, until: now + REPAIR_MS + MARGIN_MS };
    return writeRecord(ledger, random, { ...stored, record: { ...stored.record, repair: claim } });
  }

  async #release(claim: StoredRecord): Promise<void> {
    const { ledger, random } = this.#context.ports;
    await writeRecord(ledger, random, { ...claim, record: omit(claim.record, 'repair') });
  }

  async #keep(record: IncidentRecord): Promise<void> {
    if (this.#stored === undefined || record === this.#stored.record) return;
    const { mode, ports } = this.#context;
    const changed = { ...this.#stored, record };
    this.#stored = mode === 'act' ? await writeIncidents(ports.ledger, ports.random, changed) : changed;
  }

  #report(subject: string, detail: string, outcome: ReportedAction['outcome'], at: number): void {
    this.actions.push({ kind: 'enable-job', subject, detail, outcome, at });
    const { log } = this.#context.ports;
    log.info('repair action', { runId: this.#context.runId, subject, outcome });
  }
}

/** What an incident that has ended cost. */
function recovered(past: PastIncident): readonly Finding[] {
  if (past.outcome !== 'proven') return [];
  const { lost } = past;
  const cost = lost === undefined ? 'unknown' : `${lost.min} to ${lost.max ?? 'unknown'}`;
  return [finding('job-recovered', `job ${past.label}`, `log minutes lost: ${cost}`, past.seenAt)];
}
