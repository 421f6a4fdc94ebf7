import type * as z from 'zod';
import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Path } from './document.ts';
import { splitHint } from './leaves.ts';
import { configJsonSchema } from './schema.ts';
import { didYouMean, quotable } from './words.ts';

/** What the schema found, as problems with a place and a fix. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  document: ConfigDocument,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(document, issue.path, key));
    if (issue.code === 'invalid_key') {
      const { mustBe, fix } = splitHint(issue.issues[0]?.message ?? '');
      return [document.problem(issue.path, `this key must be ${mustBe}`, fix, 'key')];
    }
    const { mustBe, fix } = splitHint(issue.message);
    const is = document.has(issue.path) ? `must be ${mustBe}` : 'is missing';
    return [document.problem(issue.path, `${nameOf(issue.path)} ${is}`, fix)];
  });
}

function unknownKey(document: ConfigDocument, path: Path, key: string): ConfigProblem {
  const known = keysAt(path);
  // Below these even a key of the file may be a credential that somebody put there.
  const isHushed = CREDENTIALS.some((name) => path.includes(name));
  const name = quotable(key) && !isHushed ? ` "${key}"` : '';
  const near = didYouMean(key, known);
  const fix = near ?? `remove it; known here: ${known.join(', ')}`;
  return document.problem([...path, key], `unknown key${name}`, fix, 'key');
}

const CREDENTIALS = ['apiKey', 'webhook', 'heartbeatUrl'];

/** The keys that the schema knows at a path. */
function keysAt(path: Path): readonly string[] {
  let schema: z.core.JSONSchema.BaseSchema | undefined = configJsonSchema();
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
function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the configuration';
  if (typeof last === 'number') return `item ${last + 1} of ${nameOf(path.slice(0, -1))}`;
  return quotable(String(last)) ? String(last) : 'this value';
}
