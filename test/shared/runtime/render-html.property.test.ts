import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import type { FleetReport } from '../../../shared/domain/fleet-report.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { renderFleetHtml } from '../../../shared/runtime/render-html.ts';
import { INSTANCE_CRN } from '../../support/builders.ts';
import { aFleetInput, aFleetJob, aKeptRun, MADE_AT } from '../../support/fleet.ts';

/** A report with something in every part of the page. */
const full: FleetReport = buildFleetReport(
  aFleetInput({
    instances: [
      {
        crn: INSTANCE_CRN,
        seenAt: MADE_AT - minutes(2),
        jobs: [
          aFleetJob({ name: 'a name', frequency: 'low', destination: { kind: 'other', system: 'https' } }),
          aFleetJob({
            jobId: 2,
            health: 'failing',
            errorMessage: 'refused',
            lastErrorAt: MADE_AT,
            outages: [{ from: MADE_AT - hours(3), lostMinutes: { min: 180 } }],
          }),
        ],
      },
    ],
    runs: [aKeptRun({ findings: [finding('job-failing', 'job 3', 'detail', MADE_AT)] })],
    keys: [
      {
        binding: 'edge-logs',
        secretId: 'secret',
        configured: false,
        keys: [{ keyId: 'ApiKey-1', role: 'current', createdAt: MADE_AT, expiresAt: MADE_AT + hours(1) }],
      },
    ],
    rotations: [
      {
        binding: 'edge-logs',
        secretId: 'secret',
        runId: 'run',
        attempt: 1,
        reason: 'forced',
        state: 'draining',
        startedAt: MADE_AT,
        oldKeyId: 'old',
        newKeyId: 'new',
        phases: [{ phase: 'draining', at: MADE_AT }],
        waitsFor: 'the drain',
        until: MADE_AT + hours(1),
        jobs: [{ label: 'job', state: 'moved', movedAt: MADE_AT }],
        calls: {},
      },
      {
        binding: 'ended',
        secretId: 'secret',
        runId: 'run',
        attempt: 1,
        reason: 'forced',
        state: 'mint-failed',
        startedAt: MADE_AT,
        endedAt: MADE_AT,
        detail: 'why',
        phases: [],
        jobs: [],
        jobCounts: { proven: 1 },
        calls: {},
      },
    ],
    unreadable: ['a document'],
  }),
);

/** What the code itself tells apart is no free text. */
const FIXED = new Set(['health', 'severity', 'role', 'expiresAt', 'mode', 'outcome', 'enabledBy']);

/** A copy whose every free text is replaced, those that name members of records included. */
function withTexts<T>(value: T, text: () => string): T {
  const copy = (item: unknown, name: string): unknown => {
    if (typeof item === 'string') return FIXED.has(name) ? item : text();
    if (Array.isArray(item)) return item.map((inner) => copy(inner, name));
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, inner]) => [name === 'jobCounts' ? text() : key, copy(inner, key)]),
    );
  };
  return copy(value, '') as T;
}

/** The tags of a page, with the names and values of their attributes cut out. */
const tagsOf = (page: string): readonly string[] =>
  [
    ...page
      .replace(/<style>.*<\/style>/s, '')
      .matchAll(/<(\/?[a-z!][a-z0-9]*)((?:\s+[a-z0-9:-]+(?:="[^"<>]*")?)*)\s*\/?>/gi),
  ].map(
    ([, name = '', attributes = '']) =>
      `${name} ${[...attributes.matchAll(/([a-z0-9:-]+)(?:="[^"]*")?/gi)].map(([, attribute = '']) => attribute).join(' ')}`,
  );

const NASTY = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    '</style><script>',
    '</title><b>',
    '--><b>',
    '&lt;b&gt;&#60;b>',
    '\u202Etxt',
    '\uD800',
    '${x}`',
    '2026-03-01T00:00:00.000Z<b>',
    'javascript:alert(1)',
  ),
);

test('no text in any field breaks out of where it stands', () => {
  const markers = fc.infiniteStream(NASTY);
  fc.assert(
    fc.property(markers, (stream) => {
      const page = renderFleetHtml(withTexts(full, () => `x${stream.next().value}`));
      // Every "<" of the page begins one of our tags: none comes from a text.
      const body = page.replace(/<style>.*<\/style>/s, '');
      expect(body.match(/</g)?.length).toBe(tagsOf(page).length);
      for (const tag of tagsOf(page))
        expect(tag).not.toMatch(/^(script|img|iframe|object|b)\b|\bon[a-z]+\b|\bsrc\b/);
      expect(page.isWellFormed()).toBe(true);
      expect(page).not.toMatch(/(?![\t\n])\p{Cc}|\p{Bidi_Control}/u);
    }),
    { numRuns: 200 },
  );
});

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'.split('');

test('nothing that looks like a credential stands on the page, wherever it comes in', () => {
  const key = fc
    .string({ unit: fc.constantFrom(...ALPHABET), minLength: 42, maxLength: 42 })
    .map((text) => `a${text}Z`);
  const forms = fc.constantFrom(
    (value: string) => value,
    (value: string) => `refused for ${value}, sorry`,
    (value: string) => `apikey=${value}`,
    (value: string) => `Bearer ${value}`,
  );
  fc.assert(
    fc.property(key, forms, (value, form) => {
      expect(renderFleetHtml(withTexts(full, () => form(value)))).not.toContain(value);
    }),
    { numRuns: 100 },
  );
});

test('no instant breaks the page', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: false }), (at) => {
      const job = aFleetJob({ lastCompleteAt: at, firstSeenAt: at, outages: [{ from: at, until: at }] });
      const instances = [{ crn: INSTANCE_CRN, seenAt: MADE_AT, jobs: [job] }];
      expect(renderFleetHtml(buildFleetReport(aFleetInput({ instances })))).toContain('</html>');
    }),
  );
});
