import { expect, test } from 'vitest';
import { type Hold, holdOf } from '../../../shared/domain/hold.ts';
import { hours } from '../../../shared/domain/time.ts';
import { aJob, aZone } from '../../support/builders.ts';

const hold = (fields: Partial<Hold> = {}): Hold => ({
  instance: '*',
  zone: '*',
  dataset: '*',
  reason: 'they are at it',
  ...fields,
});
const at = (text: string): number => Date.parse(text);
const active = (of: Hold, now: string) => holdOf([of], aJob(), aZone(), at(now));

test('a hold without times is in force until it is taken out', () => {
  expect(active(hold(), '2026-03-01T00:00:00Z')).toEqual({ reason: 'they are at it' });
});

test('a planned hold begins and ends in its time', () => {
  const planned = hold({ from: at('2026-03-02T00:00:00Z'), until: at('2026-03-03T00:00:00Z') });
  expect(active(planned, '2026-03-01T23:59:59Z')).toBeUndefined();
  expect(active(planned, '2026-03-02T00:00:00Z')).toMatchObject({ until: at('2026-03-03T00:00:00Z') });
  expect(active(planned, '2026-03-03T00:00:00Z')).toBeUndefined();
});

// 2026-03-01 is a Sunday.
const weekly = hold({ weekly: { days: [0], startMinute: 22 * 60, forMs: hours(6) } });

test.each([
  ['2026-03-01T21:59:59Z', undefined],
  ['2026-03-01T22:00:00Z', '2026-03-02T04:00:00Z'],
  ['2026-03-02T03:59:59Z', '2026-03-02T04:00:00Z'],
  ['2026-03-02T04:00:00Z', undefined],
  ['2026-03-02T23:00:00Z', undefined],
  ['2026-03-08T23:00:00Z', '2026-03-09T04:00:00Z'],
])('a weekly window at %s ends %s', (now, until) => {
  expect(active(weekly, now)?.until).toBe(until === undefined ? undefined : at(until));
});

test('a weekly window ends with its hold', () => {
  const ending = { ...weekly, until: at('2026-03-01T23:00:00Z') };
  expect(active(ending, '2026-03-01T22:30:00Z')?.until).toBe(at('2026-03-01T23:00:00Z'));
});

test.each([
  [{ job: 2 }, false],
  [{ job: 1 }, true],
  [{ zone: 'SHOP.example' }, true],
  [{ zone: aZone().id }, true],
  [{ zone: 'pay.example' }, false],
  [{ dataset: 'dns_logs' }, false],
  [{ instance: aJob().ref.instanceCrn }, true],
] as const)('a hold on %o covers the job: %s', (fields, covered) => {
  expect(active(hold(fields), '2026-03-01T00:00:00Z') !== undefined).toBe(covered);
});

test('the first hold that is in force counts', () => {
  const holds = [hold({ until: 1, reason: 'over' }), hold({ reason: 'now' })];
  expect(holdOf(holds, aJob(), aZone(), at('2026-03-01T00:00:00Z'))?.reason).toBe('now');
});
