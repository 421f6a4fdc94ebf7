/** Durations and instants. Instants are epoch milliseconds and end in `At`; durations are milliseconds and end in `Ms`. */

export const seconds = (n: number): number => n * 1_000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;
export const days = (n: number): number => n * 86_400_000;

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * Reads an instant as IBM's services write it: RFC 3339 with or without seconds and fraction, and offsets with or
 * without a colon (IAM writes `2026-09-01T10:00+0000`, which `Date.parse` does not reliably understand).
 *
 * @returns epoch milliseconds, or undefined when the text is not an instant
 * @see https://cloud.ibm.com/apidocs/iam-identity-token-api
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = match;
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  // Date.UTC rolls 31 February over into March; such a text is not an instant.
  if (new Date(at).getUTCDate() !== Number(day) || Number(hour) > 23 || Number(minute) > 59) return undefined;
  return at - offsetMs(zone);
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (hours(Number(zone.slice(1, 3))) + minutes(Number(zone.slice(-2))));
}

/** An instant as RFC 3339 in UTC with milliseconds, for example `2026-03-01T10:00:00.000Z`. */
export const formatInstant = (at: number): string => new Date(at).toISOString();

/** A duration for people: the two largest units, for example `2 d 3 h`, `45 min`, `12 s`. */
export function formatDuration(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', days(1)],
    ['h', hours(1)],
    ['min', minutes(1)],
    ['s', seconds(1)],
  ];
  let rest = Math.max(0, Math.round(ms / 1_000) * 1_000);
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
