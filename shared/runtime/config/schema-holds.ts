import * as z from 'zod';
import { ANY } from '../../domain/binding.ts';
import type { Hold as DomainHold } from '../../domain/hold.ts';
import { days, parseInstant } from '../../domain/time.ts';
import { parseDuration } from './durations.ts';
import {
  choice,
  crnOrAny,
  datasetOrAny,
  duration,
  hint,
  instant,
  record,
  text,
  wholeFromOne,
  zoneOrAny,
} from './leaves.ts';

/** The shape of `holds` of `keeper.yml`: jobs that stay as they are. */

/** As `Date.getUTCDay` counts them. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const Hold = z.lazy(() =>
  record(
    {
      instance: crnOrAny.default(ANY),
      zone: zoneOrAny.default(ANY),
      dataset: datasetOrAny.default(ANY),
      job: wholeFromOne('write the id of a Logpush job, or leave job out for all of them').optional(),
      reason: z
        .string({ error: hint('a text', 'say why, for whoever reads the report') })
        .min(1, { error: hint('a text', 'say why, for whoever reads the report') })
        .max(200, { error: hint('a text of at most 200 characters', 'say it shorter') }),
      from: instant.optional(),
      until: instant.optional(),
      weekly: record(
        {
          days: z
            .array(choice(DAYS), { error: hint('a list of days', 'write days: [sat, sun]') })
            .min(1, { error: hint('a list of days', 'write days: [sat, sun]') }),
          at: text(
            /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/,
            'a time of day in UTC',
            'write it as "02:00", with quotes around it',
          ),
          for: duration.refine((value) => (parseDuration(value) ?? 0) <= days(1), {
            error: hint('a duration of at most a day', 'write 24h or less'),
          }),
        },
        'write { days: [sun], at: "02:00", for: 3h }, or leave weekly out',
      ).optional(),
    },
    'write a reason, and which instance, zone, dataset or job it is about',
  ),
);

export type Hold = z.infer<typeof Hold>;

/** A hold as the domain knows it. */
export const toHold = ({ job, from, until, weekly, ...hold }: Hold): DomainHold => ({
  ...hold,
  ...(job === undefined ? {} : { job }),
  ...(from === undefined ? {} : { from: parseInstant(from) ?? 0 }),
  ...(until === undefined ? {} : { until: parseInstant(until) ?? 0 }),
  ...(weekly === undefined ? {} : { weekly: toWindow(weekly) }),
});

const toWindow = (weekly: {
  readonly days: readonly string[];
  readonly at: string;
  readonly for: string;
}) => ({
  days: weekly.days.map((day) => (DAYS as readonly string[]).indexOf(day)),
  startMinute: Number(weekly.at.slice(0, 2)) * 60 + Number(weekly.at.slice(3)),
  forMs: parseDuration(weekly.for) ?? 0,
});
