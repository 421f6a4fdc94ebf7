import { hours, minutes } from '../../../shared/domain/time.ts';
import type { Way } from '../way.ts';
import { REACTION_MS } from './failure.ts';
import type { Kind } from './kinds.ts';
import { type FailureRow, type Spread, spreadOf } from './measure.ts';
import type { Plan } from './scene.ts';

/** Failures of one kind as a table for a terminal. */
export function* failureTable(
  { name, shows, endedBy }: Kind,
  rows: readonly FailureRow[],
  { watchedMs }: Pick<Plan, 'watchedMs'>,
): Generator<string> {
  const watched = `${watchedMs / hours(1)} h`;
  const act = `${REACTION_MS / minutes(1)} min`;
  yield `${name} (each watched for ${watched}; who hears of it acts ${act} later)`;
  yield `  CIS shows: ${shows}; ${endedBy}`;
  yield line('who', ['seen', 'mean', 'worst', 'repaired', 'mean', 'worst', 'by person', 'lost min']);
  for (const row of rows) yield rowLine(row, `not in ${watched}`);
}

/** What each way does, in a sentence or two. */
export function* practices(ways: readonly Way[]): Generator<string> {
  for (const { name, practice, leavesOut } of ways) yield `${name}: ${practice}. Left out: ${leavesOut}.`;
}

function rowLine({ who, makesKeys, fates }: FailureRow, never: string): string {
  const seen = spreadOf(fates.map(({ detectedMs }) => detectedMs));
  const repaired = spreadOf(fates.map(({ repairedMs }) => repairedMs));
  const columns = (spread: Spread): readonly string[] => [
    `${spread.of} of ${fates.length}`,
    timeOf(spread.meanMs, never),
    timeOf(spread.worstMs, never),
  ];
  return line(makesKeys ? `${who} + key` : who, [
    ...columns(seen),
    ...columns(repaired),
    String(fates.filter(({ byPerson }) => byPerson).length),
    String(fates.reduce((sum, { lostMinutes }) => sum + lostMinutes, 0)),
  ]);
}

function timeOf(ms: number | undefined, never: string): string {
  if (ms === undefined) return never;
  return ms < hours(2) ? `${(ms / minutes(1)).toFixed(1)} min` : `${(ms / hours(1)).toFixed(1)} h`;
}

const line = (who: string, columns: readonly string[]): string =>
  `  ${who.padEnd(34)}${columns.map((text) => text.padStart(13)).join('')}`;
