import type { Binding } from '../domain/binding.ts';
import type { RotationRecord } from '../domain/rotation/record.ts';
import type { Ports } from '../ports.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import type { SecretLease } from './lease.ts';
import { readRecord, type StoredRecord, writeRecord } from './records.ts';

type Calls = Readonly<Record<string, number>>;

type Writing = Pick<SweepContext, 'mode' | 'runId' | 'calls'> & {
  readonly ports: Pick<Ports, 'ledger' | 'random' | 'log'>;
};

/**
 * The record of one binding in the hands of a run that works on it. What is kept is in the ledger before anything else is done,
 * but for moves of which several are noted together: see `movesPerNote`.
 *
 * If the process dies with moves that are not written, their jobs have a key of which the record does not know. That is what
 * a death right after a single move leaves as well, and the next run moves them once more.
 */
export class RotationBook {
  readonly #context: Writing;
  readonly #lease: SecretLease;
  #stored: StoredRecord;
  /** Moves that the record in memory knows of, and the ledger does not. */
  #unwritten = 0;
  #counted: Calls;

  private constructor(context: Writing, lease: SecretLease, stored: StoredRecord) {
    this.#context = context;
    this.#lease = lease;
    this.#stored = stored;
    this.#counted = callsByService(context);
  }

  /** @throws {LedgerUnavailableError} when it cannot be read */
  static async open(context: Writing, lease: SecretLease, binding: Binding): Promise<RotationBook> {
    const stored = await readRecord(context.ports.ledger, binding.name, binding.secret);
    return new RotationBook(context, lease, stored);
  }

  /** As this run leaves it: a plan, and moves that are not written yet, included. */
  get record(): RotationRecord {
    return this.#stored.record;
  }

  /** @param together - how many moves are written at once; 1 writes now */
  async keep(record: RotationRecord, together = 1): Promise<void> {
    if (record === this.#stored.record) return;
    if (together === 1) return this.#write(record);
    this.#stored = { ...this.#stored, record };
    this.#unwritten += 1;
    if (this.#unwritten >= together) await this.save();
  }

  /** Writes the moves that are not written yet. */
  async save(): Promise<void> {
    if (this.#unwritten > 0) await this.#write(this.#stored.record);
  }

  /** Looks after the last change of the record are the rotation's calls too; who only looked writes nothing. */
  async settle(): Promise<void> {
    if (!this.#lease.isHeld) return;
    const { record } = this.#stored;
    if (this.#unwritten > 0 || this.#withCalls(record) !== record) await this.#write(record);
  }

  /** For a run that ends with an error, which is told in any case. What cannot be written now the next run moves again. */
  async saveAtLast(): Promise<void> {
    const moves = this.#unwritten;
    try {
      await this.save();
    } catch (error) {
      if (!isExpected(error)) throw error;
      const { ports, runId } = this.#context;
      const { binding } = this.#stored.record;
      ports.log.warn('moves not noted', { runId, binding, moves, why: describeError(error) });
    }
  }

  async #write(record: RotationRecord): Promise<void> {
    const { mode, ports } = this.#context;
    const changed = { ...this.#stored, record: this.#withCalls(record) };
    if (mode === 'act') {
      await this.#lease.guard();
      this.#stored = await writeRecord(ports.ledger, ports.random, changed);
    } else this.#stored = changed;
    this.#counted = callsByService(this.#context);
    this.#unwritten = 0;
  }

  /** Adds the calls since the last write to the rotation under way. */
  #withCalls(record: RotationRecord): RotationRecord {
    const { current } = record;
    if (current === undefined) return record;
    const calls: Record<string, number> = { ...current.calls };
    let more = 0;
    for (const [service, count] of Object.entries(callsByService(this.#context))) {
      const made = count - (this.#counted[service] ?? 0);
      if (made > 0) calls[service] = (calls[service] ?? 0) + made;
      more += made;
    }
    return more === 0 ? record : { ...record, current: { ...current, calls } };
  }
}

function callsByService(context: Writing): Calls {
  const byService: Record<string, number> = {};
  for (const [name, count] of Object.entries(context.calls())) {
    const service = name.split(' ')[0] ?? name;
    byService[service] = (byService[service] ?? 0) + count;
  }
  return byService;
}
