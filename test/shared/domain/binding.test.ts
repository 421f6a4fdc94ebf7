import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JobSelector, overlap, selects } from '../../../shared/domain/binding.ts';
import { aBinding, aJob, aZone, INSTANCE_CRN, LOGS_INSTANCE } from '../../support/builders.ts';

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
