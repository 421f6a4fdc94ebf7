import type * as z from 'zod';
import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Path } from './document.ts';
import { splitHint } from './leaves.ts';
import { didYouMean, quotable } from './words.ts';

/** What tells the problems of one kind of file. */
export interface SchemaOf {
  /** What the file is called. */
  readonly what: string;
  /** The JSON Schema of the file: what may stand where. */
  readonly json: () => z.core.JSONSchema.BaseSchema;
  /** Keys below which even a key of the file may be a credential that somebody put there. */
  readonly hushed: readonly string[];
  /** What is said of a key that belongs to another tool's files. */
  readonly foreign?: (key: string) => { readonly message: string; readonly fix: string } | undefined;
}

/** What the schema found, as problems with a place and a fix. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  document: ConfigDocument,
  schema: SchemaOf,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(document, issue.path, key, schema));
    if (issue.code === 'invalid_key') {
      const { mustBe, fix } = splitHint(issue.issues[0]?.message ?? '');
      return [document.problem(issue.path, `this key must be ${mustBe}`, fix, 'key')];
    }
    const { mustBe, fix } = splitHint(issue.message);
    const is = document.has(issue.path) ? `must be ${mustBe}` : 'is missing';
    return [document.problem(issue.path, `${nameOf(issue.path, schema.what)} ${is}`, fix)];
  });
}

function unknownKey(document: ConfigDocument, path: Path, key: string, schema: SchemaOf): ConfigProblem {
  const foreign = schema.foreign?.(key);
  if (foreign !== undefined) return document.problem([...path, key], foreign.message, foreign.fix, 'key');
  const known = keysAt(path, schema.json());
  const isHushed = schema.hushed.some((name) => path.includes(name));
  const name = quotable(key) && !isHushed ? ` "${key}"` : '';
  const near = didYouMean(key, known);
  const fix = near ?? `remove it; known here: ${known.join(', ')}`;
  return document.problem([...path, key], `unknown key${name}`, fix, 'key');
}

/** The keys that the schema knows at a path. */
function keysAt(path: Path, root: z.core.JSONSchema.BaseSchema): readonly string[] {
  let schema: z.core.JSONSchema.BaseSchema | undefined = root;
  for (const part of path) {
    const next: unknown =
      typeof part === 'number'
        ? schema?.items
        : (schema?.properties?.[String(part)] ?? schema?.additionalProperties);
    schema = typeof next === 'object' && next !== null ? (next as z.core.JSONSchema.BaseSchema) : undefined;
  }
  return Object.keys(schema?.properties ?? {});
}

/** The thing at a path in a few words. */
function nameOf(path: Path, what: string): string {
  const last = path.at(-1);
  if (last === undefined) return what;
  if (typeof last === 'number') return `item ${last + 1} of ${nameOf(path.slice(0, -1), what)}`;
  return quotable(String(last)) ? String(last) : 'this value';
}
