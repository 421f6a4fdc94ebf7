import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PHASES } from '../../shared/domain/rotation/record.ts';
import { BEGINS_IN, REBUILT_IN, TRANSITIONS } from '../../shared/domain/rotation/transitions.ts';
import { live } from '../simulation/life.ts';
import { newKeyFails } from '../simulation/outside.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/rotation.md', import.meta.url)), 'utf8');

/** The edges of the state diagram, with their causes. */
const edges = [...page.matchAll(/^ {2}(\S+) --> (\S+): (.+)$/gm)].map(
  ([, from = '', to = '', cause = '']) => ({
    from: from.replaceAll('_', '-'),
    to: to.replaceAll('_', '-'),
    cause,
  }),
);
const drawn = (from: string, to: string): boolean =>
  edges.some((edge) => edge.from === from && edge.to === to);

test('the diagram has every transition of the code, and no other', () => {
  const inCode = PHASES.flatMap((from) => TRANSITIONS[from].to.map((to) => `${from} → ${to}`));
  const inPage = edges
    .filter(({ from, to }) => from !== '[*]' && to !== '[*]')
    .map(({ from, to }) => `${from} → ${to}`);
  expect(new Set(inPage)).toEqual(new Set(inCode));
  expect(inPage).toHaveLength(new Set(inPage).size);
});

test('the diagram says where a rotation begins, and as what it may end in each phase', () => {
  for (const phase of PHASES) {
    const ends = TRANSITIONS[phase].ends.filter((outcome) => outcome !== 'abandoned');
    const said = edges.find(({ from, to }) => from === phase && to === '[*]')?.cause.split(', ') ?? [];
    expect(new Set(said), phase).toEqual(new Set(ends));
    expect(drawn('[*]', phase), phase).toBe(BEGINS_IN.includes(phase) || REBUILT_IN.includes(phase));
    expect(page, phase).toMatch(new RegExp(`^\\| ${phase} +\\|`, 'm'));
  }
});

test('every ending is explained', () => {
  for (const outcome of new Set(PHASES.flatMap((phase) => TRANSITIONS[phase].ends)))
    expect(page.includes(`\`${outcome}\``) || outcome === 'complete', outcome).toBe(true);
});

test('the page names every member that ever stands in the ledger document', async () => {
  const documents: unknown[] = [];
  const bug = {
    changeDocument: (body: string) => {
      const document = JSON.parse(body) as object;
      // Kept runs pass here as well.
      if ('secretId' in document) documents.push(document);
      return body;
    },
  };
  const events = [newKeyFails()];
  await live({
    name: 'docs',
    seed: 1,
    world: { jobs: 4 },
    faults: new Map([[18, 'die-after']]),
    events,
    bug,
    lossIsOutside: true,
  });
  const members = new Set<string>();
  const collect = (value: unknown, inside: string): void => {
    if (Array.isArray(value)) for (const item of value) collect(item, inside);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        // Below these stand names of jobs, services and states, or the configuration's own words.
        if (inside !== 'jobs' && inside !== 'calls') members.add(name);
        if (name !== 'binding' && name !== 'ref') collect(member, inside === 'jobs' ? 'job' : name);
      }
    }
  };
  for (const document of documents) collect(document, '');
  expect(members.size).toBeGreaterThan(40);
  for (const member of members) expect(page, member).toContain(`\`${member}\``);
});
