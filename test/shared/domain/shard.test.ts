import { describe, expect, it } from 'vitest';
import { includes, isIn, overlaps, shardsOf } from '../../../shared/domain/shard.ts';

const zoneIds = Array.from({ length: 10_000 }, (_, n) => (n * 7_919).toString(16).padStart(32, '0'));

describe('shards', () => {
  it.each([1, 2, 3, 7, 16, 100])('of %d each zone is in exactly one', (of) => {
    const owners = zoneIds.map((id) => shardsOf(of).filter((shard) => isIn(shard, id)).length);
    expect(owners.every((count) => count === 1)).toBe(true);
  });

  it.each([2, 10, 100])('of %d are about equally large, whatever the ids have in common', (of) => {
    const sizes = shardsOf(of).map((shard) => zoneIds.filter((id) => isIn(shard, id)).length);
    const even = zoneIds.length / of;
    // Five standard deviations of an even draw.
    expect(Math.max(...sizes.map((size) => Math.abs(size - even)))).toBeLessThan(5 * Math.sqrt(even));
  });

  it('overlap exactly where an id is in both, and include exactly what has no id beside', () => {
    const all = [1, 2, 3, 4, 6].flatMap(shardsOf);
    for (const one of all)
      for (const other of all) {
        const ofOther = zoneIds.slice(0, 500).filter((id) => isIn(other, id));
        expect(overlaps(one, other)).toBe(ofOther.some((id) => isIn(one, id)));
        expect(includes(one, other)).toBe(ofOther.every((id) => isIn(one, id)));
      }
  });

  it('stay what they are from version to version', () => {
    expect(
      ['700123', 'zone-1', 'a1b2c3d4e5f60718293a4b5c6d7e8f90'].map((id) =>
        shardsOf(100).findIndex((shard) => isIn(shard, id)),
      ),
    ).toMatchInlineSnapshot(`
      [
        48,
        48,
        12,
      ]
    `);
  });
});
