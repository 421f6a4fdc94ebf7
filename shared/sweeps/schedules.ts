import { type Finding, finding } from '../domain/finding.ts';
import { isOverdue } from '../domain/fleet-build.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { readRun } from './runs.ts';

/** Functions other than `self` that have run and do so no more. One that never ran may not be meant to. */
export async function missedSchedules(
  { ports: { ledger, clock }, schedules }: SweepContext,
  self: string,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, everyMs } of schedules) {
    if (name === self) continue;
    const subject = `function ${name}`;
    try {
      const last = await readRun(ledger, name);
      if (last === undefined || !isOverdue(last.finishedAt, everyMs, clock.now())) continue;
      const detail = `it runs every ${formatDuration(everyMs)}, and its last report is of ${formatInstant(last.finishedAt)}`;
      findings.push(finding('schedule-missed', subject, detail, last.finishedAt));
    } catch (error) {
      if (!isExpected(error)) throw error;
      findings.push(finding('schedule-unclear', subject, describeError(error)));
    }
  }
  return findings;
}
