import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOUDFLARE_RANGES } from '../../../shared/domain/cloudflare-ranges.ts';
import {
  judgeRestrictions,
  type RestrictedPlace,
  type Restriction,
  withoutExcluded,
} from '../../../shared/domain/restrictions.ts';

const ALL = CLOUDFLARE_RANGES.ipv4;
const LOGS: RestrictedPlace = { instanceId: 'i1', region: 'eu-de' };
const BUCKET: RestrictedPlace = { instanceId: 'i1', region: 'eu-de', bucket: 'edge' };
const aRestriction = (restriction: Partial<Restriction> = {}): Restriction => ({
  id: 'r1',
  enforcement: 'enabled',
  addresses: [],
  ...restriction,
});
const verdictOf = (place: RestrictedPlace, ...restrictions: readonly Partial<Restriction>[]) =>
  judgeRestrictions(restrictions.map(aRestriction), place).verdict;

test.each<readonly [string, Partial<Restriction>, string]>([
  ['nobody', {}, 'refuses'],
  ['others', { addresses: ['192.0.2.0/24', '192.0.2.1-192.0.2.9'] }, 'refuses'],
  ['IPv6 alone', { addresses: ['2400:cb00::/32', '::/0'] }, 'refuses'],
  ['all ranges', { addresses: ALL }, 'passes'],
  ['everybody, by the ends of a range', { addresses: ['0.0.0.0-255.255.255.255'] }, 'passes'],
  ['all but one range', { addresses: ALL.slice(1) }, 'partly'],
  ['what cannot be read', { addresses: ['somewhere'] }, 'unclear'],
  ['a range whose ends are changed about', { addresses: ['192.0.2.9-192.0.2.1'] }, 'unclear'],
  ['all, and what cannot be read', { addresses: [...ALL, 'somewhere'] }, 'passes'],
  ['nobody, unless it is about something else', { unclear: 'it is about resourceGroupId g' }, 'unclear'],
  ['all, and perhaps others', { addresses: ALL, unclear: 'zone z could not be read' }, 'passes'],
  ['nobody, and is disabled', { enforcement: 'disabled' }, 'passes'],
  ['nobody, and only reports', { enforcement: 'report' }, 'passes'],
])('a restriction that lets through %s', (_, restriction, verdict) => {
  expect(verdictOf(LOGS, restriction)).toBe(verdict);
});

describe('what a restriction is about', () => {
  test.each<readonly [string, RestrictedPlace, Partial<Restriction>, string]>([
    ['this instance', LOGS, { instanceId: 'i1' }, 'refuses'],
    ['another instance', LOGS, { instanceId: 'i2' }, 'passes'],
    ['this region', LOGS, { region: 'eu-de' }, 'refuses'],
    ['another region', LOGS, { region: 'us-south' }, 'passes'],
    ['a bucket, for Cloud Logs', LOGS, { bucket: 'edge' }, 'passes'],
    ['this bucket', BUCKET, { bucket: 'edge', instanceId: 'i1' }, 'refuses'],
    ['another bucket', BUCKET, { bucket: 'other' }, 'passes'],
    ['the instance of the bucket', BUCKET, { instanceId: 'i1' }, 'refuses'],
    ['a region, for a bucket', BUCKET, { region: 'us-south' }, 'unclear'],
  ])('%s', (_, place, restriction, verdict) => {
    expect(verdictOf(place, restriction)).toBe(verdict);
  });
});

describe('several restrictions', () => {
  const half = ALL.slice(0, 7);
  const others = ALL.slice(7);
  test.each<readonly [string, readonly Partial<Restriction>[], string]>([
    ['none', [], 'passes'],
    ['one of them refuses', [{ addresses: ALL }, {}], 'refuses'],
    ['each lets in what the other does not', [{ addresses: half }, { addresses: others }], 'refuses'],
    ['they let in the same part', [{ addresses: half }, { addresses: half }], 'partly'],
    ['one refuses, one is not clear', [{}, { unclear: 'x' }], 'refuses'],
    ['one is not clear', [{ addresses: ALL }, { unclear: 'x' }], 'unclear'],
    ['one lets in a part, one is not clear', [{ addresses: half }, { unclear: 'x' }], 'partly'],
  ])('%s', (_, restrictions, verdict) => {
    expect(verdictOf(LOGS, ...restrictions)).toBe(verdict);
  });

  test('one more never lets more in', () => {
    const RANK = { refuses: 0, partly: 1, unclear: 2, passes: 3 };
    const some = fc.record(
      {
        addresses: fc.subarray([...ALL, '0.0.0.0/1', '162.158.0.0-162.158.0.9']),
        unclear: fc.constant('x'),
        instanceId: fc.constantFrom('i1', 'i2'),
      },
      { requiredKeys: ['addresses'] },
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 3 }), some, (restrictions, more) => {
        const before = RANK[verdictOf(LOGS, ...restrictions)];
        expect(RANK[verdictOf(LOGS, ...restrictions, more)]).toBeLessThanOrEqual(before);
      }),
    );
  });
});

test('which restriction it is, and what it does', () => {
  const detailOf = (...restrictions: readonly Partial<Restriction>[]): string =>
    judgeRestrictions(restrictions.map(aRestriction), LOGS).detail;
  expect([
    detailOf(),
    detailOf({ addresses: ALL }),
    detailOf({ id: 'r2', addresses: ALL }, {}),
    detailOf({ addresses: ALL.slice(7) }, { id: 'r2', addresses: ALL.slice(0, 7) }),
    detailOf({ addresses: ALL.slice(2) }),
    detailOf({ addresses: ['somewhere'] }),
    detailOf({ unclear: 'it is about some APIs only' }),
  ]).toMatchInlineSnapshot(`
    [
      "no context-based restriction applies",
      "context-based restriction r1: it lets all of Cloudflare’s addresses in",
      "context-based restriction r1: it lets none of Cloudflare’s addresses in",
      "context-based restrictions r1, r2 together: it lets none of Cloudflare’s addresses in",
      "context-based restriction r1: of Cloudflare’s addresses it does not let in all of 173.245.48.0/20, 103.21.244.0/22",
      "context-based restriction r1: it has entries that cannot be read: somewhere",
      "context-based restriction r1: it is about some APIs only",
    ]
  `);
});

test('the addresses of a zone without those that it excludes', () => {
  expect(withoutExcluded(['198.51.100.0/24', 'vague'], [])).toEqual(['198.51.100.0/24', 'vague']);
  expect(withoutExcluded(['198.51.100.0/29', 'vague'], ['198.51.100.2', '198.51.100.4/31'])).toEqual([
    '198.51.100.0-198.51.100.1',
    '198.51.100.3',
    '198.51.100.6-198.51.100.7',
    'vague',
  ]);
  expect(withoutExcluded(['198.51.100.0/24'], ['2001:db8::/32'])).toEqual(['198.51.100.0/24']);
  expect(withoutExcluded(['198.51.100.0/24'], ['vague'])).toBeUndefined();
});
