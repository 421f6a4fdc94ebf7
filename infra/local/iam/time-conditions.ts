import { hours, minutes } from '../../../shared/domain/time.ts';

/**
 * Whether a condition on the time holds. Values carry their own offset: `09:00:00+01:00`, `2026-03-01+00:00`,
 * `2026-03-01T09:00:00+00:00`, and for days `1+00:00` (Monday) to `7+00:00`.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-condition-properties
 */
export function timeHolds(
  operator: string,
  value: string | boolean | readonly string[],
  at: number,
): boolean {
  const wanted = typeof value === 'object' ? value : [String(value)];
  if (operator === 'dayOfWeekEquals' || operator === 'dayOfWeekAnyOf')
    return wanted.some((text) => isDay(text, at));
  const [, kind, order] = /^(time|date|dateTime)((?:Less|Greater)Than(?:OrEquals)?)$/.exec(operator) ?? [];
  const [text] = wanted;
  if (kind === undefined || order === undefined || text === undefined) return false;
  const [bound, now] = sides(kind, text, at);
  if (order.endsWith('OrEquals') && now === bound) return true;
  return order.startsWith('Less') ? now < bound : now > bound;
}

/** What is compared, as texts that sort by time: the bound, and now where the bound's offset is. */
function sides(kind: string, text: string, at: number): readonly [string, string] {
  const now = new Date(at + offsetMs(text)).toISOString();
  const bound = text.replace(OFFSET, '');
  if (kind === 'time') return [bound, now.slice(11, 19)];
  return kind === 'date' ? [bound, now.slice(0, 10)] : [bound, now.slice(0, 19)];
}

function isDay(text: string, at: number): boolean {
  const day = new Date(at + offsetMs(text)).getUTCDay();
  return text.replace(OFFSET, '') === String(day === 0 ? 7 : day);
}

const OFFSET = /(?:Z|[+-]\d{2}:\d{2})$/;

function offsetMs(text: string): number {
  const offset = OFFSET.exec(text)?.[0] ?? 'Z';
  if (offset === 'Z') return 0;
  const ms = hours(Number(offset.slice(1, 3))) + minutes(Number(offset.slice(4)));
  return offset.startsWith('-') ? -ms : ms;
}
