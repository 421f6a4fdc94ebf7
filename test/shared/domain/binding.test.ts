import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimOf, type JobSelector, overlap, selects } from '../../../shared/domain/binding.ts';
import type { DestinationKey, LogpushJob } from '../../../shared/domain/logpush.ts';
import { carryOn } from '../../../shared/domain/rotation/carry-on.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { aBinding, aJob, aRotation, aZone, INSTANCE_CRN, LOGS_INSTANCE } from '../../support/builders.ts';

const aSelector = (fields: Partial<JobSelector> = {}): JobSelector => ({
  instance: '*',
  zone: '*',
  dataset: '*',
  destination: { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'eu-de' },
  ...fields,
});

test('a selector of wildcards claims every job that pushes to its destination', () => {
  expect(selects(aSelector(), aJob(), aZone())).toBe(true);
});

test.each([
  ['another instance', { instance: `${INSTANCE_CRN}x` }],
  ['another zone', { zone: 'other.example' }],
  ['another dataset', { dataset: 'dns_logs' }],
  ['another Cloud Logs instance', { destination: { kind: 'cloud-logs', instanceId: 'x', region: 'eu-de' } }],
  ['another region', { destination: { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'us-south' } }],
] as const)('a selector of %s does not claim the job', (_what, fields) => {
  expect(selects(aSelector(fields), aJob(), aZone())).toBe(false);
});

test('a zone is named by its id or by its name, in any case', () => {
  expect(selects(aSelector({ zone: aZone().id }), aJob(), aZone())).toBe(true);
  expect(selects(aSelector({ zone: 'Shop.Example' }), aJob(), aZone())).toBe(true);
});

test('a job whose destination is unreadable or of another kind is never claimed', () => {
  expect(selects(aSelector(), aJob({ destination: { kind: 'unreadable', reason: 'masked' } }), aZone())).toBe(
    false,
  );
  expect(selects(aSelector(), aJob({ destination: { kind: 'other', system: 'https' } }), aZone())).toBe(
    false,
  );
});

test('a binding claims what any of its selectors claims', () => {
  const jobs = [aSelector({ dataset: 'dns_logs' }), aSelector({ zone: 'shop.example' })];

  expect(selects(aBinding({ jobs }), aJob(), aZone())).toBe(true);
  expect(selects(aBinding({ jobs: jobs.slice(0, 1) }), aJob(), aZone())).toBe(false);
});

test('two selectors that both claim some job overlap, and overlapping goes both ways', () => {
  const selector = fc.record({
    instance: fc.constantFrom('*', INSTANCE_CRN, 'crn:other'),
    zone: fc.constantFrom('*', aZone().id, 'shop.example', 'other.example'),
    dataset: fc.constantFrom('*', 'http_requests', 'dns_logs'),
    destination: fc.record({
      kind: fc.constant('cloud-logs' as const),
      instanceId: fc.constantFrom(LOGS_INSTANCE, 'x'),
      region: fc.constantFrom('eu-de', 'us-south'),
    }),
  });
  fc.assert(
    fc.property(selector, selector, (a, b) => {
      if (selects(a, aJob(), aZone()) && selects(b, aJob(), aZone())) expect(overlap(a, b)).toBe(true);
      expect(overlap(a, b)).toBe(overlap(b, a));
    }),
  );
});

const BUCKET = { kind: 'cos', instanceId: 'i', region: 'eu-de', bucket: 'logs' } as const;
const aBucketJob = (state: DestinationKey['state'], path = 'http'): LogpushJob =>
  aJob({
    destination: { ...BUCKET, path, dailySubfolder: true },
    destinationKey: state === 'visible' ? { state, key: new Secret('key') } : { state },
  });
const bucketSelector = (auth?: 'key' | 'ownership', path?: string): JobSelector =>
  aSelector({
    destination: {
      ...BUCKET,
      ...(auth === undefined ? {} : { auth }),
      ...(path === undefined ? {} : { path }),
    },
  });

test.each([
  ['visible', undefined, 'key'],
  ['visible', 'key', 'key'],
  ['visible', 'ownership', 'ownership'],
  ['masked', undefined, 'unclear'],
  ['masked', 'key', 'key'],
  ['masked', 'ownership', 'ownership'],
  ['absent', undefined, 'unclear'],
  ['absent', 'key', 'key'],
  ['absent', 'ownership', 'ownership'],
] as const)('a bucket job whose key is %s under auth %s: %s', (state, auth, claim) => {
  expect(claimOf(aBinding({ jobs: [bucketSelector(auth)] }), aBucketJob(state), aZone())).toBe(claim);
});

test('a job of Cloud Logs carries a key, whatever CIS shows of it', () => {
  for (const state of ['masked', 'absent'] as const)
    expect(claimOf(aBinding(), aJob({ destinationKey: { state } }), aZone())).toBe('key');
});

test('where selectors of a binding overlap, a declared ownership weighs most, and a declaration more than none', () => {
  const whole = bucketSelector('key');
  const jobs = [whole, bucketSelector('ownership', 'old')];
  expect(claimOf(aBinding({ jobs }), aBucketJob('absent', 'old'), aZone())).toBe('ownership');
  expect(claimOf(aBinding({ jobs: jobs.toReversed() }), aBucketJob('absent', 'old'), aZone())).toBe(
    'ownership',
  );
  expect(claimOf(aBinding({ jobs }), aBucketJob('absent'), aZone())).toBe('key');
  expect(
    claimOf(aBinding({ jobs: [bucketSelector(undefined, 'http'), whole] }), aBucketJob('absent'), aZone()),
  ).toBe('key');
});

test('an unreadable job is unclear where the binding looks, and nothing elsewhere', () => {
  const unreadable = aJob({ destination: { kind: 'unreadable', reason: 'it is not a URL' } });
  const claim = (fields: Partial<JobSelector>, exceptJobs: readonly number[] = []) =>
    claimOf(aBinding({ jobs: [aSelector(fields)], exceptJobs }), unreadable, aZone());
  expect(claim({})).toBe('unclear');
  expect(claim({ zone: 'SHOP.example', dataset: 'http_requests', instance: INSTANCE_CRN })).toBe('unclear');
  expect(claim({ zone: 'other.example' })).toBeUndefined();
  expect(claim({ dataset: 'dns_logs' })).toBeUndefined();
  expect(claim({ instance: `${INSTANCE_CRN}x` })).toBeUndefined();
  expect(claim({}, [1])).toBeUndefined();
});

test('a job of another system is nobody’s', () => {
  const other = aJob({
    destination: { kind: 'other', system: 'splunk' },
    destinationKey: { state: 'absent' },
  });
  expect(claimOf(aBinding(), other, aZone())).toBeUndefined();
});

test('what a person declares while a rotation is under way counts at once', () => {
  const began = aBinding({ jobs: [bucketSelector(), bucketSelector('ownership', 'old')], exceptJobs: [7] });
  const jobs = [bucketSelector('key'), bucketSelector('key', 'old')];
  const carried = carryOn(aBinding({ jobs, exceptJobs: [8] }), aRotation({ binding: began }));
  expect(carried).toMatchObject({ jobs, exceptJobs: [8] });
  expect(carryOn(aBinding({ jobs }), aRotation({ binding: began })).exceptJobs).toBeUndefined();
  // A selector that is gone is still carried on.
  expect(carryOn(aBinding(), aRotation({ binding: began })).jobs).toHaveLength(3);
});
