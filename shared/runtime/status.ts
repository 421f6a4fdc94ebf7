import type { Binding } from '../domain/binding.ts';
import type { Finding } from '../domain/finding.ts';
import type { KeyReport, RotationReport } from '../domain/report.ts';
import { carryOn } from '../domain/rotation/carry-on.ts';
import { straysOf } from '../domain/rotation/decide-quarantine.ts';
import { foresee } from '../domain/rotation/foresee.ts';
import type { RotationRecord } from '../domain/rotation/record.ts';
import { reportRotations } from '../domain/rotation/report.ts';
import { reportKeys } from '../domain/rotation/report-keys.ts';
import { slotOf } from '../domain/slot.ts';
import type { LedgerStore } from '../ports.ts';
import { describeError, isExpected } from '../sweeps/context.ts';
import { readRecord, recordedSlots } from '../sweeps/records.ts';
import type { Config } from './config/config.ts';

/** What the ledger knows of one binding. */
interface BindingStatus {
  readonly binding: string;
  readonly secretId: string;
  readonly member?: string;
  /** The configuration has this binding. */
  readonly configured: boolean;
  readonly rotations: readonly RotationReport[];
  /** Those of a rotation under way: of others the ledger knows nothing. */
  readonly keys: readonly KeyReport[];
  readonly strays: readonly Finding[];
  /** No new attempt before this instant. */
  readonly notBefore?: number;
}

export interface Status {
  readonly schema: 1;
  readonly at: number;
  readonly bindings: readonly BindingStatus[];
  /** What could not be read, in words: the status says nothing about it. */
  readonly unreadable: readonly string[];
}

/**
 * All rotations as the ledger has them. Calls no IBM API. A record that cannot be read is said to be so, and the others are
 * told: a newer keeper may have written it.
 */
export async function readStatus(config: Config, ledger: LedgerStore, now: number): Promise<Status> {
  const configured = new Map(config.bindings.map((binding) => [slotOf(binding.secret), binding]));
  const bindings: BindingStatus[] = [];
  const { attempt, unreadable } = attempting();
  for (const binding of config.bindings) {
    const stored = await attempt(() => readRecord(ledger, binding.name, binding.secret));
    if (stored !== undefined)
      bindings.push(statusOf({ ...stored.record, binding: binding.name }, binding, now));
  }
  for (const slot of (await attempt(() => recordedSlots(ledger))) ?? []) {
    if (configured.has(slotOf(slot))) continue;
    const stored = await attempt(() => readRecord(ledger, slotOf(slot), slot));
    if (stored !== undefined) bindings.push(statusOf(stored.record, undefined, now));
  }
  return { schema: 1, at: now, bindings, unreadable };
}

/** Reads parts of the ledger one by one; what cannot be read is in `unreadable`, each text once. */
export function attempting() {
  const unreadable: string[] = [];
  const attempt = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!isExpected(error)) throw error;
      const text = describeError(error);
      if (!unreadable.includes(text)) unreadable.push(text);
      return undefined;
    }
  };
  return { attempt, unreadable: unreadable as readonly string[] };
}

function statusOf(record: RotationRecord, configured: Binding | undefined, now: number): BindingStatus {
  const { current, notBefore } = record;
  const binding = current === undefined ? configured : carryOn(configured, current);
  const rests = binding === undefined ? undefined : foresee(record, binding, now);
  return {
    binding: record.binding,
    secretId: record.secretId,
    ...(record.member === undefined ? {} : { member: record.member }),
    configured: configured !== undefined,
    rotations: reportRotations(record, rests),
    keys: reportKeys(record),
    strays: straysOf(record).findings,
    ...(notBefore === undefined ? {} : { notBefore }),
  };
}
