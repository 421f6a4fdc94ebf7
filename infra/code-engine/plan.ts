import {
  describe,
  type Entry,
  type Fields,
  idOf,
  KINDS,
  type Kind,
  LATER,
  type Live,
  REMOVAL_ORDER,
  same,
  type Value,
  type Wanted,
} from './resource.ts';

/** One field that differs. Of what may hold a secret only that it changes is told. */
export interface FieldChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

export type Change =
  | { readonly action: 'create'; readonly wanted: Wanted; readonly fields: readonly FieldChange[] }
  | {
      readonly action: 'update';
      readonly wanted: Wanted;
      readonly live: Live;
      readonly fields: readonly FieldChange[];
    }
  /** It cannot be changed: it goes, and another one of its name comes. */
  | {
      readonly action: 'replace';
      readonly wanted: Wanted;
      readonly live: Live;
      readonly fields: readonly FieldChange[];
    }
  /** It left the desired state. */
  | { readonly action: 'delete'; readonly entry: Entry; readonly live: Live }
  /** It is in the state, is not wanted any more and is not there. */
  | { readonly action: 'forget'; readonly entry: Entry };

/** Something of that name is there that is not ours. */
export interface Stranger {
  readonly kind: Kind;
  readonly name: string;
  readonly message: string;
}

/** What is wanted, what the state lists and what is there, of one kind or of all. */
export interface Situation {
  readonly wanted: readonly Wanted[];
  readonly entries: readonly Entry[];
  /** By `idOf`; of what is wanted, and of what the state lists. */
  readonly live: ReadonlyMap<string, Live>;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly strangers: readonly Stranger[];
  /** What IBM Cloud has refused to make. */
  readonly refused: readonly Entry[];
}

/** What anybody may have made for everybody is used as it is: IAM takes no second one that says the same. */
const SHARED: ReadonlySet<Kind> = new Set(['authorization', 'role']);

/** Kinds that have no update: their fields only ever come with a new one. */
const REPLACED: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  // A policy that was made without a condition does not get one.
  policy: ['pattern'],
  link: ['crn', 'component_type', 'component_name', 'is_cross_account'],
  authorization: ['description', 'subject', 'resource', 'roles'],
  ring: ['bucket'],
};

/** What an apply would do, in its order. Pure. */
export function planOf({ wanted, entries, live }: Situation): Plan {
  const known = new Map(entries.map((entry) => [idOf(entry), entry]));
  const judged = KINDS.flatMap((kind) => wanted.filter((one) => one.kind === kind)).flatMap(
    (one) => judge(one, known.get(idOf(one)), live.get(idOf(one))) ?? [],
  );
  const stays = new Set(wanted.map(idOf));
  const leaving = REMOVAL_ORDER.flatMap((kind) =>
    entries.filter((entry) => entry.kind === kind && !stays.has(idOf(entry))),
  ).map((entry): Change => leave(entry, live.get(idOf(entry))));
  return {
    changes: [...judged.flatMap((one) => ('action' in one ? [one] : [])), ...leaving],
    strangers: judged.flatMap((one) => ('message' in one ? [one] : [])),
    refused: judged.flatMap((one) => ('refused' in one ? [one.refused] : [])),
  };
}

/** Everything that the state lists goes. Pure. */
export const planOfRemoval = ({ entries, live }: Pick<Situation, 'entries' | 'live'>): readonly Change[] =>
  planOf({ wanted: [], entries, live }).changes;

type Judged = Change | Stranger | { readonly refused: Entry };

/** @returns undefined when it is as it is wanted */
function judge(wanted: Wanted, entry: Entry | undefined, live: Live | undefined): Judged | undefined {
  if (entry?.refused !== undefined) return { refused: entry };
  if (live === undefined) return { action: 'create', wanted, fields: differences({}, wanted.fields) };
  if (SHARED.has(wanted.kind) && entry?.id !== live.id) return undefined;
  if (!isOurs(entry, live)) return stranger(wanted, entry, live);
  const fields = differences(live.fields, wanted.fields);
  if (fields.length === 0) return undefined;
  const fixed = REPLACED[wanted.kind] ?? [];
  const action = fields.some(({ name }) => fixed.includes(name)) ? 'replace' : 'update';
  return { action, wanted, live, fields };
}

/** What the state lists by its id; what was about to be made, if it bears our mark or cannot bear one. */
const isOurs = (entry: Entry | undefined, live: Live): boolean =>
  entry !== undefined && (entry.id === undefined ? live.marked !== false : entry.id === live.id);

function stranger(wanted: Wanted, entry: Entry | undefined, live: Live): Stranger {
  const what = describe(wanted);
  const why =
    entry?.id === undefined
      ? 'is there, and this deployment has not made it'
      : 'is there, and is another one than this deployment has made';
  return {
    kind: wanted.kind,
    name: wanted.name,
    message: `${what} (${live.id}) ${why}: delete it if nothing needs it, or change the names in the manifest (project.name, the action or the rule)`,
  };
}

/** @param live - undefined when it is gone already; what is another one of its name is nobody's business here */
const leave = (entry: Entry, live: Live | undefined): Change =>
  live !== undefined && isOurs(entry, live) ? { action: 'delete', entry, live } : { action: 'forget', entry };

/** Fields that differ, by name. */
function differences(is: Fields, wanted: Fields): readonly FieldChange[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(is)])].toSorted().flatMap((name) => {
    const [from, to] = [is[name], wanted[name]];
    if (same(from, to)) return [];
    const [before, after] = [show(name, from), show(name, to)];
    return [
      {
        name,
        ...(before === undefined ? {} : { from: before }),
        ...(after === undefined ? {} : { to: after }),
      },
    ];
  });
}

const HIDDEN = /^(?:env|data)\.|^(?:code_reference|secret)$/;

/** What may be shown of a value: nothing of what a person put into variables, config maps and secrets. */
function show(name: string, value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === LATER) return LATER;
  if (HIDDEN.test(name)) return '(not shown)';
  return JSON.stringify(value);
}

/** How many of each there are, as people count them. */
export function countsOf(
  changes: readonly Change[],
): Readonly<Record<'create' | 'update' | 'delete', number>> {
  const count = (...actions: readonly Change['action'][]): number =>
    changes.filter(({ action }) => actions.includes(action)).length;
  return {
    create: count('create', 'replace'),
    update: count('update'),
    delete: count('delete', 'replace'),
  };
}
