import { invalid } from './errors.ts';
import type { Secret } from './state.ts';
import type { Instance } from './wire.ts';

/** The bounds of one kind of list. */
export interface ListLimits {
  readonly defaultLimit: number;
  readonly maxLimit: number;
  readonly maxOffset: number;
}

export const SECRET_LIST: ListLimits = { defaultLimit: 200, maxLimit: 1000, maxOffset: 10_000_000 };
export const LOCK_LIST: ListLimits = { defaultLimit: 25, maxLimit: 100, maxOffset: 1000 };

/** One page of a list with links to the others. Reading is by offset: what moves between two pages is missed or seen twice. */
export function page(
  instance: Instance,
  path: string,
  query: Readonly<Record<string, string>>,
  limits: ListLimits,
  member: string,
  items: readonly unknown[],
): Record<string, unknown> {
  const limit = integer(query, 'limit', limits.defaultLimit, 1, limits.maxLimit);
  const offset = integer(query, 'offset', 0, 0, limits.maxOffset);
  // The links name the instance's public host, whatever host was asked: real callers may come by the private one.
  const base = `https://${instance.guid}.${instance.region}.secrets-manager.appdomain.cloud/api/v2${path}?limit=${limit}`;
  const last = items.length === 0 ? 0 : Math.floor((items.length - 1) / limit) * limit;
  return {
    total_count: items.length,
    limit,
    offset,
    first: { href: base },
    ...(offset > 0 ? { previous: { href: `${base}&offset=${Math.max(0, offset - limit)}` } } : {}),
    ...(offset + limit < items.length ? { next: { href: `${base}&offset=${offset + limit}` } } : {}),
    last: { href: `${base}&offset=${last}` },
    [member]: items.slice(offset, offset + limit),
  };
}

function integer(
  query: Readonly<Record<string, string>>,
  name: string,
  otherwise: number,
  min: number,
  max: number,
): number {
  const text = query[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw invalid(`${name} must be an integer from ${min} to ${max}.`);
  }
  return value;
}

/** The parts of a comma-joined query member. */
export const commaList = (text: string | undefined): readonly string[] | undefined => text?.split(',');

type SortKey<T> = (item: T) => string | number;

/** Orders by a field; `-` in front turns it round. Without `sort` the order is the order of creation, which nobody promises. */
export function sorted<T>(
  items: readonly T[],
  sort: string | undefined,
  keys: Readonly<Record<string, SortKey<T>>>,
): readonly T[] {
  if (sort === undefined) return items;
  const descending = sort.startsWith('-');
  const field = descending ? sort.slice(1) : sort;
  const key = Object.hasOwn(keys, field) ? keys[field] : undefined;
  if (key === undefined) throw invalid(`sort must be one of ${Object.keys(keys).join(', ')}.`);
  const compare = (a: T, b: T): number => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  return items.toSorted((a, b) => (descending ? compare(b, a) : compare(a, b)));
}

/** @throws {Denied} 400 when the text is not 2 to 128 characters long */
export function searchText(query: Readonly<Record<string, string>>): string | undefined {
  const text = query['search'];
  if (text !== undefined && (text.length < 2 || text.length > 128)) {
    throw invalid('search must have 2 to 128 characters.');
  }
  return text;
}

const SECRET_SORT: Readonly<Record<string, SortKey<Secret>>> = {
  id: (secret) => secret.id,
  created_at: (secret) => secret.createdAt,
  updated_at: (secret) => secret.updatedAt,
  retrieved_at: (secret) => secret.retrievedAt ?? 0,
  expiration_date: (secret) => secret.expiresAt ?? Number.POSITIVE_INFINITY,
  secret_type: (secret) => secret.type,
  name: (secret) => secret.name,
};

/** @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#list-secrets */
export function selectSecrets(
  secrets: readonly Secret[],
  query: Readonly<Record<string, string>>,
): readonly Secret[] {
  const search = searchText(query);
  const groups = commaList(query['groups']);
  const types = commaList(query['secret_types']);
  const labels = commaList(query['match_all_labels']) ?? [];
  const selected = secrets
    .filter((secret) => groups === undefined || groups.includes(secret.groupId))
    .filter((secret) => types === undefined || types.includes(secret.type))
    .filter((secret) => labels.every((label) => secret.labels.includes(label)))
    .filter((secret) => search === undefined || searched(secret).some((text) => text.includes(search)));
  return sorted(selected, query['sort'], SECRET_SORT);
}

const searched = (secret: Secret): readonly string[] => [
  secret.id,
  secret.name,
  secret.description ?? '',
  ...secret.labels,
  secret.type,
];
