import { expect, test } from 'vitest';
import { type Finding, finding, findingKey } from '../../../shared/domain/finding.ts';
import { changeText } from '../../../shared/domain/notification-text.ts';
import { decideIncidents, type ToldRun } from '../../../shared/domain/notify.ts';
import type { OpenIncidents } from '../../../shared/domain/open-incident.ts';
import { days, minutes } from '../../../shared/domain/time.ts';
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

const unread = finding('zone-unreadable', 'zone shop.example', 'CIS answered 503');

test.each<[string, boolean, Finding, readonly Finding[]]>([
  ['a job of the zone', false, finding('job-failing', 'job 1 (dns_logs of shop.example)', 'x'), [unread]],
  ['a job of another zone', true, finding('job-failing', 'job 2 (dns_logs of pay.example)', 'x'), [unread]],
  [
    'a job of a zone below it',
    true,
    finding('job-failing', 'job 2 (dns_logs of my.shop.example)', 'x'),
    [unread],
  ],
  ['the zone', false, finding('zone-inactive', 'zone shop.example', 'x'), [unread]],
  ['another zone', true, finding('log-retention-off', 'zone pay.example', 'x'), [unread]],
  ['a key that no job of the zone was told under', true, finding('key-expired', 'API key 1', 'x'), [unread]],
  ['a bucket under which no job was told', false, finding('bucket-quota-reached', 'bucket b', 'x'), [unread]],
  [
    'a declared job of the zone',
    false,
    finding('declared-drift', 'declared job a (dns_logs of shop.example)', 'x'),
    [unread],
  ],
  [
    'anything, if an instance could not be read',
    false,
    failing,
    [unread, finding('instance-unreadable', 'instance i', 'x')],
  ],
  ['anything, if a binding failed', false, failing, [unread, finding('binding-failed', 'binding b', 'x')]],
  ['anything, if no zone is named', false, failing, [finding('zone-unreadable', 'binding b', 'x')]],
])('a partial run that could not read one zone, of %s: closes it: %s', (_, closes, item, findings) => {
  const look = { outcome: 'partial', findings } as const;
  const told = heads({ found: [{ ...item, severity: 'critical' }] }, look, look)[2] ?? [];
  expect(told.filter((head) => head.startsWith('[closed'))).toHaveLength(closes ? 1 : 0);
});

test('a cause of jobs in a zone that cannot be read is not gone; one of jobs elsewhere is', () => {
  const look = { outcome: 'partial', findings: [unread] } as const;
  const told = (subject: string) => heads({ found: [cause, explained(subject)] }, look, look)[2];
  expect(told('job 1 (dns_logs of shop.example)')).toEqual([]);
  expect(told('job 2 (dns_logs of pay.example)')).toEqual([
    '[closed, was critical] bucket-quota-reached: bucket b',
  ]);
});

test('one that fails again weeks after it was mended is told again, though one zone can never be read', () => {
  const look = { outcome: 'partial', findings: [unread] } as const;
  const again = { outcome: 'partial', findings: [unread, failing] } as const;
  expect(
    heads(again, look, look, look, again)
      .flat()
      .filter((head) => head.includes('job-failing')),
  ).toEqual([
    '[critical] job-failing: job 1',
    '[closed, was critical] job-failing: job 1',
    '[critical] job-failing: job 1',
  ]);
});

test.each(['bucket-check-refused', 'bucket-unclear'] as const)(
  '%s hides what is said of buckets and no more',
  (code) => {
    const look = { found: [finding(code, 'bucket c', 'x')] };
    const closed = heads({ found: [failing, cause] }, look, look)[2];
    expect(closed).toEqual(['[closed, was critical] job-failing: job 1']);
  },
);

test('what a run could not tell about another subject closes what it could tell about', () => {
  const unclear = { findings: [finding('bucket-limits-unclear', 'bucket b', 'no right')] };
  expect(heads({ found: [failing, cause] }, unclear, unclear)[2]).toEqual([
    '[closed, was critical] job-failing: job 1',
  ]);
});

test('an incident is as severe as the worst that it explains, and says so when that changes', () => {
  const partly = finding('bucket-firewall-partly', 'bucket b', 'x');
  const key = [findingKey(partly)];
  const job = { ...failing, because: key };
  expect(
    heads({ found: [partly] }, { found: [partly, job] }, { found: [partly] }, { found: [partly] }),
  ).toEqual([
    ['[warning] bucket-firewall-partly: bucket b'],
    ['[critical, changed] bucket-firewall-partly: bucket b'],
    [],
    ['[warning, changed] bucket-firewall-partly: bucket b'],
  ]);
  const { changes } = decideIncidents({}, run([partly, job], 0), 'critical');
  expect(changes.map(({ incident }) => `${incident.severity} ${incident.code}`)).toEqual([
    'critical bucket-firewall-partly',
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
    ['[critical, changed] bucket-quota-reached: bucket b'],
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

test('a cause stays while what it explains is found and nothing else explains it, and ends with that', () => {
  const found = { found: [explained('job 1'), cause] };
  const alone = { found: [failing] };
  expect(heads(found, alone, alone, alone, alone, {}, {})).toEqual([
    ['[critical] bucket-quota-reached: bucket b'],
    [],
    [],
    [],
    [],
    [],
    ['[closed, was critical] bucket-quota-reached: bucket b'],
  ]);
  const other = finding('key-expired', 'API key 1', 'it expired');
  const taken = { found: [other, { ...failing, because: [findingKey(other)] }] };
  expect(heads(found, alone, taken)[2]).toEqual([
    '[critical] key-expired: API key 1',
    '[closed, was critical] bucket-quota-reached: bucket b',
  ]);
});

test('while a cause stays for what it explains, nothing is written anew', () => {
  let open = decideIncidents({}, run([cause, explained('job 1')], 0), 'warning').after;
  for (const index of [1, 2]) open = decideIncidents(open, run([failing], index), 'warning').after;
  expect(decideIncidents(open, run([failing], 3), 'warning').after).toEqual(open);
});

test('a record of before, which knows less, goes on without a message', () => {
  const findings = [cause, explained('job 1')];
  const { after } = decideIncidents({}, run(findings, 0), 'warning');
  const left = new Set(['own', 'idle']);
  const strip = (name: string, value: unknown) => (left.has(name) ? undefined : value);
  const old = JSON.parse(JSON.stringify(after, strip)) as OpenIncidents;
  expect(Object.values(old)[0]).not.toHaveProperty('own');
  const next = decideIncidents(old, run(findings, 1), 'warning');
  expect(next.changes).toEqual([]);
  expect(next.after).toEqual(decideIncidents(after, run(findings, 1), 'warning').after);
});

/** What another function says of the same jobs, naming what `check-logpush` has found. */
const waiting = (of: string, ...because: readonly string[]) =>
  finding('repair-waits-for-cause', of, 'x', undefined, { because });
const REENABLE = { function: 'reenable-logpush' };

test('what names an open incident of another function, or what that explains, is told there', () => {
  const found = { found: [explained('job 1'), explained('job 2'), cause] };
  const waits = {
    ...REENABLE,
    found: [
      waiting('job 1', ...because),
      waiting('job 2', 'job-failing job 2'),
      waiting('job 3', 'job-failing job 3'),
    ],
  };
  expect(heads(found, waits, found, waits)).toEqual([
    ['[critical] bucket-quota-reached: bucket b'],
    ['[critical] repair-waits-for-cause: job 3'],
    [],
    [],
  ]);
  // Found first, and explained then; and not told twice when both are gone.
  expect(heads(waits, found, waits).map((told) => told.length)).toEqual([3, 1, 2]);
  expect(heads(waits, found, waits)[2]).toContain('[closed, was critical] repair-waits-for-cause: job 1');
});

test('what named an incident is one by itself when that has closed, and of two that name each other one is told', () => {
  const found = { found: [cause] };
  const waits = { ...REENABLE, found: [waiting('job 1', ...because)] };
  expect(heads(found, waits, {}, {}, waits).flat()).toEqual([
    '[critical] bucket-quota-reached: bucket b',
    '[closed, was critical] bucket-quota-reached: bucket b',
    '[critical] repair-waits-for-cause: job 1',
  ]);
  const round = { found: [{ ...cause, because: [findingKey(waiting('job 1'))] }] };
  expect(heads(round, waits, round, waits, round, waits).flat()).toEqual([
    '[critical] bucket-quota-reached: bucket b',
  ]);
});

test('forty jobs of one cause that two functions find: one message when it begins, one when it ends', () => {
  const jobs = Array.from({ length: 40 }, (_, i) => `job ${i}`);
  const check = { found: [cause, ...jobs.map(explained)] };
  const waits = { ...REENABLE, found: jobs.map((job) => waiting(job, ...because)) };
  // Mended, and not enabled yet.
  const mended = { found: jobs.map((job) => finding('job-failing', job, 'refused')) };
  const steps = [
    check,
    waits,
    check,
    waits,
    mended,
    REENABLE,
    mended,
    REENABLE,
    mended,
    REENABLE,
    {},
    REENABLE,
    {},
    REENABLE,
  ];
  expect(heads(...steps).flat()).toEqual([
    '[critical] bucket-quota-reached: bucket b',
    '[closed, was critical] bucket-quota-reached: bucket b',
  ]);
});

/** A run of a function at noon on such a day. */
const onDay = (day: number, name: string, found: readonly Finding[] = []): Step => ({
  function: name,
  startedAt: START + days(day),
  finishedAt: START + days(day) + minutes(1),
  found,
});

test('a function that has not run for three days while others have keeps nothing open', () => {
  const others = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => onDay(from + i, 'check-logpush'));
  const first = onDay(0, 'verify-buckets', [cause]);
  expect(heads(first, ...others(1, 3)).flat()).toHaveLength(1);
  expect(heads(first, ...others(1, 4))[4]).toEqual(['[closed, was critical] bucket-quota-reached: bucket b']);
  // What is found again is told again.
  expect(heads(first, ...others(1, 4), onDay(9, 'verify-buckets', [cause]))[5]).toHaveLength(1);
  // While it runs, whatever it sees, it is not silent; nor is one when nothing ran.
  const partly = { ...onDay(3, 'verify-buckets'), outcome: 'partial' } as const;
  expect(heads(first, ...others(1, 3), partly, ...others(4, 6)).flat()).toHaveLength(1);
  expect(heads(first, ...others(9, 11)).flat()).toHaveLength(1);
});

test('of two that found it the one that still runs is enough, and that nobody looks is said', () => {
  const both = [onDay(0, 'verify-buckets', [cause]), onDay(0, 'check-logpush', [cause])];
  const on = [1, 2, 3, 4, 5].map((day) => onDay(day, 'check-logpush', [cause]));
  expect(heads(...both, ...on).flat()).toHaveLength(1);
  let open = decideIncidents({}, run([cause], 0), 'warning').after;
  let last: ReturnType<typeof decideIncidents>['changes'] = [];
  for (const day of [1, 2, 3, 4]) {
    const other = { ...run([], 24 * day), function: 'check-logpush' };
    ({ after: open, changes: last } = decideIncidents(open, other, 'warning'));
  }
  expect(texts(last)).toMatchInlineSnapshot(`
    "[closed, was critical] bucket-quota-reached: bucket b
    verify-buckets found it and has not run for three days: whether it is gone is not known; it was open for 3 h"
  `);
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
