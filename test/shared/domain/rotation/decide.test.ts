import { expect, test } from 'vitest';
import { jobKey } from '../../../../shared/domain/logpush.ts';
import { advanceAction } from '../../../../shared/domain/rotation/advance-action.ts';
import { advanceNote } from '../../../../shared/domain/rotation/advance-note.ts';
import { decideRotation } from '../../../../shared/domain/rotation/decide.ts';
import type { JobProgress, Rotation } from '../../../../shared/domain/rotation/record.ts';
import {
  emptyMemory,
  type Facts,
  type JobsLook,
  type RotationView,
  type Step,
} from '../../../../shared/domain/rotation/steps.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import {
  aBinding,
  aJob,
  aKey,
  aLock,
  aRecord,
  aRotation,
  aSecret,
  aVersion,
  aView,
  aZone,
  START,
} from '../../../support/builders.ts';

const looked = (fields: Partial<Facts> = {}): Facts => ({
  secret: aSecret(),
  versions: [aVersion()],
  currentKeyId: 'ApiKey-old',
  keys: [aKey()],
  locks: [],
  jobs: { jobs: [{ job: aJob(), zone: aZone() }], others: [], unclear: [], complete: true },
  ...fields,
});

const withValue = { ...emptyMemory, value: new Secret('new') };

const movedJob = (fields: Partial<JobProgress> = {}): Record<string, JobProgress> => ({
  [jobKey(aJob().ref)]: { ref: aJob().ref, label: '1', state: 'moved', movedAt: START, ...fields },
});

test('a key that is old enough opens a rotation and says what the old key is', () => {
  expect(decideRotation(aView({ facts: looked() }))).toEqual({
    kind: 'note',
    note: {
      kind: 'open',
      reason: 'too-old',
      oldKey: { id: 'ApiKey-old', origin: 'unstamped', expiresAt: undefined },
      attempt: 1,
    },
  });
});

test('a young key without expiry rests until it is due', () => {
  const step = decideRotation(aView({ facts: looked({ keys: [aKey({ createdAt: START - days(10) })] }) }));
  expect(step).toMatchObject({ kind: 'rest', findings: [] });
  expect(step.kind === 'rest' && step.until).toBeGreaterThan(START + days(68));
});

test.each([
  ['a destroyed secret', { secret: aSecret({ state: 5 }) }, 'secret-unusable'],
  [
    'a secret whose reading could destroy the key',
    { secret: aSecret({ type: 'iam_credentials' }) },
    'secret-unusable',
  ],
  [
    'a foreign lock on the previous version',
    { locks: [aLock({ name: 'app', versionAlias: 'previous' })] },
    'previous-version-locked',
  ],
  [
    'a full key quota',
    { keys: [aKey(), ...Array.from({ length: 19 }, (_, n) => aKey({ id: `k${n}` }))] },
    'key-quota-full',
  ],
  [
    'a binding that selects nothing',
    { jobs: { jobs: [], others: [], unclear: [], complete: true } },
    'binding-selects-no-job',
  ],
])('%s mints no key and says so', (_, facts, code) => {
  const step = decideRotation(aView({ facts: looked(facts) }));
  expect(step.kind === 'rest' && step.findings.map((item) => item.code)).toEqual([code]);
});

test('no job selected while a zone could not be read is not called an empty selection', () => {
  const step = decideRotation(
    aView({ facts: looked({ jobs: { jobs: [], others: [], unclear: [], complete: false } }) }),
  );
  expect(step).toMatchObject({ kind: 'rest', findings: [] });
});

test('the fourth key of a day is not minted', () => {
  const record = aRecord({ mints: [START - hours(3), START - hours(2), START - hours(1)] });
  const step = decideRotation(aView({ record, facts: looked() }));
  expect(step).toMatchObject({ kind: 'rest', until: START + hours(21), findings: [{ code: 'mint-limit' }] });
});

test('the guard lock comes before the intent, and the intent before the key', () => {
  const record = aRecord({ current: { ...aRotation({ phase: 'minting' }) } });
  const { mintIntentAt: _, newKeyId: __, ...fresh } = aRotation({ phase: 'minting' });
  const view = aView({ record: { ...record, current: fresh }, facts: looked() });
  expect(decideRotation(view)).toEqual({ kind: 'act', action: { kind: 'lock-version' } });
  const guarded = looked({
    locks: [aLock()],
  });
  expect(decideRotation({ ...view, facts: guarded })).toEqual({
    kind: 'note',
    note: { kind: 'intend-mint' },
  });
  const next = advanceNote({ ...view, facts: guarded }, { kind: 'intend-mint' });
  expect(decideRotation({ ...view, ...next })).toMatchObject({ kind: 'act', action: { kind: 'mint-key' } });
});

test('a run that finds somebody else’s intent never asks for a key', () => {
  const { newKeyId: _, ...died } = aRotation({ phase: 'minting' });
  const view = aView({ record: aRecord({ current: died }), facts: looked(), now: START + minutes(20) });
  expect(decideRotation(view)).toMatchObject({ note: { kind: 'close', outcome: 'mint-failed' } });
  const minted = looked({ keys: [aKey({ id: 'ApiKey-stray', name: died.newKeyName })] });
  expect(decideRotation({ ...view, facts: minted })).toMatchObject({
    note: { kind: 'close', outcome: 'value-lost', strayKeyId: 'ApiKey-stray' },
  });
});

test('an intent whose key is not listed yet is waited for, not forgotten', () => {
  const { newKeyId: _, ...died } = aRotation({ phase: 'minting' });
  const view = aView({ record: aRecord({ current: died }), facts: looked(), now: START + minutes(1) });
  expect(decideRotation(view)).toMatchObject({ kind: 'rest', until: START + minutes(10) });
});

test('a published key is carried on although its value was lost with the process', () => {
  const record = aRecord({ current: aRotation({ phase: 'publishing' }) });
  const versions = [aVersion({ id: 'version-2', metadata: { api_key_id: 'ApiKey-new' } })];
  expect(decideRotation(aView({ record, facts: looked({ versions }) }))).toEqual({
    kind: 'note',
    note: { kind: 'recover', versionId: 'version-2' },
  });
});

test('the secret’s own expiry is moved before the key is stored', () => {
  const { versionId: _, ...rotation } = aRotation({ phase: 'publishing' });
  const facts = looked({ secret: aSecret({ expiresAt: START + days(20) }) });
  const view = aView({ record: aRecord({ current: rotation }), facts, memory: withValue });
  expect(decideRotation(view)).toEqual({
    kind: 'act',
    action: { kind: 'extend-secret', expiresAt: START + days(120) },
  });
});

const jobs = (...of: readonly ReturnType<typeof aJob>[]): JobsLook => ({
  jobs: of.map((job) => ({ job, zone: aZone() })),
  others: [],
  unclear: [],
  complete: true,
});

const moving = (facts: Facts, fields: Parameters<typeof aRotation>[0] = {}): RotationView =>
  aView({
    record: aRecord({ current: aRotation({ phase: 'moving', ...fields }) }),
    facts,
    memory: withValue,
  });

test('the enabled job that pushed last is the canary', () => {
  const facts = {
    jobs: jobs(
      aJob({ jobId: 1, lastCompleteAt: START - minutes(5) }),
      aJob({ jobId: 2, lastCompleteAt: START }),
      aJob({ jobId: 3, lastCompleteAt: START + minutes(5), enabled: false }),
    ),
  };
  expect(decideRotation(moving(facts))).toMatchObject({
    kind: 'act',
    action: { kind: 'move-job', job: { jobId: 2 }, role: 'canary' },
  });
});

test('without an enabled job there is nothing to be a canary', () => {
  expect(decideRotation(moving({ jobs: jobs(aJob({ enabled: false })) }))).toEqual({
    kind: 'note',
    note: { kind: 'open-fleet' },
  });
});

test('when the old key is dead and the new one did what a job does, all move at once', () => {
  const facts = { jobs: jobs(aJob()) };
  expect(decideRotation(moving(facts, { oldKeyDead: true }))).toMatchObject({
    note: { kind: 'open-fleet' },
  });
  expect(decideRotation(moving(facts, { oldKeyDead: true, qualified: 'unclear' }))).toMatchObject({
    action: { role: 'canary' },
  });
});

const canaryKey = jobKey(aJob().ref);
const seenCanary = (job: ReturnType<typeof aJob>): Facts => ({ canaries: { [canaryKey]: job } });

test('a push before CIS must have taken the key over does not open the fleet', () => {
  const record = aRecord({
    current: aRotation({ phase: 'confirming', canaries: [jobKey(aJob().ref)], jobs: movedJob() }),
  });
  const at = (now: number, lastCompleteAt: number) =>
    decideRotation(aView({ record, facts: seenCanary(aJob({ lastCompleteAt })), now }));
  expect(at(START + minutes(14), START + minutes(14))).toMatchObject({
    kind: 'rest',
    until: START + minutes(15),
  });
  expect(at(START + minutes(16), START + minutes(14))).toMatchObject({ kind: 'rest' });
  expect(at(START + minutes(16), START + minutes(15))).toEqual({
    kind: 'note',
    note: { kind: 'open-fleet' },
  });
});

const failingCanary = (fields: Partial<Rotation>, memory = withValue): RotationView =>
  aView({
    record: aRecord({
      current: aRotation({ phase: 'confirming', canaries: [canaryKey], jobs: movedJob(), ...fields }),
    }),
    facts: seenCanary(aJob({ lastCompleteAt: START + minutes(5), lastErrorAt: START + minutes(27) })),
    memory,
    now: START + minutes(27),
  });
const now = START + minutes(27);
const withBoth = { ...withValue, oldValue: new Secret('old') };

test('a failing canary: the old key is tried before anything is decided', () => {
  expect(decideRotation(failingCanary({}))).toEqual({ kind: 'look', at: 'old-value' });
  expect(decideRotation(failingCanary({}, withBoth))).toMatchObject({
    action: { kind: 'probe-old-key', keyId: 'ApiKey-old' },
  });
});

test.each([
  ['yes', { note: { kind: 'roll-back' } }],
  ['no', { kind: 'rest', findings: [{ code: 'destination-outage', severity: 'critical' }] }],
  ['unknown', { kind: 'rest', findings: [{ code: 'canary-failed' }] }],
  ['dead', { kind: 'rest', findings: [{ code: 'canary-failed' }] }],
] as const)('a failing canary and the old key says %s', (verdict, step) => {
  expect(decideRotation(failingCanary({ probe: { at: now, verdict } }))).toMatchObject(step);
});

test('a failing canary has no key to go back to when the old one is dead', () => {
  expect(decideRotation(failingCanary({ oldKeyDead: true }))).toMatchObject({
    kind: 'rest',
    findings: [{ code: 'canary-failed' }],
  });
});

test('three silent canaries open the fleet only for a key that did what a job does', () => {
  const canaries = ['a', 'b', jobKey(aJob().ref)];
  const at = (qualified: 'action' | 'unclear') =>
    decideRotation(
      aView({
        record: aRecord({
          current: aRotation({ phase: 'confirming', canaries, jobs: movedJob(), qualified }),
        }),
        facts: seenCanary(aJob()),
        now: START + minutes(61),
      }),
    );
  expect(at('action')).toEqual({ kind: 'note', note: { kind: 'open-fleet' } });
  expect(at('unclear')).toMatchObject({ kind: 'rest', findings: [{ code: 'canary-silent' }] });
});

test('only a push after the drain proves a job', () => {
  const record = aRecord({ current: aRotation({ phase: 'proving', jobs: movedJob() }) });
  const at = (lastCompleteAt: number, now = START + hours(3)) =>
    decideRotation(aView({ record, facts: { jobs: jobs(aJob({ lastCompleteAt })) }, now }));
  expect(at(START + minutes(134))).toMatchObject({
    note: { jobs: { [jobKey(aJob().ref)]: { state: 'confirmed' } } },
  });
  expect(at(START + minutes(135))).toMatchObject({
    note: { jobs: { [jobKey(aJob().ref)]: { state: 'proven' } } },
  });
  expect(at(START, START + hours(24))).toMatchObject({
    note: { jobs: { [jobKey(aJob().ref)]: { state: 'idle-unproven' } } },
  });
});

test('a job that is missing from an incomplete look is unknown, not gone', () => {
  const record = aRecord({ current: aRotation({ phase: 'proving', jobs: movedJob() }) });
  const at = (complete: boolean) =>
    decideRotation(
      aView({
        record,
        facts: { jobs: { jobs: [], others: [], unclear: [], complete } },
        now: START + hours(3),
      }),
    );
  expect(at(false)).toMatchObject({ note: { kind: 'looked' } });
  expect(at(true)).toMatchObject({ note: { jobs: { [jobKey(aJob().ref)]: { state: 'gone' } } } });
});

const disabling = (facts: Facts, now: number): RotationView =>
  aView({
    record: aRecord({ current: aRotation({ phase: 'disabling', jobs: movedJob({ state: 'proven' }) }) }),
    facts,
    memory: withValue,
    now,
  });
const drained = START + minutes(135);
const disabled = (oldKey: Facts['oldKey'] & object): Facts => ({
  ...looked({ currentKeyId: 'ApiKey-new' }),
  jobs: jobs(aJob()),
  oldKey,
});

test('the old key is left alone until its last login must be visible, and while somebody still logs in', () => {
  const facts = disabled(aKey({ lastAuthnAt: drained }));
  expect(decideRotation(disabling(facts, drained + hours(24)))).toMatchObject({
    kind: 'rest',
    until: drained + hours(25),
  });
  expect(decideRotation(disabling(facts, drained + hours(25)))).toEqual({
    kind: 'act',
    action: { kind: 'disable-key', keyId: 'ApiKey-old', unlockFirst: false },
  });
  const used = { ...facts, oldKey: aKey({ lastAuthnAt: drained + 1 }) };
  expect(decideRotation(disabling(used, drained + hours(25)))).toMatchObject({
    findings: [{ code: 'old-key-still-used' }],
  });
});

test('a job that was turned back to the old key moves again before the old key is disabled', () => {
  const turnedBack = aJob({ destinationKey: { state: 'visible', key: new Secret('old') } });
  const view = disabling({ jobs: jobs(turnedBack), oldKey: aKey() }, drained + hours(25));
  expect(decideRotation(view)).toEqual({
    kind: 'note',
    note: { kind: 'move-again', jobs: [jobKey(aJob().ref)] },
  });
});

test('an old key that IAM does not show is left as it is', () => {
  const view = disabling({ jobs: jobs(aJob()), oldKey: 'unreadable' }, drained + hours(25));
  expect(decideRotation(view)).toMatchObject({ findings: [{ code: 'old-key-unreadable' }] });
});

test('a key of another identity in the secret begins nothing', () => {
  const facts = looked({ keys: [aKey({ iamId: 'iam-ServiceId-other' })] });
  expect(decideRotation(aView({ facts }))).toMatchObject({ findings: [{ code: 'identity-mismatch' }] });
});

test('an incomplete look at the fleet disables nothing', () => {
  const view = disabling(
    { jobs: { jobs: [], others: [], unclear: [], complete: false }, oldKey: aKey() },
    drained + hours(25),
  );
  expect(decideRotation(view)).toMatchObject({ kind: 'rest' });
});

test('a job that fails after the old key was disabled brings the old key back', () => {
  const disabledAt = drained + hours(25);
  const record = aRecord({
    current: aRotation({ phase: 'disabling', jobs: movedJob({ state: 'proven' }), disabledAt }),
  });
  const failing = aJob({ lastCompleteAt: disabledAt, lastErrorAt: disabledAt + minutes(5) });
  const step = decideRotation(
    aView({ record, facts: { jobs: jobs(failing) }, now: disabledAt + minutes(15) }),
  );
  expect(step).toMatchObject({ kind: 'act', action: { kind: 'enable-old-key', keyId: 'ApiKey-old' } });
});

test.each([
  ['proven', hours(24)],
  ['idle-unproven', days(7)],
] as const)('a disabled key is deleted %s jobs later', (state, afterMs) => {
  const record = aRecord({
    current: aRotation({ phase: 'deleting', jobs: movedJob({ state }), disabledAt: START }),
  });
  const at = (now: number) =>
    decideRotation(aView({ record, facts: { oldKey: aKey({ disabled: true }) }, now }));
  expect(at(START + afterMs - 1)).toMatchObject({ kind: 'rest', until: START + afterMs });
  expect(at(START + afterMs)).toEqual({ kind: 'act', action: { kind: 'delete-key', keyId: 'ApiKey-old' } });
});

test.each(['unstamped', 'adopted-never', 'adopted-disable'] as const)(
  'a key that is %s is never deleted',
  (oldKeyOrigin) => {
    const record = aRecord({
      current: aRotation({
        phase: 'deleting',
        oldKeyOrigin,
        jobs: movedJob({ state: 'proven' }),
        disabledAt: START,
      }),
    });
    const locks = [aLock({ versionAlias: 'previous' })];
    expect(decideRotation(aView({ record, facts: { locks }, now: START + days(30) }))).toEqual({
      kind: 'act',
      action: { kind: 'release-previous', rollingBack: false },
    });
  },
);

test('a key that is neither stamped nor adopted skips disabling', () => {
  const record = aRecord({
    current: aRotation({ phase: 'proving', oldKeyOrigin: 'unstamped', jobs: movedJob({ state: 'proven' }) }),
  });
  expect(decideRotation(aView({ record, facts: { jobs: jobs(aJob()) }, now: START + hours(3) }))).toEqual({
    kind: 'note',
    note: { kind: 'enter', phase: 'deleting' },
  });
});

test('an unstamped predecessor is reported for as long as it can log in', () => {
  const past = {
    runId: 'r',
    attempt: 1,
    reason: 'too-old',
    startedAt: START,
    endedAt: START,
    outcome: 'complete',
    oldKeyId: 'ApiKey-before',
    oldKeyOrigin: 'unstamped',
    newKeyId: 'ApiKey-old',
    phases: [],
    jobs: {},
    calls: {},
  } as const;
  const at = (disabled: boolean) =>
    decideRotation(
      aView({
        record: aRecord({ history: [past] }),
        facts: looked({ keys: [aKey({ createdAt: START }), aKey({ id: 'ApiKey-before', disabled })] }),
      }),
    );
  expect(at(false)).toMatchObject({ kind: 'rest', findings: [{ code: 'predecessor-unstamped' }] });
  expect(at(true)).toMatchObject({ kind: 'rest', findings: [] });
});

test('an adopted predecessor is known by its id, not by its name', () => {
  const binding = aBinding({ adopt: { apiKeyId: 'ApiKey-old', retire: 'disable' } });
  expect(decideRotation(aView({ binding, facts: looked() }))).toMatchObject({
    note: { oldKey: { origin: 'adopted-disable' } },
  });
});

test.each([
  ['deleted', null],
  ['disabled', aKey({ id: 'ApiKey-new', disabled: true })],
  ['expired', aKey({ id: 'ApiKey-new', expiresAt: START })],
] as const)('a new key that is %s ends the attempt, whatever the phase', (_, newKey) => {
  for (const phase of ['moving', 'confirming', 'draining', 'proving', 'disabling', 'deleting'] as const) {
    const record = aRecord({ current: aRotation({ phase, jobs: movedJob() }) });
    expect(decideRotation(aView({ record, facts: { newKey } }))).toMatchObject({
      note: { kind: 'close', outcome: 'key-died' },
    });
  }
});

const guarded = (fields: Partial<Facts>): RotationView =>
  aView({
    facts: looked({
      currentKeyId: 'ApiKey-new',
      keys: [aKey(), aKey({ id: 'ApiKey-new', createdAt: START, expiresAt: START + days(120) })],
      versions: [
        aVersion({
          id: 'version-2',
          metadata: {
            api_key_id: 'ApiKey-new',
            previous_api_key_id: 'ApiKey-old',
            rotation: aRotation().newKeyName,
          },
        }),
        aVersion({ alias: 'previous' }),
      ],
      ...fields,
    }),
  });
const marked = { state: 'rolling-back' };

test.each([
  ['the guard lock is on previous', [aLock({ versionAlias: 'previous' })], 'moving'],
  ['the guard lock on current says so', [aLock({ attributes: marked })], 'rolling-back'],
] as const)('without a ledger: %s, so it is taken up there', (_, locks, phase) => {
  expect(decideRotation(guarded({ locks }))).toMatchObject({
    note: {
      kind: 'rebuild',
      rotation: {
        phase,
        runId: 'run1',
        reason: 'ledger-lost',
        oldKeyId: 'ApiKey-old',
        newKeyId: 'ApiKey-new',
      },
    },
  });
});

test('without a ledger: a version that brought the old key back is still to be tidied up after', () => {
  const versions = [
    aVersion({
      id: 'version-3',
      metadata: { api_key_id: 'ApiKey-old', restored_from_rotation: aRotation().newKeyName },
    }),
    aVersion({ id: 'version-2', alias: 'previous', metadata: { api_key_id: 'ApiKey-new' } }),
  ];
  const locks = [aLock({ versionAlias: 'previous', attributes: marked })];
  expect(decideRotation(guarded({ versions, locks, currentKeyId: 'ApiKey-old' }))).toMatchObject({
    note: { rotation: { phase: 'restoring', oldKeyId: 'ApiKey-old', newKeyId: 'ApiKey-new' } },
  });
});

test('without a ledger: a guard lock on current means that the last rotation ended', () => {
  expect(decideRotation(guarded({ locks: [aLock()] }))).toMatchObject({ kind: 'rest' });
});

test('the mint limit outlives the ledger: stamped keys count', () => {
  const minted = (n: number) =>
    aKey({ id: `k${n}`, name: `logpush-keeper.${aSecret().id}.r${n}.1`, createdAt: START - hours(n) });
  const suspects = [1, 2, 3].map((n) => ({
    keyId: `k${n}`,
    why: 'unnamed' as const,
    seenAt: START,
    lookAt: START + hours(1),
  }));
  const facts = looked({ keys: [aKey(), minted(1), minted(2), minted(3)] });
  expect(decideRotation(aView({ record: aRecord({ suspects }), facts }))).toMatchObject({
    kind: 'rest',
    findings: expect.arrayContaining([expect.objectContaining({ code: 'mint-limit' })]),
  });
});

const unclear = { unclear: [{ label: '9 (dns_logs of shop.example)', detail: 'its key is absent' }] };

test('a job that may carry the old key keeps it from being disabled, and is told in every rest', () => {
  const seen = disabled(aKey({ lastAuthnAt: drained }));
  const facts = { ...seen, jobs: { ...jobs(aJob()), ...unclear } };
  expect(decideRotation(disabling(facts, drained + hours(25)))).toMatchObject({
    kind: 'rest',
    findings: [{ code: 'destination-unreadable', subject: 'job 9 (dns_logs of shop.example)' }],
  });
});

test('going back without a ledger, a job that may carry the new key keeps that alive', () => {
  const rollback = { detail: 'it fails', restored: false, newKeyDisabled: false };
  const at = (reason: Rotation['reason']) =>
    decideRotation(
      aView({
        record: aRecord({ current: aRotation({ phase: 'rolling-back', rollback, reason }) }),
        facts: {
          versions: [aVersion()],
          locks: [aLock({ attributes: { state: 'rolling-back' } })],
          oldKey: aKey(),
          jobs: { jobs: [], others: [], complete: true, ...unclear },
        },
      }),
    );
  expect(at('ledger-lost')).toMatchObject({ kind: 'rest', findings: [{ code: 'destination-unreadable' }] });
  expect(at('too-old')).toMatchObject({ note: { kind: 'enter', phase: 'restoring' } });
});

test('a stray key that was deleted is not suspected again in the same run', () => {
  const stray = aKey({ id: 'ApiKey-stray' });
  const view = aView({ facts: looked({ keys: [aKey(), stray] }) });
  const { facts } = advanceAction(view, { kind: 'delete-stray-key', keyId: stray.id }, { at: START });
  expect(facts.keys).toEqual([aKey()]);
});

test('going back, a job of which a run that died said nothing is moved too, unless it shows the old key', () => {
  const oldValue = new Secret('the old key');
  const goingBack = (job: ReturnType<typeof aJob>) =>
    decideRotation(
      aView({
        record: aRecord({
          current: aRotation({
            phase: 'rolling-back',
            rollback: { detail: 'it fails', restored: false, newKeyDisabled: false },
          }),
        }),
        facts: {
          versions: [aVersion()],
          locks: [aLock({ attributes: { state: 'rolling-back' } })],
          oldKey: aKey(),
          jobs: jobs(job),
        },
        memory: { ...emptyMemory, oldValue },
      }),
    );
  const unsaid = goingBack(aJob({ destinationKey: { state: 'visible', key: new Secret('the new key') } }));
  expect(unsaid).toMatchObject({ kind: 'act', action: { kind: 'move-job', role: 'back' } });
  expect(goingBack(aJob())).toMatchObject({ kind: 'act', action: { kind: 'move-job', role: 'back' } });
  const shown = goingBack(aJob({ destinationKey: { state: 'visible', key: oldValue } }));
  expect(shown).toMatchObject({ kind: 'note', note: { kind: 'enter', phase: 'restoring' } });
});

test.each([
  [days(8), []],
  [days(6), [{ code: 'rotation-outlasts-key', severity: 'critical', subject: 'key ApiKey-new' }]],
])('a new key that ends in %d ms while its rotation waits is told: %j', (left, told) => {
  const { findings } = decideRotation(
    aView({
      record: aRecord({
        current: aRotation({ phase: 'draining', newKeyExpiresAt: START + left, lookAt: START + minutes(5) }),
      }),
      facts: { jobs: jobs(aJob()) },
    }),
  ) as Extract<Step, { kind: 'rest' }>;
  expect(findings).toMatchObject(told);
});
