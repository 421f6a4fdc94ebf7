import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { decideIncidents, type IncidentChange, type ToldRun } from '../../../shared/domain/notify.ts';
import {
  MOST_A_RUN,
  nextOf,
  type Outbox,
  withChanges,
  withoutSent,
  withRefused,
} from '../../../shared/domain/outbox.ts';
import { days, minutes } from '../../../shared/domain/time.ts';
import { START } from '../../support/builders.ts';

const EMPTY: Outbox = { messages: [] };
const options = { function: 'check-logpush', at: START };

const aRun = (fields: Partial<ToldRun> = {}): ToldRun => ({
  function: 'check-logpush',
  startedAt: START - minutes(1),
  finishedAt: START,
  outcome: 'findings',
  findings: [],
  narrowed: false,
  ...fields,
});

/** The opening of incidents on so many jobs. */
const openings = (n: number): readonly IncidentChange[] =>
  decideIncidents(
    {},
    aRun({
      findings: Array.from({ length: n }, (_, i) => finding('job-failing', `job ${i} (x)`, 'refused')),
    }),
    'warning',
  ).changes;

test('a thousand jobs that fail at once are twenty messages, and one that says how many more', () => {
  const { messages } = withChanges(EMPTY, openings(1_000), 'r', options);
  expect(messages).toHaveLength(MOST_A_RUN + 1);
  expect(messages.at(-1)?.text).toBe(
    [
      '[critical, folded] 980 more changes in one run of check-logpush, told in this one message',
      '980 × job-failing opened',
      'on 980 subjects: job 20 (x), job 21 (x), job 22 (x), job 23 (x), job 24 (x) and 975 more',
      'all of them: keeper report',
    ].join('\n'),
  );
  expect(new Set(messages.map(({ id }) => id)).size).toBe(21);
  expect(withChanges(EMPTY, openings(MOST_A_RUN), 'r', options).messages).toHaveLength(MOST_A_RUN);
});

test('what is most urgent is told before it comes to folding', () => {
  const findings = [
    ...Array.from({ length: 30 }, (_, i) => finding('job-stalled', `job ${i} (x)`, 'silent')),
    finding('job-failing', 'job 99 (x)', 'refused'),
  ];
  const { changes } = decideIncidents({}, aRun({ findings }), 'warning');
  expect(withChanges(EMPTY, changes, 'r', options).messages[0]?.text).toMatch(
    /^\[critical\] job-failing: job 99/,
  );
});

test('a message is taken out when it was sent, and keeps its place when it was refused', () => {
  const outbox = withChanges(EMPTY, openings(2), 'r', options);
  const refused = withRefused(outbox, 'r.1', 'channel');
  expect(refused.messages.map(({ id, tries }) => [id, tries])).toEqual([
    ['r.1', 1],
    ['r.2', 0],
  ]);
  expect(nextOf(withoutSent(refused, 'r.1'))?.id).toBe('r.2');
  expect(nextOf(withoutSent(withoutSent(refused, 'r.1'), 'r.2'))).toBeUndefined();
});

test('what is refused three times for what stands in it is given up, and counted; other refusals count for nothing', () => {
  let outbox = withChanges(EMPTY, openings(2), 'r', options);
  for (let i = 0; i < 5; i += 1) outbox = withRefused(outbox, 'r.1', 'channel');
  for (let i = 0; i < 2; i += 1) outbox = withRefused(outbox, 'r.1', 'message');
  expect(outbox).toMatchObject({ messages: [{ id: 'r.1', tries: 7, refused: 2 }, { id: 'r.2' }] });
  expect(nextOf(outbox, new Set(['r.1']))?.id).toBe('r.2');
  const given = withRefused(outbox, 'r.1', 'message');
  expect(given.messages.map(({ id }) => id)).toEqual(['r.2']);
  expect(given.lost).toEqual({ count: 1, from: START, until: START });
  // That it was given up is not told again and again either.
  expect(nextOf(given, new Set(['lost.1']))?.id).toBe('r.2');
});

test('a text is cut between characters, never in the middle of one', () => {
  const detail = `${'a'.repeat(598)}${'😀'.repeat(2_000)}`;
  const findings = [finding('job-failing', `job ${'😀'.repeat(3_000)}`, detail)];
  const { changes } = decideIncidents({}, aRun({ findings }), 'warning');
  const text = withChanges(EMPTY, changes, 'r', options).messages[0]?.text ?? '';
  expect(Array.from(text)).toHaveLength(2_000);
  expect(text.isWellFormed()).toBe(true);
  const short = [finding('job-failing', 'job 1', detail)];
  const { messages } = withChanges(
    EMPTY,
    decideIncidents({}, aRun({ findings: short }), 'warning').changes,
    'r',
    options,
  );
  expect(messages[0]?.text.isWellFormed()).toBe(true);
  expect(messages[0]?.text).toContain(`${'a'.repeat(598)}😀…`);
});

test('two hundred messages wait, each for a week; older ones are given up, counted, and told once', () => {
  let outbox = EMPTY;
  for (let run = 0; run < 11; run += 1)
    outbox = withChanges(outbox, openings(20), `r${run}`, { ...options, at: START + minutes(run) });
  expect(outbox.messages).toHaveLength(200);
  expect(outbox.lost).toEqual({ count: 20, from: START, until: START });
  const later = withChanges(outbox, [], 'later', { ...options, at: START + days(7) + minutes(5) });
  expect(later.messages).toHaveLength(100);
  expect(later.lost).toEqual({ count: 120, from: START, until: START + minutes(5) });
  const next = nextOf(later);
  expect(next?.text).toMatch(/^\[warning\] 120 notifications could not be delivered/);
  expect(withoutSent(later, next?.id ?? '')).not.toHaveProperty('lost');
  // What was given up while it was told is still to be told.
  expect(withoutSent(later, 'lost.20').lost).toEqual(later.lost);
});
