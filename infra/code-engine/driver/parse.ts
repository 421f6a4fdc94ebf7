import { jsonIn } from '../../../shared/domain/json.ts';
import type { Fields } from '../resource.ts';

/**
 * What `ibmcloud ce sub` prints. Its JSON is not documented: it is expected to be the Kubernetes object, behind lines that tell of
 * progress. Where there is none, the text that IBM's pages show is read.
 */

/** A subscription as far as it could be read: only these fields can be compared. */
export interface Shown {
  readonly id?: string;
  readonly fields: Fields;
  /** Absent = not told. */
  readonly ready?: boolean;
}

type Tree = Readonly<Record<string, unknown>>;

/** The first JSON object or list in a text; undefined when there is none. */
function jsonBehind(text: string): unknown {
  const starts = ['{', '['].map((bracket) => text.indexOf(bracket)).filter((at) => at !== -1);
  return starts.length === 0 ? undefined : jsonIn(text.slice(Math.min(...starts)));
}

const treeOf = (value: unknown): Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};

const at = (tree: Tree, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => treeOf(value)[name], tree);

const textAt = (tree: Tree, ...paths: readonly (readonly string[])[]): string | undefined => {
  for (const path of paths) {
    const value = at(tree, ...path);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
};

/** Names in a list of subscriptions, whichever way it is printed. */
export function namesIn(text: string): readonly string[] {
  const json = jsonBehind(text);
  const items = Array.isArray(json) ? json : treeOf(json)['items'];
  if (Array.isArray(items))
    return items.flatMap((item) => textAt(treeOf(item), ['metadata', 'name'], ['name']) ?? []);
  const lines = text.split('\n');
  const head = lines.findIndex((line) => /^name\b/i.test(line.trim()));
  if (head === -1) return [];
  return lines
    .slice(head + 1)
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
}

/** One subscription, of either kind. */
export function subscriptionIn(text: string): Shown {
  const json = jsonBehind(text);
  return json === undefined ? ofLines(text) : ofObject(treeOf(json));
}

const present = (fields: Readonly<Record<string, string | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

function ofObject(object: Tree): Shown {
  const id = textAt(object, ['metadata', 'uid'], ['id']);
  const encoded = textAt(object, ['spec', 'dataBase64']);
  const conditions = at(object, 'status', 'conditions');
  const ready = (Array.isArray(conditions) ? conditions : [])
    .map(treeOf)
    .find(({ type }) => type === 'Ready')?.['status'];
  return {
    ...(id === undefined ? {} : { id }),
    ...(ready === undefined ? {} : { ready: ready === 'True' || ready === true }),
    fields: present({
      destination: textAt(object, ['spec', 'sink', 'ref', 'name'], ['spec', 'sink', 'name'], ['destination']),
      destination_type: typeOf(textAt(object, ['spec', 'sink', 'ref', 'kind'], ['destination_type'])),
      schedule: textAt(object, ['spec', 'schedule'], ['schedule']),
      timezone: textAt(object, ['spec', 'timezone'], ['time_zone']),
      data:
        textAt(object, ['spec', 'data'], ['spec', 'jsonData'], ['data']) ??
        (encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')),
      content_type: textAt(object, ['spec', 'contentType'], ['content_type']),
      bucket: textAt(object, ['spec', 'bucket'], ['bucket']),
      event_type: textAt(object, ['spec', 'eventType'], ['event_type']),
      prefix: textAt(object, ['spec', 'prefix'], ['prefix']),
    }),
  };
}

/** What a job is called in this place is not documented. */
function typeOf(kind: string | undefined): string | undefined {
  if (kind === undefined) return undefined;
  if (/job/i.test(kind)) return 'job';
  return /function/i.test(kind) ? 'function' : 'app';
}

function ofLines(text: string): Shown {
  const lines = new Map(
    text.split('\n').flatMap((line) => {
      const match = /^\s*([A-Za-z ]+):\s+(.*\S)\s*$/.exec(line);
      return match === null
        ? []
        : [[match[1]?.replaceAll(' ', '').toLowerCase() ?? '', match[2] ?? ''] as const];
    }),
  );
  // `job:check-logpush`, or the name alone with the type on a line of its own.
  const [type, name] = /^(\w+):(.+)$/.exec(lines.get('destination') ?? '')?.slice(1) ?? [
    lines.get('destinationtype'),
    lines.get('destination'),
  ];
  const id = lines.get('id');
  const ready = lines.get('ready');
  return {
    ...(id === undefined ? {} : { id }),
    ...(ready === undefined ? {} : { ready: /^true$/i.test(ready) }),
    fields: present({
      destination: name,
      destination_type: typeOf(type),
      schedule: lines.get('schedule'),
      timezone: lines.get('timezone'),
      bucket: lines.get('bucket'),
      event_type: lines.get('eventtype'),
      prefix: lines.get('prefix'),
    }),
  };
}
