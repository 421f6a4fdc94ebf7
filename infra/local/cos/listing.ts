import { createHash } from 'node:crypto';
import type { StoredObject } from './bucket.ts';

/** What a listing asks for; absent texts are empty. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly startAfter: string;
  /** The place where the page before ended. */
  readonly after: string | undefined;
  /** 0..1000 */
  readonly maxKeys: number;
}

/** One page of a listing. */
export interface Page {
  readonly objects: readonly StoredObject[];
  /** What stands for all keys that share it up to the delimiter. */
  readonly commonPrefixes: readonly string[];
  /** The last name of this page and its place, where another follows. */
  readonly next?: { readonly name: string; readonly rank: string };
}

/** The place of a name in the order of listings. */
export const rankOf = (name: string, sorted: boolean): string =>
  sorted ? name : createHash('md5').update(name).digest('hex');

/** Most objects are never listed, some many times. */
const PLACES = new WeakMap<StoredObject, string>();

function placeOf(object: StoredObject): string {
  const place = PLACES.get(object) ?? rankOf(object.key, false);
  PLACES.set(object, place);
  return place;
}

interface Entry {
  readonly name: string;
  readonly rank: string;
  readonly object?: StoredObject;
}

/**
 * A page of the objects of a bucket. IBM does not promise an order, so it means nothing unless `sorted`; paging is by
 * that order, so that objects that come and go between two pages shift nothing.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api-bucket-operations
 */
export function listPage(objects: Iterable<StoredObject>, query: ListQuery, sorted: boolean): Page {
  const { prefix, delimiter, startAfter, after, maxKeys } = query;
  const entries: Entry[] = [];
  const folders = new Set<string>();
  for (const object of objects) {
    const { key } = object;
    if (!key.startsWith(prefix) || key <= startAfter) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end === -1 ? key : key.slice(0, end + delimiter.length);
    const rank = end === -1 && !sorted ? placeOf(object) : rankOf(name, sorted);
    if ((after !== undefined && rank <= after) || folders.has(name)) continue;
    if (end !== -1) folders.add(name);
    entries.push({ name, rank, ...(end === -1 ? { object } : {}) });
  }
  const left = entries.toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
  const page = left.slice(0, maxKeys);
  const last = page.at(-1);
  return {
    objects: page.flatMap(({ object }) => (object === undefined ? [] : [object])),
    commonPrefixes: page.flatMap(({ name, object }) => (object === undefined ? [name] : [])),
    ...(last === undefined || page.length === left.length
      ? {}
      : { next: { name: last.name, rank: last.rank } }),
  };
}
