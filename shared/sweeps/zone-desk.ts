import { decideDeclared } from '../domain/declared/decide.ts';
import type { SeenInZone } from '../domain/declared/drift.ts';
import { type Declared, declaredKey } from '../domain/declared/job.ts';
import type { DeclaredDecision, DeclaredEffect } from '../domain/declared/view.ts';
import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import { changedDestination, type LogpushJob, type LogpushJobRef } from '../domain/logpush.ts';
import type { ReportedAction, Waiting } from '../domain/report.ts';
import type { CisPort } from '../ports.ts';
import type { CisInstance, SweepContext } from './context.ts';
import type { ElsewhereLook } from './declared-elsewhere.ts';
import type { DeclaredMemory } from './declared-records.ts';
import { subjectOf } from './declared-refusals.ts';

/** What the zones of one instance share. */
export interface ZoneRun {
  readonly context: SweepContext;
  readonly instance: CisInstance;
  readonly memory: DeclaredMemory;
  /** Tells the state of a job that was just read. */
  readonly judge: (job: LogpushJob, zone: Declared['zone'], answeredAt: number) => SeenInZone;
  readonly elsewhere: ElsewhereLook;
}

/** The declared jobs of one zone: what was read of it, what is decided from that, and what there is to report. */
export class ZoneDesk {
  readonly run: ZoneRun;
  readonly zone: Declared['zone'];
  readonly declared: readonly Declared[];
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  readonly waiting: Waiting[] = [];
  #jobs: readonly SeenInZone[] = [];

  constructor(run: ZoneRun, zone: Declared['zone'], declared: readonly Declared[]) {
    this.run = run;
    this.zone = zone;
    this.declared = declared;
  }

  /** As they were read last. */
  get jobs(): readonly SeenInZone[] {
    return this.#jobs;
  }

  get cis(): CisPort {
    const { context, instance } = this.run;
    return context.ports.services.cis(instance.account);
  }

  now(): number {
    return this.run.context.ports.clock.now();
  }

  /** Reads all jobs of the zone. A list may be late: a job that was made and is not in it is asked for by its id. */
  async list(): Promise<void> {
    const { instance, judge, memory } = this.run;
    const ref = { instanceCrn: instance.crn, zoneId: this.zone.id };
    const { jobs, answeredAt } = await this.cis.listLogpushJobs(ref.instanceCrn, ref.zoneId);
    const seen = jobs.map((job) => judge(job, this.zone, answeredAt));
    for (const declared of this.declared) {
      const jobId = memory.entry(declaredKey(declared)).made?.jobId;
      if (jobId === undefined || jobs.some((job) => job.ref.jobId === jobId)) continue;
      const missed = await this.cis.getLogpushJob({ ...ref, jobId });
      if (missed.job !== undefined) seen.push(judge(missed.job, this.zone, missed.answeredAt));
    }
    this.#jobs = seen;
  }

  /** A job as an answer has just shown it. */
  saw(job: LogpushJob, answeredAt: number): void {
    const others = this.#jobs.filter((one) => one.job.ref.jobId !== job.ref.jobId);
    this.#jobs = [...others, this.run.judge(job, this.zone, answeredAt)];
  }

  /** A job is gone. */
  lost({ jobId }: LogpushJobRef): void {
    this.#jobs = this.#jobs.filter((one) => one.job.ref.jobId !== jobId);
  }

  decide(declared: Declared): DeclaredDecision {
    const { context, memory, elsewhere } = this.run;
    const key = declaredKey(declared);
    const known = elsewhere.of(this.zone.id);
    return decideDeclared({
      declared,
      entry: memory.entry(key),
      jobs: this.#jobs,
      siblings: this.declared.filter((other) => declaredKey(other) !== key),
      othersJobs: memory.jobsOfOthers(key),
      orphans: memory.orphans(),
      ...(known === undefined ? {} : { elsewhere: known }),
      bindings: context.bindings,
      enforce: context.declared.enforce || declared.wanted.onDrift === 'enforce',
      holds: context.holds,
      now: this.now(),
      storeNow: memory.earliest(),
    });
  }

  /** What would be done with these jobs as they are by now. */
  async again(declared: Declared, refs: readonly LogpushJobRef[]): Promise<DeclaredEffect | undefined> {
    for (const ref of refs) {
      const { job, answeredAt } = await this.cis.getLogpushJob(ref);
      if (job === undefined) this.lost(ref);
      else this.saw(job, answeredAt);
    }
    return this.decide(declared).effect;
  }

  tell(code: FindingCode, declared: Declared, detail: string): void {
    this.findings.push(finding(code, subjectOf(declared), detail));
  }

  /** What CIS shows in place of the destination that it was sent. */
  compare(declared: Declared, shown: LogpushJob): void {
    const changed = changedDestination(declared.wanted.destination, shown.destination);
    if (changed !== undefined) this.tell('job-destination-changed', declared, changed);
  }

  /** What was decided does not stand any more. */
  hasChanged(declared: Declared): void {
    const waitsFor = 'the next run: the job has changed a moment ago';
    this.waiting.push({ subject: subjectOf(declared), waitsFor });
  }

  /** Whether it is to be done; else it is reported as planned. */
  isActing(kind: string, subject: string, detail: string): boolean {
    if (this.run.context.mode === 'act') return true;
    this.report(kind, subject, detail, 'planned', this.now());
    return false;
  }

  report(
    kind: string,
    subject: string,
    detail: string,
    outcome: ReportedAction['outcome'],
    at: number,
  ): void {
    const { runId, ports } = this.run.context;
    this.actions.push({ kind, subject, detail, outcome, at });
    ports.log.info('declared job action', { runId, kind, subject, outcome });
  }
}
