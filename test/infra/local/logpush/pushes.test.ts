import { expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { aCloud, aJob, CIS_GUID, CRN, LOGS, START, ZONE } from './fake-cloud.ts';

test.each([
  ['high', 60],
  ['low', 12],
] as const)('a job of %s frequency pushes %i times an hour and loses nothing', (frequency, deliveries) => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency });
  cloud.pass(hours(1));

  expect(cloud.truth(ref)).toMatchObject({
    deliveries,
    deliveredMinutes: 60,
    lostMinutes: 0,
    byPreviousKey: 0,
  });
  expect(cloud.cis.job(ref)).toMatchObject({ lastCompleteAt: START + hours(1), lastErrorAt: undefined });
  expect(cloud.engine.lastDeliveredWith(ref)).toBe('key-1');
  expect(cloud.events).toEqual([]);
});

test('the first push comes with the first tick after the start and covers no time before it', () => {
  const startsAt = START + minutes(2) + seconds(30);
  const cloud = aCloud({ startsAt });
  const ref = aJob(cloud);
  cloud.pass(minutes(2));
  expect(cloud.truth(ref).deliveries).toBe(0);
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 1, deliveredMinutes: 2, lostMinutes: 0 });
});

test('a push carries the labels that Cloud Logs shows, or the ones of the job', () => {
  const cloud = aCloud();
  const sent: unknown[] = [];
  cloud.cloudLogs.ingest = (_instanceId, _region, _token, records) => {
    sent.push(...records);
    return { status: 200 };
  };
  const ref = aJob(cloud);
  cloud.pass(minutes(5));
  cloud.truth(ref);
  cloud.cis.update(ref, { applicationName: 'cis-edge', subsystemName: 'firewall' });
  cloud.pass(minutes(5));
  cloud.truth(ref);

  expect(sent).toEqual([
    { applicationName: 'ibm-platform-log', subsystemName: `internet-svcs:${CIS_GUID}`, text: '' },
    { applicationName: 'cis-edge', subsystemName: 'firewall', text: '' },
  ]);
});

test('a 200 that says that something was not accepted is no delivery', () => {
  const cloud = aCloud();
  cloud.cloudLogs.ingest = () => ({ status: 200, message: '1 of 1 records were not accepted' });
  const ref = aJob(cloud);
  cloud.pass(minutes(5));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 0, lostMinutes: 5 });
});

test('a failing job is told of once, and its recovery once', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.pass(minutes(6));
  cloud.cloudLogs.refuse(LOGS, 403);
  cloud.pass(minutes(20));
  cloud.cloudLogs.refuse(LOGS, undefined);
  cloud.pass(minutes(10));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 3, deliveredMinutes: 15, lostMinutes: 20 });
  expect(cloud.events).toEqual([
    {
      at: START + minutes(10),
      kind: 'job-failing',
      text: 'job 700123 cannot push: error writing to destination: permission denied',
    },
    { at: START + minutes(30), kind: 'job-recovered', text: 'job 700123 pushes again' },
  ]);
  expect(cloud.cis.job(ref)).toMatchObject({ lastErrorAt: undefined, errorMessage: undefined });
});

test.each([
  [401, 'error writing to destination: unauthorized'],
  [503, 'error writing to destination: status 503'],
])('a destination that answers %i is named in the error', (status, message) => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.cloudLogs.refuse(LOGS, status);
  cloud.pass(minutes(5));
  cloud.truth(ref);

  expect(cloud.cis.job(ref)?.errorMessage).toBe(message);
});

test('the platform disables a job after 24 hours without one success, and its minutes go on counting', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.pass(hours(1));
  cloud.cloudLogs.refuse(LOGS, 403);
  cloud.pass(hours(24) - minutes(1));
  expect(cloud.truth(ref)).toMatchObject({ enabled: true });
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ enabled: false, wanted: true, lostMinutes: 24 * 60 });
  expect(cloud.kinds()).toEqual(['job-failing', 'job-disabled-by-platform']);
  expect(cloud.events.at(-1)?.at).toBe(START + hours(25));
  expect(cloud.cis.job(ref)).toMatchObject({
    lastCompleteAt: START + hours(1),
    lastErrorAt: START + hours(25),
    errorMessage: 'error writing to destination: permission denied',
  });
  cloud.cloudLogs.refuse(LOGS, undefined);
  cloud.pass(hours(2));
  expect(cloud.truth(ref)).toMatchObject({ enabled: false, lostMinutes: 26 * 60, deliveries: 12 });
});

test.each([true, false])('the 24 hours count anew from an enabling (last_complete cleared: %s)', (clears) => {
  const cloud = aCloud({ settings: { logpush: { enablingClearsLastComplete: clears } } });
  const ref = aJob(cloud);
  cloud.pass(hours(1));
  cloud.cis.setEnabled(ref, false);
  cloud.pass(hours(29));
  cloud.cloudLogs.refuse(LOGS, 403);
  cloud.cis.setEnabled(ref, true);
  cloud.pass(hours(24) - minutes(1));
  expect(cloud.truth(ref)).toMatchObject({ enabled: true, lostMinutes: 24 * 60 - 5 });
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ enabled: false, lostMinutes: 24 * 60 });
});

test('enabling again pushes from now on: what was missed is lost, and the error stays until the first success', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.cloudLogs.refuse(LOGS, 403);
  cloud.pass(hours(30) + minutes(2));
  expect(cloud.truth(ref)).toMatchObject({ enabled: false, lostMinutes: 30 * 60 });
  cloud.cloudLogs.refuse(LOGS, undefined);
  cloud.cis.setEnabled(ref, true);
  expect(cloud.cis.job(ref)).toMatchObject({ lastErrorAt: START + hours(24) });
  cloud.pass(minutes(3));

  // Of the five minutes that the push ends, three are delivered and two came before the enabling.
  expect(cloud.truth(ref)).toMatchObject({ deliveredMinutes: 3, lostMinutes: 30 * 60 + 2, deliveries: 1 });
  expect(cloud.cis.job(ref)).toMatchObject({ lastErrorAt: undefined, errorMessage: undefined });
});

test.each([
  [true, undefined],
  [false, START + hours(1)],
])('where enabling clears last_complete (%s) it is %s until the first push', (clears, lastCompleteAt) => {
  const cloud = aCloud({ settings: { logpush: { enablingClearsLastComplete: clears } } });
  const ref = aJob(cloud);
  cloud.pass(hours(1));
  cloud.cis.setEnabled(ref, false);
  cloud.pass(hours(1));
  cloud.cis.setEnabled(ref, true);

  expect(cloud.cis.job(ref)?.lastCompleteAt).toBe(lastCompleteAt);
});

test('a person who disables a job wants no logs: nothing is lost until it is enabled again', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.pass(hours(1));
  cloud.cis.setEnabled(ref, false);
  cloud.pass(days(3));
  expect(cloud.truth(ref)).toMatchObject({ enabled: false, wanted: false, lostMinutes: 0, deliveries: 12 });
  cloud.cis.setEnabled(ref, true);
  cloud.pass(hours(1));

  expect(cloud.truth(ref)).toMatchObject({
    wanted: true,
    deliveredMinutes: 120,
    lostMinutes: 0,
    deliveries: 24,
  });
});

test('a job whose frequency changes has every minute accounted for once', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.pass(minutes(7));
  cloud.cis.update(ref, { frequency: 'high' });
  cloud.pass(minutes(5));
  cloud.cis.update(ref, { frequency: 'low' });
  cloud.pass(minutes(8));

  expect(cloud.truth(ref)).toMatchObject({ deliveredMinutes: 20, lostMinutes: 0 });
});

test('nothing is pushed and nothing lost without log retention, or in a zone that is not active', () => {
  const cloud = aCloud({ settings: { cis: { withoutRetention: 'silent' } } });
  const pending = '00112233445566778899aabbccddeeff';
  cloud.cis.addZone({
    instanceCrn: CRN,
    id: pending,
    name: 'new.example',
    status: 'pending',
    retention: true,
  });
  const inactive = aJob(cloud, { id: 1, zoneId: pending });
  const ref = aJob(cloud);
  cloud.pass(hours(1));
  cloud.cis.setRetention({ instanceCrn: CRN, id: ZONE }, false);
  cloud.pass(days(2));
  const nothing = { deliveries: 0, lostMinutes: 0, enabled: true };
  expect(cloud.truth(inactive)).toMatchObject(nothing);
  expect(cloud.truth(ref)).toMatchObject({ deliveries: 12, lostMinutes: 0, enabled: true });
  cloud.cis.setRetention({ instanceCrn: CRN, id: ZONE }, true);
  cloud.pass(minutes(5));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 13, deliveredMinutes: 65, lostMinutes: 0 });
});

test('a change at the console never reaches back in time', () => {
  const cloud = aCloud();
  const [disabled, moved, deleted] = [aJob(cloud, { id: 1 }), aJob(cloud, { id: 2 }), aJob(cloud, { id: 3 })];
  cloud.pass(hours(1));
  // Nobody has looked since the start: all pushes of that hour are still to be done.
  cloud.cis.setEnabled(disabled, false);
  cloud.cis.setDestinationKey(moved, 'unknown-key');
  cloud.cis.deleteJob(deleted);

  expect(cloud.truth(disabled)).toMatchObject({ deliveries: 12, lostMinutes: 0 });
  expect(cloud.truth(moved)).toMatchObject({ deliveries: 12, byPreviousKey: 0 });
  expect(cloud.engine.truth()).toHaveLength(2);
});

test('no event, error or truth holds a key', () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  cloud.cis.update(ref, { destination: { instanceId: LOGS, region: 'eu-de', apiKey: 'unknown-key' } });
  cloud.pass(days(2));
  const told = JSON.stringify([cloud.truth(ref), cloud.events, cloud.cis.job(ref)?.errorMessage]);

  expect(cloud.kinds()).toEqual(['job-updated', 'job-failing', 'job-disabled-by-platform']);
  expect(told).not.toMatch(/key-1|unknown-key|token-/);
});

test('twenty jobs of high frequency take twelve days in one step', () => {
  const cloud = aCloud();
  const refs = Array.from({ length: 20 }, (_, id) => aJob(cloud, { id: id + 1, frequency: 'high' }));
  cloud.pass(days(12));

  for (const ref of refs)
    expect(cloud.truth(ref)).toMatchObject({ deliveries: 12 * 24 * 60, lostMinutes: 0 });
});
