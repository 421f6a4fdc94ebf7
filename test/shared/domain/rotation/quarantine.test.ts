import { expect, test } from 'vitest';
import type { ApiKey } from '../../../../shared/domain/keys.ts';
import { jobKey, type LogpushJob } from '../../../../shared/domain/logpush.ts';
import { advanceNote } from '../../../../shared/domain/rotation/advance-note.ts';
import { decideRotation } from '../../../../shared/domain/rotation/decide.ts';
import { decideQuarantine } from '../../../../shared/domain/rotation/decide-quarantine.ts';
import type { PastRotation, RotationRecord, Suspect } from '../../../../shared/domain/rotation/record.ts';
import type { Facts, JobKeysLook, RotationView, Step } from '../../../../shared/domain/rotation/steps.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import {
  aBinding,
  aJob,
  aKey,
  aRecord,
  aRotation,
  aSecret,
  aVersion,
  aView,
  aZone,
  START,
} from '../../../support/builders.ts';

const STRAY = 'ApiKey-stray';
/** Made half a day ago, and unused as far as IAM shows. */
const aStray = (fields: Partial<ApiKey> = {}): ApiKey =>
  aKey({
    id: STRAY,
    name: `logpush-keeper.${aSecret().id}.run0.1`,
    createdAt: START - hours(12),
    ...fields,
  });
const aSuspect = (fields: Partial<Suspect> = {}): Suspect => ({
  keyId: STRAY,
  why: 'unnamed',
  seenAt: START,
  lookAt: START + minutes(15),
  ...fields,
});

const jobs = (fields: Partial<JobKeysLook> = {}): JobKeysLook => ({
  ids: new Set(['ApiKey-old']),
  hidden: [],
  complete: true,
  ...fields,
});
const hiding = (fields: Partial<LogpushJob> = {}, isClaimed = true): JobKeysLook =>
  jobs({ hidden: [{ job: aJob(fields), zone: aZone(), isClaimed }] });

interface Seen {
  readonly at: number;
  readonly suspect?: Suspect;
  readonly key?: ApiKey;
  readonly jobKeyIds?: JobKeysLook;
  readonly facts?: Partial<Facts>;
  readonly record?: Partial<RotationRecord>;
}
const seen = ({ at, suspect = aSuspect(), key = aStray(), facts, record, ...of }: Seen): RotationView =>
  aView({
    now: START + at,
    record: aRecord({ suspects: [suspect], ...record }),
    facts: {
      versions: [aVersion()],
      currentKeyId: 'ApiKey-old',
      suspect: { keyId: STRAY, key },
      jobKeyIds: of.jobKeyIds ?? jobs(),
      ...facts,
    },
  });
const decide = (of: Seen): Step | undefined => decideQuarantine(seen(of));
/** The suspect as it is put off. */
const putOff = (of: Seen): Suspect => {
  const step = decide(of);
  if (step?.kind !== 'note' || step.note.kind !== 'suspect') throw new Error(`not put off: ${step?.kind}`);
  return step.note.suspects[0] ?? aSuspect();
};
const DISABLED = { kind: 'act', action: { kind: 'disable-stray-key', keyId: STRAY } };

test('where all jobs show other keys it waits as long as IAM may be late, for one may have been moved a moment ago', () => {
  const suspect = putOff({ at: hours(1) });
  expect(suspect).toMatchObject({ quiet: { since: START, at: START + hours(1) }, lookAt: START + hours(26) });
  expect(suspect).not.toHaveProperty('kept');
  expect(decide({ at: hours(26), suspect })).toEqual(DISABLED);
});

test('a login that shows meanwhile begins the wait anew', () => {
  const suspect = putOff({ at: hours(1) });
  const key = aStray({ createdAt: START - minutes(30), lastAuthnAt: START + minutes(10) });
  const again = putOff({ at: hours(26), suspect, key });
  expect(again).toMatchObject({
    quiet: { since: START + minutes(10), at: START + hours(26) },
    lookAt: START + hours(51),
  });
  expect(decide({ at: hours(51), suspect: again, key })).toEqual(DISABLED);
});

test('one that was in use waits for 50 hours without a login as well', () => {
  const key = aStray({ lastAuthnAt: START + minutes(10) });
  const suspect = putOff({ at: hours(1), key });
  expect(suspect).toMatchObject({ kept: expect.stringContaining('it logged in'), lookAt: START + hours(26) });
  const again = putOff({ at: hours(26), suspect, key });
  expect(again.lookAt).toBe(START + minutes(10) + hours(50));
  expect(decide({ at: hours(50) + minutes(10), suspect: again, key })).toEqual(DISABLED);
});

test('a job that hides its key may carry it until it pushes and no login shows for it', () => {
  const idle = hiding({ lastCompleteAt: START + minutes(74) });
  const suspect = putOff({ at: hours(2), jobKeyIds: idle });
  expect(suspect).not.toHaveProperty('quiet');
  expect(suspect.lookAt).toBe(START + hours(4));
  const pushed = hiding({ lastCompleteAt: START + minutes(75) });
  const clear = putOff({ at: hours(4), suspect, jobKeyIds: pushed });
  expect(clear).toMatchObject({ quiet: { at: START + hours(4) }, lookAt: START + hours(29) });
  const facts = { showsLogins: true };
  expect(decide({ at: hours(29), suspect: clear, jobKeyIds: pushed, facts })).toEqual(DISABLED);
});

test.each<[string, Partial<LogpushJob>]>([
  ['an idle one', { lastCompleteAt: START - days(3) }],
  ['a disabled one', { enabled: false }],
  ['one whose destination cannot be read', { destination: { kind: 'unreadable', reason: 'no scheme' } }],
])('%s keeps it for good, and is named after a day', (_, fields) => {
  const of = hiding(fields);
  let suspect = aSuspect({ quiet: { since: START, at: START + hours(1) } });
  for (const at of [days(2), days(20), days(60)]) {
    suspect = putOff({ at, suspect, jobKeyIds: of });
    expect(suspect.kept).toMatch(/^job 1 \(http_requests of shop\.example\) hides its key/);
    expect(suspect.lookAt).toBe(START + at + days(1));
    expect(suspect).not.toHaveProperty('quiet');
  }
});

const complete = (fields: Partial<PastRotation> = {}): PastRotation => ({
  runId: 'run1',
  attempt: 1,
  reason: 'too-old',
  startedAt: START - hours(1),
  endedAt: START,
  outcome: 'complete',
  oldKeyOrigin: 'stamped',
  newKeyId: 'ApiKey-old',
  phases: [],
  jobs: {},
  calls: {},
  ...fields,
});

test.each([
  ['a rotation since has completed', true, complete(), true],
  ['it is not the binding’s', false, complete(), false],
  ['that was before the key was made', true, complete({ startedAt: START - hours(13) }), false],
  ['that was the rotation to this very key', true, complete({ newKeyId: STRAY }), false],
  ['that failed', true, complete({ outcome: 'key-died' }), false],
])('a silent job that hides its key has another: %s', (_, isClaimed, past, hasOther) => {
  const of = { at: days(2), jobKeyIds: hiding({ enabled: false }, isClaimed) };
  expect(putOff({ ...of, record: { history: [past] } }).quiet !== undefined).toBe(hasOther);
});

test.each([
  ['drained', { movedAt: START }, true],
  ['still draining', { movedAt: START + days(2) - minutes(134) }, false],
  ['moved back', { movedAt: START, state: 'moved-back' }, false],
] as const)('a silent job that the rotation under way has moved: %s', (_, fields, hasOther) => {
  const { ref } = aJob();
  const progress = { ref, label: '1', state: 'moved-while-disabled', ...fields } as const;
  const current = aRotation({ phase: 'draining', jobs: { [jobKey(ref)]: progress } });
  const of = { at: days(2), jobKeyIds: hiding({ enabled: false }), record: { current } };
  expect(putOff(of).quiet !== undefined).toBe(hasOther);
});

test('where IAM shows no login with any key, silence says nothing about hidden jobs', () => {
  const suspect = aSuspect({ quiet: { since: START, at: START + hours(2) } });
  const of = { at: hours(27), suspect, jobKeyIds: hiding({ lastCompleteAt: START + hours(26) }) };
  expect(decide(of)).toEqual({ kind: 'look', at: 'logins' });
  const kept = putOff({ ...of, facts: { showsLogins: false } });
  expect(kept.kept).toMatch(/IAM shows no login/);
  // Its own tells as much.
  const key = aStray({ createdAt: START - minutes(30), lastAuthnAt: START - minutes(20) });
  expect(decide({ ...of, key })).toEqual(DISABLED);
});

test('zones that could not be read, or a job that shows it, keep it however long it has been quiet', () => {
  const suspect = aSuspect({ quiet: { since: START, at: START } });
  const blind = putOff({ at: days(9), suspect, jobKeyIds: jobs({ complete: false }) });
  expect(blind).toMatchObject({ kept: 'not every zone could be read', lookAt: START + days(10) });
  expect(blind).not.toHaveProperty('quiet');
  const ids = new Set([STRAY]);
  expect(putOff({ at: days(9), suspect, jobKeyIds: jobs({ ids }) }).kept).toBe('a Logpush job carries it');
});

test.each([
  ['is disabled already', aSuspect(), { disabled: true }],
  ['has expired', aSuspect(), { expiresAt: START }],
  ['never left the run that made it', aSuspect({ why: 'value-lost' }), {}],
  ['was refused before it was stored', aSuspect({ why: 'qualification-refused' }), {}],
])(
  'a key that %s is taken from nobody: hidden jobs or not, it goes at the second look',
  (_, suspect, key) => {
    const jobKeyIds = hiding({ enabled: false });
    expect(decide({ at: hours(1), suspect, key: aStray(key), jobKeyIds })).toEqual(DISABLED);
  },
);

test('once disabled it is deleted a day later', () => {
  const suspect = aSuspect({ disabledAt: START, lookAt: START + days(1) });
  const key = aStray({ disabled: true });
  expect(decide({ at: days(1), suspect, key, jobKeyIds: hiding() })).toEqual({
    kind: 'act',
    action: { kind: 'delete-stray-key', keyId: STRAY },
  });
});

test('a person’s word cuts it at once, whatever it waits for', () => {
  const view = seen({ at: hours(1), jobKeyIds: hiding({ enabled: false }) });
  const compromised = { keyId: STRAY, cut: 'now', isInJobs: true } as const;
  expect(decideRotation({ ...view, compromised })).toEqual({
    kind: 'act',
    action: { kind: 'cut-key', keyId: STRAY },
  });
});

test('what a look found is in the ledger, and what it found before is not', () => {
  const view = seen({ at: hours(1), suspect: aSuspect({ kept: 'a Logpush job carries it' }) });
  const step = decideQuarantine(view);
  if (step?.kind !== 'note') throw new Error('it waits');
  expect(advanceNote(view, step.note).record.suspects).toEqual([
    { ...aSuspect(), lookAt: START + hours(26), quiet: { since: START, at: START + hours(1) } },
  ]);
});

test('a version that a person stored says nothing of its key: the value is asked, also while a rotation is under way', () => {
  const current = aRotation({ phase: 'draining' });
  const of = {
    at: hours(26),
    suspect: aSuspect({ quiet: { since: START, at: START } }),
    record: { current },
  };
  const { facts, ...view } = seen({ ...of, facts: { versions: [aVersion({ metadata: {} })] } });
  const { currentKeyId: _, ...unasked } = facts;
  expect(decideQuarantine({ ...view, facts: unasked })).toEqual({ kind: 'look', at: 'current-key' });
  expect(decideQuarantine({ ...view, facts: { ...unasked, currentKeyId: STRAY } })).toEqual({
    kind: 'note',
    note: { kind: 'forget-suspect', keyId: STRAY },
  });
});

test('the drain of the binding is what a moved job waits for', () => {
  const { ref } = aJob();
  const progress = { ref, label: '1', state: 'moved', movedAt: START } as const;
  const current = aRotation({ phase: 'draining', jobs: { [jobKey(ref)]: progress } });
  const binding = aBinding({ rotation: { ...aBinding().rotation, drainMs: hours(9) } });
  const view = seen({ at: hours(3), jobKeyIds: hiding({ enabled: false }), record: { current } });
  const step = decideQuarantine({ ...view, binding });
  expect(step).toMatchObject({ note: { suspects: [{ lookAt: START + hours(6) }] } });
});
