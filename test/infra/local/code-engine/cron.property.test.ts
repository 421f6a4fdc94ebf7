import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CronSchedule } from '../../../../infra/local/code-engine/cron.ts';
import { days, minutes } from '../../../../shared/domain/time.ts';

const list = (least: number, most: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 }).map((all) => all.join(','));
const field = (least: number, most: number) => fc.oneof(fc.constant('*'), list(least, most));

/** Around changes of clocks: by an hour, by half an hour, and at midnight. */
const PLACES = [
  { zone: 'America/New_York', near: '2026-03-08T00:00:00Z' },
  { zone: 'America/New_York', near: '2026-11-01T00:00:00Z' },
  { zone: 'Australia/Lord_Howe', near: '2026-04-04T00:00:00Z' },
  { zone: 'Australia/Lord_Howe', near: '2026-10-03T00:00:00Z' },
  { zone: 'Asia/Beirut', near: '2026-03-28T00:00:00Z' },
  { zone: 'Africa/Cairo', near: '2026-10-29T00:00:00Z' },
  { zone: 'Asia/Kolkata', near: '2026-02-27T00:00:00Z' },
];

/** Looks at every minute. */
function slowNext(
  matches: (shown: readonly string[]) => boolean,
  zone: string,
  after: number,
): number | undefined {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', ...PARTS });
  for (let at = (Math.floor(after / 60_000) + 1) * 60_000; at <= after + days(2); at += 60_000) {
    const shown = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const weekday = WEEKDAYS.indexOf(shown['weekday'] ?? '');
    const values = [shown['minute'], shown['hour'], shown['day'], shown['month']].map(Number);
    if (matches([...values, weekday].map(String))) return at;
  }
  return undefined;
}

const PARTS = {
  minute: 'numeric',
  hour: 'numeric',
  day: 'numeric',
  month: 'numeric',
  weekday: 'short',
} as const;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

test('a schedule comes at the first minute whose local time matches, wherever clocks change', () => {
  fc.assert(
    fc.property(
      fc.tuple(field(0, 59), field(0, 23), field(1, 31), fc.constant('*'), field(0, 6)),
      fc.constantFrom(...PLACES),
      fc.integer({ min: 0, max: minutes(24 * 60) }),
      (fields, { zone, near }, offset) => {
        const has = (at: number, value = ''): boolean =>
          fields[at] === '*' || (fields[at] ?? '').split(',').includes(value);
        const after = Date.parse(near) + offset;
        const slow = slowNext(
          ([minute, hour, day, , weekday]) => {
            const [ofMonth, ofWeek] = [has(2, day), has(4, weekday)];
            const open = fields[2] === '*' || fields[4] === '*';
            return has(0, minute) && has(1, hour) && (open ? ofMonth && ofWeek : ofMonth || ofWeek);
          },
          zone,
          after,
        );
        const next = new CronSchedule(fields.join(' '), zone).next(after);
        if (slow === undefined) expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after + days(2));
        else expect(next).toBe(slow);
      },
    ),
    { numRuns: 60 },
  );
});
