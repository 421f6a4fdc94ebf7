import { expect, test } from 'vitest';
import { type Finding, finding, findingKey } from '../../../shared/domain/finding.ts';
import { changeText } from '../../../shared/domain/notification-text.ts';
import { decideIncidents, type OpenIncidents, type ToldRun } from '../../../shared/domain/notify.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { START } from '../../support/builders.ts';

type Step = Partial<ToldRun> & { readonly found?: readonly Finding[] };

/** What runs of one function, five minutes apart, tell one after the other: the heads of the messages of each. */
function heads(...steps: readonly Step[]): readonly (readonly string[])[] {
  let open: OpenIncidents = {};
  return steps.map(({ found = [], ...fields }, index) => {
    const startedAt = START + minutes(5 * index);
    const run = {
      function: 'check-logpush',
      startedAt,
      finishedAt: startedAt + 1,
      outcome: 'findings',
      findings: found,
      narrowed: false,
      ...fields,
    } as const;
    const { after, changes } = decideIncidents(open, run, 'warning');
    open = after;
    return changes.map(
      (change) => changeText(change, { function: run.function, at: run.finishedAt }).split('\n')[0] ?? '',
    );
  });
}

const failing = finding('job-failing', 'job 1', 'refused');
const cause = finding('bucket-quota-reached', 'bucket b', 'full');
const because = ['bucket-quota-reached bucket b'];
const explained = (subject: string) => finding('job-failing', subject, 'refused', undefined, { because });

test('one that comes and goes from run to run is told once', () => {
  const steps = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? { found: [failing] } : {}));
  expect(heads(...steps).flat()).toEqual(['[critical] job-failing: job 1']);
});

test('it closes when two runs in a row have not found it, and opens anew after that', () => {
  expect(heads({ found: [failing] }, {}, {}, {}, { found: [failing] })).toEqual([
    ['[critical] job-failing: job 1'],
    [],
    ['[closed, was critical] job-failing: job 1'],
    [],
    ['[critical] job-failing: job 1'],
  ]);
});

test.each<[string, Partial<ToldRun>]>([
  ['saw only a part', { outcome: 'partial' }],
  ['failed', { outcome: 'failed' }],
  ['was narrowed', { narrowed: true }],
  ['could not tell about its subject', { findings: [finding('repair-unclear', 'job 1', 'odd')] }],
  ['began before another of those ended', { startedAt: START }],
])('a run that %s closes nothing', (_, look) => {
  const told = heads({ found: [failing] }, look, look, look);
  expect(told.flat().filter((head) => head.startsWith('[closed'))).toEqual([]);
});

test('a cause is not gone while a job that it explains may hide it, and is when another one may', () => {
  const unclear = (subject: string) =>
    finding('cause-unclear', subject, 'the key is not shown', undefined, { hides: ['key-expired'] });
  const expired = finding('key-expired', 'API key 1', 'it expired');
  const broken = { ...failing, because: [findingKey(expired)] };
  const told = (look: Finding) =>
    heads({ found: [expired, broken] }, { found: [look] }, { found: [look] })[2];
  expect(told(unclear('job 1'))).toEqual([]);
  expect(told(unclear('job 2'))).toEqual(['[closed, was critical] key-expired: API key 1']);
});

test('what a run could not tell about another subject closes what it could tell about', () => {
  const unclear = { findings: [finding('bucket-limits-unclear', 'bucket b', 'no right')] };
  expect(heads({ found: [failing, cause] }, unclear, unclear)[2]).toEqual([
    '[closed, was critical] job-failing: job 1',
  ]);
});

test('another text or another count is no change; severity, who mends it and what it explains are', () => {
  const of = (more: Partial<Finding>) => ({ found: [{ ...cause, ...more }] });
  expect(
    heads(
      of({}),
      of({ detail: 'fuller', todo: 'other', since: 5 }),
      of({ severity: 'warning' }),
      of({ severity: 'warning', repair: 'keeper' }),
      {
        found: [{ ...cause, severity: 'warning', repair: 'keeper' }, explained('job 1')],
      },
    ),
  ).toEqual([
    ['[critical] bucket-quota-reached: bucket b'],
    [],
    ['[warning, changed] bucket-quota-reached: bucket b'],
    ['[warning, changed] bucket-quota-reached: bucket b'],
    ['[warning, changed] bucket-quota-reached: bucket b'],
  ]);
});

test('twelve jobs with one cause are one message; a job that joins is one more; the last message is the cause’s', () => {
  const jobs = (n: number) => Array.from({ length: n }, (_, i) => explained(`job ${i}`));
  expect(heads({ found: [...jobs(12), cause] }, { found: [...jobs(13), cause] }, {}, {})).toEqual([
    ['[critical] bucket-quota-reached: bucket b'],
    ['[critical, changed] bucket-quota-reached: bucket b'],
    [],
    ['[closed, was critical] bucket-quota-reached: bucket b'],
  ]);
});

test('what was told by itself and is explained later closes there', () => {
  expect(heads({ found: [failing] }, { found: [explained('job 1'), cause] })[1]).toEqual([
    '[critical] bucket-quota-reached: bucket b',
    '[closed, was critical] job-failing: job 1',
  ]);
});

test('a cause that one run does not see releases nothing; one that is gone does', () => {
  const found = { found: [explained('job 1'), cause] };
  const alone = { found: [failing] };
  expect(heads(found, alone, found)).toEqual([['[critical] bucket-quota-reached: bucket b'], [], []]);
  expect(heads(found, alone, alone)[2]).toEqual([
    '[critical] job-failing: job 1',
    '[closed, was critical] bucket-quota-reached: bucket b',
  ]);
});

test('a cause that is only worth knowing, or was not found, explains nothing; of two that explain each other one is told', () => {
  expect(heads({ found: [explained('job 1')] })).toEqual([['[critical] job-failing: job 1']]);
  expect(heads({ found: [explained('job 1'), { ...cause, severity: 'info' }] })).toEqual([
    ['[critical] job-failing: job 1'],
  ]);
  const round = { ...cause, because: ['job-failing job 1'] };
  expect(heads({ found: [explained('job 1'), round] }).flat()).toHaveLength(1);
});

test('that the channel fails is nothing the channel could tell', () => {
  expect(heads({ found: [finding('notification-failed', 'the webhook', 'it answered 500')] }).flat()).toEqual(
    [],
  );
});

test('what changed, what is still wrong, and where it is told from now on, each in its line', () => {
  const open = decideIncidents({}, run([cause, explained('job 1')], 0), 'warning').after;
  const after = decideIncidents(
    open,
    run([{ ...cause, repair: 'keeper' }, explained('job 1'), explained('job 2')], 1),
    'warning',
  );
  expect(texts(after.changes)).toMatchInlineSnapshot(`
    "[critical, changed] bucket-quota-reached: bucket b
    mended by: person → keeper
    it explains as well: job 2
    full
    found by verify-buckets
    it explains what is found on job 1, job 2
    the keeper mends it by itself where it may act (mode: act, no hold); until then it looks again with each run
    you: raise the hard quota of the bucket, or let a rule expire old objects
    more: keeper explain bucket-quota-reached"
  `);
  const gone = decideIncidents(after.after, run([], 2), 'warning').after;
  const closed = decideIncidents(
    gone,
    run([finding('bucket-quota-near', 'bucket b', '95 %')], 3),
    'warning',
  ).changes;
  expect(texts(closed)).toMatchInlineSnapshot(`
    "[warning] bucket-quota-near: bucket b
    95 %
    found by verify-buckets
    the keeper does not mend this; it looks again with each run, and says when it is gone
    you: raise the hard quota of the bucket, or let a rule expire old objects, before it is full
    more: keeper explain bucket-quota-near

    [closed, was critical] bucket-quota-reached: bucket b
    two runs of verify-buckets have not found it any more; it was open for 3 h
    still found on it: bucket-quota-near"
  `);
});

const run = (findings: readonly Finding[], index: number): ToldRun => ({
  function: 'verify-buckets',
  startedAt: START + minutes(60 * index),
  finishedAt: START + minutes(60 * index) + 1,
  outcome: 'findings',
  findings,
  narrowed: false,
});

const texts = (changes: ReturnType<typeof decideIncidents>['changes']): string =>
  changes
    .map((change) => changeText(change, { function: 'verify-buckets', at: START + minutes(180) }))
    .join('\n\n');
