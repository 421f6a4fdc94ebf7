import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withFindings } from '../../infra/docs.ts';
import {
  CODES_BY_FUNCTION,
  catalogued,
  FINDING_CODES,
  isFindingCode,
  saidBy,
} from '../../shared/domain/finding.ts';
import { FUNCTION_NAMES } from '../../shared/runtime/invocation.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const runbook = readFileSync(`${root}docs/runbook.md`, 'utf8');
const headings = [...runbook.matchAll(/^###? (.+)$/gm)].map(([, heading = '']) => heading);

test('the chapter of all findings is what the catalogue says; `npm run docs` writes it', () => {
  expect(withFindings(runbook)).toBe(runbook);
});

test('every code has exactly one section, and belongs to one function', () => {
  const sections = headings.filter((heading) => /^`[a-z-]+`$/.test(heading));
  expect(sections.toSorted()).toEqual(FINDING_CODES.map((code) => `\`${code}\``).toSorted());
  expect(CODES_BY_FUNCTION.flatMap(([, codes]) => codes).toSorted()).toEqual(FINDING_CODES.toSorted());
});

test('a page without its markers, or with a third one, is refused', () => {
  const [begin = ''] = /<!-- findings:.*-->/.exec(runbook) ?? [];
  expect(() => withFindings(runbook.replace(begin, ''))).toThrow('markers');
  expect(() => withFindings(`${runbook}${begin}`)).toThrow('markers');
});

/** Files that make findings, or what becomes one: not the catalogue, nor what only prints it. */
const makers = globSync('shared/{domain,sweeps,clients,runtime}/**/*.ts', { cwd: root })
  .filter((path) => !/\/findings\/|commands\/explain\.ts|\/(?:fleet|html)-/.test(path))
  .map((path) => readFileSync(`${root}${path}`, 'utf8'))
  .join('\n');

test.each(FINDING_CODES)('%s is made somewhere', (code) => {
  expect(makers).toContain(`'${code}'`);
});

test.each(FINDING_CODES)('%s says what was seen, and what a person does, each in its own words', (code) => {
  const { means, todo, repair } = catalogued(code);
  expect(means).toMatch(/^[A-Z].*\.$/s);
  expect(means.split(/\. (?=[A-Z])/).length, 'sentences').toBeLessThanOrEqual(3);
  for (const clause of todo.split(/[;:,.]/))
    if (clause.trim().length > 40) expect(means).not.toContain(clause.trim());
  expect(todo).toMatch(/^[a-z`].*[^.]$/s);
  if (repair === 'person') expect(todo).not.toMatch(/^nothing/);
  if (repair === 'none') expect(todo).toMatch(/^(nothing|see)/);
});

test.each(FINDING_CODES)('what %s refers to exists', (code) => {
  const { means, todo, see } = catalogued(code);
  if (see !== undefined) expect(headings).toContain(see);
  for (const name of saidBy(code)) expect([...FUNCTION_NAMES, 'any function']).toContain(name);
  for (const [, word = ''] of `${means} ${todo}`.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g))
    expect(isFindingCode(word) || FUNCTION_NAMES.includes(word), word).toBe(true);
});

/** Everything that a file runs, by what it and its imports import; types run nothing. */
function reachedFrom(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = readFileSync(`${root}${path}`, 'utf8');
  for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';$/gm))
    reachedFrom(join(dirname(path), target), seen);
  return seen;
}

const sweeps = FUNCTION_NAMES.map((name) => {
  const files = [...reachedFrom(`shared/sweeps/${name}.ts`)].filter((path) => !path.includes('/findings/'));
  return { name, files };
});

/** The codes that stand in these files; or that are made there, not only read from what others made. */
function codesIn(files: readonly string[], made = ''): readonly string[] {
  const text = files.map((path) => readFileSync(`${root}${path}`, 'utf8')).join('\n');
  return FINDING_CODES.filter((code) => new RegExp(`${made}'${code}'`).test(text));
}

const MADE = String.raw`(?:\b(?:finding|tell)\(\s*|\bcode = [^;]*)`;

/** Made where the ledger is opened, which `verify-buckets` asks for them. */
const OF_THE_LEDGER = ['ledger-expires', 'ledger-retained', 'ledger-rules-unknown'];

test.each(sweeps)('$name can say every code that it is said to say', ({ name, files }) => {
  const possible = [...codesIn(files), ...OF_THE_LEDGER];
  expect(FINDING_CODES.filter((code) => saidBy(code).includes(name) && !possible.includes(code))).toEqual([]);
});

test.each(sweeps)('what $name alone makes in its files is said to be its own', ({ name, files }) => {
  const others = sweeps.filter((other) => other.name !== name).flatMap((other) => other.files);
  const own = codesIn(
    files.filter((path) => path.endsWith(`/${name}.ts`) || !others.includes(path)),
    MADE,
  );
  expect(own.length).toBeGreaterThan(0);
  const claimed = FINDING_CODES.filter((code) =>
    saidBy(code).some((by) => by === name || by === 'any function'),
  );
  expect(own.filter((code) => claimed.every((known) => known !== code))).toEqual([]);
});
