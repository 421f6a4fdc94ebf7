import { findingKey } from './finding.ts';
import { rootsOf } from './finding-roots.ts';
import type { FleetFinding, FleetReport } from './fleet-report.ts';

/** A finding, and those that it explains. */
export interface FindingGroup {
  readonly finding: FleetFinding;
  readonly explains: readonly FleetFinding[];
}

/** The findings of a report by what explains them, in the order of the report. */
export function groupFindings({ findings }: Pick<FleetReport, 'findings'>): readonly FindingGroup[] {
  const byKey = new Map(findings.map((item) => [findingKey(item), item]));
  const named = (key: string): readonly FleetFinding[] => {
    const item = byKey.get(key);
    return item === undefined ? [] : [item];
  };
  return rootsOf(findings).flatMap(({ finding, explains }) =>
    named(findingKey(finding)).map((item) => ({ finding: item, explains: explains.flatMap(named) })),
  );
}
