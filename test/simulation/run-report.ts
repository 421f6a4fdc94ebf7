import type { RunReport } from '../../shared/domain/report.ts';
import { Killed } from './gate.ts';

/** @returns undefined when the process was killed */
export async function unlessKilled(run: Promise<RunReport>): Promise<RunReport | undefined> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

/** When the report says that a next look makes sense, on the runner's clock; at the next tick if it does not say. */
export const untilOf = (report: RunReport | undefined): number =>
  report === undefined || report.waiting.length === 0 || report.outcome === 'partial'
    ? 0
    : Math.min(...report.waiting.map((item) => item.until ?? 0));

export const summary = (report: RunReport): string =>
  [
    ...report.actions.map((action) => `${action.kind} ${action.outcome}`),
    ...report.findings.map((item) => `[${item.code}: ${item.detail}]`),
    ...report.waiting.map((item) => `waits for ${item.waitsFor}`),
  ].join(', ');
