import { type Finding, finding } from '../domain/finding.ts';
import { ApiError } from '../errors.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';
import type { SeenRetention } from './observations.ts';

/** Reads a run may spend on it: CIS counts every call, and an outage can reach every zone. */
const MOST_READS = 20;

/** What is known of log retention, by zone id; or why nothing is. */
export type Retention = ReadonlyMap<string, boolean | { readonly unread: string }>;

/**
 * Reads whether log retention is on for the zones whose jobs do not push; of some of them in this run, where there are many, and of
 * the others in the next ones. What was read before still counts.
 *
 * @returns what is known of these zones, what is to be kept of it, and a finding where it is refused
 */
export async function lookAtRetention(
  { ports: { services, clock } }: Pick<SweepContext, 'ports'>,
  { crn, account }: CisInstance,
  zoneIds: readonly string[],
  before: Readonly<Record<string, SeenRetention>>,
): Promise<{
  readonly known: Retention;
  readonly kept: Readonly<Record<string, SeenRetention>>;
  readonly findings: readonly Finding[];
}> {
  const kept: Record<string, SeenRetention> = {};
  const known = new Map<string, boolean | { readonly unread: string }>();
  for (const id of zoneIds) {
    const last = Object.hasOwn(before, id) ? before[id] : undefined;
    if (last !== undefined) kept[id] = last;
    known.set(id, last?.flag ?? { unread: 'it has not been looked at yet: some zones are read in each run' });
  }
  const now = clock.now();
  const refused: string[] = [];
  // Those that were read longest ago come first, and before them those that were off.
  const age = (id: string): number => (kept[id]?.flag === false ? -1 : (kept[id]?.readAt ?? 0));
  const due = zoneIds.toSorted((a, b) => age(a) - age(b));
  for (const id of due.slice(0, MOST_READS)) {
    try {
      const flag = await services.cis(account).getLogRetention(crn, id);
      kept[id] = { flag, readAt: now };
      known.set(id, flag);
    } catch (error) {
      if (!isExpected(error)) throw error;
      const right =
        error instanceof ApiError && error.status === 403 ? ': it takes Reader on the CIS instance' : '';
      refused.push(`${describeError(error)}${right}`);
      known.set(id, { unread: `${describeError(error)}${right}` });
    }
  }
  const [why] = refused;
  const detail = `${refused.length} zone(s) whose jobs push nothing: ${why}`;
  const findings = why === undefined ? [] : [finding('log-retention-unclear', `instance ${crn}`, detail)];
  return { known, kept, findings };
}
