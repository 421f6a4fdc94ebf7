import { days, hours, minutes, seconds } from '../../domain/time.ts';

const UNITS: Readonly<Record<string, (n: number) => number>> = { s: seconds, m: minutes, h: hours, d: days };

/** Longer than this is a slip of the pen, and sums of two such durations are still exact. */
const LONGEST_MS = days(3_650);

/** What a duration looks like, for the JSON Schema. */
export const DURATION_PATTERN = '^[1-9][0-9]{0,8}[smhd]$';

/**
 * Reads a duration as people write it: a whole number and one unit, `90s`, `15m`, `6h`, `30d`.
 *
 * @returns milliseconds; undefined when the text is no duration, is zero, or is longer than ten years
 */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  const ms = UNITS[text.slice(-1)]?.(Number(text.slice(0, -1)));
  return ms !== undefined && ms <= LONGEST_MS ? ms : undefined;
}
