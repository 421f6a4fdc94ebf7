import type * as z from 'zod';
import type { ConfigProblem } from '../errors.ts';
import type { ConfigDocument, Path } from './config-document.ts';
import { splitHint } from './config-leaves.ts';
import { configJsonSchema } from './config-schema.ts';

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
  // Below apiKey even a key of the file may be a credential that somebody put there.
  const name = quotable(key) && !path.includes('apiKey') ? ` "${key}"` : '';
  const near = didYouMean(key, known);
  const fix = near ?? `remove it; known here: ${known.join(', ')}`;
  return document.problem([...path, key], `unknown key${name}`, fix, 'key');
}

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

/** Whether a text may be shown: an IBM Cloud API key has 44 characters, so what is shorter than 41 is none. */
const quotable = (text: string): boolean => /^[A-Za-z][\w-]{0,39}$/.test(text);

/** @returns a fix when one of the known words differs by a slip or two */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const near = known
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
    .at(0);
  if (near === undefined || near.distance > Math.min(2, Math.floor(near.candidate.length / 3)))
    return undefined;
  return `did you mean "${near.candidate}"?`;
}

/** Slips between two words: letters added, left out, changed, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(cell(i, j), cell(i - 2, j - 2) + 1);
    }
  }
  return cell(a.length, b.length);
}
