import { expect, test } from 'vitest';
import type { Hold } from '../../../../shared/domain/hold.ts';
import { jobKey } from '../../../../shared/domain/logpush.ts';
import { decideRotation } from '../../../../shared/domain/rotation/decide.ts';
import { holdableJob } from '../../../../shared/domain/rotation/move-job.ts';
import type { Rotation } from '../../../../shared/domain/rotation/record.ts';
import { emptyMemory, type Facts, type RotationView } from '../../../../shared/domain/rotation/steps.ts';
import { ROLLING_BACK } from '../../../../shared/domain/rotation/versions.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import {
  aJob,
  aKey,
  aLock,
  aRecord,
  aRotation,
  aVersion,
  aView,
  aZone,
  START,
} from '../../../support/builders.ts';

const hold = (fields: Partial<Hold> = {}): Hold => ({
  instance: '*',
  zone: '*',
  dataset: '*',
  reason: 'they are at it',
  ...fields,
});

const selected = (jobId: number, enabled = true) => ({ job: aJob({ jobId, enabled }), zone: aZone() });
const progressOf = (jobId: number, movedAt: number) => ({
  [jobKey(aJob({ jobId }).ref)]: {
    ref: aJob({ jobId }).ref,
    label: `${jobId}`,
    state: 'moved',
    movedAt,
  } as const,
});

function moving(
  rotation: Partial<Rotation>,
  holds: readonly Hold[],
  {
    jobs = [selected(1), selected(2)],
    facts = {},
    ...view
  }: Partial<RotationView> & {
    readonly jobs?: readonly ReturnType<typeof selected>[];
    readonly facts?: Partial<Facts>;
  } = {},
): RotationView {
  return aView({
    record: aRecord({ current: aRotation(rotation) }),
    facts: { jobs: { jobs, others: [], unclear: [], complete: true }, ...facts },
    memory: { ...emptyMemory, value: new Secret('new'), oldValue: new Secret('old') },
    holds,
    ...view,
  });
}

test('a held job is not the canary: the next one is', () => {
  expect(decideRotation(moving({}, [hold({ job: 1 })]))).toMatchObject({
    kind: 'act',
    action: { kind: 'move-job', job: { jobId: 2 }, role: 'canary' },
  });
});

test('when every enabled job is held nothing moves, a disabled one neither', () => {
  const jobs = [selected(1), selected(2, false)];
  expect(decideRotation(moving({}, [hold({ job: 1 })], { jobs }))).toMatchObject({
    kind: 'rest',
    waitsFor: 'a person: the hold on job 1 (http_requests of shop.example) (they are at it)',
    findings: [{ code: 'rotation-held', severity: 'info' }],
  });
});

test('the fleet moves around held jobs, and then rests until the first hold ends', () => {
  const until = START + hours(3);
  const holds = [hold({ job: 1, until }), hold({ job: 3, until: START + days(2), reason: 'moving house' })];
  const jobs = [selected(1), selected(2), selected(3)];
  const view = moving({ fleetOpen: true }, holds, { jobs });
  expect(decideRotation(view)).toMatchObject({ action: { kind: 'move-job', job: { jobId: 2 } } });
  const moved = moving({ fleetOpen: true, jobs: progressOf(2, START) }, holds, { jobs });
  expect(decideRotation(moved)).toMatchObject({
    kind: 'rest',
    waitsFor: 'the end of the hold on 2 jobs (they are at it; moving house)',
    until,
    findings: [
      { subject: 'job 1 (http_requests of shop.example)' },
      { subject: 'job 3 (http_requests of shop.example)' },
    ],
  });
  const after = { jobs, now: until };
  expect(decideRotation(moving({ fleetOpen: true, jobs: progressOf(2, START) }, holds, after))).toMatchObject(
    {
      action: { kind: 'move-job', job: { jobId: 1 } },
    },
  );
});

const held = (rotation: Partial<Rotation>, fields: Partial<Hold>, enabled = true) => {
  const step = decideRotation(
    moving({ fleetOpen: true, ...rotation }, [hold(fields)], { jobs: [selected(1, enabled)] }),
  );
  return step.kind === 'rest' ? step.findings[0] : undefined;
};

test.each<[string, Partial<Rotation>, Partial<Hold>, string, string]>([
  [
    'outlives the hold by a day',
    { oldKeyExpiresAt: START + days(3) },
    { until: START + days(2) },
    'info',
    'ApiKey-old',
  ],
  ['never ends', {}, {}, 'info', 'ApiKey-old'],
  [
    'ends within a day of the hold',
    { oldKeyExpiresAt: START + days(2) },
    { until: START + days(1) + 1 },
    'warning',
    'which ends 2026-03-03T00:00:00.000Z, not a day after the hold: its logs are at stake',
  ],
  [
    'ends, and the hold does not',
    { oldKeyExpiresAt: START + days(35) },
    {},
    'warning',
    'and the hold has no end',
  ],
  [
    'is dead',
    { oldKeyDead: true },
    { until: START + hours(1) },
    'critical',
    'which is dead: its logs are being lost',
  ],
  ['has expired', { oldKeyExpiresAt: START - 1 }, {}, 'critical', 'which is dead'],
])('a hold on a job whose key %s is told as loudly as that is', (_, rotation, fields, severity, detail) => {
  expect(held(rotation, fields)).toMatchObject({
    code: 'rotation-held',
    severity,
    detail: expect.stringContaining(detail),
  });
  // Nothing is pushed, so nothing can be lost.
  expect(held(rotation, fields, false)).toMatchObject({ severity: 'info' });
});

test('a dead key is no reason to move a held job', () => {
  const dead = { reason: 'key-expired', oldKeyDead: true } as const;
  expect(decideRotation(moving({ ...dead, fleetOpen: true }, [hold()]))).toMatchObject({
    kind: 'rest',
    findings: [{ severity: 'critical' }, { severity: 'critical' }],
  });
});

test('while a hold lasts, jobs that were moved and fail are told', () => {
  const failing = {
    job: aJob({ jobId: 2, lastErrorAt: START + minutes(40), lastCompleteAt: START + minutes(20) }),
    zone: aZone(),
  };
  const working = { job: aJob({ jobId: 3, lastCompleteAt: START + minutes(40) }), zone: aZone() };
  const view = moving(
    { fleetOpen: true, jobs: { ...progressOf(2, START), ...progressOf(3, START) } },
    [hold({ job: 1 })],
    { jobs: [selected(1), failing, working], now: START + minutes(45) },
  );
  const step = decideRotation(view);
  expect(step.kind === 'rest' && step.findings.map(({ code }) => code)).toEqual([
    'rotation-held',
    'job-failing-after-move',
  ]);
});

test('while a hold lasts, a new key that works nowhere is still gone back from', () => {
  const failing = { job: aJob({ jobId: 2, lastErrorAt: START + minutes(40) }), zone: aZone() };
  const view = moving({ fleetOpen: true, jobs: progressOf(2, START) }, [hold({ job: 1 })], {
    jobs: [selected(1), failing],
    now: START + minutes(45),
  });
  expect(decideRotation(view)).toMatchObject({ action: { kind: 'probe-old-key' } });
});

test('the way back is never held', () => {
  const rollback = { detail: 'it fails', restored: false, newKeyDisabled: false };
  const view = moving({ phase: 'rolling-back', rollback, jobs: progressOf(1, START) }, [hold()], {
    jobs: [selected(1)],
    facts: {
      versions: [aVersion({ id: 'version-2' })],
      locks: [aLock({ versionAlias: 'current', attributes: ROLLING_BACK })],
      oldKey: aKey(),
    },
  });
  const step = decideRotation(view);
  expect(step).toMatchObject({ action: { kind: 'move-job', role: 'back', job: { jobId: 1 } } });
  expect(step.kind === 'act' && holdableJob(view, step.action)).toBeUndefined();
});
