import { minutes } from './time.ts';

/** Log minutes that nothing pushed. `max` is absent while it cannot be told. */
export interface LostMinutes {
  readonly min: number;
  readonly max?: number;
}

/** A stretch of time in which a job pushed nothing although its owner wants it to. Instants are CIS's own. */
interface OpenOutage {
  /** The earliest that it can have begun: the end of the last interval that was pushed; absent = nobody knows. */
  readonly from?: number;
  /** When it was first seen. */
  readonly seenAt: number;
  /** From here on nothing was pushed for certain, … */
  readonly sureFrom: number;
  /** … and up to here: the last failure, or the last look at a job that failures disabled. */
  readonly sureUntil: number;
  /** How much of that may not have been wanted: looks could not tell why the job was disabled. */
  readonly unsureMs: number;
  /** The last look could not tell. */
  readonly unclear: boolean;
}

/** An outage that has ended. */
interface Outage extends OpenOutage {
  /** End of the first interval that was seen pushed after it; or when it was seen that its owner wants no more. */
  readonly until: number;
  readonly ended: 'pushed' | 'by-hand';
  readonly lost: LostMinutes;
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
  /** Nothing can be told: no push yet, or disabled by nobody knows whom. `failedAt`: it still failed then. */
  | { readonly state: 'unclear'; readonly failedAt?: number };

/** How many outages are remembered of one job. */
const REMEMBERED = 20;

export interface Outages {
  readonly outage?: OpenOutage;
  /** Newest last. */
  readonly outages: readonly Outage[];
  /** The last look that saw it disabled by hand. */
  readonly unwantedAt?: number;
}

/** What is known of a job's outages after one more look at it. */
export function advanceOutages(known: Outages, seen: PushState, now: number): Outages {
  const { outage, outages, unwantedAt } = known;
  const rest = unwantedAt === undefined ? {} : { unwantedAt };
  const filed = (ended: Outage): readonly Outage[] => [...outages, ended].slice(-REMEMBERED);
  switch (seen.state) {
    case 'unclear':
      if (outage === undefined) return known;
      return { ...known, outage: { ...longer(outage, seen.failedAt ?? 0), unclear: true } };
    case 'pushes':
      // What was pushed before the outage began ends nothing.
      if (outage === undefined || seen.at <= (outage.from ?? 0)) return known;
      return { ...rest, outages: filed(ended(outage, seen.at, 'pushed')) };
    case 'unwanted':
      return {
        unwantedAt: seen.at,
        outages: outage === undefined ? outages : filed(ended(outage, seen.at, 'by-hand')),
      };
    case 'fails':
    case 'disabled': {
      const { lastGoodAt } = seen;
      if (outage === undefined) return { ...rest, outages, outage: begun(seen, unwantedAt, now) };
      // It pushed between two looks, and fails again.
      if (lastGoodAt !== undefined && outage.from !== undefined && lastGoodAt > outage.from)
        return {
          ...rest,
          outage: begun(seen, unwantedAt, now),
          outages: filed(ended(outage, lastGoodAt, 'pushed')),
        };
      return { ...rest, outages, outage: longer(outage, seen.at) };
    }
  }
}

type Down = Extract<PushState, { state: 'fails' | 'disabled' }>;

/** After a time in which its owner did not want it, it began when somebody enabled it: between two looks. */
function begun({ at, lastGoodAt }: Down, unwantedAt: number | undefined, now: number): OpenOutage {
  const isAfterUnwanted = unwantedAt !== undefined && unwantedAt >= (lastGoodAt ?? 0);
  const from = isAfterUnwanted ? unwantedAt : lastGoodAt;
  return {
    ...(from === undefined ? {} : { from }),
    seenAt: now,
    sureFrom: isAfterUnwanted ? at : (lastGoodAt ?? at),
    sureUntil: at,
    unsureMs: 0,
    unclear: false,
  };
}

function longer(outage: OpenOutage, at: number): OpenOutage {
  // A failure of before tells nothing new: not even that the job is wanted again.
  if (at <= outage.sureUntil) return outage;
  const unsureMs = outage.unsureMs + (outage.unclear ? at - outage.sureUntil : 0);
  return { ...outage, sureUntil: at, unsureMs, unclear: false };
}

const ended = (outage: OpenOutage, until: number, how: Outage['ended']): Outage => ({
  ...outage,
  until,
  ended: how,
  lost: lostMinutes(outage, until),
});

/** Whole log minutes that an outage has cost for certain, so far. */
export const certainLoss = ({ sureFrom, sureUntil, unsureMs }: OpenOutage, until = Infinity): number =>
  Math.max(0, Math.floor((Math.min(sureUntil, until) - sureFrom - unsureMs) / minutes(1)));

/**
 * Log minutes of an outage: at least those that are certain, at most those from its earliest beginning to its end, where
 * the first push that was seen may not have been the first. Whole minutes, rounded outwards.
 */
const lostMinutes = (outage: OpenOutage, until: number): LostMinutes => ({
  min: certainLoss(outage, until),
  ...(outage.from === undefined ? {} : { max: Math.max(0, Math.ceil((until - outage.from) / minutes(1))) }),
});
