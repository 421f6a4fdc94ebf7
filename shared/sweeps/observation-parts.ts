import { includes, isIn, overlaps, type Shard, shardsOf, WHOLE } from '../domain/shard.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore } from '../ports.ts';
import {
  isYoung,
  NOTHING_SEEN,
  type Observation,
  observedShards,
  readPart,
  type StoredObservation,
} from './observations.ts';
import { readEach } from './read-each.ts';

/** What one shard has seen of a CIS instance. */
export interface ObservedPart extends Observation {
  readonly shard: Shard;
}

/** What all shards have seen of a CIS instance. Its look ended when the first of theirs did; 0 = a part is missing. */
export interface MergedObservation extends Observation {
  /** Of each shard of the newest size: when the last look at its part ended, 0 = nobody has; and whether that saw no zones. */
  readonly looks: readonly { readonly shard: Shard; readonly endedAt: number; readonly isBlind: boolean }[];
  /** By zone id, the look that tells of it. */
  readonly tellerOf: (zoneId: string) => Observation;
}

/**
 * What is known of an instance, whoever has looked: one document, or that of each shard. It takes one list, and a read for each
 * document that there is.
 *
 * @throws {LedgerUnavailableError} when the store cannot be read, or a newer version wrote there
 */
export async function readObservation(ledger: LedgerStore, instanceCrn: string): Promise<MergedObservation> {
  const whole = await readPart(ledger, instanceCrn, WHOLE);
  return mergeParts(await withOthers(ledger, instanceCrn, { ...whole, shard: WHOLE }));
}

/**
 * What a shard knows before it looks: what it has seen itself, if that was a moment ago; else the newest that anybody has left of
 * its zones, for the number of shards may have changed.
 *
 * @returns with the tag of the shard's own document
 * @throws {LedgerUnavailableError} when the store cannot be read, or a newer version wrote there
 */
export async function readBefore(
  ledger: LedgerStore,
  instanceCrn: string,
  shard: Shard,
  now: number,
): Promise<StoredObservation> {
  const own = await readPart(ledger, instanceCrn, shard);
  if (isYoung(own, now)) return own;
  const parts = await withOthers(ledger, instanceCrn, { ...own, shard });
  return { ...own, ...keptOf(mergeParts(parts), (zoneId) => isIn(shard, zoneId)) };
}

/** One document that was read, and beside it those of others that may tell of the same; without those that hold nothing. */
async function withOthers(
  ledger: LedgerStore,
  instanceCrn: string,
  known: ObservedPart,
): Promise<readonly ObservedPart[]> {
  const others = [WHOLE, ...(await shardsBeside(ledger, instanceCrn, known.shard))].filter(
    (shard) =>
      overlaps(shard, known.shard) && (shard.index !== known.shard.index || shard.of !== known.shard.of),
  );
  const read = await readEach(others, async (shard): Promise<ObservedPart> => {
    return { ...(await readPart(ledger, instanceCrn, shard)), shard };
  });
  return [known, ...read].filter(({ endedAt }) => endedAt > 0);
}

/** Who looks at all of an instance does so without the right to list as well: only shards need it, and none runs without. */
async function shardsBeside(
  ledger: LedgerStore,
  instanceCrn: string,
  { of }: Shard,
): Promise<readonly Shard[]> {
  try {
    return await observedShards(ledger, instanceCrn);
  } catch (error) {
    if (of === 1 && error instanceof LedgerUnavailableError && error.status === 403) return [];
    throw error;
  }
}

/**
 * Of each zone the newest look at it tells, of whatever number of shards that was one. Whether all of the instance has been looked
 * at is a question to those of the newest look's number, or to who looked at what is theirs.
 */
export function mergeParts(parts: readonly ObservedPart[]): MergedObservation {
  const newest = parts.toSorted((a, b) => b.endedAt - a.endedAt);
  const [first] = newest;
  if (first === undefined) return { ...NOTHING_SEEN, looks: [], tellerOf: () => NOTHING_SEEN };
  if (newest.length === 1 && first.shard.of === 1)
    return { ...first, looks: [lookOf(first.shard, first)], tellerOf: () => first };
  const tellers = new Map<string, Observation>();
  const tellerOf = (zoneId: string): Observation => {
    const known = tellers.get(zoneId) ?? newest.find(({ shard }) => isIn(shard, zoneId)) ?? NOTHING_SEEN;
    tellers.set(zoneId, known);
    return known;
  };
  const tells = (part: ObservedPart, zoneId: string): boolean => tellerOf(zoneId) === part;
  const shards = shardsOf(first.shard.of);
  const looked = shards.map((shard) => newest.find((part) => includes(part.shard, shard)));
  const present = new Set(looked.filter((part) => part !== undefined));
  const jobs = newest.flatMap((part) =>
    Object.entries(part.jobs).filter(([, { zone }]) => tells(part, zone.id)),
  );
  return {
    jobs: Object.fromEntries(jobs),
    seenAt: Math.min(...[...present].map(({ seenAt }) => seenAt)),
    endedAt: Math.min(...looked.map((part) => part?.endedAt ?? 0)),
    unreadable: newest.flatMap((part) =>
      part.unreadable.filter(({ zone }) => (zone === undefined ? present.has(part) : tells(part, zone.id))),
    ),
    retention: Object.fromEntries(
      newest.flatMap((part) => Object.entries(part.retention).filter(([zoneId]) => tells(part, zoneId))),
    ),
    looks: shards.map((shard, index) => lookOf(shard, looked[index] ?? NOTHING_SEEN)),
    tellerOf,
  };
}

const lookOf = (shard: Shard, { endedAt, unreadable }: Observation) => ({
  shard,
  endedAt,
  isBlind: unreadable.some(({ zone }) => zone === undefined),
});

/** Why a look could not read a zone; undefined = it read it, or knows of no such zone. */
export const whyUnread = ({ unreadable }: Observation, zoneId: string): string | undefined =>
  unreadable.find(({ zone }) => zone === undefined || zone.id === zoneId)?.detail;

/** What of a merged observation may stand for a look, and the shards whose part may not: first what has waited longest. */
export function splitByAge(
  observation: MergedObservation,
  now: number,
): { readonly fresh: Observation | undefined; readonly behind: readonly Shard[] } {
  const isOld = (look: MergedObservation['looks'][number]): boolean => look.isBlind || !isYoung(look, now);
  const behind = observation.looks
    .filter(isOld)
    .toSorted((a, b) => a.endedAt - b.endedAt)
    .map(({ shard }) => shard);
  const young = observation.looks.filter((look) => !isOld(look));
  if (young.length === 0) return { fresh: undefined, behind };
  const isFresh = (zoneId: string): boolean => !behind.some((shard) => isIn(shard, zoneId));
  const rest = behind.length === 0 ? observation : keptOf(observation, isFresh);
  return {
    fresh: {
      ...rest,
      endedAt: Math.min(...young.map(({ endedAt }) => endedAt)),
      unreadable: rest.unreadable.filter(({ zone }) => zone !== undefined),
    },
    behind,
  };
}

/** Of an observation what is about some zones, and what is about none. */
function keptOf(
  { jobs, seenAt, endedAt, unreadable, retention }: Observation,
  isKept: (zoneId: string) => boolean,
): Observation {
  return {
    jobs: Object.fromEntries(Object.entries(jobs).filter(([, { zone }]) => isKept(zone.id))),
    seenAt,
    endedAt,
    unreadable: unreadable.filter(({ zone }) => zone === undefined || isKept(zone.id)),
    retention: Object.fromEntries(Object.entries(retention).filter(([zoneId]) => isKept(zoneId))),
  };
}
