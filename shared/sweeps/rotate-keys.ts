import type { Binding } from '../domain/binding.ts';
import { type Finding, finding } from '../domain/finding.ts';
import {
  judgeOutcome,
  type KeyReport,
  type ReportedAction,
  type RotationReport,
  type Waiting,
} from '../domain/report.ts';
import { reportRotations } from '../domain/rotation/report.ts';
import { isIn } from '../domain/shard.ts';
import { slotName, slotOf } from '../domain/slot.ts';
import { reaches } from '../domain/trigger.ts';
import { NotPermittedError } from '../errors.ts';
import { BindingRun } from './binding-run.ts';
import { describeError, isExpected, type SweepContext, type SweepResult } from './context.ts';
import { FleetCache } from './fleet-cache.ts';
import { modeChanged } from './permission.ts';
import { readRecord, recordedSlots } from './records.ts';

/**
 * Rotates the API keys of all bindings in scope that are due, and carries on what earlier runs began.
 *
 * Every run looks anew; what IBM's APIs do not keep comes from the ledger. In any mode but `act` it decides the same
 * steps from the same looks, assumes that each effect succeeds, and changes nothing, the ledger included.
 */
export async function rotateKeys(context: SweepContext): Promise<SweepResult> {
  const fleet = new FleetCache();
  const findings: Finding[] = [];
  const actions: ReportedAction[] = [];
  const waiting: Waiting[] = [];
  const rotations: RotationReport[] = [];
  const keys: Record<string, readonly KeyReport[]> = {};
  let failures = 0;
  let stopped: Finding | undefined;
  const { bindings, unread } = await bindingsAtWork(context);
  findings.push(...unread);
  for (const { binding, isConfigured } of bindings) {
    const run = new BindingRun(context, fleet, binding);
    if (!isConfigured) run.findings.push(bindingLost(binding));
    let rests: Waiting | undefined;
    try {
      rests = await run.toRest();
      waiting.push(rests);
    } catch (error) {
      if (error instanceof NotPermittedError) stopped = modeChanged(error);
      else if (isExpected(error)) {
        failures += 1;
        run.findings.push(finding('binding-failed', `binding ${binding.name}`, describeError(error)));
      } else throw error;
    }
    findings.push(...run.findings);
    actions.push(...run.actions);
    if (run.record !== undefined) rotations.push(...reportRotations(run.record, rests));
    if (run.keys.length > 0) keys[binding.name] = run.keys;
    if (stopped !== undefined) break;
  }
  if (stopped !== undefined) findings.push(stopped);
  const outcome =
    stopped === undefined ? judgeOutcome(findings, failures, bindings.length - failures) : 'partial';
  const narrowedTo =
    context.scope === 'all' ? {} : { narrowedTo: bindings.map(({ binding }) => binding.name) };
  return { outcome, findings, actions, waiting, jobs: [], rotations, keys, ...narrowedTo };
}

interface BindingAtWork {
  readonly binding: Binding;
  readonly isConfigured: boolean;
}

interface AtWork {
  readonly bindings: readonly BindingAtWork[];
  /** Records of no configured binding that cannot be read: whether a rotation is under way is not known. */
  readonly unread: readonly Finding[];
}

/**
 * The configured bindings, and those that a rotation under way was begun for and that the configuration has lost; of both
 * those in scope, and of those the shard's. All members of a secret are one shard's.
 */
async function bindingsAtWork({ bindings, scope, shard, ports }: SweepContext): Promise<AtWork> {
  if (scope !== 'all' && scope.size === 0) return { bindings: [], unread: [] };
  const { ledger } = ports;
  const isOurs = (secretId: string): boolean => reaches(scope, secretId) && isIn(shard, secretId);
  const known = new Set(bindings.map((binding) => slotOf(binding.secret)));
  const atWork: BindingAtWork[] = bindings
    .filter((binding) => isOurs(binding.secret.id))
    .map((binding) => ({ binding, isConfigured: true }));
  const unread: Finding[] = [];
  for (const slot of await recordedSlots(ledger)) {
    if (known.has(slotOf(slot)) || !isOurs(slot.id)) continue;
    try {
      const { current } = (await readRecord(ledger, slotOf(slot), slot)).record;
      if (current !== undefined) atWork.push({ binding: current.binding, isConfigured: false });
    } catch (error) {
      if (!isExpected(error)) throw error;
      unread.push(finding('binding-failed', slotName(slot), describeError(error)));
    }
  }
  return { bindings: atWork, unread };
}

const bindingLost = (binding: Binding): Finding =>
  finding(
    'binding-lost',
    `binding ${binding.name}`,
    `the configuration has no binding for ${slotName(binding.secret)} any more, and its rotation is under way`,
  );
