import { type Finding, finding } from '../domain/finding.ts';
import { days } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import type { SeenRetention } from './observations.ts';

/** Reads a run may spend on it: CIS counts every call, and an outage can reach every zone. */
const MOST_READS = 20;
/** Of these so many go to zones where it was off: whoever switches it on wants to see that told. */
const READS_OF_OFF = MOST_READS / 2;
/** What was read longer ago is not known any more. */
const KNOWN_FOR_MS = days(1);

/** What is known of log retention, by zone id; or why nothing is. */
export type Retention = ReadonlyMap<string, boolean | { readonly unread: string }>;

interface LookedAt {
  readonly known: Retention;
  readonly kept: Readonly<Record<string, SeenRetention>>;
  readonly findings: readonly Finding[];
}

/**
 * Reads whether log retention is on for the zones whose jobs do not push; of some of them in this run, where there are many, and of
 * the others in the next ones: those that were tried longest ago come first. What was read within a day still counts.
 *
 * @returns what is known of these zones, what is to be kept of it, and a finding where it is refused
 */
export async function lookAtRetention(
  { ports: { services, clock } }: Pick<SweepContext, 'ports'>,
  { crn, account }: CisInstance,
  zoneIds: readonly string[],
  before: Readonly<Record<string, SeenRetention>>,
): Promise<LookedAt> {
  const now = clock.now();
  const kept = new Map(zoneIds.map((id) => [id, Object.hasOwn(before, id) ? before[id] : undefined]));
  const refused: string[] = [];
  for (const id of turns(kept)) {
    try {
      kept.set(id, { flag: await services.cis(account).getLogRetention(crn, id), readAt: now, triedAt: now });
    } catch (error) {
      if (!isExpected(error)) throw error;
      kept.set(id, { ...kept.get(id), triedAt: now });
      const right =
        error instanceof ApiError && error.status === 403
          ? ': it takes Reader on the CIS instance, or Manager where that is not enough'
          : '';
      refused.push(`${describeError(error)}${right}`);
    }
  }
  const [why] = refused;
  const detail = `${refused.length} zone(s) whose jobs push nothing: ${why}`;
  return {
    known: new Map([...kept].map(([id, seen]) => [id, knownOf(seen, now, why)])),
    kept: Object.fromEntries([...kept].flatMap(([id, seen]) => (seen === undefined ? [] : [[id, seen]]))),
    findings: why === undefined ? [] : [finding('log-retention-unclear', `instance ${crn}`, detail)],
  };
}

/** The zones that are read in this run. */
function turns(kept: ReadonlyMap<string, SeenRetention | undefined>): readonly string[] {
  const byAge = [...kept].toSorted(([, a], [, b]) => (a?.triedAt ?? 0) - (b?.triedAt ?? 0));
  const ids = (flag: boolean): readonly string[] =>
    byAge.filter(([, seen]) => (seen?.flag === false) === flag).map(([id]) => id);
  const off = ids(true).slice(0, READS_OF_OFF);
  const others = ids(false).slice(0, MOST_READS - off.length);
  return [...off, ...others];
}

function knownOf(
  seen: SeenRetention | undefined,
  now: number,
  refused: string | undefined,
): boolean | { readonly unread: string } {
  const { flag, readAt = 0, triedAt } = seen ?? {};
  if (flag !== undefined && now - readAt <= KNOWN_FOR_MS) return flag;
  if (triedAt !== undefined && refused !== undefined) return { unread: refused };
  return { unread: 'it has not been looked at lately: some zones are read in each run' };
}

/** What an observation kept of it. */
export const retentionOf = (kept: Readonly<Record<string, SeenRetention>>, now: number): Retention =>
  new Map(Object.entries(kept).map(([id, seen]) => [id, knownOf(seen, now, undefined)]));
