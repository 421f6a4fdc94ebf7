import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FINDING_CODES } from '../../shared/domain/finding.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const headings = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);

test('every situation that is tested has a section, and every section from the first on is tested', () => {
  const tested = new Set(
    [...read('test/scenarios/others-at-work.test.ts').matchAll(/^test\(\s*'([^':]+)/gm)].map(
      ([, title = '']) => title,
    ),
  );
  expect(tested.size).toBeGreaterThan(15);
  const sections = headings.slice(
    headings.indexOf('A person disables a job'),
    headings.indexOf('No key works'),
  );
  expect(new Set(sections)).toEqual(tested);
});

/** Sections whose parts are tests, and the files that hold those. */
test.each([
  ['Events start a run', ['events']],
  ['A forced rotation', ['forced']],
  ['An adopted key', ['adoption']],
  ['A key is compromised', ['compromised']],
  ['Keys that others make', ['managed-by', 'carried']],
  ['Secrets that are refused', ['refusals']],
  ['Members of one secret', ['kv-members']],
  ['More than one keeper', ['second-keeper', 'versions-side-by-side']],
])('what is tested of "%s" has a section, and every section is tested', (heading, files) => {
  const section = read('docs/runbook.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const parts = [...section.matchAll(/^### (.+)$/gm)].map(([, part = '']) => part);
  const tested = files.flatMap((file) =>
    [
      ...read(`test/scenarios/${file}.test.ts`).matchAll(/^(?:test\(|.*\](?: as const)?\)\()\s*'([^':]+)/gm),
    ].map(([, title = '']) => title),
  );
  expect(parts.length).toBeGreaterThan(2);
  expect(new Set(parts)).toEqual(new Set(tested));
});

test('whatever the runbook names is a finding', () => {
  const named = [...read('docs/runbook.md').matchAll(/`([a-z]+(?:-[a-z]+){1,3})`/g)].map(
    ([, word = '']) => word,
  );
  const others = [
    'moved-while-disabled',
    'rotate-keys',
    'check-logpush',
    'reenable-logpush',
    'verify-buckets',
    'ensure-logpush',
  ];
  for (const word of named) if (!others.includes(word)) expect(FINDING_CODES).toContain(word);
});
