import { minutes } from './time.ts';

/** Log minutes that nothing pushed. `max` is absent while it cannot be told. */
export interface LostMinutes {
  readonly min: number;
  readonly max?: number;
}

/** A stretch of time in which a job pushed nothing although its owner wants it to. Instants are CIS's own. */
interface OpenOutage {
  /** End of the last interval that was pushed before; absent = it was never seen to push. */
  readonly from?: number;
  /** When it was first seen. */
  readonly seenAt: number;
  /** Up to here nothing was pushed for certain: the last failure, or the last look at a job that failures disabled. */
  readonly lostUntil: number;
}

/** An outage that has ended. */
interface Outage extends OpenOutage {
  /** End of the first interval that was seen pushed after it; or when it was seen that its owner wants no more. */
  readonly until: number;
  readonly ended: 'pushed' | 'by-hand';
  readonly lost?: LostMinutes;
}

/** What one look says about a job, as far as outages go. */
export type PushState =
  /** `at`: end of the last pushed interval. */
  | { readonly state: 'pushes'; readonly at: number }
  /** Enabled, and its last push failed. */
  | { readonly state: 'fails'; readonly at: number; readonly lastGoodAt: number | undefined }
  /** Its failures disabled it. */
  | { readonly state: 'disabled'; readonly at: number; readonly lastGoodAt: number | undefined }
  | { readonly state: 'unwanted'; readonly at: number }
  /** Nothing can be told: no push yet, or disabled by nobody knows whom. */
  | { readonly state: 'unclear' };

/** How many outages are remembered of one job. */
const REMEMBERED = 20;

export interface Outages {
  readonly outage?: OpenOutage;
  /** Newest last. */
  readonly outages: readonly Outage[];
}

/** What is known of a job's outages after one more look at it. */
export function advanceOutages({ outage, outages }: Outages, seen: PushState, now: number): Outages {
  const filed = (ended: Outage): readonly Outage[] => [...outages, ended].slice(-REMEMBERED);
  switch (seen.state) {
    case 'unclear':
      return { ...(outage === undefined ? {} : { outage }), outages };
    case 'pushes':
      if (outage === undefined) return { outages };
      // What was pushed before the outage began, or before its last failure, ends nothing.
      if (seen.at <= (outage.from ?? 0)) return { outage, outages };
      return { outages: filed(ended(outage, seen.at, 'pushed')) };
    case 'unwanted':
      return { outages: outage === undefined ? outages : filed(ended(outage, seen.at, 'by-hand')) };
    case 'fails':
    case 'disabled': {
      const lostUntil = Math.max(seen.at, outage?.lostUntil ?? 0);
      if (outage === undefined) return { outage: begun(seen.lastGoodAt, now, lostUntil), outages };
      // It pushed between two looks, and fails again.
      const { lastGoodAt } = seen;
      if (lastGoodAt !== undefined && outage.from !== undefined && lastGoodAt > outage.from)
        return {
          outage: begun(lastGoodAt, now, seen.at),
          outages: filed(ended(outage, lastGoodAt, 'pushed')),
        };
      return { outage: { ...outage, lostUntil }, outages };
    }
  }
}

const begun = (from: number | undefined, seenAt: number, lostUntil: number): OpenOutage => ({
  ...(from === undefined ? {} : { from }),
  seenAt,
  lostUntil,
});

function ended(outage: OpenOutage, until: number, how: Outage['ended']): Outage {
  const lost = lostMinutes(outage, until);
  return { ...outage, until, ended: how, ...(lost === undefined ? {} : { lost }) };
}

/**
 * Log minutes of an outage: at least those up to what is certain, at most those up to its end, where the first push
 * that was seen may not have been the first. Whole minutes, rounded outwards. Undefined when its beginning is unknown.
 */
function lostMinutes({ from, lostUntil }: OpenOutage, until: number): LostMinutes | undefined {
  if (from === undefined) return undefined;
  return {
    min: Math.max(0, Math.floor((Math.min(lostUntil, until) - from) / minutes(1))),
    max: Math.max(0, Math.ceil((until - from) / minutes(1))),
  };
}
