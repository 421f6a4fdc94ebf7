import { keyOfFirst } from './desired/inputs.ts';

/** What stands for itself and for the same of other instances. */
interface Folded<T> {
  readonly item: T;
  /** For people; empty where there are no others. */
  readonly others: string;
}

/**
 * Hundreds of instances of an array job have the same, and people read it once: in the place of the first.
 *
 * @param of - what an item is like, and its key; undefined = it is to be read by itself
 */
export function folded<T>(
  items: readonly T[],
  of: (item: T) => { readonly like: string; readonly key: string } | undefined,
): readonly Folded<T>[] {
  const groups = new Map<unknown, { readonly item: T; others: number }>();
  for (const item of items) {
    const one = of(item);
    const group = one === undefined ? item : `${one.like} ${keyOfFirst(one.key)}`;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, { item, others: 0 });
    else known.others += 1;
  }
  return [...groups.values()].map(({ item, others }) => ({
    item,
    others: others === 0 ? '' : `, and of ${others} more instance${others === 1 ? '' : 's'}`,
  }));
}
