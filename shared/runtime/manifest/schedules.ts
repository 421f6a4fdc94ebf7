import { Cron } from 'croner';
import { days } from '../../domain/time.ts';
import type { Periods } from '../config/periods.ts';
import { translateCron } from './cron.ts';
import { type Manifest, type ManifestOptions, readPart } from './manifest.ts';
import { Timetable } from './schema.ts';

/** When one function runs. */
export interface Schedule<Name extends string = string> {
  readonly action: Name;
  /** The first start after this instant, in epoch milliseconds. */
  readonly nextAfter: (at: number) => number;
}

/**
 * The schedules of a manifest, one for each rule that has one. Variables that say something else than when a function runs
 * need not be set.
 *
 * @throws {ConfigError} with every problem of the manifest at once
 */
export function readSchedules(options: ManifestOptions): readonly Schedule[] {
  const { packages } = readPart(
    options,
    Timetable,
    ([, , , key]) => key === 'triggers' || key === 'rules',
  ).project;
  return Object.values(packages).flatMap(({ triggers, rules }) =>
    Object.values(rules).flatMap(({ trigger, action }) => {
      const { schedule, timezone = 'UTC' } = triggers[trigger] ?? {};
      const translated = schedule === undefined ? undefined : translateCron(schedule);
      return translated === undefined ? [] : [scheduleOf(action, translated, timezone)];
    }),
  );
}

/** The schedules of a manifest that was read, one for each rule that has one. */
export const schedulesOf = ({ packages }: Manifest): readonly Schedule[] =>
  packages.flatMap(({ rules }) =>
    rules.flatMap(({ action, trigger }) =>
      trigger.kind === 'schedule' ? [scheduleOf(action, trigger.schedule, trigger.timezone)] : [],
    ),
  );

function scheduleOf(action: string, schedule: string, timezone: string): Schedule {
  // Croner only computes times here; nothing of it waits, so virtual clocks work.
  // UTC by its offset: by its name each start takes eight times as long to compute.
  const place = timezone === 'UTC' ? { utcOffset: 0 } : { timezone };
  const cron = new Cron(schedule, { ...place, paused: true });
  return {
    action,
    nextAfter: (at) => {
      const next = cron.nextRun(new Date(at));
      if (next === null) throw new Error(`the schedule "${schedule}" never comes again`);
      return next.getTime();
    },
  };
}

/** Schedules differ by the day of the week at most; where they come more seldom, three starts say enough. */
const LOOKED_AT_MS = days(10);
const STARTS = 3;
/** A Thursday; any instant would do. */
const FROM = Date.UTC(2026, 0, 1);

/**
 * How often each function runs: the longest time between two of its starts, because before that has passed its silence means
 * nothing.
 */
export function periodsOf(schedules: readonly Schedule[]): Periods {
  const names = [...new Set(schedules.map(({ action }) => action))];
  return Object.fromEntries(
    names.map((name) => [name, longestPause(schedules.filter(({ action }) => action === name))]),
  );
}

function longestPause(schedules: readonly Schedule[]): number {
  const next = nextOf(schedules);
  let at = next(FROM);
  let longest = 0;
  for (let starts = 1; starts < STARTS || at < FROM + LOOKED_AT_MS; starts += 1) {
    const then = next(at);
    longest = Math.max(longest, then - at);
    at = then;
  }
  return longest;
}

/** When the first of several schedules comes next. */
export const nextOf =
  (schedules: readonly Schedule[]) =>
  (at: number): number =>
    Math.min(...schedules.map((schedule) => schedule.nextAfter(at)));
