import { expect, test } from 'vitest';
import { decideRing, ringKey, ringKindOf } from '../../../shared/domain/ring.ts';

const GOOD = {
  isKnown: true,
  method: 'POST',
  path: '/alert',
  contentType: 'application/json',
  bytes: 200,
} as const;

test.each([
  ['an alert', {}, { ring: 'alert' }],
  ['an event', { path: '/secrets' }, { ring: 'secrets' }],
  ['a type with a charset', { contentType: 'Application/JSON; charset=utf-8' }, { ring: 'alert' }],
  ['no body', { bytes: 0 }, { ring: 'alert' }],
  ['the largest body', { bytes: 65_536 }, { ring: 'alert' }],
  ['another path', { path: '/' }, { refuse: 404 }],
  ['a path below', { path: '/alert/' }, { refuse: 404 }],
  ['the name of a member of all objects', { path: 'constructor' }, { refuse: 404 }],
  ['a look', { method: 'GET' }, { refuse: 405 }],
  ['an unknown method', { method: 'BREW' }, { refuse: 405 }],
  ['too large a body', { bytes: 65_537 }, { refuse: 413 }],
  ['a form', { contentType: 'application/x-www-form-urlencoded' }, { refuse: 415 }],
  ['a type that only begins like it', { contentType: 'application/jsonp' }, { refuse: 415 }],
  ['no type', { contentType: '' }, { refuse: 415 }],
])('%s', (_, more, expected) => {
  expect(decideRing({ ...GOOD, ...more })).toEqual(expected);
  // Without the secret all of them look the same.
  expect(decideRing({ ...GOOD, ...more, isKnown: false })).toEqual({ refuse: 401 });
});

test('a ring has one key a minute and kind, and its kind is read from there', () => {
  const at = Date.UTC(2026, 2, 1, 4, 17, 59, 999);
  expect(ringKey('alert', at)).toBe('rings/alert/20260301T0417');
  expect(ringKey('secrets', at + 1)).toBe('rings/secrets/20260301T0418');
  expect(ringKindOf(ringKey('alert', at))).toBe('alert');
});

test.each([
  '',
  'rings/alert',
  'rings/Alert/20260301T0417',
  'rings/a/b/20260301T0417',
  'x/alert/20260301T0417',
])('%j is no key of a ring', (key) => {
  expect(ringKindOf(key)).toBeUndefined();
});
