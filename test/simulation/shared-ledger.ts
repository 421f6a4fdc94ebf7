import {
  type PastRotation,
  type Phase,
  RECORD_SCHEMA,
  type Rotation,
  type RotationRecord,
} from '../../shared/domain/rotation/record.ts';
import { seconds } from '../../shared/domain/time.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import type { RunProcess } from './runner.ts';

interface Held {
  readonly process: RunProcess;
  readonly until: number;
}

const RECORDS = 'rotations/';
const LEASES = 'leases/';
const OURS = `"schema": ${RECORD_SCHEMA}`;
/** The schema of a version that is not there yet. */
const NEWER = `"schema": ${RECORD_SCHEMA + 1}`;

/**
 * The ledger that all runners share: a store with a clock of its own, which shows whole seconds. It knows who wrote what, so
 * that what a keeper does can be held against it.
 */
export class SharedLedger {
  readonly #memory = createMemoryLedger();
  readonly #now: () => number;
  readonly #leases = new Map<string, Held>();
  /** The record of the one secret as it is stored; undefined when there is none. */
  record: RotationRecord | undefined;
  /** The rotation under way by the last record that was written: a lost ledger does not change that. */
  rotation: Rotation | undefined;
  phaseSince: number;
  /** Who wrote the record last is of a newer version. */
  isNewer = false;
  /** Every rotation that was ever said to have ended. */
  readonly past = new Map<string, PastRotation>();

  constructor(now: () => number) {
    this.#now = now;
    this.phaseSince = now();
  }

  clear(): void {
    this.#memory.clear();
    for (const { process } of this.#leases.values()) process.lostLease = true;
    this.#leases.clear();
    this.record = undefined;
    this.isNewer = false;
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.#memory.list(prefix);
  }

  read(key: string) {
    return this.#memory.read(key);
  }

  /** Who holds the lease of a secret, and until when by the store's clock. */
  lease(secretId: string): Held | undefined {
    return this.#leases.get(secretId);
  }

  get phase(): Phase | 'none' {
    return this.rotation?.phase ?? 'none';
  }

  get completed(): number {
    return [...this.past.values()].filter(({ outcome }) => outcome === 'complete').length;
  }

  /** The ledger as one process sees it. */
  view(process: RunProcess): LedgerStore {
    const { isNewer = false } = process.runner;
    let hasAnswered = false;
    return {
      read: async (key) => {
        hasAnswered = true;
        const stored = await this.#memory.read(key);
        if (!isNewer || stored === undefined || !key.startsWith(RECORDS)) return stored;
        return { ...stored, body: stored.body.replace(NEWER, OURS) };
      },
      write: async (key, body, tag) => {
        const written = isNewer && key.startsWith(RECORDS) ? body.replace(OURS, NEWER) : body;
        const next = await this.#memory.write(key, written, tag);
        this.#note(process, key, body);
        return next;
      },
      list: (prefix) => this.#memory.list(prefix),
      now: () => {
        if (!hasAnswered) throw new Error('the store was asked for the time before it had answered');
        const atLeast = Math.floor(this.#now() / seconds(1)) * seconds(1);
        return { atLeast, atMost: atLeast + seconds(1) - 1 };
      },
    };
  }

  #note(process: RunProcess, key: string, body: string): void {
    if (key.startsWith(LEASES)) {
      const { secretId, until } = JSON.parse(body) as { readonly secretId: string; readonly until?: number };
      if (until === undefined) this.#leases.delete(secretId);
      else this.#leases.set(secretId, { process, until });
    }
    if (!key.startsWith(RECORDS)) return;
    const record = JSON.parse(body) as RotationRecord;
    this.record = record;
    this.isNewer = process.runner.isNewer === true;
    for (const past of record.history) this.past.set(`${past.runId}.${past.attempt}`, past);
    const [before, now] = [this.rotation, record.current];
    const isEntered = before?.runId !== now?.runId || before?.phases.length !== now?.phases.length;
    if (isEntered) this.phaseSince = this.#now();
    this.rotation = now;
  }
}
