import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { broken, GOOD, load, problemsOf } from '../../../support/keeper-yml.ts';

/** What an IBM Cloud API key looks like. */
const apiKey = fc
  .stringMatching(/^[A-Za-z0-9_-]{44}$/)
  .filter((key) => /[a-z]/.test(key) && /[A-Z]/.test(key));

test('a key that stands in the file instead of { env } or { file } is a problem, and is never quoted', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), (literal) => {
      fc.pre(!GOOD.includes(literal));
      const problems = problemsOf(broken(['{ env: KEEPER_EDGE_APIKEY }', JSON.stringify(literal)]));
      expect(problems).toMatch(/^12:13 apiKey must be a mapping .*a key does not belong in this file/);
      expect(problems).not.toContain(literal.trim() || 'nothing');
    }),
  );
});

test('a key in the place of any word of the file is never quoted', () => {
  const words = [...GOOD.matchAll(/[\w.:/-]+/g)];
  fc.assert(
    fc.property(fc.constantFrom(...words), apiKey, (word, key) => {
      expect(
        problemsOf(GOOD.slice(0, word.index) + key + GOOD.slice(word.index + word[0].length)),
      ).not.toContain(key);
    }),
    { numRuns: 500 },
  );
});

test('a key that was pasted anywhere into the file is never quoted', () => {
  const pasted = fc.tuple(
    fc.nat(GOOD.length),
    fc.constantFrom('', ' ', '\n', '"', "'", ': ', '- ', '*', '&', '!', '{', '['),
    apiKey,
  );
  fc.assert(
    fc.property(pasted, ([at, before, key]) => {
      expect(problemsOf(GOOD.slice(0, at) + before + key + GOOD.slice(at))).not.toContain(key);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the text, it loads or says with a place and a fix what is wrong', () => {
  const lines = GOOD.split('\n');
  const mangled = fc
    .tuple(fc.nat(lines.length), fc.nat(3), fc.string())
    .map(([at, count, line]) => [...lines.slice(0, at), line, ...lines.slice(at + count)].join('\n'));
  fc.assert(
    fc.property(fc.oneof(mangled, fc.string()), (text) => {
      const problems = problemsOf(text);
      if (problems === '') expect(load(text).version).toBe(1);
      else for (const line of problems.split('\n')) expect(line).toMatch(/^\d+:\d+ .+ \(.+\)$/);
    }),
    { numRuns: 500 },
  );
});
