import { type Finding, findingKey } from './finding.ts';

/** A finding that nothing else explains, and the keys of those that it explains, sorted. */
export interface Root {
  readonly finding: Finding;
  readonly explains: readonly string[];
}

/**
 * Findings by what explains them: each is told under the first of its causes that was found as well, and that one under its
 * own. What names a cause that was not found stands by itself, and of findings that explain each other one does.
 */
export function rootsOf(findings: readonly Finding[]): readonly Root[] {
  const byKey = new Map(findings.map((item) => [findingKey(item), item]));
  const causes = new Map<string, string>();
  const rootOf = (key: string): string => {
    const cause = causes.get(key);
    return cause === undefined ? key : rootOf(cause);
  };
  for (const [key, { because = [] }] of byKey) {
    const cause = because.find((named) => byKey.has(named) && rootOf(named) !== key);
    if (cause !== undefined) causes.set(key, cause);
  }
  const under = Map.groupBy(causes.keys(), rootOf);
  return [...byKey]
    .filter(([key]) => !causes.has(key))
    .map(([key, item]) => ({ finding: item, explains: (under.get(key) ?? []).toSorted() }));
}
