import type { LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import { minutes } from '../time.ts';
import { type Declared, declaredKey, isMatch, type RecordLabels } from './job.ts';

/** A create that was about to go out, and of which no job has been seen. */
interface Intent {
  /** The store's clock. */
  readonly at: number;
  /** Ids of the jobs of the zone before. */
  readonly before: readonly number[];
  readonly labels: RecordLabels;
  readonly name?: string;
  readonly destination?: string;
  readonly predecessor?: Predecessor;
}

/** A job that was made for a declaration. */
export interface Made {
  readonly jobId: number;
  readonly at: number;
  /** CIS does not show them; these were sent. */
  readonly labels: RecordLabels;
  /** What was sent, for CIS may show another one. */
  readonly name?: string;
}

/** A job that goes once the one in its place has pushed, as it was when that was decided. */
export interface Predecessor {
  readonly jobId: number;
  readonly dataset: string;
  /** For people, and to see that it is still the same. */
  readonly place: string;
  /** What says that it may go: the keeper made it, or the declaration names it. */
  readonly by: 'ledger' | 'declaration';
}

/** What is remembered of one declaration. Lost, the next look at CIS tells which jobs are there, and not which of them the keeper made. */
export interface DeclaredEntry {
  readonly intent?: Intent;
  readonly made?: Made;
  /** The destination that CIS was sent last for a job, as `destinationName` names it. */
  readonly sent?: { readonly jobId: number; readonly destination: string };
  readonly predecessor?: Predecessor;
}

/** The ledger document of one CIS instance: `declared/<instance id>.json`. */
export interface DeclaredRecord {
  readonly schema: 1;
  readonly instanceCrn: string;
  readonly revision: number;
  /** Id of the zone at which the last run had to stop: the next one begins there; empty = the first. Absent = it was through. */
  readonly next?: string;
  /** By `declaredKey`. */
  readonly entries: Readonly<Record<string, DeclaredEntry>>;
}

export const noDeclared = (instanceCrn: string): DeclaredRecord => ({
  schema: 1,
  instanceCrn,
  revision: 0,
  entries: {},
});

/**
 * How long a list of CIS may miss a job that was just made, and a request that nobody heard of may still take effect. Requests
 * that make a job end long before (`CREATE_MS`).
 */
export const SETTLE_MS = minutes(15);
/** A create ends this soon after its intent was written, or is not sent. */
export const CREATE_MS = minutes(2);

/** What became of an entry after a look at the zone. */
export type Settled =
  | { readonly kind: 'known'; readonly entry: DeclaredEntry }
  /** Whether a create was done cannot be told yet. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Jobs have appeared since the create, and which of them was made cannot be told. */
  | { readonly kind: 'unsure'; readonly jobIds: readonly number[] };

/**
 * Holds what is remembered of a declaration against the jobs of its zone. A job that appeared after an intent is the one that
 * was made; an intent that is old and has brought no job was in vain; a job that was made and is gone was deleted.
 *
 * @param isOthers - whether a job is about another declaration
 */
export function settle(
  declared: Declared,
  entry: DeclaredEntry,
  jobs: readonly LogpushJob[],
  now: number,
  isOthers: (job: LogpushJob) => boolean,
): Settled {
  const { intent, made } = entry;
  if (intent !== undefined) {
    const appeared = jobs.filter((job) => !intent.before.includes(job.ref.jobId));
    const matching = appeared.filter((job) => isMatch(declared, job));
    const [job] = matching;
    if (matching.length > 1) return { kind: 'unsure', jobIds: idsOf(matching) };
    if (job !== undefined) return { kind: 'known', entry: fulfilled(intent, job.ref.jobId, intent.at) };
    if (now - intent.at < SETTLE_MS) return { kind: 'wait', until: intent.at + SETTLE_MS };
    // CIS may show another destination than it was sent.
    const strange = appeared.filter((one) => one.dataset === declared.wanted.dataset && !isOthers(one));
    if (strange.length > 0) return { kind: 'unsure', jobIds: idsOf(strange) };
    return settle(declared, omit(entry, 'intent'), jobs, now, isOthers);
  }
  if (made === undefined || jobs.some(({ ref }) => ref.jobId === made.jobId)) return { kind: 'known', entry };
  return now - made.at < SETTLE_MS
    ? { kind: 'wait', until: made.at + SETTLE_MS }
    : { kind: 'known', entry: {} };
}

/** The entry once the job of an intent is known. */
export const fulfilled = (
  { labels, name, destination, predecessor }: Intent,
  jobId: number,
  at: number,
): DeclaredEntry => ({
  made: { jobId, at, labels, ...(name === undefined ? {} : { name }) },
  ...(destination === undefined ? {} : { sent: { jobId, destination } }),
  ...(predecessor === undefined ? {} : { predecessor }),
});

const idsOf = (jobs: readonly LogpushJob[]): readonly number[] => jobs.map(({ ref }) => ref.jobId);

/** The record with another entry for a declaration; an empty one is none. A job is known to one entry alone: the latest. */
export function withEntry(record: DeclaredRecord, key: string, entry: DeclaredEntry): DeclaredRecord {
  const { made } = entry;
  const others = Object.fromEntries(
    Object.entries(record.entries).filter(
      ([of, other]) =>
        of !== key && (made === undefined || other.intent !== undefined || other.made?.jobId !== made.jobId),
    ),
  );
  return {
    ...record,
    entries: Object.keys(entry).length === 0 ? others : { ...others, [key]: entry },
  };
}

/** Entries of what is not declared any more; more are forgotten, the oldest first. */
const MOST_ORPHANS = 100;

/**
 * Without what nobody needs of declarations that are gone. A create whose outcome is open is kept, for it may be declared again
 * tomorrow; and a job that was made, for another declaration may replace it.
 */
export function withoutStale(record: DeclaredRecord, declared: readonly Declared[]): DeclaredRecord {
  const wanted = new Set(declared.map(declaredKey));
  const orphans = Object.entries(record.entries)
    .filter(([key, { intent }]) => !wanted.has(key) && intent === undefined)
    .toSorted(([, a], [, b]) => (b.made?.at ?? 0) - (a.made?.at ?? 0));
  const stale = orphans.filter(([, { made }], i) => made === undefined || i >= MOST_ORPHANS);
  return stale.length === 0
    ? record
    : { ...record, entries: omit(record.entries, ...stale.map(([key]) => key)) };
}
