import { jobKey, type LogpushJobRef } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import type { Incident, IncidentRecord } from '../domain/repair/incident.ts';
import { bothSeen, isKnown, type SeenCause } from '../domain/repair/seen-cause.ts';
import type { SweepContext } from './context.ts';
import { readIncidents, type StoredIncidents, writeIncidents } from './incidents.ts';

type Running = Pick<SweepContext, 'ports' | 'mode'>;

/**
 * The incidents of one CIS instance while a run works on them. What a request rests on is written before it; the rest at the end,
 * in one write. A plan writes nothing.
 */
export class IncidentBook {
  readonly #context: Running;
  readonly #instanceCrn: string;
  #stored: StoredIncidents | undefined;
  #noted: IncidentRecord | undefined;

  constructor(context: Running, instanceCrn: string) {
    this.#context = context;
    this.#instanceCrn = instanceCrn;
  }

  /** Reads them. @throws {LedgerUnavailableError} when unreadable */
  async open(): Promise<void> {
    this.#stored = await readIncidents(this.#context.ports.ledger, this.#instanceCrn);
  }

  get record(): IncidentRecord {
    return this.#noted ?? this.#opened.record;
  }

  get #opened(): StoredIncidents {
    if (this.#stored === undefined) throw new Error('the incidents were not read');
    return this.#stored;
  }

  /** What it is from now on; written with the next write. If the process dies before, the next run finds out the same. */
  note(record: IncidentRecord): void {
    this.#noted = record;
  }

  noteIncident(ref: LogpushJobRef, incident: Incident): void {
    this.note({ ...this.record, open: { ...this.record.open, [jobKey(ref)]: incident } });
  }

  /** A cause was seen: once it is gone something has changed, and what was in vain may work. */
  noteCause(ref: LogpushJobRef, incident: Incident, seen: SeenCause): void {
    const known = this.record.open[jobKey(ref)];
    const seenCause = bothSeen(incident.seenCause, seen);
    if (known?.futile === undefined && isKnown(known?.seenCause, seenCause)) return;
    this.noteIncident(ref, { ...omit(incident, 'futile', 'lookedAt'), seenCause });
  }

  /** Notes the incident of one job, and writes all that was noted. @throws {LedgerConflictError} when another keeper was faster */
  async file(ref: LogpushJobRef, incident: Incident): Promise<void> {
    this.noteIncident(ref, incident);
    await this.flush();
  }

  /** Writes what was noted, if anything was. @throws {LedgerConflictError} when another keeper was faster */
  async flush(): Promise<void> {
    const record = this.#noted;
    if (record === undefined || record === this.#opened.record) return;
    const { mode, ports } = this.#context;
    const changed = { ...this.#opened, record };
    this.#stored = mode === 'plan' ? changed : await writeIncidents(ports.ledger, ports.random, changed);
    this.#noted = undefined;
  }
}
