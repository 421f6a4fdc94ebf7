import type { Cell } from './grid.ts';

/** What one worker is to do. */
export interface Order {
  readonly first: number;
  readonly seeds: number;
  readonly fleet: boolean;
  readonly trace: boolean;
  readonly part: number;
  readonly parts: number;
}

/** One life as a worker tells it. */
export interface Lived {
  readonly seed: number;
  readonly name: string;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly hits: readonly Cell[];
}

/** The one figure of which the greatest is told, and not the sum. */
export const LONGEST = 'longest wait for enabling in minutes';
