import { formatInstant } from '../domain/time.ts';

/** `2026-03-01 00:15:00Z`: shorter than RFC 3339, and still one way to read it. */
export const clockTime = (at: number): string =>
  formatInstant(at)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
