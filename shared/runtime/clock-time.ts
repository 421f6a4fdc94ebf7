import { formatInstant } from '../domain/time.ts';

/** `2026-03-01 00:15:00Z`: shorter than RFC 3339, and still one way to read it. */
export const clockTime = (at: number): string => clockTimes(formatInstant(at));

/** A text with every instant of it written as `clockTime` writes one. */
export const clockTimes = (text: string): string =>
  text.replaceAll(/\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z/g, '$1 $2Z');

/** What is waited for, and until when: an instant that the words have already is not told twice. */
export function waitText(waitsFor: string, until: number | undefined): string {
  const words = clockTimes(waitsFor);
  if (until === undefined || words.includes(clockTime(until))) return words;
  return `${words}, until ${clockTime(until)}`;
}
