import { LocalTime } from './local-time.ts';

/** A field's values, and whether it restricts nothing: `*`, `?` and `*` with step 1 do not. */
interface Field {
  readonly values: ReadonlySet<number>;
  readonly open: boolean;
}

interface Bounds {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** From `least` on. */
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** A schedule that has found nothing for so long never comes. */
const YEARS = 5;

/**
 * A schedule as the ping source of Knative reads it, with robfig/cron: five fields, or six with seconds in front; no `7` for
 * Sunday; days of month and of week must both match where either is open, otherwise one is enough. Every instant whose
 * local time matches is one of it: times that a clock change leaves out do not come, those that it repeats come twice.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron
 */
export class CronSchedule {
  readonly #second: Field;
  readonly #minute: Field;
  readonly #hour: Field;
  readonly #day: Field;
  readonly #month: Field;
  readonly #dayOfWeek: Field;
  readonly #clock: LocalTime;

  /** @throws {Error} for a person, when the schedule or the time zone is none */
  constructor(schedule: string, timezone: string) {
    const parts = (DESCRIPTORS[schedule.trim()] ?? schedule.trim()).split(/\s+/);
    if (parts.length === 5) parts.unshift('0');
    const [second = '', minute = '', hour = '', day = '', month = '', dayOfWeek = ''] = parts;
    if (parts.length !== 6) throw new Error(`"${schedule}" is no schedule: it takes five fields`);
    this.#second = readField(second, { name: 'second', least: 0, most: 59 });
    this.#minute = readField(minute, { name: 'minute', least: 0, most: 59 });
    this.#hour = readField(hour, { name: 'hour', least: 0, most: 23 });
    this.#day = readField(day, { name: 'day of month', least: 1, most: 31 });
    this.#month = readField(month, { name: 'month', least: 1, most: 12, words: MONTHS });
    this.#dayOfWeek = readField(dayOfWeek, { name: 'day of week', least: 0, most: 6, words: WEEKDAYS });
    this.#clock = new LocalTime(timezone);
  }

  /** The first tick after an instant; undefined when there is none within five years. */
  next(after: number): number | undefined {
    let at = (Math.floor(after / 1_000) + 1) * 1_000;
    const lastYear = this.#clock.at(at).year + YEARS;
    for (let local = this.#clock.at(at); local.year <= lastYear; local = this.#clock.at(at)) {
      if (!this.#hasDay(local)) at = this.#clock.nextDay(at);
      else if (!this.#hour.values.has(local.hour)) at += (3_600 - local.minute * 60 - local.second) * 1_000;
      else if (!this.#minute.values.has(local.minute)) at += (60 - local.second) * 1_000;
      else if (!this.#second.values.has(local.second)) at += 1_000;
      else return at;
    }
    return undefined;
  }

  #hasDay({ month, day, dayOfWeek }: ReturnType<LocalTime['at']>): boolean {
    const [ofMonth, ofWeek] = [this.#day.values.has(day), this.#dayOfWeek.values.has(dayOfWeek)];
    const matches = this.#day.open || this.#dayOfWeek.open ? ofMonth && ofWeek : ofMonth || ofWeek;
    return this.#month.values.has(month) && matches;
  }
}

/** @throws {Error} for a person, when the schedule or the time zone is none */
export const checkSchedule = (schedule: string, timezone: string): void =>
  void new CronSchedule(schedule, timezone);

function readField(text: string, bounds: Bounds): Field {
  const parts = text.split(',').map((part) => readPart(part, bounds));
  return {
    values: new Set(parts.flatMap(({ values }) => values)),
    open: parts.some(({ open }) => open),
  };
}

/** `*`, `a`, `a-b`, each with `/step`; `a/step` goes on to the end of the field. */
function readPart(
  text: string,
  bounds: Bounds,
): { readonly values: readonly number[]; readonly open: boolean } {
  const bad = (): Error => new Error(`"${text}" is no ${bounds.name} of a schedule`);
  const [range = '', stepText, ...more] = text.split('/');
  const [from = '', to, ...others] = range.split('-');
  const isStar = range === '*' || range === '?';
  const step = stepText === undefined ? 1 : wholeNumber(stepText);
  const least = isStar ? bounds.least : valueOf(from, bounds);
  const most =
    to === undefined ? (isStar || stepText !== undefined ? bounds.most : least) : valueOf(to, bounds);
  if (more.length > 0 || others.length > 0 || step === undefined || step === 0) throw bad();
  if (least === undefined || most === undefined || least > most) throw bad();
  if (least < bounds.least || most > bounds.most) throw bad();
  const values: number[] = [];
  for (let value = least; value <= most; value += step) values.push(value);
  return { values, open: isStar && step === 1 };
}

function valueOf(text: string, { least, words = [] }: Bounds): number | undefined {
  const word = words.indexOf(text.toLowerCase());
  return word === -1 ? wholeNumber(text) : least + word;
}

const wholeNumber = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);
