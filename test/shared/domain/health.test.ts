import { expect, test } from 'vitest';
import { classifyJob, type JobMemory, rememberJob } from '../../../shared/domain/health.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { aJob, START } from '../../support/builders.ts';

const NOW = START + hours(48);
const remembered = (fields: Partial<JobMemory> = {}): JobMemory => ({
  firstSeenAt: START,
  enabled: true,
  failing: false,
  outages: [],
  ...fields,
});
const quiet = (fields: Parameters<typeof aJob>[0]) => {
  const { lastCompleteAt: _, ...job } = aJob(fields);
  return job;
};

test.each([
  ['pushed five minutes ago', aJob({ lastCompleteAt: NOW - minutes(5) }), undefined, 'healthy'],
  ['pushed 16 minutes ago at low frequency', aJob({ lastCompleteAt: NOW - minutes(16) }), undefined, 'idle'],
  [
    'an error newer than the last push',
    aJob({ lastCompleteAt: NOW - hours(2), lastErrorAt: NOW }),
    undefined,
    'failing',
  ],
  ['an error and never a push', quiet({ lastErrorAt: NOW }), undefined, 'failing'],
  [
    'an error older than the last push',
    aJob({ lastCompleteAt: NOW, lastErrorAt: NOW - 1 }),
    undefined,
    'healthy',
  ],
  ['never pushed, first seen now', quiet({}), undefined, 'starting'],
  ['never pushed, enabled 31 minutes ago', quiet({}), remembered({ enabledAt: NOW - minutes(31) }), 'idle'],
  ['disabled without an error', aJob({ enabled: false }), undefined, 'disabled-by-hand'],
  [
    'disabled, failed for 24 hours after the last push',
    aJob({ enabled: false, lastCompleteAt: NOW - hours(24), lastErrorAt: NOW }),
    undefined,
    'disabled-by-failures',
  ],
  [
    'disabled, and nothing shows for how long it failed',
    quiet({ enabled: false, lastErrorAt: NOW }),
    undefined,
    'disabled-by-hand',
  ],
  [
    'disabled an hour after somebody enabled it',
    aJob({ enabled: false, lastCompleteAt: START, lastErrorAt: NOW }),
    remembered({ enabledAt: NOW - hours(1), failing: true }),
    'disabled-unclear',
  ],
  [
    'disabled soon after it was seen without an error',
    aJob({ enabled: false, lastCompleteAt: START, lastErrorAt: NOW }),
    remembered({ cleanAt: NOW - hours(2) }),
    'disabled-by-hand',
  ],
] as const)('%s', (_, job, memory, health) => {
  expect(classifyJob(job, memory, false, NOW).health).toBe(health);
});

test('silence is stalled only when another dataset of the zone moves', () => {
  const job = aJob({ lastCompleteAt: NOW - hours(2) });
  expect(classifyJob(job, undefined, false, NOW).health).toBe('idle');
  expect(classifyJob(job, undefined, true, NOW).health).toBe('stalled');
});

test('memory notes when a job was switched on, was last clean, and was failing when it was switched off', () => {
  const seenOff = rememberJob(aJob({ enabled: false }), undefined, 'disabled-by-hand', START);
  const seenOn = rememberJob(aJob(), seenOff, 'healthy', START + 1);
  const seenFailing = rememberJob(aJob({ lastErrorAt: START + 2 }), seenOn, 'failing', START + 2);
  const offAgain = aJob({ enabled: false, lastErrorAt: START + 2 });
  const seenOffAgain = rememberJob(offAgain, seenFailing, 'disabled-unclear', START + 3);
  expect(seenOffAgain).toMatchObject({
    firstSeenAt: START,
    enabled: false,
    enabledAt: START + 1,
    cleanAt: START + 1,
    failing: true,
  });
});

test('a job that has failed for longer than the platform allows, and is enabled, was enabled unseen', () => {
  const failing = aJob({ lastCompleteAt: START, lastErrorAt: START + hours(27) });
  const seen = rememberJob(failing, remembered({ failing: true }), 'failing', START + hours(27));
  expect(seen.enabledAt).toBe(START + hours(27));
  // Also at a first look.
  expect(rememberJob(failing, undefined, 'failing', START + hours(27)).enabledAt).toBe(START + hours(27));
  const off = aJob({ enabled: false, lastCompleteAt: START, lastErrorAt: START + hours(30) });
  expect(classifyJob(off, seen, false, START + hours(31)).health).toBe('disabled-unclear');
  const early = aJob({ lastCompleteAt: START, lastErrorAt: START + hours(24) });
  expect(rememberJob(early, remembered({ failing: true }), 'failing', START + hours(24))).not.toHaveProperty(
    'enabledAt',
  );
});

test('a job whose last push is no longer shown was enabled between two looks', () => {
  const before = remembered({ failing: true, pushedAt: START });
  const seen = rememberJob(quiet({ lastErrorAt: NOW }), before, 'failing', NOW);
  expect(seen.enabledAt).toBe(NOW);
  // Once: the next look knows of no push either.
  expect(rememberJob(quiet({ lastErrorAt: NOW + 1 }), seen, 'failing', NOW + hours(1)).enabledAt).toBe(NOW);
});

test('when we enabled it counts, whatever else is known of a job', () => {
  const off = aJob({ enabled: false, lastCompleteAt: NOW - hours(40), lastErrorAt: NOW });
  expect(classifyJob(off, undefined, false, NOW).health).toBe('disabled-by-failures');
  expect(classifyJob(off, undefined, false, NOW, NOW - hours(3)).health).toBe('disabled-by-hand');
});

test('a job that failed in every look and never pushed was disabled by failures after a day of looks, by somebody before', () => {
  const failing = (now: number) => quiet({ lastErrorAt: now });
  let memory: JobMemory | undefined;
  for (let at = START; at <= START + hours(24); at += hours(1))
    memory = rememberJob(failing(at), memory, 'failing', at);
  const off = (at: number) => quiet({ enabled: false, lastErrorAt: at });
  const classified = (at: number) => classifyJob(off(at), memory, false, at + 1).health;
  expect(classified(START + hours(24))).toBe('disabled-by-failures');
  expect(classified(START + hours(20))).toBe('disabled-unclear');
});
