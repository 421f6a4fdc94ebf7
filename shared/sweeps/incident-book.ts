import { jobKey, type LogpushJobRef } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import type { Incident, IncidentRecord } from '../domain/repair/incident.ts';
import type { SweepContext } from './context.ts';
import { readIncidents, type StoredIncidents, writeIncidents } from './incidents.ts';

type Running = Pick<SweepContext, 'ports' | 'mode'>;

/** The incidents of one CIS instance while a run works on them. Each change is written at once; a plan writes none. */
export class IncidentBook {
  readonly #context: Running;
  readonly #instanceCrn: string;
  #stored: StoredIncidents | undefined;

  constructor(context: Running, instanceCrn: string) {
    this.#context = context;
    this.#instanceCrn = instanceCrn;
  }

  /** Reads them. @throws {LedgerUnavailableError} when unreadable */
  async open(): Promise<void> {
    this.#stored = await readIncidents(this.#context.ports.ledger, this.#instanceCrn);
  }

  get record(): IncidentRecord {
    return this.#opened.record;
  }

  get #opened(): StoredIncidents {
    if (this.#stored === undefined) throw new Error('the incidents were not read');
    return this.#stored;
  }

  /** @throws {LedgerConflictError} when another keeper was faster */
  async keep(record: IncidentRecord): Promise<void> {
    if (record === this.record) return;
    const { mode, ports } = this.#context;
    const changed = { ...this.#opened, record };
    this.#stored = mode === 'plan' ? changed : await writeIncidents(ports.ledger, ports.random, changed);
  }

  /** Keeps the incident of one job. */
  async file(ref: LogpushJobRef, incident: Incident): Promise<void> {
    await this.keep({ ...this.record, open: { ...this.record.open, [jobKey(ref)]: incident } });
  }

  /** A cause was seen: once it is gone something has changed, and what was in vain may work. The first that is seen is kept. */
  async fileCause(ref: LogpushJobRef, incident: Incident, seen: string): Promise<void> {
    const known = this.record.open[jobKey(ref)];
    if (known?.seenCause !== undefined && known.futile === undefined) return;
    await this.file(ref, { ...omit(incident, 'futile', 'lookedAt'), seenCause: incident.seenCause ?? seen });
  }
}
