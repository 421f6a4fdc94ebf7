import type { Binding } from '../domain/binding.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { judgeOutcome, type ReportedAction, type Waiting } from '../domain/report.ts';
import { type Advanced, advanceAction, advanceNote, assumedResult } from '../domain/rotation/advance.ts';
import { decideRotation } from '../domain/rotation/decide.ts';
import {
  type Action,
  emptyMemory,
  type Note,
  type RotationView,
  type Step,
} from '../domain/rotation/steps.ts';
import { Secret } from '../domain/secret.ts';
import { describeError, isExpected, type SweepContext, type SweepResult } from './context.ts';
import { readRecord, type StoredRecord, writeRecord } from './records.ts';
import { type Applied, applyAction } from './rotation-effects.ts';
import { FleetCache, lookAt } from './rotation-looks.ts';

/** More steps than any fleet needs: a decision that does not come to rest is our mistake, not a reason to go on. */
const MAX_STEPS = 100_000;

/**
 * Rotates the API keys of all bindings that are due, and carries on what earlier runs began.
 *
 * Every run looks anew; what IBM's APIs do not keep comes from the ledger. In any mode but `act` it decides the same
 * steps from the same looks, assumes that each effect succeeds, and changes nothing, the ledger included.
 */
export async function rotateKeys(context: SweepContext): Promise<SweepResult> {
  const fleet = new FleetCache(context);
  const findings: Finding[] = [];
  const actions: ReportedAction[] = [];
  const waiting: Waiting[] = [];
  let failures = 0;
  for (const binding of context.bindings) {
    const run = new BindingRun(context, fleet, binding);
    try {
      waiting.push(await run.toRest());
    } catch (error) {
      if (!isExpected(error)) throw error;
      failures += 1;
      run.findings.push(finding('binding-failed', `binding ${binding.name}`, describeError(error)));
    }
    findings.push(...run.findings);
    actions.push(...run.actions);
  }
  const outcome = judgeOutcome(findings, failures, context.bindings.length - failures);
  return { outcome, findings, actions, waiting, jobs: [] };
}

/** One binding's part of a run: looks, decides, acts and notes until there is nothing more to do now. */
class BindingRun {
  readonly findings: Finding[] = [];
  readonly actions: ReportedAction[] = [];
  readonly #context: SweepContext;
  readonly #fleet: FleetCache;
  readonly #binding: Binding;
  #stored: StoredRecord | undefined;
  #rest: Pick<RotationView, 'facts' | 'memory'> = { facts: {}, memory: emptyMemory };

  constructor(context: SweepContext, fleet: FleetCache, binding: Binding) {
    this.#context = context;
    this.#fleet = fleet;
    this.#binding = binding;
  }

  async toRest(): Promise<Waiting> {
    const { ledger } = this.#context.ports;
    this.#stored = await readRecord(ledger, this.#binding.name, this.#binding.secret.id);
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      const view = this.#view(this.#stored);
      const step = decideRotation(view);
      if (step.kind === 'rest') return this.#settle(step);
      this.#stored = await this.#take(view, this.#stored, step);
    }
    throw new Error(`binding ${this.#binding.name} does not come to rest`);
  }

  #view(stored: StoredRecord): RotationView {
    const { ports, runId } = this.#context;
    return { binding: this.#binding, record: stored.record, ...this.#rest, now: ports.clock.now(), runId };
  }

  #settle(step: Extract<Step, { kind: 'rest' }>): Waiting {
    this.findings.push(...step.findings, ...this.#unprovenJobs());
    const until = step.until === undefined ? {} : { until: step.until };
    return { subject: `binding ${this.#binding.name}`, waitsFor: step.waitsFor, ...until };
  }

  /** Jobs that nothing could be learnt about since they moved: said in every run until the rotation ends. */
  #unprovenJobs(): readonly Finding[] {
    return Object.values(this.#stored?.record.current?.jobs ?? {})
      .filter((job) => job.state === 'idle-unproven')
      .map((job) =>
        finding('idle-unproven', `job ${job.label}`, 'no push since it got its new key', job.movedAt),
      );
  }

  async #take(
    view: RotationView,
    stored: StoredRecord,
    step: Exclude<Step, { kind: 'rest' }>,
  ): Promise<StoredRecord> {
    switch (step.kind) {
      case 'look': {
        const seen = await lookAt(this.#context, this.#fleet, view, step.at);
        this.#rest = {
          facts: { ...view.facts, ...seen.facts },
          memory: { ...view.memory, ...seen.memory },
        };
        return stored;
      }
      case 'note':
        this.findings.push(...noteFindings(view, step.note));
        return this.#keep(stored, advanceNote(view, step.note));
      case 'act':
        return this.#act(view, stored, step.action);
    }
  }

  async #act(view: RotationView, stored: StoredRecord, action: Action): Promise<StoredRecord> {
    if (this.#context.mode !== 'act') {
      this.#report(action, 'planned', view.now);
      return this.#keep(stored, advanceAction(view, action, assumedResult(action, view.now, new Secret(''))));
    }
    let applied: Applied;
    try {
      applied = await applyAction(this.#context, view, action);
    } catch (error) {
      this.#report(action, 'failed', view.now);
      throw error;
    }
    switch (applied.kind) {
      case 'done':
        this.#report(action, 'applied', applied.result.at);
        this.findings.push(...applied.findings);
        return this.#keep(stored, advanceAction(view, action, applied.result));
      case 'end':
        this.#report(action, 'failed', view.now);
        this.findings.push(applied.finding);
        return this.#keep(stored, advanceNote(view, applied.note));
      case 'skip-job':
        this.#report(action, 'failed', view.now);
        this.findings.push(applied.finding);
        this.#rest = {
          facts: view.facts,
          memory: { ...view.memory, failedMoves: new Set([...view.memory.failedMoves, applied.key]) },
        };
        return stored;
    }
  }

  /** Remembers the new view, and writes its record to the ledger before anything else is done. */
  async #keep(stored: StoredRecord, next: Advanced): Promise<StoredRecord> {
    this.#rest = { facts: next.facts, memory: next.memory };
    if (next.record === stored.record) return stored;
    const changed = { record: next.record, tag: stored.tag };
    if (this.#context.mode !== 'act') return changed;
    return writeRecord(this.#context.ports.ledger, this.#context.ports.random, changed);
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

/** What a change of the ledger means for a person. */
function noteFindings({ record }: RotationView, note: Note): readonly Finding[] {
  if (note.kind !== 'move-again') return [];
  return note.jobs.flatMap((key) => {
    const job = record.current?.jobs[key];
    if (job === undefined) return [];
    return [
      finding('job-key-reverted', `job ${job.label}`, 'it no longer holds the new key, and gets it again'),
    ];
  });
}

/** An action in words: what it is done to, and what it means. */
function describeAction(
  action: Action,
  binding: Binding,
): Pick<ReportedAction, 'kind' | 'subject' | 'detail'> {
  const secret = `secret ${binding.secret.id}`;
  switch (action.kind) {
    case 'lock-version':
      return { kind: action.kind, subject: secret, detail: 'put the guard lock on the current version' };
    case 'mint-key':
      return {
        kind: action.kind,
        subject: `binding ${binding.name}`,
        detail: `make a key for ${binding.iamId}`,
      };
    case 'enable-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: 'let the new key log in' };
    case 'qualify-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'try it at what a job does with it',
      };
    case 'extend-secret':
      return { kind: action.kind, subject: secret, detail: 'move its expiry to that of the new key' };
    case 'publish-key':
      return {
        kind: action.kind,
        subject: secret,
        detail: `store key ${action.keyId} as its current version`,
      };
    case 'move-job':
      return {
        kind: action.kind,
        subject: `job ${action.label}`,
        detail: `give it key ${action.keyId}${action.role === 'canary' ? ', as the first' : ''}`,
      };
    case 'disable-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'the old key: no job uses it any more',
      };
    case 'enable-old-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: action.detail };
    case 'delete-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: 'the old key, disabled for a day' };
    case 'release-previous':
      return { kind: action.kind, subject: secret, detail: 'move the guard lock off the previous version' };
  }
}
