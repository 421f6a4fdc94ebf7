import { Cron } from 'croner';

/**
 * Schedules of five fields, as IBM documents them and no more: what the platform's own parser may take beside that, seconds
 * and `@daily` among it, it does not promise.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron
 */

export const CRON_FIX =
  'write minute, hour, day of the month, month and day of the week, such as "*/5 * * * *"; of each field *, numbers, names, ranges, lists and steps';

interface Field {
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const SUNDAY_AGAIN = 7;

const HOUR: Field = { from: 0, to: 23, names: [] };
const FIELDS: readonly Field[] = [
  { from: 0, to: 59, names: [] },
  HOUR,
  { from: 1, to: 31, names: [] },
  { from: 1, to: 12, names: MONTHS },
  { from: 0, to: SUNDAY_AGAIN, names: DAYS },
];

/** @returns the schedule with 0 for a Sunday that was written as 7; undefined when it is none, or never comes */
export function translateCron(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return undefined;
  const translated = FIELDS.map((field, i) => translateField(fields[i] ?? '', field));
  if (translated.includes(undefined)) return undefined;
  const schedule = translated.join(' ');
  // The platform takes a day that no month has, and never starts anything.
  return comes(schedule) ? schedule : undefined;
}

/** The hours in which a translated schedule starts something. */
export function hoursOf(schedule: string): ReadonlySet<number> {
  const [, hours = '*'] = schedule.split(' ');
  const items = hours.split(',').map((item) => readItem(item, HOUR));
  return new Set(items.flatMap((item) => (item === undefined ? [] : valuesOf(item))));
}

const comes = (schedule: string): boolean =>
  new Cron(schedule, { timezone: 'UTC', paused: true }).nextRun(EPOCH) !== null;

/** Any instant will do: what comes at all comes within some years. */
const EPOCH = new Date('2026-01-01T00:00:00Z');

function translateField(text: string, field: Field): string | undefined {
  const items = text.split(',').map((item) => translateItem(item, field));
  return items.includes(undefined) ? undefined : items.join(',');
}

/** Written with numbers, and with the end that a step without one goes to: the same for every parser. */
function translateItem(item: string, field: Field): string | undefined {
  const found = readItem(item, field);
  if (found === undefined) return undefined;
  const { start, end, step, isAny } = found;
  const steps = step === 1 ? '' : `/${step}`;
  if (isAny) return `*${steps}`;
  if (end === SUNDAY_AGAIN && field.to === SUNDAY_AGAIN)
    return [...new Set(valuesOf(found).map((day) => day % SUNDAY_AGAIN))].toSorted((a, b) => a - b).join(',');
  return start === end ? String(start) : `${start}-${end}${steps}`;
}

interface Item {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly isAny: boolean;
}

const valuesOf = ({ start, end, step }: Item): readonly number[] =>
  Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step);

/** @returns undefined when it is not one */
function readItem(item: string, { from, to, names }: Field): Item | undefined {
  const [, range = '', stepText] = /^([^/]+)(?:\/([0-9]{1,2}))?$/.exec(item) ?? [];
  const step = Number(stepText ?? 1);
  const most = to === SUNDAY_AGAIN ? to - 1 : to;
  if (range === '' || step < 1 || step > most) return undefined;
  if (range === '*') return { start: from, end: most, step, isAny: true };
  const value = (text: string | undefined): number => {
    const named = names.indexOf((text ?? '').toLowerCase());
    if (named >= 0) return named + from;
    return /^[0-9]{1,2}$/.test(text ?? '') ? Number(text) : Number.NaN;
  };
  const [first, last, ...more] = range.split('-');
  const start = value(first);
  // `5/15` means 5-59/15: a step goes to the end of the field.
  const end = last === undefined ? (stepText === undefined ? start : most) : value(last);
  if (!(start >= from && end <= to && start <= end) || more.length > 0) return undefined;
  return { start, end, step, isAny: false };
}
