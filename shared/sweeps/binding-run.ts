import type { Binding } from '../domain/binding.ts';
import { type Finding, finding } from '../domain/finding.ts';
import type { Hold } from '../domain/hold.ts';
import type { KeyReport, ReportedAction, Waiting } from '../domain/report.ts';
import { advanceAction, assumedResult } from '../domain/rotation/advance-action.ts';
import { type Advanced, advanceNote } from '../domain/rotation/advance-note.ts';
import { carryOn } from '../domain/rotation/carry-on.ts';
import { decideRotation } from '../domain/rotation/decide.ts';
import { describeAction } from '../domain/rotation/describe.ts';
import { afterLook } from '../domain/rotation/looked.ts';
import { holdableJob, movesPerNote } from '../domain/rotation/move-job.ts';
import type { RotationRecord } from '../domain/rotation/record.ts';
import { reportKeys } from '../domain/rotation/report-keys.ts';
import {
  type Action,
  type Compromised,
  emptyMemory,
  type Neighbours,
  type Note,
  type RotationView,
  type Step,
} from '../domain/rotation/steps.ts';
import { Secret } from '../domain/secret.ts';
import { LedgerConflictError } from '../errors.ts';
import type { Applied } from './applied.ts';
import type { SweepContext } from './context.ts';
import type { FleetCache } from './fleet-cache.ts';
import { SecretLease } from './lease.ts';
import { JobHeldError, mayWrite, permitted } from './permission.ts';
import { neighboursOf } from './records.ts';
import { RotationBook } from './rotation-book.ts';
import { applyAction } from './rotation-effects.ts';
import { lookAt } from './rotation-looks.ts';

/** More steps than any fleet needs: a decision that does not come to rest is our mistake, not a reason to go on. */
const MAX_STEPS = 20_000;

/** One binding's part of a run: looks, decides, acts and notes until there is nothing more to do now. */
export class BindingRun {
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  /** Its services are guarded by the lease once that is taken. */
  #context: SweepContext;
  readonly #fleet: FleetCache;
  readonly #configured: Binding;
  #binding: Binding;
  #book: RotationBook | undefined;
  #neighbours: Neighbours = { idle: [] };
  #rest: Pick<RotationView, 'facts' | 'memory'> = { facts: {}, memory: emptyMemory };
  /** As the configuration says it as far as this run knows. */
  #holds: readonly Hold[];
  #forced: boolean;
  readonly #compromised: Compromised | undefined;
  #asRead: RotationRecord | undefined;
  /** The keys before the first effect that is only assumed: none of what comes after it exists. */
  #keysBefore: readonly KeyReport[] | undefined;

  constructor(context: SweepContext, fleet: FleetCache, binding: Binding) {
    this.#context = context;
    this.#fleet = fleet;
    this.#configured = binding;
    this.#binding = binding;
    this.#holds = context.holds;
    this.#forced = context.forced.has(binding.name);
    this.#compromised = context.compromised?.bindings.has(binding.name) ? context.compromised : undefined;
  }

  /** The binding's record as this run leaves it. */
  get record(): RotationRecord | undefined {
    return this.#book?.record;
  }

  /** The binding's keys, as far as this run has looked at them. */
  get keys(): readonly KeyReport[] {
    if (this.#keysBefore !== undefined) return this.#keysBefore;
    return this.#book === undefined ? [] : reportKeys(this.#book.record, this.#rest.facts);
  }

  async toRest(): Promise<Waiting> {
    const { ports, runId } = this.#context;
    const lease = await SecretLease.look(ports, runId, this.#binding.secret.id);
    try {
      return await this.#underLease(lease);
    } finally {
      await lease.release();
    }
  }

  async #underLease(lease: SecretLease): Promise<Waiting> {
    const heldUntil = this.#context.mode === 'act' ? lease.heldUntil() : undefined;
    if (heldUntil !== undefined) return this.#waiting('another run, which works on this secret', heldUntil);
    const book = await RotationBook.open(this.#context, lease, this.#binding);
    this.#book = book;
    this.#asRead = book.record;
    this.#neighbours = await neighboursOf(this.#context.ports.ledger, this.#binding);
    try {
      return await this.#untilRest(lease, book);
    } catch (error) {
      await book.saveAtLast();
      throw error;
    }
  }

  async #untilRest(lease: SecretLease, book: RotationBook): Promise<Waiting> {
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      const view = this.#view(book.record);
      const step = decideRotation(view);
      if (step.kind === 'rest') return this.#settle(book, step);
      if (step.kind !== 'look' && !(await this.#take(lease)))
        return this.#waiting('another run, which works on this secret', lease.heldUntil());
      // A move is noted with the next ones at the latest before anything else; a note writes the whole record anyway.
      const isOneOfMany = step.kind === 'act' && movesPerNote(view, step.action) > 1;
      if (step.kind !== 'note' && !isOneOfMany) await book.save();
      await this.#step(view, book, step);
    }
    throw new Error(`binding ${this.#binding.name} does not come to rest`);
  }

  #view(record: RotationRecord): RotationView {
    const { ports, runId } = this.#context;
    const { current } = record;
    this.#binding = current === undefined ? this.#configured : carryOn(this.#configured, current);
    return {
      binding: this.#binding,
      record,
      ...this.#rest,
      now: ports.clock.now(),
      runId,
      holds: this.#holds,
      forced: this.#forced,
      ...(this.#compromised === undefined ? {} : { compromised: this.#compromised }),
      neighbours: this.#neighbours,
    };
  }

  async #settle(book: RotationBook, step: Extract<Step, { kind: 'rest' }>): Promise<Waiting> {
    await book.settle();
    this.findings.push(...step.findings, ...unprovenJobs(book.record));
    return this.#waiting(step.waitsFor, step.until);
  }

  #waiting(waitsFor: string, until: number | undefined): Waiting {
    return {
      subject: `binding ${this.#binding.name}`,
      waitsFor,
      ...(until === undefined ? {} : { until }),
    };
  }

  /** Before the first change of anything. @returns false when another run was faster */
  async #take(lease: SecretLease): Promise<boolean> {
    if (lease.isHeld || this.#context.mode !== 'act') return true;
    try {
      await lease.take();
    } catch (error) {
      if (error instanceof LedgerConflictError) return false;
      throw error;
    }
    const { ports } = this.#context;
    this.#context = {
      ...this.#context,
      ports: { ...ports, services: ports.services.under(lease.guard) },
    };
    return true;
  }

  async #step(view: RotationView, book: RotationBook, step: Exclude<Step, { kind: 'rest' }>): Promise<void> {
    switch (step.kind) {
      case 'look':
        this.#rest = afterLook(view, await lookAt(this.#context, this.#fleet, view, step.at));
        return;
      case 'note':
        this.findings.push(...noteFindings(view, step.note));
        // What was asked for has begun; when it ends in this very run it is not begun again.
        if (step.note.kind === 'open') this.#forced = false;
        return this.#keep(book, advanceNote(view, step.note));
      case 'act':
        return this.#act(view, book, step.action);
    }
  }

  async #act(view: RotationView, book: RotationBook, action: Action): Promise<void> {
    if (this.#context.mode !== 'act') {
      this.#keysBefore ??= reportKeys(this.#asRead ?? view.record, view.facts);
      this.#report(action, 'planned', view.now);
      return this.#keep(book, advanceAction(view, action, assumedResult(action, view.now, new Secret(''))));
    }
    const holds = await mayWrite(this.#context, holdableJob(view, action));
    if (holds !== undefined) {
      this.#holds = holds;
      return;
    }
    let applied: Applied;
    try {
      const services = permitted(this.#context, holdableJob(view, action));
      const context = { ...this.#context, ports: { ...this.#context.ports, services } };
      applied = await applyAction(context, this.#fleet, view, action);
    } catch (error) {
      if (error instanceof JobHeldError) {
        this.#holds = error.holds;
        return;
      }
      this.#report(action, 'failed', view.now);
      throw error;
    }
    switch (applied.kind) {
      case 'done':
        this.#report(action, 'applied', applied.result.at);
        this.findings.push(...applied.findings);
        return this.#keep(book, advanceAction(view, action, applied.result), movesPerNote(view, action));
      case 'end':
        this.#report(action, 'failed', view.now);
        this.findings.push(applied.finding);
        return this.#keep(book, advanceNote(view, applied.note));
      case 'skip-job':
        this.#report(action, 'failed', view.now);
        this.findings.push(applied.finding);
        this.#rest = {
          facts: view.facts,
          memory: {
            ...view.memory,
            failedMoves: new Map(view.memory.failedMoves).set(applied.key, {
              refused: applied.refused,
              detail: applied.finding.detail,
            }),
          },
        };
        return;
    }
  }

  /** Remembers the new view and keeps its record. */
  #keep(book: RotationBook, { record, facts, memory }: Advanced, together?: number): Promise<void> {
    this.#rest = { facts, memory };
    return book.keep(record, together);
  }

  #report(action: Action, outcome: ReportedAction['outcome'], at: number): void {
    const reported = { ...describeAction(action, this.#binding), outcome, at };
    this.actions.push(reported);
    this.#context.ports.log.info('rotation action', {
      runId: this.#context.runId,
      binding: this.#binding.name,
      action: action.kind,
      subject: reported.subject,
      outcome,
    });
  }
}

/** Jobs that nothing could be learnt about since they moved: said in every run until the rotation ends. */
const unprovenJobs = ({ current }: RotationRecord): readonly Finding[] =>
  Object.values(current?.jobs ?? {})
    .filter((job) => job.state === 'idle-unproven')
    .map((job) =>
      finding('idle-unproven', `job ${job.label}`, 'no push since it got its new key', job.movedAt),
    );

/** What a change of the ledger means for a person. */
function noteFindings({ record }: RotationView, note: Note): readonly Finding[] {
  if (note.kind === 'open')
    return (note.found?.lost ?? []).map((label) =>
      finding(
        'job-key-reverted',
        `job ${label}`,
        'it no longer holds the key that it was given, and gets it again',
      ),
    );
  if (note.kind !== 'move-again') return [];
  return note.jobs.flatMap((key) => {
    const job = record.current?.jobs[key];
    if (job === undefined) return [];
    return [
      finding('job-key-reverted', `job ${job.label}`, 'it no longer holds the new key, and gets it again'),
    ];
  });
}
