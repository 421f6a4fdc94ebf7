import { type Finding, finding } from '../domain/finding.ts';
import type { Zone } from '../domain/logpush.ts';
import { isIn, type Shard } from '../domain/shard.ts';
import type { CisInstance } from './context.ts';
import type { Choose, ZoneLook } from './fleet.ts';
import type { Observation, UnreadablePlace } from './observations.ts';

/** A zone, or an instance, of which nothing was seen. */
export type Unread = Extract<ZoneLook, { unreadable: string }>;

/** The zones of a shard. What the last looks had no time for comes first, or the same zones would wait for ever. */
export const inTurn =
  (shard: Shard, { seenAt, unreadable }: Observation): Choose =>
  (zones) => {
    const cutAt = new Map(
      unreadable.flatMap(({ zone, lookedAt }) =>
        zone === undefined || lookedAt === undefined ? [] : [[zone.id, lookedAt]],
      ),
    );
    const lookedAt = ({ id }: Pick<Zone, 'id'>): number => cutAt.get(id) ?? seenAt;
    return zones.filter(({ id }) => isIn(shard, id)).toSorted((a, b) => lookedAt(a) - lookedAt(b));
  };

/** What is kept of it. */
export function unreadPlace(
  { zone, unreadable: detail, isCut }: Unread,
  { seenAt, unreadable }: Observation,
): UnreadablePlace {
  if (zone === undefined) return { detail };
  const { id, name } = zone;
  if (!isCut) return { zone: { id, name }, detail };
  const known = unreadable.find((place) => place.zone?.id === id)?.lookedAt;
  return { zone: { id, name }, detail, lookedAt: known ?? seenAt };
}

/** What could not be read, and why. Which places a run had no time for is another each time: `cutLook` tells people once. */
export function unreadable({ instance, zone, unreadable: why, isCut }: Unread): Finding {
  const found =
    zone === undefined
      ? finding('instance-unreadable', `instance ${instance.crn}`, why)
      : finding('zone-unreadable', `zone ${zone.name}`, why);
  return isCut ? { ...found, severity: 'info' } : found;
}

/** @param cut - what there was no time for */
export function cutLook({ crn }: CisInstance, cut: readonly Unread[]): readonly Finding[] {
  if (cut.length === 0) return [];
  const what = cut.some(({ zone }) => zone === undefined) ? 'all zones' : `${cut.length} zone(s)`;
  const detail = `${what} of instance ${crn} were not read: ${cut[0]?.unreadable}`;
  return [finding('look-cut', 'the look at the fleet', detail)];
}
