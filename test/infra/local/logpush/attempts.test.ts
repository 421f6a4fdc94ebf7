import { expect, test } from 'vitest';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { aCloud, aJob, OTHER_LOGS, START } from './fake-cloud.ts';

test.each([
  [60, 60],
  [30, 30],
  [0, 10],
])('with a window of %i minutes a bad new key loses from minute %i on', (window, lossFrom) => {
  const cloud = aCloud({ settings: { logpush: { previousKeyWindowMinutes: window } } });
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(2));
  cloud.cis.setDestinationKey(ref, 'unknown-key');
  // The push that falls on the end of a window no longer belongs to it.
  cloud.pass(minutes(lossFrom - 1));
  expect(cloud.truth(ref)).toMatchObject({ lostMinutes: 0, byPreviousKey: lossFrom - 1 });
  expect(cloud.engine.apiKeyValue(ref)).toBe('unknown-key');
  expect(cloud.engine.lastDeliveredWith(ref)).toBe('key-1');
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ lostMinutes: 1, byPreviousKey: lossFrom - 1 });
});

test('a good new key takes over when it has spread', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(2));
  cloud.cis.setDestinationKey(ref, 'key-2');
  cloud.pass(minutes(9));
  cloud.truth(ref);
  expect(cloud.engine.lastDeliveredWith(ref)).toBe('key-1');
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ byPreviousKey: 9, lostMinutes: 0 });
  expect(cloud.engine.lastDeliveredWith(ref)).toBe('key-2');
});

test('a previous key that has ended helps no longer than its cached token lives', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(minutes(50));
  cloud.cis.setDestinationKey(ref, 'unknown-key');
  cloud.iam.keys.set('key-1', START + minutes(50));
  cloud.pass(minutes(30));

  // The token of 00:01 serves until 01:01, well inside the window.
  expect(cloud.truth(ref)).toMatchObject({ deliveries: 60, byPreviousKey: 10, lostMinutes: 20 });
});

test('of two changes in a row each spreads at its own time', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(2));
  cloud.cis.setDestinationKey(ref, 'key-2');
  cloud.pass(minutes(5));
  cloud.cis.setDestinationKey(ref, 'key-3');
  const used = Array.from({ length: 16 }, () => {
    const key = cloud.engine.lastDeliveredWith(ref);
    cloud.pass(minutes(1));
    cloud.truth(ref);
    return key;
  });

  expect(used).toEqual([...Array(5).fill('key-1'), ...Array(5).fill('key-2'), ...Array(6).fill('key-3')]);
});

test('setting the destination that a job already has is no change: the key before it still helps out', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(2));
  cloud.cis.setDestinationKey(ref, 'unknown-key');
  cloud.pass(minutes(20));
  cloud.cis.setDestinationKey(ref, 'unknown-key');
  cloud.pass(minutes(40));

  expect(cloud.truth(ref)).toMatchObject({ byPreviousKey: 59, lostMinutes: 1 });
});

test('a changed instance spreads like a changed key', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.cloudLogs.refuse(OTHER_LOGS, 403);
  cloud.pass(hours(2));
  cloud.cis.setDestination(ref, { instanceId: OTHER_LOGS, region: 'us-south', apiKey: 'key-1' });
  cloud.pass(minutes(10));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 129, lostMinutes: 1 });
});
