import type { FindingCode } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import type { VirtualKeeper } from './virtual-keeper.ts';

interface Schedule {
  readonly name: FunctionName;
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** The default schedules. */
const SCHEDULES: readonly Schedule[] = [
  { name: 'check-logpush', everyMs: minutes(5), offsetMs: 0 },
  { name: 'rotate-keys', everyMs: minutes(15), offsetMs: 0 },
  { name: 'reenable-logpush', everyMs: minutes(5), offsetMs: minutes(2) },
];

/** Runs functions on their schedules, in virtual time. */
export function scheduled(keeper: VirtualKeeper, schedules: readonly Schedule[] = SCHEDULES) {
  const { clock, world } = keeper;
  const codes = new Set<FindingCode>();
  const reports: RunReport[] = [];
  /** @returns the reports of the time that has passed */
  const pass = async (ms: number): Promise<readonly RunReport[]> => {
    const until = clock.now() + ms;
    const before = reports.length;
    while (clock.now() < until) {
      const minute = Math.floor(clock.now() / minutes(1)) * minutes(1);
      for (const { name, everyMs, offsetMs } of schedules) {
        if ((minute - offsetMs) % everyMs !== 0) continue;
        const report = await keeper.run(name);
        reports.push(report);
        for (const finding of report.findings) codes.add(finding.code);
      }
      clock.advance(Math.max(0, minute + minutes(1) - clock.now()));
      world.catchUp();
    }
    return reports.slice(before);
  };
  return { pass, codes, reports };
}
