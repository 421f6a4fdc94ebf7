import { Secret } from '../../shared/domain/secret.ts';

/**
 * What a deployment consists of, in the order in which it is made. Each resource is a flat record of fields, in one spelling for
 * what is wanted and for what is there, so that one comparison does for all kinds.
 */
export const KINDS = [
  'profile',
  'link',
  'role',
  'policy',
  'authorization',
  'config-map',
  'secret',
  'job',
  'function',
  'cis-webhook',
  'alert-policy',
  'cron',
  'ring',
] as const;
export type Kind = (typeof KINDS)[number];

/** The order in which resources go: nothing is taken away that something still there needs. */
export const REMOVAL_ORDER: readonly Kind[] = [
  'ring',
  'cron',
  'alert-policy',
  'cis-webhook',
  'function',
  'job',
  'policy',
  'role',
  'authorization',
  'link',
  'profile',
  'secret',
  'config-map',
];

/** For people, one and several. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  profile: 'trusted profile',
  link: 'link of a trusted profile',
  role: 'custom role',
  policy: 'access policy',
  authorization: 'authorization',
  'config-map': 'config map',
  secret: 'secret',
  job: 'job',
  function: 'function',
  'cis-webhook': 'CIS webhook',
  'alert-policy': 'CIS alert policy',
  cron: 'cron subscription',
  ring: 'Object Storage subscription',
};

export type Value =
  | string
  | number
  | boolean
  | Secret
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

/** `env.NAME` and `data.KEY` are one field each. */
export type Fields = Readonly<Record<string, Value>>;

/** Stands for what only an answer to come will tell: an id, an address. */
export const LATER = '(known after apply)';

/** A resource as it is to be. */
export interface Wanted {
  readonly kind: Kind;
  /** Tells it from all others of its kind, and does not change while it is the same one. */
  readonly key: string;
  /** What IBM Cloud calls it. */
  readonly name: string;
  /** Name of the account in `keeper.yml`. */
  readonly account: string;
  readonly fields: Fields;
  /** What it is in: the id of a trusted profile, the CRN of a CIS instance. */
  readonly within?: string;
}

/** A resource as it is. */
export interface Live {
  readonly id: string;
  readonly fields: Fields;
  /** What a conditional write must name. */
  readonly tag?: string;
  /** It bears our mark; absent for kinds that cannot. */
  readonly marked?: boolean;
  /** What other resources are made with. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** What was made, or is about to be, as the state keeps it. Never a value, nor a hash of one. */
export interface Entry {
  readonly kind: Kind;
  readonly key: string;
  readonly name: string;
  readonly account: string;
  readonly within?: string;
  /** Absent = it is about to be made, and may be there. */
  readonly id?: string;
  /** IBM Cloud does not take it; status of its answer. It is not asked again. */
  readonly refused?: number;
}

/** What is looked for: as it is wanted, as the state lists it, or both. */
export interface Target extends Omit<Entry, 'refused'> {
  readonly fields?: Fields;
}

/** Makes, changes and deletes resources of one kind. */
export interface Handler {
  /** What is there of these, by `idOf`. A target with an id is found by that, and else by its name. */
  look(targets: readonly Target[]): Promise<ReadonlyMap<string, Live>>;
  /** @throws {ConflictError} when there is one already */
  create(wanted: Wanted): Promise<Live>;
  /** @throws {ConflictError} when it is not as it was seen any more */
  update(wanted: Wanted, live: Live): Promise<Live>;
  /** One that is gone already counts as deleted. */
  remove(target: Target, live: Live): Promise<void>;
  /** Waits until what was deleted is gone; absent = it is gone at once. */
  gone?(targets: readonly Target[]): Promise<void>;
}

/** The world is not as it was seen: look again, and decide anew. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** IBM Cloud does not take this kind of thing at all. Nothing depends on it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const idOf = ({ kind, key }: { readonly kind: Kind; readonly key: string }): string =>
  `${kind} ${key}`;

/** For people: `job check-logpush`, `access policy … in account edge`. */
export function describe({
  kind,
  name,
  account,
  within,
}: Pick<Wanted, 'kind' | 'name' | 'account' | 'within'>): string {
  const what = `${KIND_WORDS[kind]} ${name}`;
  if (kind === 'cis-webhook' || kind === 'alert-policy') return `${what} of ${within?.split(':')[7] ?? ''}`;
  return IN_ACCOUNTS.has(kind) ? `${what} in account ${account}` : what;
}

const IN_ACCOUNTS: ReadonlySet<Kind> = new Set(['profile', 'link', 'role', 'policy', 'authorization']);

/** A member that should be a text; empty when it is none. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** Whether two values are the same; the order of members does not count, that of items does. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a instanceof Secret || b instanceof Secret)
    return a instanceof Secret && b instanceof Secret && a.equals(b);
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: Value, i) => same(item, b[i] as Value));
  }
  const [left, right] = [a as Readonly<Record<string, Value>>, b as Readonly<Record<string, Value>>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) =>
    same(left[name], right[name]),
  );
}
