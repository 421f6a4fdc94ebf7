import { days, hours, minutes, seconds } from '../../domain/time.ts';
import type { ConfigProblem } from '../../errors.ts';
import { parseDuration } from './durations.ts';
import { FUNCTION_MODES } from './schema.ts';
import { didYouMean, quotable } from './words.ts';

/** How often functions run, in milliseconds, by their names. */
export type Periods = Readonly<Record<string, number>>;

const VARIABLE = 'KEEPER_SCHEDULES';
const FIX =
  'write NAME=DURATION with commas between, such as check-logpush=5m,rotate-keys=15m; or leave it out';

/**
 * The periods in `KEEPER_SCHEDULES`, which the deployment sets from the manifest: `check-logpush=5m,verify-buckets=1h`.
 *
 * @returns no periods when the variable is not set or empty
 */
export function readPeriods(env: Readonly<Record<string, string | undefined>>): {
  readonly periods?: Periods;
  readonly problems: readonly ConfigProblem[];
} {
  const text = env[VARIABLE];
  if (text === undefined || text === '') return { problems: [] };
  const periods = new Map<string, number>();
  const problems: ConfigProblem[] = [];
  const known = Object.keys(FUNCTION_MODES);
  for (const [i, item] of text.split(',').entries()) {
    const [, name = '', duration = ''] = /^\s*([^=]*)=([^=]*?)\s*$/.exec(item) ?? [];
    const problem = (message: string, fix: string): void =>
      void problems.push({ source: VARIABLE, line: 0, column: 0, message, fix });
    const said = quotable(name) ? `"${name}"` : `item ${i + 1}`;
    const everyMs = parseDuration(duration);
    if (name === '' || duration === '') problem(`item ${i + 1} is not NAME=DURATION`, FIX);
    else if (!known.includes(name))
      problem(`${said} is no function`, didYouMean(name, known) ?? `write one of ${known.join(', ')}`);
    else if (everyMs === undefined) problem(`${said} has no duration`, FIX);
    else if (periods.has(name)) problem(`${said} is there twice`, 'keep one of the two');
    else periods.set(name, everyMs);
  }
  return { periods: Object.fromEntries(periods), problems };
}

/** Periods as `KEEPER_SCHEDULES` has them. */
export const formatPeriods = (periods: Periods): string =>
  Object.entries(periods)
    .map(([name, everyMs]) => `${name}=${duration(everyMs)}`)
    .join(',');

const UNITS = [
  ['d', days(1)],
  ['h', hours(1)],
  ['m', minutes(1)],
] as const;

function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0) ?? ['s', seconds(1)];
  return `${ms / size}${unit}`;
}
