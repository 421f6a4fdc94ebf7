import { expect, test } from 'vitest';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { aCloud, aJob, START } from './fake-cloud.ts';

test('a token is minted once in its life and kept for the job', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(10));

  expect(cloud.truth(ref).deliveries).toBe(600);
  expect(cloud.iam.asked).toBe(10);
});

test('loss starts exactly when the cached token ends, not when its key does', () => {
  const cloud = aCloud();
  const ref = aJob(cloud, { frequency: 'high' });
  // Minted at 00:01 and 01:01; the key ends at 01:30 and the second token serves until 02:01.
  cloud.iam.keys.set('key-1', START + minutes(90));
  cloud.pass(minutes(120));
  expect(cloud.truth(ref)).toMatchObject({ deliveries: 120, lostMinutes: 0 });
  cloud.pass(minutes(1));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 120, lostMinutes: 1 });
  expect(cloud.cis.job(ref)).toMatchObject({
    lastCompleteAt: START + minutes(120),
    lastErrorAt: START + minutes(121),
    errorMessage: 'error authenticating with destination: IAM refuses the API key (BXNIM0415E)',
  });
});

test('a token serves no longer than its own life, however long the pusher would keep it', () => {
  const cloud = aCloud({ tokenLifeMs: minutes(15) });
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.iam.keys.set('key-1', START + minutes(10));
  cloud.pass(minutes(20));

  // Minted at 00:01, ended at 00:16.
  expect(cloud.truth(ref)).toMatchObject({ deliveries: 15, lostMinutes: 5 });
});

test('a token that ends before the pusher would drop it is replaced in time', () => {
  const cloud = aCloud({ tokenLifeMs: minutes(15) });
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.pass(hours(1));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 60, lostMinutes: 0 });
  expect(cloud.iam.asked).toBe(4);
});

test('without a cache, loss starts with the first push after the end of the key', () => {
  const cloud = aCloud({ settings: { logpush: { tokenCacheMinutes: 0 } } });
  const ref = aJob(cloud, { frequency: 'high' });
  cloud.iam.keys.set('key-1', START + minutes(90));
  cloud.pass(minutes(120));

  expect(cloud.truth(ref)).toMatchObject({ deliveries: 89, lostMinutes: 31 });
});
