import { expect, test } from 'vitest';
import { jobKey } from '../../../../shared/domain/logpush.ts';
import { advanceNote } from '../../../../shared/domain/rotation/advance-note.ts';
import { decideRotation } from '../../../../shared/domain/rotation/decide.ts';
import type {
  Carried,
  Failure,
  JobProgress,
  Phase,
  Rotation,
} from '../../../../shared/domain/rotation/record.ts';
import { emptyMemory, type JobsLook } from '../../../../shared/domain/rotation/steps.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { hours, minutes } from '../../../../shared/domain/time.ts';
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

/** Others make the keys of the secret. */
const binding = aBinding({ managedBy: 'others' });
const [moved, left] = [aJob({ jobId: 1 }), aJob({ jobId: 2 })];
const seen: JobsLook = {
  jobs: [moved, left].map((job) => ({ job, zone: aZone() })),
  unclear: [],
  others: [],
  complete: true,
};
const inState = (state: JobProgress['state']): Rotation['jobs'] => ({
  [jobKey(moved.ref)]: { ref: moved.ref, label: 'one', state, movedAt: START },
});
const theirs = (fields: Partial<Rotation> = {}) =>
  aRotation({
    binding,
    oldKeyOrigin: 'theirs',
    phases: [{ phase: 'moving', at: START }],
    fleetOpen: true,
    jobs: inState('moved'),
    ...fields,
  });

const leaving = (refused: boolean, sinceMs: number, fields: Partial<Rotation> = {}, look = seen) =>
  decideRotation(
    aView({
      binding,
      now: START + sinceMs,
      record: aRecord({ current: theirs(fields) }),
      facts: { versions: [aVersion({ id: 'version-2' })], oldKey: aKey(), jobs: look },
      memory: {
        ...emptyMemory,
        value: new Secret('the new key'),
        failedMoves: new Map([[jobKey(left.ref), { refused, detail: 'as CIS says' }]]),
      },
    }),
  );
const GOES_ON = { kind: 'note', note: { kind: 'enter', phase: 'draining' } };

test('a job that CIS refuses is left out at once', () => {
  expect(leaving(true, minutes(1))).toMatchObject(GOES_ON);
});

test('a job that failed for another reason, or a zone that cannot be read, is waited for two hours', () => {
  expect(leaving(false, hours(2) - 1)).toMatchObject({ kind: 'rest' });
  expect(leaving(false, hours(2))).toMatchObject(GOES_ON);
  const unread = { ...seen, complete: false, blind: 'zone shop.example: 503' };
  expect(leaving(true, hours(2) - 1, {}, unread)).toMatchObject({ kind: 'rest' });
  expect(leaving(true, hours(2), {}, unread)).toMatchObject(GOES_ON);
});

test('every job is waited for when somebody else has the key before', () => {
  expect(leaving(true, hours(9), { compromised: true })).toMatchObject({ kind: 'rest' });
});

const carried: Carried = {
  keyId: 'ApiKey-new',
  checkedAt: START - hours(30),
  jobs: [jobKey(moved.ref)],
  unclear: [],
  without: [{ label: 'two', detail: 'it shows another key' }],
  unread: true,
};
const after = (state: JobProgress['state'], phase: Phase, outcome: Failure) =>
  advanceNote(
    aView({
      binding,
      facts: { jobs: seen },
      record: aRecord({ current: theirs({ phase, jobs: inState(state) }), carried }),
    }),
    { kind: 'close', outcome, detail: 'as it was' },
  ).record.carried;

test('an attempt that gave no job anything leaves what is known of the jobs', () => {
  expect(after('kept', 'qualifying', 'qualification-refused')).toEqual(carried);
});

test('one that did says which jobs it left', () => {
  expect(after('moved', 'moving', 'key-died')).toMatchObject({
    checkedAt: START,
    without: [{ label: expect.stringMatching(/^2 /) }],
  });
});

test('what was said of a key opens a rotation in a later run, and waits like any other after a failure', () => {
  const later = (notBefore: number) =>
    decideRotation(
      aView({
        record: aRecord({ compromisedKeyId: 'ApiKey-old', notBefore }),
        facts: {
          secret: aSecret(),
          versions: [aVersion()],
          locks: [],
          currentKeyId: 'ApiKey-old',
          compromisedKey: aKey(),
          keys: [aKey()],
          jobs: { ...seen, jobs: seen.jobs.slice(0, 1) },
        },
      }),
    );
  expect(later(START)).toMatchObject({ kind: 'note', note: { kind: 'open', reason: 'compromised' } });
  expect(later(START + 1)).toMatchObject({
    kind: 'rest',
    until: START + 1,
    findings: [{ code: 'key-compromised' }],
  });
});
