import type { WorldFile } from '../../infra/local/world-file.ts';
import { CALLS_PER_MINUTE } from '../../shared/domain/call-budget.ts';
import { TIMING } from '../../shared/domain/rotation/timing.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { LATENCY_MS } from './cloud.ts';

/** The most that CIS gives in one page. @see https://cloud.ibm.com/apidocs/cis#list-zones */
const ZONES_PER_PAGE = 1_000;

/** What nobody can be below. */
export interface Floor {
  /** Calls to CIS. */
  readonly calls: number;
  /** The larger of the calls at the pace of the budget, and of what has to wait for each other. */
  readonly ms: number;
  /** The same for who has called nothing for a minute: then the first minute's calls need not wait. */
  readonly strictMs: number;
}

interface Fleet {
  readonly zones: number;
  readonly pages: number;
  readonly jobs: number;
}

export function fleetOf(file: WorldFile): Fleet {
  const zones = file.cis.flatMap((instance) => instance.zones);
  const pages = file.cis.map((instance) => Math.ceil(instance.zones.length / ZONES_PER_PAGE));
  return {
    zones: zones.length,
    pages: pages.reduce((sum, more) => sum + more, 0),
    jobs: zones.reduce((sum, { jobs }) => sum + jobs.length, 0),
  };
}

function floor(calls: number, pathMs: number): Floor {
  const paced = (calls / CALLS_PER_MINUTE) * minutes(1);
  const windows = Math.floor((calls - 1) / CALLS_PER_MINUTE) * minutes(1);
  return { calls, ms: Math.max(paced, pathMs), strictMs: Math.max(windows, pathMs) };
}

/** A look at every job: one call a page of zones and one a zone; a token, a page and a zone wait for each other. */
export const floorOfLook = ({ zones, pages }: Fleet): Floor => floor(zones + pages, 3 * LATENCY_MS);

/**
 * Giving every job another key, by who knows the zones already: one call a zone, because what is changed is read before, and one
 * a job. A token, a secret, a zone and a job wait for each other.
 */
export const floorOfMove = ({ zones, jobs }: Fleet): Floor => floor(zones + jobs, 4 * LATENCY_MS);

/**
 * A whole rotation: the jobs move, and before the old key is taken from anybody every zone is read once more, with its pages. Its
 * time is what `TIMING` makes it wait, and the moves.
 */
export function floorOfRotation(fleet: Fleet): Floor {
  const move = floorOfMove(fleet);
  const waitsMs = TIMING.propagationMs + TIMING.drainMs + TIMING.activityLagMs + TIMING.deleteAfterMs;
  return {
    calls: move.calls + floorOfLook(fleet).calls,
    ms: waitsMs + move.ms,
    strictMs: waitsMs + move.strictMs,
  };
}

/** A rotation that takes longer than this does not come to its end. */
export const LONGEST_ROTATION_MS = hours(72);
