import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../../shared/errors.ts';
import { formatPeriods, readPeriods } from '../../../../shared/runtime/config/periods.ts';
import { SCHEDULED, scheduledFor } from '../../../../shared/runtime/invocation.ts';
import { translateCron } from '../../../../shared/runtime/manifest/cron.ts';
import { periodsOf, readSchedules, schedulesOf } from '../../../../shared/runtime/manifest/schedules.ts';
import { problemsOf as configProblems, GOOD as KEEPER_YML, load } from '../../../support/keeper-yml.ts';
import { changed, read } from './texts.ts';

const schedules = (text: string) => readSchedules({ text, source: 'manifest.yml', env: {} });
const minute = (at: number): string => new Date(at).toISOString().slice(0, 16);

test('the manifest of this repository and what the code knows agree, without any variable', () => {
  const text = readFileSync(new URL('../../../../manifest.yml', import.meta.url), 'utf8');
  const periods = periodsOf(schedules(text));
  expect(periods).toEqual(Object.fromEntries(SCHEDULED.map(({ name, everyMs }) => [name, everyMs])));
  expect(formatPeriods(periods)).toBe(
    'check-logpush=5m,reenable-logpush=5m,rotate-keys=15m,verify-buckets=1h,ensure-logpush=1d',
  );
  expect(readPeriods({ KEEPER_SCHEDULES: formatPeriods(periods) })).toEqual({ periods, problems: [] });
});

test('the same schedules come from a manifest that was read whole', () => {
  const text = changed(['"*/5 * * * *"', '"30 6 * * 1-5", timezone: Europe/Berlin']);
  const [[only], [same]] = [schedules(text), schedulesOf(read(text))];
  const saturday = Date.UTC(2026, 6, 4);
  expect(minute(only?.nextAfter(saturday) ?? 0)).toBe('2026-07-06T04:30');
  expect(same?.nextAfter(saturday)).toBe(only?.nextAfter(saturday));
});

test('a schedule that only the environment knows is a problem for who needs it', () => {
  const text = changed(['"*/5 * * * *"', '"${WHEN}"']);
  expect(() => schedules(text)).toThrow(/the environment variable WHEN is not set/);
  expect(() => schedules(text)).toThrow(ConfigError);
});

test.each([
  ['*/5 * * * *', '*/5 * * * *'],
  ['0 5 * * 7', '0 5 * * 0'],
  ['0 5 * * 5-7', '0 5 * * 0,5,6'],
  ['0 5 * * sat,7', '0 5 * * 6,0'],
  ['0 5 1 JAN mon-fri', '0 5 1 1 1-5'],
  ['5/15 * * * *', '5-59/15 * * * *'],
  ['0 0 29 2 *', '0 0 29 2 *'],
  ['  0  5 * * * ', '0 5 * * *'],
])('%s is %s', (text, translated) => {
  expect(translateCron(text)).toBe(translated);
});

test.each([
  '@daily',
  '* * * *',
  '0 * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '0 0 0 * *',
  '0 0 * 13 *',
  '0 0 * * 8',
  '0 0 * * fri-mon',
  '0 0 L * *',
  '0 0 ? * *',
  '*/0 * * * *',
  '*/60 * * * *',
  '1-2-3 * * * *',
  '1, * * * *',
  '0 0 30 2 *',
  'mon * * * *',
  '',
])('%s is no schedule', (text) => {
  expect(translateCron(text)).toBeUndefined();
});

test.each([
  ['0 5 * * *', 'look=1d'],
  ['*/5 9-16 * * *', 'look=965m'],
  ['0 6 * * 1-5', 'look=3d'],
  ['0 0 1 * *', 'look=31d'],
])('%s may be silent as long as its longest pause: %s', (schedule, said) => {
  expect(formatPeriods(periodsOf(schedules(changed(['"*/5 * * * *"', `"${schedule}"`]))))).toBe(said);
});

test('two rules of one function make one period', () => {
  const text = changed(
    ['alert: {', 'later: { schedule: "2-59/5 * * * *" }\n        alert: {'],
    ['look-by-alert:', 'look-later: { trigger: later, action: look }\n        look-by-alert:'],
  );
  expect(formatPeriods(periodsOf(schedules(text)))).toBe('look=3m');
});

test('what KEEPER_SCHEDULES says is how often functions run; one that it leaves out has no schedule', () => {
  const env = { KEEPER_SCHEDULES: 'check-logpush=10m, rotate-keys=1h' };
  const config = load(KEEPER_YML, { env: { KEEPER_EDGE_APIKEY: 'some-key', ...env } });
  expect(scheduledFor(config).map(({ name, everyMs }) => [name, everyMs / 60_000])).toEqual([
    ['check-logpush', 10],
    ['rotate-keys', 60],
  ]);
});

test('a KEEPER_SCHEDULES that says something else is told, item by item', () => {
  const env = {
    KEEPER_EDGE_APIKEY: 'some-key',
    KEEPER_SCHEDULES: 'check-logpsh=5m,rotate-keys=often,verify-buckets,ensure-logpush=1d,ensure-logpush=1d',
  };
  expect(configProblems(KEEPER_YML, { env })).toMatchInlineSnapshot(`
    "0:0 "check-logpsh" is no function (did you mean "check-logpush"?)
    0:0 "rotate-keys" has no duration (write NAME=DURATION with commas between, such as check-logpush=5m,rotate-keys=15m; or leave it out)
    0:0 item 3 is not NAME=DURATION (write NAME=DURATION with commas between, such as check-logpush=5m,rotate-keys=15m; or leave it out)
    0:0 "ensure-logpush" is there twice (keep one of the two)"
  `);
});
