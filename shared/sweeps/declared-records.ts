import * as z from 'zod';
import { type Declared, declaredKey } from '../domain/declared/job.ts';
import {
  type DeclaredEntry,
  type DeclaredRecord,
  type Made,
  noDeclared,
  withEntry,
  withoutStale,
} from '../domain/declared/record.ts';
import { jsonIn } from '../domain/json.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { omit } from '../domain/omit.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { Instants, LedgerStore, Random } from '../ports.ts';
import type { SweepContext } from './context.ts';

/** What is remembered of the declared jobs of one CIS instance, with the tag that the next write must name. */
interface StoredDeclared {
  readonly record: DeclaredRecord;
  readonly tag: string | undefined;
}

const Labels = z.lazy(() =>
  z.object({
    applicationName: z.string().exactOptional(),
    subsystemName: z.string().exactOptional(),
  }),
);
const Predecessor = z.lazy(() =>
  z.object({
    jobId: z.int(),
    dataset: z.string(),
    place: z.string(),
    by: z.enum(['ledger', 'declaration']),
  }),
);
// All of it decides whether a job is made or deleted: a document of another schema must never be read as one of this.
const Document = z.lazy(() =>
  z.object({
    schema: z.literal(1),
    instanceCrn: z.string(),
    revision: z.int(),
    next: z.string().exactOptional(),
    entries: z.record(
      z.string(),
      z.object({
        intent: z
          .object({
            at: z.number(),
            before: z.array(z.int()),
            labels: Labels,
            name: z.string().exactOptional(),
            destination: z.string().exactOptional(),
            predecessor: Predecessor.exactOptional(),
          })
          .exactOptional(),
        made: z
          .object({ jobId: z.int(), at: z.number(), labels: Labels, name: z.string().exactOptional() })
          .exactOptional(),
        sent: z.object({ jobId: z.int(), destination: z.string() }).exactOptional(),
        predecessor: Predecessor.exactOptional(),
      }),
    ),
  }),
);

const keyOf = (instanceCrn: string): string => `declared/${instanceCrn.split(':').at(7) ?? 'unknown'}.json`;

/** @throws {LedgerUnavailableError} when unreadable: without it a job might be made twice */
async function readDeclared(ledger: LedgerStore, instanceCrn: string): Promise<StoredDeclared> {
  const stored = await ledger.read(keyOf(instanceCrn));
  if (stored === undefined) return { record: noDeclared(instanceCrn), tag: undefined };
  const json = jsonIn(stored.body);
  const parsed = Document.safeParse(json);
  if (!parsed.success || parsed.data.instanceCrn !== instanceCrn)
    throw new LedgerUnavailableError(whyUnread(keyOf(instanceCrn), json, 'a record of declared jobs', 1));
  return { record: parsed.data, tag: stored.tag };
}

/** @throws {LedgerConflictError} when another keeper was faster */
async function writeDeclared(
  ledger: LedgerStore,
  random: Random,
  { record, tag }: StoredDeclared,
): Promise<StoredDeclared> {
  const next = { ...record, revision: record.revision + 1 };
  const body = `${JSON.stringify({ ...next, nonce: random.hex(16) }, undefined, 2)}\n`;
  return { record: next, tag: await ledger.write(keyOf(record.instanceCrn), body, tag) };
}

/** What a run remembers of the declared jobs of one instance, as the ledger has it. */
export class DeclaredMemory {
  readonly #context: Pick<SweepContext, 'ports' | 'mode'>;
  #stored: StoredDeclared;
  #declared: ReadonlySet<string> = new Set();

  private constructor(context: Pick<SweepContext, 'ports' | 'mode'>, stored: StoredDeclared) {
    this.#context = context;
    this.#stored = stored;
  }

  /** Read before CIS is asked for anything: who writes in between makes the first write of this run fail. */
  static async read(
    context: Pick<SweepContext, 'ports' | 'mode'>,
    instanceCrn: string,
  ): Promise<DeclaredMemory> {
    return new DeclaredMemory(context, await readDeclared(context.ports.ledger, instanceCrn));
  }

  entry(key: string): DeclaredEntry {
    return this.#stored.record.entries[key] ?? {};
  }

  /** Ids of jobs that were made for other declarations, or go for their sake. */
  jobsOfOthers(key: string): ReadonlySet<number> {
    const others = this.#entries((other) => other !== key && this.#declared.has(other));
    const ids = others.flatMap(({ made, predecessor, intent }) => [
      made?.jobId,
      predecessor?.jobId,
      intent?.predecessor?.jobId,
    ]);
    return new Set(ids.filter((id) => id !== undefined));
  }

  /** Jobs that were made for declarations which nobody makes any more, by id. */
  orphans(): ReadonlyMap<number, Made> {
    const gone = this.#entries((key) => !this.#declared.has(key));
    return new Map(gone.flatMap(({ made }) => (made === undefined ? [] : [[made.jobId, made]])));
  }

  /** Id of the zone at which the last run had to stop; empty = before the first. */
  get next(): string | undefined {
    return this.#stored.record.next;
  }

  /** Says where the next run is to begin. @param zoneId - undefined = nothing is left */
  async stopAt(zoneId: string | undefined): Promise<void> {
    if (zoneId === this.next) return;
    const record = omit(this.#stored.record, 'next');
    await this.#write(zoneId === undefined ? record : { ...record, next: zoneId });
  }

  #entries(isMeant: (key: string) => boolean): readonly DeclaredEntry[] {
    return Object.entries(this.#stored.record.entries).flatMap(([key, entry]) =>
      isMeant(key) ? [entry] : [],
    );
  }

  /** @throws {LedgerConflictError} when another run was faster; what it knows is as good as ours */
  async keep(key: string, entry: DeclaredEntry): Promise<void> {
    if (JSON.stringify(entry) === JSON.stringify(this.entry(key))) return;
    await this.#write(withEntry(this.#stored.record, key, entry));
  }

  /** Says what is declared now, and forgets what nobody needs of other declarations. */
  async declare(declared: readonly Declared[]): Promise<void> {
    this.#declared = new Set(declared.map(declaredKey));
    const record = withoutStale(this.#stored.record, declared);
    if (record !== this.#stored.record) await this.#write(record);
  }

  /** The latest that the store's clock can show: an age that is counted from it is never too long. */
  latest(): number {
    return this.#now().atMost;
  }

  /** The earliest that the store's clock can show. */
  earliest(): number {
    return this.#now().atLeast;
  }

  #now(): Instants {
    const { ledger, clock } = this.#context.ports;
    return ledger.now?.() ?? { atLeast: clock.now(), atMost: clock.now() };
  }

  async #write(record: DeclaredRecord): Promise<void> {
    const { mode, ports } = this.#context;
    const changed = { ...this.#stored, record };
    this.#stored = mode === 'plan' ? changed : await writeDeclared(ports.ledger, ports.random, changed);
  }
}
