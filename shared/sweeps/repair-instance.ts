import type { JobDiagnosis } from '../domain/diagnosis/conclude.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { destinationName, isKeyed, jobKey, type LogpushJob } from '../domain/logpush.ts';
import { failuresOf, wallsOf, whyUncertain } from '../domain/repair/certainty.ts';
import {
  decideRepair,
  isFirstLook,
  isProvenBy,
  type Unproven,
  unprovenCauses,
} from '../domain/repair/decide.ts';
import {
  closeIncident,
  enabledByIncident,
  type Incident,
  type IncidentRecord,
  type PastIncident,
} from '../domain/repair/incident.ts';
import { bothSeen, causeText, type SeenCause, seenByTrying, seenIn } from '../domain/repair/seen-cause.ts';
import type { JobReport, ReportedAction } from '../domain/report.ts';
import { hours } from '../domain/time.ts';
import { jobReport } from './check-logpush.ts';
import type { CisInstance, SweepContext } from './context.ts';
import type { Diagnoser } from './diagnose.ts';
import { JobEnabler } from './enable-job.ts';
import { IncidentBook } from './incident-book.ts';
import { type SeenJob, seenInstance, seenJob } from './observe.ts';
import type { Cause, Causes } from './repair-cause.ts';
import { recovered, waits, waitsItsTurn, wasInVain } from './repair-findings.ts';
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
  readonly #book: IncidentBook;
  readonly #enabler: JobEnabler;
  /** Zones that could not be seen. */
  #failures = 0;
  #retention: Retention = new Map();

  constructor(context: SweepContext, instance: CisInstance, shared: Shared) {
    this.#context = context;
    this.#instance = instance;
    this.#shared = shared;
    this.#book = new IncidentBook(context, instance.crn);
    this.#enabler = new JobEnabler(context, instance.account, this.#book, this, (seen, incident, holds) => {
      const step = this.#decide(seen, incident, holds);
      return step.kind === 'report' ? step.finding : undefined;
    });
  }

  async toEnd(): Promise<void> {
    await this.#book.open();
    const wanted: Wanted[] = [];
    let record = this.#book.record;
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
    this.#book.note(record);
    this.#shared.past.push(...record.past);
    try {
      await this.#repairAll(wanted);
    } finally {
      await this.#book.flush();
    }
  }

  /** In slices: what one run may change is used up long before a whole fleet was looked into. */
  async #repairAll(wanted: readonly Wanted[]): Promise<void> {
    for (let from = 0; from < wanted.length; from += SLICE) {
      const slice = wanted.slice(from, from + SLICE);
      const isUsedUp = this.#shared.budget.left <= 0;
      const byJob = isUsedUp ? NOBODY : await this.#diagnose(slice);
      for (const { seen, incident } of slice) {
        const diagnosis = byJob.get(jobKey(seen.job.ref));
        if (diagnosis === undefined) this.findings.push(waitsItsTurn(seen, incident, USED_UP));
        else await this.#repair(seen, incident, diagnosis);
      }
    }
  }

  /** Where no cause was seen, the key that the job has may be the one: the request that enables it brings another. */
  async #diagnose(slice: readonly Wanted[]): Promise<ReadonlyMap<string, JobDiagnosis>> {
    const isKnown = ({ seen, incident }: Wanted): boolean => seenBefore(seen, incident) !== undefined;
    const [known, unknown] = [slice.filter(isKnown), slice.filter((one) => !isKnown(one))];
    const of = async (part: readonly Wanted[], asked: 'all' | 'walls') => {
      const jobs = part.map(({ seen }) => seen);
      return (await this.#shared.diagnoser.of(jobs, this.#retention, asked)).byJob;
    };
    return new Map([...(await of(known, 'walls')), ...(await of(unknown, 'all'))]);
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
    const enabledByUs = enabledByIncident(this.#book.record, job.ref);
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
      const detail = walls.map(causeText).join('; ');
      this.findings.push(waits('repair-waits-for-cause', seen, detail, incident, walls));
      const failures = failuresOf(walls);
      if (failures.length > 0) this.#book.noteCause(seen.job.ref, incident, seenIn(diagnosis, failures));
      return;
    }
    const inVain = await this.#inVain(seen, incident);
    if (inVain !== undefined) {
      this.findings.push(finding('repair-quarantined', subject, inVain, incident.seenAt));
      return;
    }
    const cause = await this.#shared.causes.of(seen);
    if (cause.kind === 'there') {
      const code = keepsObjects(diagnosis) && isRefusal(cause) ? 'repair-uncertain' : cause.code;
      this.findings.push(waits(code, seen, cause.detail, incident));
      if (cause.seen === true)
        this.#book.noteCause(seen.job.ref, incident, seenByTrying(diagnosis, cause.detail));
      return;
    }
    if (incident.futile?.includes(cause.name) === true) {
      const lookedAt = this.#context.ports.clock.now();
      this.#book.noteIncident(seen.job.ref, { ...incident, lookedAt });
      this.findings.push(finding('repair-quarantined', subject, wasInVain(cause.name), incident.seenAt));
      return;
    }
    const { repair } = this.#context;
    const uncertain = whyUncertain(diagnosis, {
      seenCause: seenBefore(seen, incident),
      errorMessage: seen.job.errorMessage,
      givesKey: cause.key !== undefined,
      isTried,
      isProven: isProvenBy(this.#shared.past, cause.name, incident),
      isAsked: repair.byHand || (repair.adoptDisabled && isFirstLook(seen.memory)),
    });
    if (uncertain !== undefined) {
      this.findings.push(finding('repair-uncertain', subject, uncertain, incident.seenAt));
      return;
    }
    const turn = this.#notYet(cause, incident);
    if (turn !== undefined) {
      this.findings.push(waitsItsTurn(seen, incident, turn));
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
      this.#enabler.report(subject, detail, 'planned', this.#context.ports.clock.now());
      return;
    }
    await this.#enabler.enable(now, incident, cause, detail);
  }

  /** Why it is not enabled in this run, though its cause is gone. */
  #notYet({ name, certain }: Extract<Cause, { kind: 'gone' }>, incident: Incident): string | undefined {
    if (this.#shared.budget.left <= 0) return USED_UP;
    if (certain) return undefined;
    const unproven = this.#shared.unproven.get(name);
    const isFirst =
      unproven === undefined || (unproven === 'waiting' && isProvenBy(this.#shared.past, name, incident));
    return isFirst ? undefined : 'another job tries it first';
  }

  /** Why nothing is even tried for now. */
  async #inVain(seen: SeenJob, { futile, lookedAt }: Incident): Promise<string | undefined> {
    if (futile === undefined || lookedAt === undefined) return undefined;
    if (this.#context.ports.clock.now() - lookedAt >= IN_VAIN_MS) return undefined;
    const name = (await this.#shared.causes.nameOf(seen)) ?? futile[0] ?? '';
    return futile.includes(name) ? wasInVain(name) : undefined;
  }
}

/** Jobs that are looked into before one of them is enabled. */
const SLICE = 20;
const USED_UP = 'the changes of this run are used up';
const NOBODY: ReadonlyMap<string, JobDiagnosis> = new Map();

/** A job that may be enabled, if its cause is gone. */
interface Wanted {
  readonly seen: SeenJob;
  readonly incident: Incident;
}

/** What `check-logpush` has seen before it was disabled, and what was seen since. */
function seenBefore({ memory }: SeenJob, { seenCause }: Incident): SeenCause | undefined {
  const before = memory?.seenCause;
  return seenCause === undefined ? before : bothSeen(before, seenCause);
}

/** The try overwrites an object, which such a bucket refuses to anybody. */
const keepsObjects = ({ causes }: JobDiagnosis): boolean =>
  causes.some(({ code }) => code === 'bucket-keeps-objects');
const isRefusal = ({ code }: Extract<Cause, { kind: 'there' }>): boolean =>
  code === 'repair-waits-for-destination';

const sameDestination = ({ destination: a }: LogpushJob, { destination: b }: LogpushJob): boolean =>
  isKeyed(a) && isKeyed(b) ? destinationName(a) === destinationName(b) : a.kind === b.kind;
