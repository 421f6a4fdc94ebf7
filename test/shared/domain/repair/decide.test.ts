import { expect, test } from 'vitest';
import { isProvenBy, mostChanges, unprovenCauses } from '../../../../shared/domain/repair/decide.ts';
import { minutes } from '../../../../shared/domain/time.ts';
import { aJob, START } from '../../../support/builders.ts';

const enabled = (jobId: number, fields: Parameters<typeof aJob>[0] = {}) => {
  const job = aJob({ jobId, ...fields });
  const incident = {
    ref: job.ref,
    label: `${jobId}`,
    seenAt: START,
    attempts: [],
    enabledAt: START,
    enabledBy: 'keeper' as const,
    cause: 'version 1',
  };
  return { job, incident };
};
const unproven = (jobs: readonly ReturnType<typeof enabled>[], afterMs: number) =>
  unprovenCauses(jobs, START + afterMs).get('version 1');

test('others wait for a first job for an hour; one that is silent for so long says nothing', () => {
  expect(unproven([enabled(1)], minutes(59))).toBe('waiting');
  expect(unproven([enabled(1)], minutes(60))).toBe(undefined);
});

test('others wait for a first job that fails, however long', () => {
  expect(unproven([enabled(1, { lastErrorAt: START + 1 })], minutes(600))).toBe('failing');
});

test('after three silent ones nobody waits any more', () => {
  const silent = [1, 2, 3].map((id) => enabled(id));
  const { job, incident } = enabled(4);
  const fresh = { job, incident: { ...incident, enabledAt: START + minutes(70) } };
  expect(unproven([...silent.slice(1), fresh], minutes(75))).toBe('waiting');
  expect(unproven([...silent, fresh], minutes(75))).toBe(undefined);
});

test('a push after the incident began proves its cause, and no other', () => {
  const past = { ...enabled(1).incident, endedAt: START + minutes(2), outcome: 'proven' as const };
  const since = (seenAt: number) => ({ ...enabled(2).incident, seenAt });
  expect(isProvenBy([past], 'version 1', since(START - 1))).toBe(true);
  expect(isProvenBy([past], 'version 2', since(START - 1))).toBe(false);
  expect(isProvenBy([past], 'version 1', since(START + 1))).toBe(false);
  expect(isProvenBy([{ ...past, outcome: 'by-hand' }], 'version 1', since(START - 1))).toBe(false);
});

test('a tenth of the fleet may be enabled in a run, at least five, or what is configured', () => {
  expect([mostChanges(10, undefined), mostChanges(200, undefined), mostChanges(200, 1)]).toEqual([5, 20, 1]);
});
