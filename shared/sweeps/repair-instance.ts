import type { Binding } from '../domain/binding.ts';
import type { JobDiagnosis } from '../domain/diagnosis/conclude.ts';
import { type Finding, type FindingCode, finding, findingKey } from '../domain/finding.ts';
import type { Hold } from '../domain/hold.ts';
import type { SecretVersion } from '../domain/keys.ts';
import { changedDestination, destinationName, isKeyed, jobKey, type LogpushJob } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import { wallsOf, whyUncertain } from '../domain/repair/certainty.ts';
import {
  decideRepair,
  isFirstLook,
  isProvenBy,
  type Unproven,
  unprovenCauses,
} from '../domain/repair/decide.ts';
import {
  closeIncident,
  enabledAgain,
  enabledByIncident,
  type Incident,
  type IncidentRecord,
  type PastIncident,
} from '../domain/repair/incident.ts';
import type { JobReport, ReportedAction } from '../domain/report.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import { hours } from '../domain/time.ts';
import { ApiError, DeadlineError, SchemaError } from '../errors.ts';
import type { Services } from '../ports.ts';
import { jobReport } from './check-logpush.ts';
import { type CisInstance, describeError, type SweepContext } from './context.ts';
import type { Diagnoser } from './diagnose.ts';
import { readIncidents, type StoredIncidents, writeIncidents } from './incidents.ts';
import { keyStoreOf } from './key-store.ts';
import { withKeyLease } from './key-under-lease.ts';
import { type SeenJob, seenInstance, seenJob } from './observe.ts';
import { JobHeldError, mayWrite, permitted } from './permission.ts';
import { type Cause, type Causes, nameOfVersion } from './repair-cause.ts';
import type { Retention } from './retention.ts';

/** A job that was enabled in vain is not worth a try of its destination every five minutes. */
const IN_VAIN_MS = hours(1);

/** What the instances of a run share. */
interface Shared {
  readonly causes: Causes;
  readonly diagnoser: Diagnoser;
  readonly budget: { left: number };
  /** Causes that nobody else is enabled for, unless `past` proves them. */
  readonly unproven: Map<string, Unproven>;
  readonly past: PastIncident[];
}

/** One instance's part of a run. */
export class InstanceRepair {
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  readonly jobs: JobReport[] = [];
  readonly #context: SweepContext;
  readonly #instance: CisInstance;
  readonly #shared: Shared;
  #stored: StoredIncidents | undefined;
  /** Zones that could not be seen. */
  #failures = 0;
  #retention: Retention = new Map();

  constructor(context: SweepContext, instance: CisInstance, shared: Shared) {
    this.#context = context;
    this.#instance = instance;
    this.#shared = shared;
  }

  async toEnd(): Promise<void> {
    const { ledger } = this.#context.ports;
    this.#stored = await readIncidents(ledger, this.#instance.crn);
    const wanted: { readonly seen: SeenJob; readonly incident: Incident }[] = [];
    let record = this.#record;
    const candidates = await this.#candidates(record);
    record = this.#withoutGone(record, candidates);
    for (const [cause, why] of this.#unprovenIn(record, candidates))
      if (this.#shared.unproven.get(cause) !== 'failing') this.#shared.unproven.set(cause, why);
    for (const seen of candidates) {
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
    this.#shared.past.push(...record.past);
    const { byJob } = await this.#shared.diagnoser.of(
      wanted.map(({ seen }) => seen),
      this.#retention,
    );
    for (const { seen, incident } of wanted)
      await this.#repair(seen, incident, byJob.get(jobKey(seen.job.ref)) ?? NOT_LOOKED_AT);
  }

  #unprovenIn(record: IncidentRecord, candidates: readonly SeenJob[]): ReadonlyMap<string, Unproven> {
    const enabled = candidates.flatMap(({ job }) => {
      const incident = record.open[jobKey(job.ref)];
      return job.enabled && incident?.enabledBy === 'keeper' ? [{ job, incident }] : [];
    });
    return unprovenCauses(enabled, this.#context.ports.clock.now());
  }

  /** Incidents of jobs that were deleted end; a job that could not be seen is not gone. */
  #withoutGone(record: IncidentRecord, candidates: readonly SeenJob[]): IncidentRecord {
    if (this.#failures > 0) return record;
    const there = new Set(candidates.map(({ job }) => jobKey(job.ref)));
    const now = this.#context.ports.clock.now();
    return Object.entries(record.open)
      .filter(([key]) => !there.has(key))
      .reduce(
        (rest, [key, incident]) => closeIncident(rest, key, { ...incident, endedAt: now, outcome: 'gone' }),
        record,
      );
  }

  get #record(): IncidentRecord {
    if (this.#stored === undefined) throw new Error('the incidents were not read');
    return this.#stored.record;
  }

  /** Jobs that failures disabled, and those of open incidents; read again where the observation is older than our deed. */
  async #candidates(record: IncidentRecord): Promise<readonly SeenJob[]> {
    const seen = await seenInstance(this.#context, this.#instance);
    this.findings.push(...seen.findings);
    this.#failures += seen.failures;
    this.#retention = seen.retention;
    const candidates: SeenJob[] = [];
    for (const one of seen.jobs) {
      const incident = record.open[jobKey(one.job.ref)];
      if (one.classified.health !== 'disabled-by-failures' && incident === undefined) continue;
      const ours = Math.max(incident?.enabledAt ?? 0, incident?.attempts.at(-1)?.at ?? 0);
      const current = ours >= seen.seenAt ? await this.#again(one) : one;
      if (current !== undefined) candidates.push(current);
    }
    return candidates;
  }

  /** The job as it is now. @returns undefined when it was deleted */
  async #again({ job, zone, memory }: SeenJob): Promise<SeenJob | undefined> {
    const cis = this.#context.ports.services.cis(this.#instance.account);
    const now = await cis.getLogpushJob(job.ref);
    if (now.job === undefined) return undefined;
    const enabledByUs = enabledByIncident(this.#record, job.ref);
    return seenJob(now.job, { zone, memory, siblingMoves: false, enabledByUs }, now.answeredAt);
  }

  #decide(seen: SeenJob, incident: Incident | undefined, holds = this.#context.holds) {
    const { repair, ports } = this.#context;
    return decideRepair({
      ...seen,
      incident,
      holds,
      adoptDisabled: repair.adoptDisabled,
      now: ports.clock.now(),
    });
  }

  async #repair(seen: SeenJob, incident: Incident, diagnosis: JobDiagnosis): Promise<void> {
    const subject = `job ${seen.label}`;
    const isTried = this.#shared.causes.isTried(seen);
    const walls = wallsOf(diagnosis, isTried);
    if (walls.length > 0) {
      const detail = walls.map((wall) => `${wall.subject}: ${wall.detail}`).join('; ');
      const because = walls.map(findingKey);
      this.findings.push(finding('repair-waits-for-cause', subject, detail, incident.seenAt, { because }));
      await this.#fileCause(seen, incident, detail);
      return;
    }
    const inVain = await this.#inVain(seen, incident);
    if (inVain !== undefined) {
      this.findings.push(finding('repair-quarantined', subject, inVain, incident.seenAt));
      return;
    }
    const cause = await this.#shared.causes.of(seen);
    if (cause.kind === 'there') {
      this.findings.push(finding(cause.code, subject, cause.detail, incident.seenAt));
      if (cause.seen === true) await this.#fileCause(seen, incident, cause.detail);
      return;
    }
    if (incident.futile?.includes(cause.name) === true) {
      const lookedAt = this.#context.ports.clock.now();
      await this.#file(seen, { ...incident, lookedAt });
      this.findings.push(finding('repair-quarantined', subject, wasInVain(cause.name), incident.seenAt));
      return;
    }
    const uncertain = whyUncertain(diagnosis, incident, {
      givesKey: cause.key !== undefined,
      isTried,
      isProven: isProvenBy(this.#shared.past, cause.name, incident),
      isAsked: this.#context.repair.adoptDisabled && isFirstLook(seen.memory),
    });
    if (uncertain !== undefined) {
      this.findings.push(finding('repair-unclear', subject, uncertain, incident.seenAt));
      return;
    }
    if (this.#shared.budget.left <= 0 || this.#othersFirst(cause, incident)) {
      const detail =
        this.#shared.budget.left <= 0 ? 'the changes of this run are used up' : 'another job tries it first';
      this.findings.push(finding('repair-waits-its-turn', subject, detail, incident.seenAt));
      return;
    }
    // Somebody may have changed it since it was observed.
    const now = await this.#again(seen);
    if (now === undefined || this.#decide(now, incident).kind !== 'enable') return;
    if (!sameDestination(now.job, seen.job)) {
      const detail = 'its destination was changed a moment ago; the next run looks at the new one';
      this.findings.push(finding('repair-unclear', subject, detail, incident.seenAt));
      return;
    }
    this.#shared.budget.left -= 1;
    if (!this.#shared.unproven.has(cause.name)) this.#shared.unproven.set(cause.name, 'waiting');
    const detail = cause.key === undefined ? 'enable it' : 'give it the key of its secret and enable it';
    if (this.#context.mode !== 'act') {
      this.#report(subject, detail, 'planned', this.#context.ports.clock.now());
      return;
    }
    await this.#enable(now, incident, cause, detail);
  }

  /** Whether another job tries it first. */
  #othersFirst({ name, certain }: Extract<Cause, { kind: 'gone' }>, incident: Incident): boolean {
    if (certain) return false;
    const unproven = this.#shared.unproven.get(name);
    return (
      unproven === 'failing' || (unproven === 'waiting' && !isProvenBy(this.#shared.past, name, incident))
    );
  }

  /** Why nothing is even tried for now. */
  async #inVain(seen: SeenJob, { futile, lookedAt }: Incident): Promise<string | undefined> {
    if (futile === undefined || lookedAt === undefined) return undefined;
    if (this.#context.ports.clock.now() - lookedAt >= IN_VAIN_MS) return undefined;
    const name = (await this.#shared.causes.nameOf(seen)) ?? futile[0] ?? '';
    return futile.includes(name) ? wasInVain(name) : undefined;
  }

  async #enable(
    seen: SeenJob,
    incident: Incident,
    cause: Extract<Cause, { kind: 'gone' }>,
    detail: string,
  ): Promise<void> {
    const { binding } = cause;
    if (binding === undefined) {
      await this.#put(seen, incident, cause, detail, permitted(this.#context, seen));
      return;
    }
    const wait = (code: FindingCode, why: string): void =>
      void this.findings.push(finding(code, `job ${seen.label}`, why, incident.seenAt));
    const withheld = await withKeyLease(this.#context, binding, async (leased) => {
      const current = await currentVersion(leased, binding);
      if (typeof current === 'string') wait('repair-unclear', current);
      else if (current === undefined || nameOfVersion(current) !== cause.name)
        wait('repair-waits-its-turn', 'its secret has a new version since it was read');
      else await this.#put(seen, incident, cause, detail, permitted(leased, seen));
    });
    if (withheld === undefined) return;
    const code = withheld.because === 'rotation' ? 'repair-waits-for-rotation' : 'repair-waits-its-turn';
    wait(code, withheld.detail);
  }

  /** The request that enables the job; what stands against it was ruled out. */
  async #put(
    seen: SeenJob,
    incident: Incident,
    cause: Extract<Cause, { kind: 'gone' }>,
    detail: string,
    services: Services,
  ): Promise<void> {
    const { ports } = this.#context;
    const subject = `job ${seen.label}`;
    const key = jobKey(seen.job.ref);
    const attempt = { at: ports.clock.now(), cause: cause.name };
    const tried: Incident = { ...incident, attempts: [...incident.attempts, attempt] };
    try {
      await this.#keep({ ...this.#record, open: { ...this.#record.open, [key]: tried } });
      if (!(await this.#mayEnable(seen, incident))) return;
      const { key: given } = cause;
      const change =
        given === undefined
          ? { enabled: true }
          : { enabled: true, destination: { ...given.destination, apiKey: given.value } };
      const { job, answeredAt } = await services
        .cis(this.#instance.account)
        .updateLogpushJob(seen.job.ref, change);
      const enabled = enabledAgain(tried, answeredAt);
      await this.#keep({ ...this.#record, open: { ...this.#record.open, [key]: enabled } });
      this.#report(subject, detail, 'applied', answeredAt);
      this.findings.push(finding('job-enabled-again', subject, seen.classified.reason, incident.seenAt));
      const changed =
        cause.key === undefined ? undefined : changedDestination(cause.key.destination, job.destination);
      if (changed !== undefined) this.findings.push(finding('job-destination-changed', subject, changed));
    } catch (error) {
      if (error instanceof JobHeldError) {
        this.#sayHeld(seen, incident, error.holds);
        return;
      }
      const isOfCis = error instanceof ApiError || error instanceof SchemaError;
      if (!isOfCis && !(error instanceof DeadlineError)) throw error;
      this.#report(subject, detail, 'failed', ports.clock.now());
      this.findings.push(finding('repair-failed', subject, describeError(error), incident.seenAt));
    }
  }

  /** The last question before the request. An attempt that was noted and not made is taken back. */
  async #mayEnable(seen: SeenJob, incident: Incident): Promise<boolean> {
    const takeBack = () =>
      this.#keep({ ...this.#record, open: { ...this.#record.open, [jobKey(seen.job.ref)]: incident } });
    let holds: readonly Hold[] | undefined;
    try {
      holds = await mayWrite(this.#context, seen);
    } catch (error) {
      await takeBack();
      throw error;
    }
    if (holds === undefined) return true;
    await takeBack();
    this.#sayHeld(seen, incident, holds);
    return false;
  }

  #sayHeld(seen: SeenJob, incident: Incident, holds: readonly Hold[]): void {
    const step = this.#decide(seen, incident, holds);
    if (step.kind === 'report') this.findings.push(step.finding);
  }

  /** A cause was seen: once it is gone something has changed, and what was in vain may work. */
  async #fileCause(seen: SeenJob, incident: Incident, seenCause: string): Promise<void> {
    await this.#file(seen, { ...omit(incident, 'futile', 'lookedAt'), seenCause });
  }

  async #file({ job }: SeenJob, incident: Incident): Promise<void> {
    const key = jobKey(job.ref);
    const known = this.#record.open[key];
    const isSame =
      incident.futile === known?.futile &&
      incident.lookedAt === known?.lookedAt &&
      incident.seenCause === known?.seenCause;
    if (isSame) return;
    await this.#keep({ ...this.#record, open: { ...this.#record.open, [key]: incident } });
  }

  async #keep(record: IncidentRecord): Promise<void> {
    if (this.#stored === undefined || record === this.#stored.record) return;
    const { mode, ports } = this.#context;
    const changed = { ...this.#stored, record };
    this.#stored = mode === 'plan' ? changed : await writeIncidents(ports.ledger, ports.random, changed);
  }

  #report(subject: string, detail: string, outcome: ReportedAction['outcome'], at: number): void {
    this.actions.push({ kind: 'enable-job', subject, detail, outcome, at });
    const { log } = this.#context.ports;
    log.info('repair action', { runId: this.#context.runId, subject, outcome });
  }
}

/** @returns why it cannot be seen, or undefined when there is none */
async function currentVersion(
  { ports }: SweepContext,
  binding: Binding,
): Promise<SecretVersion | string | undefined> {
  try {
    return versionOf(await keyStoreOf(ports.services, binding).versions(), 'current');
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof SchemaError)) throw error;
    return describeError(error);
  }
}

const NOT_LOOKED_AT: JobDiagnosis = { causes: [], doubts: [], untried: [], because: [] };

const wasInVain = (cause: string): string =>
  `enabled before (${cause}), and not one push came until it was disabled again`;

const sameDestination = ({ destination: a }: LogpushJob, { destination: b }: LogpushJob): boolean =>
  isKeyed(a) && isKeyed(b) ? destinationName(a) === destinationName(b) : a.kind === b.kind;

/** What an incident that has ended cost. */
function recovered(past: PastIncident): readonly Finding[] {
  if (past.outcome !== 'proven') return [];
  const { lost } = past;
  const cost = lost === undefined ? 'unknown' : `${lost.min} to ${lost.max ?? 'unknown'}`;
  return [finding('job-recovered', `job ${past.label}`, `log minutes lost: ${cost}`, past.seenAt)];
}
