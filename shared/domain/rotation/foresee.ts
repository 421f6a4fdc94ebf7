import type { Binding } from '../binding.ts';
import type { Waiting } from '../report.ts';
import { decideRotation } from './decide.ts';
import type { RotationRecord } from './record.ts';
import { emptyMemory } from './steps.ts';

/** What the next run will wait for, as far as it can be told without looking at anything. */
export function foresee(record: RotationRecord, binding: Binding, now: number): Waiting {
  const subject = `binding ${binding.name}`;
  // Every run looks at the new key first; whatever comes after that look is what the rotation waits for.
  const facts = { newKey: 'unreadable' } as const;
  const step = decideRotation({
    binding,
    record,
    facts,
    memory: emptyMemory,
    now,
    runId: '',
    holds: [],
    forced: false,
    neighbours: { idle: [] },
  });
  if (step.kind !== 'rest') return { subject, waitsFor: 'the next run, which looks again' };
  return { subject, waitsFor: step.waitsFor, ...(step.until === undefined ? {} : { until: step.until }) };
}
