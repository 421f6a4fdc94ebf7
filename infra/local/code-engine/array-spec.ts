const LARGEST_INDEX = 9_999_999;
const LARGEST_SIZE = 1_000;

/**
 * The indices of an array specification such as `0`, `0-9` or `1,3,5-7`, in ascending order.
 *
 * @returns undefined when it is none, or has too many
 */
export function arrayIndices(spec: string): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of spec.split(',')) {
    const [, from = '', to = from] = /^\s*(\d{1,7})(?:-(\d{1,7}))?\s*$/.exec(part) ?? [];
    if (from === '' || Number(from) > Number(to) || Number(to) - Number(from) >= LARGEST_SIZE)
      return undefined;
    for (let index = Number(from); index <= Number(to); index += 1) found.add(index);
  }
  const indices = [...found].toSorted((a, b) => a - b);
  return indices.length > LARGEST_SIZE || (indices.at(-1) ?? 0) > LARGEST_INDEX ? undefined : indices;
}
