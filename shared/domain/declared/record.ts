import type { LogpushJob } from '../logpush.ts';
import { omit } from '../omit.ts';
import { minutes } from '../time.ts';
import { type Declared, declaredKey, isMatch, type RecordLabels } from './job.ts';

/** A create that was about to go out, and of which no job has been seen. */
interface Intent {
  /** The store's clock. */
  readonly at: number;
  /** Ids of the jobs of the zone that matched the declaration before. */
  readonly before: readonly number[];
  readonly labels: RecordLabels;
  /** The job that the new one is to replace. */
  readonly replaces?: number;
}

/** A job that was made for a declaration. */
interface Made {
  readonly jobId: number;
  readonly at: number;
  /** CIS does not show them; these were sent. */
  readonly labels: RecordLabels;
}

/** What is remembered of one declaration. Lost, the next look at CIS tells all of it but labels and replacements. */
export interface DeclaredEntry {
  readonly intent?: Intent;
  readonly made?: Made;
  /** The job that goes once the one that was made has pushed. */
  readonly replaces?: number;
}

/** The ledger document of one CIS instance: `declared/<instance id>.json`. */
export interface DeclaredRecord {
  readonly schema: 1;
  readonly instanceCrn: string;
  readonly revision: number;
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
  /** Several jobs have appeared since the create. */
  | { readonly kind: 'several'; readonly jobIds: readonly number[] };

/**
 * Holds what is remembered of a declaration against the jobs of its zone. A job that appeared after an intent is the one that
 * was made; an intent that is old and has brought no job was in vain; a job that was made and is gone was deleted.
 */
export function settle(
  declared: Declared,
  entry: DeclaredEntry,
  jobs: readonly LogpushJob[],
  now: number,
): Settled {
  const { intent, made } = entry;
  if (intent !== undefined) {
    const appeared = jobs
      .filter((job) => isMatch(declared, job) && !intent.before.includes(job.ref.jobId))
      .map(({ ref }) => ref.jobId);
    const [jobId] = appeared;
    if (appeared.length > 1) return { kind: 'several', jobIds: appeared };
    if (jobId !== undefined) return { kind: 'known', entry: fulfilled(intent, jobId, intent.at) };
    if (now - intent.at < SETTLE_MS) return { kind: 'wait', until: intent.at + SETTLE_MS };
    return settle(declared, omit(entry, 'intent'), jobs, now);
  }
  if (made === undefined || jobs.some(({ ref }) => ref.jobId === made.jobId)) return { kind: 'known', entry };
  return now - made.at < SETTLE_MS
    ? { kind: 'wait', until: made.at + SETTLE_MS }
    : { kind: 'known', entry: {} };
}

/** The entry once the job of an intent is known. */
export const fulfilled = ({ labels, replaces }: Intent, jobId: number, at: number): DeclaredEntry => ({
  made: { jobId, at, labels },
  ...(replaces === undefined ? {} : { replaces }),
});

/** The record with another entry for a declaration; an empty one is none. */
export function withEntry(record: DeclaredRecord, key: string, entry: DeclaredEntry): DeclaredRecord {
  const others = omit(record.entries, key);
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
