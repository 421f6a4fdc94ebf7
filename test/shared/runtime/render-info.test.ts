import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { infoLines } from '../../../shared/runtime/render-info.ts';
import { MADE_AT } from '../../support/fleet.ts';

const unclear = (subject: string, detail: string) => finding('cause-unclear', subject, detail);

test('what all say stands once, what some say with whom, and one alone as it is', () => {
  const lines = infoLines([
    unclear('job 1', 'first; the bucket a; last'),
    unclear('job 2', 'first; the bucket a; last'),
    unclear('job 3', 'first; the bucket b; two; last'),
    unclear('job 4', 'first; last'),
    finding('zone-inactive', 'zone z', 'it is paused', MADE_AT),
  ]);
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "info      cause-unclear  4 times
              all of them: first; last
              job 1, job 2: the bucket a
              job 3: the bucket b; two
              job 4
              → give the keeper the rights that the detail names, or look there yourself
    info      zone-inactive  zone z, since 2026-03-03 00:00:00Z
              it is paused
              → nothing, if this is meant; else activate the zone, or end its pause"
  `);
});

test('whatever is grouped, each subject and each clause of it is told, and no line is told twice', () => {
  const clause = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(
    fc.property(
      fc.array(fc.array(clause, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      (details) => {
        const lines = infoLines(details.map((clauses, i) => unclear(`job-${i}`, clauses.join('; '))));
        const text = lines.join('\n');
        for (const [i, clauses] of details.entries()) {
          const own =
            lines.filter((line) => line.includes(`job-${i}`)).join() + (details.length === 1 ? text : '');
          const shared = lines.find((line) => line.includes('all of them: ')) ?? '';
          expect(own).not.toBe('');
          for (const one of clauses)
            expect(`${own}; ${shared}`).toMatch(new RegExp(`[:;] ${one}\\b|^ +${one}\\b`, 'm'));
        }
        expect(new Set(lines).size).toBe(lines.length);
      },
    ),
  );
});
