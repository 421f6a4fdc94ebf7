import { stableHash } from './stable-hash.ts';

/** The part of the fleet that one instance of an array job sees to: `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** All of the fleet in one hand. */
export const WHOLE: Shard = { index: 0, of: 1 };

/** All shards of a number. */
export const shardsOf = (of: number): readonly Shard[] =>
  Array.from({ length: of }, (_, index) => ({ index, of }));

/** So many instances an array job may have. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
export const MOST_SHARDS = 1_000;

/** Whether an id is the shard's: of all shards of one size it is exactly one's, whatever else there is. */
export const isIn = ({ index, of }: Shard, id: string): boolean => stableHash(id) % of === index;

/** Whether all that is another shard's is this one's too. */
export const includes = ({ index, of }: Shard, other: Shard): boolean =>
  other.of % of === 0 && other.index % of === index;

/** Whether anything can be both one's and the other's. */
export function overlaps(one: Shard, other: Shard): boolean {
  const common = greatestDivisor(one.of, other.of);
  return one.index % common === other.index % common;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/**
 * The functions whose work can be split: `check-logpush` by zone, `rotate-keys` by secret. The others only look at what those
 * found and change little.
 */
export const SPLIT: ReadonlySet<string> = new Set(['check-logpush', 'rotate-keys']);
