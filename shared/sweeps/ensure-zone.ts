import { type Binding, claimOf, selects } from '../domain/binding.ts';
import {
  type DeclaredDecision,
  type DeclaredEffect,
  decideDeclared,
  type SeenInZone,
} from '../domain/declared/decide.ts';
import { type Declared, declaredKey, jobToBe } from '../domain/declared/job.ts';
import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import { holdOf } from '../domain/hold.ts';
import { changedDestination, type LogpushJob, type LogpushJobRef } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import type { ReportedAction, Waiting } from '../domain/report.ts';
import { ApiError } from '../errors.ts';
import type { LogpushJobChange, Services } from '../ports.ts';
import { type CisInstance, describeError, type SweepContext } from './context.ts';
import { type Created, createWithKey, createWithOwnership, keyFor } from './declared-create.ts';
import type { DeclaredMemory } from './declared-records.ts';
import { heldFinding, refusedFinding, subjectOf } from './declared-refusals.ts';
import { withKeyLease } from './key-under-lease.ts';
import { JobHeldError, mayWrite, permitted } from './permission.ts';

/** What the zones of one instance share. */
export interface ZoneRun {
  readonly context: SweepContext;
  readonly instance: CisInstance;
  readonly memory: DeclaredMemory;
  /** Tells the state of a job that was just read. */
  readonly judge: (job: LogpushJob, zone: Declared['zone'], answeredAt: number) => SeenInZone;
  /** Jobs of other zones, as they were seen last. */
  readonly elsewhere: readonly LogpushJob[];
}

type Effect<K extends DeclaredEffect['kind']> = Extract<DeclaredEffect, { kind: K }>;

/** The declared jobs of one zone. */
export class EnsureZone {
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  readonly waiting: Waiting[] = [];
  readonly #run: ZoneRun;
  readonly #zone: Declared['zone'];
  readonly #declared: readonly Declared[];
  #jobs: readonly SeenInZone[] = [];

  constructor(run: ZoneRun, zone: Declared['zone'], declared: readonly Declared[]) {
    this.#run = run;
    this.#zone = zone;
    this.#declared = declared;
  }

  /** @throws what ends the work on the whole instance: the ledger, the deadline, or the mode */
  async toEnd(): Promise<void> {
    this.#jobs = await this.#list();
    const isRetained = await this.#retain();
    const keys = this.#declared.map(declaredKey);
    for (const [i, declared] of this.#declared.entries()) {
      if (keys.indexOf(declaredKey(declared)) !== i) {
        const detail = 'it is declared twice: once with the id of its zone, once with its name';
        this.#tell('declared-ambiguous', declared, detail);
        continue;
      }
      try {
        await this.#ensure(declared, isRetained);
      } catch (error) {
        if (error instanceof JobHeldError) {
          this.findings.push(heldFinding(declared, error.holds, this.#now()));
        } else if (error instanceof ApiError) {
          this.findings.push(refusedFinding(declared, error, this.#jobs.length));
        } else throw error;
      }
    }
  }

  /** All jobs of the zone. A list may be late: a job that was made and is not in it is asked for by its id. */
  async #list(): Promise<readonly SeenInZone[]> {
    const { instance, judge, memory } = this.#run;
    const ref = { instanceCrn: instance.crn, zoneId: this.#zone.id };
    const { jobs, answeredAt } = await this.#cis().listLogpushJobs(ref.instanceCrn, ref.zoneId);
    const seen = jobs.map((job) => judge(job, this.#zone, answeredAt));
    for (const declared of this.#declared) {
      const jobId = memory.entry(declaredKey(declared)).made?.jobId;
      if (jobId === undefined || jobs.some((job) => job.ref.jobId === jobId)) continue;
      const missed = await this.#cis().getLogpushJob({ ...ref, jobId });
      if (missed.job !== undefined) seen.push(judge(missed.job, this.#zone, missed.answeredAt));
    }
    return seen;
  }

  /**
   * Log retention comes first: CIS wants it on before Logpush is used. It is read back. If the process dies here, the next run
   * reads what it is.
   *
   * @returns whether a job may be made
   * @see https://cloud.ibm.com/docs/cis?topic=cis-logpull
   */
  async #retain(): Promise<boolean> {
    const { context, instance } = this.#run;
    const subject = `zone ${this.#zone.name}`;
    const told = (detail: string): false => {
      this.findings.push(finding('declared-retention-refused', subject, detail));
      return false;
    };
    const free = this.#declared.find((one) => this.#holdOf(one) === undefined);
    try {
      if (await this.#cis().getLogRetention(instance.crn, this.#zone.id)) return true;
      if (free === undefined) return false;
      const detail = 'switch log retention on: without it nothing is pushed';
      if (!this.#isActing('set-retention', subject, detail)) return true;
      const services = permitted(context, { job: jobToBe(free), zone: this.#zone });
      await services.cis(instance.account).setLogRetention(instance.crn, this.#zone.id, true);
      if (!(await this.#cis().getLogRetention(instance.crn, this.#zone.id)))
        return told('it was switched on, and is still shown as off');
      this.#report('set-retention', subject, detail, 'applied', this.#now());
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return told(describeError(error));
    }
  }

  async #ensure(declared: Declared, isRetained: boolean): Promise<void> {
    const { memory } = this.#run;
    const binding = this.#bindingOf(declared);
    if (declared.wanted.binding !== undefined && !isCarrier(binding, declared)) {
      const detail = `no selector of binding ${declared.wanted.binding} says that a job of this zone carries its key`;
      this.#tell('declared-unselected', declared, detail);
      return;
    }
    const { entry, findings, effect, waiting } = this.#decide(declared, this.#jobs);
    this.findings.push(...findings);
    if (waiting !== undefined) this.waiting.push(waiting);
    await memory.keep(declaredKey(declared), entry);
    switch (effect?.kind) {
      case undefined:
        return;
      case 'create':
        // Why not is told of the zone.
        return isRetained ? this.#create(declared, effect, binding) : undefined;
      case 'update':
        return this.#update(declared, effect, binding);
      case 'delete':
        return this.#delete(declared, effect);
    }
  }

  #decide(declared: Declared, jobs: readonly SeenInZone[]): DeclaredDecision {
    const { context, memory, elsewhere } = this.#run;
    const key = declaredKey(declared);
    return decideDeclared({
      declared,
      entry: memory.entry(key),
      jobs,
      siblings: this.#declared.filter((other) => declaredKey(other) !== key),
      othersJobs: memory.jobsOfOthers(key),
      orphans: memory.orphans(),
      elsewhere,
      bindings: context.bindings,
      enforce: context.declared.enforce || declared.wanted.onDrift === 'enforce',
      holds: context.holds,
      now: this.#now(),
      storeNow: memory.earliest(),
    });
  }

  async #create(declared: Declared, effect: Effect<'create'>, binding: Binding | undefined): Promise<void> {
    const { context, instance, memory } = this.#run;
    const { replaces: old } = effect;
    const { wanted } = declared;
    const place = old === undefined ? '' : `, in place of job ${old.ref.jobId} once it has pushed`;
    const detail = `make it with the ${binding === undefined ? 'proof that the bucket is ours' : `key of binding ${binding.name}`}${place}`;
    if (!this.#isActing('create-job', subjectOf(declared), detail)) return;
    const creation = {
      context,
      instance,
      memory,
      declared,
      ...(old === undefined ? {} : { replaces: old.ref.jobId }),
      again: async () => {
        this.#jobs = await this.#list();
        const { effect: now } = this.#decide(declared, this.#jobs);
        const isSame = now?.kind === 'create' && now.replaces?.ref.jobId === old?.ref.jobId;
        return isSame ? this.#jobs.map(({ job }) => job) : undefined;
      },
    };
    const { destination } = wanted;
    const created =
      binding !== undefined
        ? await withKeyLease(context, binding, (leased) =>
            createWithKey({ ...creation, context: leased }, binding),
          )
        : destination.kind === 'cos'
          ? await createWithOwnership(creation, destination, this.#accountOf(declared))
          : undefined;
    if (created === undefined) throw new Error('a destination that takes a key has no binding');
    if ('because' in created) this.#tell('declared-waits-for-rotation', declared, created.detail);
    else this.#created(declared, created, detail);
  }

  #created(declared: Declared, created: Created, detail: string): void {
    const subject = subjectOf(declared);
    if (created.kind === 'not') {
      if (created.finding !== undefined) {
        this.findings.push(created.finding);
        this.#report('create-job', subject, detail, 'failed', this.#now());
      }
      if (created.waiting !== undefined) this.waiting.push(created.waiting);
      return;
    }
    const { job, at } = created;
    this.#jobs = [
      ...this.#jobs.filter((one) => one.job.ref.jobId !== job.ref.jobId),
      this.#run.judge(job, this.#zone, at),
    ];
    this.#report('create-job', subject, detail, 'applied', at);
    this.#tell('declared-job-created', declared, `it is job ${job.ref.jobId}`);
    this.#compare(declared, job);
  }

  /**
   * A PUT, which twice is once: if the process dies before, during or after it, the next run sees what differs then. A key goes
   * along under the lease of its secret.
   */
  async #update(declared: Declared, effect: Effect<'update'>, binding: Binding | undefined): Promise<void> {
    const { context } = this.#run;
    if (!this.#isActing('update-job', subjectOf(declared), effect.detail)) return;
    const { destination, ...plain } = effect.change;
    if (destination === undefined) {
      await this.#put(context.ports.services, declared, effect, plain);
      return;
    }
    if (binding === undefined) throw new Error('a destination that is to be changed has no binding');
    const withheld = await withKeyLease(context, binding, async (leased) => {
      const found = await keyFor(leased, binding, declared, effect.job);
      if ('finding' in found) return found.finding;
      const change = { ...plain, destination: { ...destination, apiKey: found.key } };
      await this.#put(leased.ports.services, declared, effect, change);
      return undefined;
    });
    if (withheld === undefined) return;
    if ('because' in withheld) this.#tell('declared-waits-for-rotation', declared, withheld.detail);
    else this.findings.push(withheld);
  }

  async #put(
    services: Services,
    declared: Declared,
    { job, detail, change: decided }: Effect<'update'>,
    change: LogpushJobChange,
  ): Promise<void> {
    const { context, instance } = this.#run;
    const again = await this.#again(declared, [job.ref]);
    if (again?.kind !== 'update' || JSON.stringify(again.change) !== JSON.stringify(decided)) {
      this.#hasChanged(declared);
      return;
    }
    const guarded = permitted(
      { ...context, ports: { ...context.ports, services } },
      { job, zone: this.#zone },
    );
    const { job: shown, answeredAt } = await guarded.cis(instance.account).updateLogpushJob(job.ref, change);
    this.#jobs = this.#jobs.map((one) =>
      one.job.ref.jobId === job.ref.jobId ? this.#run.judge(shown, this.#zone, answeredAt) : one,
    );
    this.#report('update-job', subjectOf(declared), detail, 'applied', answeredAt);
    this.#compare(declared, shown);
  }

  /**
   * Deletes a job in whose place another one pushes. Both are read once more before. If the process dies before the request, the
   * next run deletes it; if it dies during or after it, the next run sees that it is gone.
   */
  async #delete(declared: Declared, effect: Effect<'delete'>): Promise<void> {
    const { context, instance, memory } = this.#run;
    const { job, successor } = effect;
    const detail = `delete job ${job.ref.jobId} (${job.dataset}): job ${successor.ref.jobId} pushes in its place`;
    if (!this.#isActing('delete-job', subjectOf(declared), detail)) return;
    const again = await this.#again(declared, [job.ref, successor.ref]);
    if (again?.kind !== 'delete' || again.job.ref.jobId !== job.ref.jobId) {
      this.#hasChanged(declared);
      return;
    }
    const held = { job, zone: this.#zone };
    const holds = await mayWrite(context, held);
    if (holds !== undefined) {
      this.findings.push(heldFinding(declared, holds, this.#now(), job));
      return;
    }
    await permitted(context, held).cis(instance.account).deleteLogpushJob(job.ref);
    this.#jobs = this.#jobs.filter((one) => one.job.ref.jobId !== job.ref.jobId);
    const key = declaredKey(declared);
    await memory.keep(key, omit(memory.entry(key), 'replaces'));
    this.#report('delete-job', subjectOf(declared), detail, 'applied', this.#now());
    this.#tell(
      'declared-job-replaced',
      declared,
      `job ${job.ref.jobId} is deleted, job ${successor.ref.jobId} pushes`,
    );
  }

  /** What would be decided with these jobs as they are now. */
  async #again(declared: Declared, refs: readonly LogpushJobRef[]): Promise<DeclaredEffect | undefined> {
    let jobs = this.#jobs;
    for (const ref of refs) {
      const { job, answeredAt } = await this.#cis().getLogpushJob(ref);
      const others = jobs.filter((one) => one.job.ref.jobId !== ref.jobId);
      jobs = job === undefined ? others : [...others, this.#run.judge(job, this.#zone, answeredAt)];
    }
    return this.#decide(declared, jobs).effect;
  }

  /** What CIS shows in place of what it was sent. */
  #compare(declared: Declared, shown: LogpushJob): void {
    const changed = changedDestination(declared.wanted.destination, shown.destination);
    if (changed !== undefined) this.#tell('job-destination-changed', declared, changed);
  }

  #hasChanged(declared: Declared): void {
    const waitsFor = 'the next run: the job has changed a moment ago';
    this.waiting.push({ subject: subjectOf(declared), waitsFor });
  }

  #bindingOf({ wanted }: Declared): Binding | undefined {
    return this.#run.context.bindings.find(({ name }) => name === wanted.binding);
  }

  /** Whose rights look into the bucket of a job without a key. */
  #accountOf(declared: Declared): string {
    const { context, instance } = this.#run;
    const selecting = context.bindings.find((binding) => selects(binding, jobToBe(declared), this.#zone));
    return selecting?.account ?? instance.account;
  }

  #holdOf(declared: Declared) {
    return holdOf(this.#run.context.holds, jobToBe(declared), this.#zone, this.#now());
  }

  #cis() {
    const { context, instance } = this.#run;
    return context.ports.services.cis(instance.account);
  }

  #now(): number {
    return this.#run.context.ports.clock.now();
  }

  #tell(code: FindingCode, declared: Declared, detail: string): void {
    this.findings.push(finding(code, subjectOf(declared), detail));
  }

  /** Whether it is to be done; else it is reported as planned. */
  #isActing(kind: string, subject: string, detail: string): boolean {
    if (this.#run.context.mode === 'act') return true;
    this.#report(kind, subject, detail, 'planned', this.#now());
    return false;
  }

  #report(
    kind: string,
    subject: string,
    detail: string,
    outcome: ReportedAction['outcome'],
    at: number,
  ): void {
    const { runId, ports } = this.#run.context;
    this.actions.push({ kind, subject, detail, outcome, at });
    ports.log.info('declared job action', { runId, kind, subject, outcome });
  }
}

/** Whether a binding says that the job will carry its key, so that it is rotated. */
const isCarrier = (binding: Binding | undefined, declared: Declared): boolean =>
  binding !== undefined && claimOf(binding, jobToBe(declared), declared.zone) === 'key';
