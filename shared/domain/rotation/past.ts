import type { Binding } from '../binding.ts';
import { type Finding, finding } from '../finding.ts';
import type { PastRotation } from './record.ts';

/** Why the last attempt came to nothing, said until one succeeds. */
export function failureOf({ outcome, detail, endedAt }: PastRotation, binding: Binding): Finding | undefined {
  if (outcome === 'complete' || outcome === 'abandoned' || outcome === 'superseded') return undefined;
  const code = outcome === 'value-lost' ? 'attempt-lost' : outcome;
  return finding(code, `binding ${binding.name}`, detail ?? outcome, endedAt);
}

/** Which try the next one is. A run may make several, and the stamp of each differs by this alone. */
export const attemptAfter = (last: PastRotation | undefined): number =>
  last === undefined || last.outcome === 'complete' || last.outcome === 'abandoned' ? 1 : last.attempt + 1;
