import { minutes, seconds } from './time.ts';

/**
 * The right to work on one secret: to rotate its key, and to put a key of it into a job. Its end is told by the ledger
 * store's own clock, so that runs whose clocks differ agree on it.
 */
export interface Lease {
  readonly schema: 1;
  readonly secretId: string;
  /** Counts the runs that took it. */
  readonly generation: number;
  /** The run that holds it, or held it last. */
  readonly holder: string;
  /** Absent: it was given back. The lease of a run that died ends by itself. */
  readonly until?: number;
}

/** How long others wait for a run that died. */
export const LEASE_MS = minutes(4);
/** A request under a lease ends this long before the lease does. */
export const LEASE_MARGIN_MS = seconds(30);
/** A lease that ends sooner than this is prolonged before the next request. */
export const LEASE_RENEW_MS = minutes(2);

/**
 * Who holds the lease.
 *
 * @param storeNow - the earliest that the store's clock can show: what may still be running has not ended
 * @returns undefined when anybody may take it
 */
export const holderOf = (
  lease: Lease | undefined,
  storeNow: number,
): { readonly holder: string; readonly until: number } | undefined =>
  lease?.until === undefined || storeNow >= lease.until
    ? undefined
    : { holder: lease.holder, until: lease.until };
