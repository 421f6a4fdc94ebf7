import { days, minutes } from '../../../shared/domain/time.ts';

interface Fields {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  readonly day: number;
  /** 0 = Sunday */
  readonly dayOfWeek: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Clocks change at whole quarters of an hour; within one the offset is the same. */
const QUARTER_MS = minutes(15);

/** What clocks of one time zone show. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat | undefined;
  #last = { quarter: Number.NaN, offsetMs: 0 };

  /** @throws {Error} for a person, when there is no such IANA time zone */
  constructor(timezone: string) {
    if (timezone === 'UTC') return;
    try {
      this.#format = new Intl.DateTimeFormat('en', { timeZone: timezone, ...NUMBERS });
    } catch {
      throw new Error(`"${timezone}" is no time zone`);
    }
  }

  at(instant: number): Fields {
    const local = new Date(instant + this.#offsetMs(instant));
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      dayOfWeek: local.getUTCDay(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
    };
  }

  /** The first instant of the next day, or one still of this day, but later, where a clock change is at midnight. */
  nextDay(instant: number): number {
    const offsetMs = this.#offsetMs(instant);
    const there = instant + days(1) - ((instant + offsetMs) % days(1));
    const corrected = there + offsetMs - this.#offsetMs(there);
    const isNextDay = corrected > instant && this.at(corrected).day !== this.at(instant).day;
    return isNextDay ? corrected : there;
  }

  #offsetMs(instant: number): number {
    if (this.#format === undefined) return 0;
    const quarter = Math.floor(instant / QUARTER_MS);
    if (quarter !== this.#last.quarter) this.#last = { quarter, offsetMs: offsetOf(this.#format, instant) };
    return this.#last.offsetMs;
  }
}

const NUMBERS = {
  calendar: 'gregory',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

function offsetOf(format: Intl.DateTimeFormat, instant: number): number {
  const shown = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(instant / 1_000) * 1_000;
}
