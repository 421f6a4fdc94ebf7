import { expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { parseDuration } from '../../../../shared/runtime/config/durations.ts';

test('a duration is a whole number and one unit', () => {
  expect(['90s', '15m', '6h', '30d'].map(parseDuration)).toEqual([
    seconds(90),
    minutes(15),
    hours(6),
    days(30),
  ]);
});

test.each([
  '',
  '30',
  'd',
  '0d',
  '030d',
  '1.5h',
  '-1d',
  '1 d',
  '1d2h',
  '1w',
  '1D',
  '3651d',
  '999999999d',
  '1d\n',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('ten years are the longest', () => {
  expect(parseDuration('3650d')).toBe(days(3_650));
});
