/**
 * A whole number in [0, 2³²) that belongs to an id for good, on every machine and in every version: FNV-1a, whose last bits are
 * then mixed, or ids that differ only at their end would lie side by side.
 */
export function stableHash(id: string): number {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
