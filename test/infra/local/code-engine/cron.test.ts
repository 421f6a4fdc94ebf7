import { expect, test } from 'vitest';
import { CronSchedule } from '../../../../infra/local/code-engine/cron.ts';

/** The next ticks after an instant. */
function ticks(schedule: string, after: string, count = 3, timezone = 'UTC'): readonly string[] {
  const cron = new CronSchedule(schedule, timezone);
  const found: string[] = [];
  for (let at = cron.next(Date.parse(after)); at !== undefined; at = cron.next(at)) {
    found.push(new Date(at).toISOString().replace('.000Z', 'Z'));
    if (found.length === count) break;
  }
  return found;
}

test.each([
  ['*/5 * * * *', ['2026-03-01T00:05:00Z', '2026-03-01T00:10:00Z', '2026-03-01T00:15:00Z']],
  ['50/5 * * * *', ['2026-03-01T00:50:00Z', '2026-03-01T00:55:00Z', '2026-03-01T01:50:00Z']],
  ['*/60 3,5-6 * * *', ['2026-03-01T03:00:00Z', '2026-03-01T05:00:00Z', '2026-03-01T06:00:00Z']],
  ['30 0 0 ? jan,Dec *', ['2026-12-01T00:00:30Z', '2026-12-02T00:00:30Z', '2026-12-03T00:00:30Z']],
  ['0 0 29 2 *', ['2028-02-29T00:00:00Z']],
  ['@weekly', ['2026-03-08T00:00:00Z', '2026-03-15T00:00:00Z', '2026-03-22T00:00:00Z']],
])('%s comes when robfig/cron has it come', (schedule, expected) => {
  expect(ticks(schedule, '2026-03-01T00:00:00Z', expected.length)).toEqual(expected);
});

test('a schedule that never matches within five years never comes', () => {
  expect(ticks('0 0 30 2 *', '2026-03-01T00:00:00Z')).toEqual([]);
});

test('either day is enough when both are restricted, and both are needed when one is open', () => {
  const days = (schedule: string) => ticks(schedule, '2026-03-01T12:00:00Z', 4).map((at) => at.slice(8, 10));
  expect(days('0 0 13 * fri')).toEqual(['06', '13', '20', '27']);
  expect(days('0 0 */10 * mon')).toEqual(['02', '09', '11', '16']);
  expect(days('0 0 */1 * mon')).toEqual(['02', '09', '16', '23']);
});

test('a time that the clocks skip does not come, and one that they repeat comes twice', () => {
  const newYork = (after: string, schedule: string) => ticks(schedule, after, 2, 'America/New_York');
  // 2026-03-08: 02:00 becomes 03:00. 2026-11-01: 02:00 becomes 01:00.
  expect(newYork('2026-03-07T12:00:00Z', '30 2 * * *')).toEqual([
    '2026-03-09T06:30:00Z',
    '2026-03-10T06:30:00Z',
  ]);
  expect(newYork('2026-10-31T12:00:00Z', '30 1 * * *')).toEqual([
    '2026-11-01T05:30:00Z',
    '2026-11-01T06:30:00Z',
  ]);
  expect(newYork('2026-11-01T05:00:00Z', '0 * * * *')).toEqual([
    '2026-11-01T06:00:00Z',
    '2026-11-01T07:00:00Z',
  ]);
});

test('days begin where clocks change at midnight', () => {
  // 2026-03-29 00:00 in Beirut becomes 01:00: that day has no midnight.
  expect(ticks('0 0 * * *', '2026-03-28T12:00:00Z', 2, 'Asia/Beirut')).toEqual([
    '2026-03-29T21:00:00Z',
    '2026-03-30T21:00:00Z',
  ]);
  expect(ticks('0 1 29 3 *', '2026-03-28T12:00:00Z', 1, 'Asia/Beirut')).toEqual(['2026-03-28T22:00:00Z']);
});

test.each([
  ['0 0 * * 7'],
  ['0 0 * * fri-mon'],
  ['0 0 L * *'],
  ['60 * * * *'],
  ['*/0 * * * *'],
  ['1-2-3 * * * *'],
  ['* * * *'],
  ['* * * * * * *'],
  ['@every 5m'],
  [''],
])('"%s" is rejected', (schedule) => {
  expect(() => new CronSchedule(schedule, 'UTC')).toThrow(/of a schedule|is no schedule/);
});

test('a time zone that is none is rejected', () => {
  expect(() => new CronSchedule('* * * * *', 'Mars/Olympus')).toThrow('"Mars/Olympus" is no time zone');
});
