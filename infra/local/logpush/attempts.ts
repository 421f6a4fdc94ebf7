import { minutes } from '../../../shared/domain/time.ts';
import type { JobDestination } from '../cis/destination.ts';
import type { JobState } from '../cis/state.ts';
import type { Settings } from '../settings.ts';

/**
 * What a push tries, in order. A changed destination is used once the change has spread; until then the one before is.
 * From then on, when the new key fails, the key before it helps out until its window ends.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export function attempts(
  job: JobState,
  at: number,
  { propagationMinutes, previousKeyWindowMinutes }: Settings['logpush'],
): readonly JobDestination[] {
  const { replaced, destination } = job;
  if (replaced.length === 0) return [destination];
  // Entry i was replaced by entry i + 1, and the last one by what the API shows; the newest spread one is in force.
  const spread = replaced.findLastIndex((change) => change.at + minutes(propagationMinutes) <= at);
  const inForce = replaced[spread + 1]?.destination ?? destination;
  const before = replaced[spread];
  const previous = before?.destination.apiKey;
  // Only a key has a predecessor that helps out: a job without one pushes as IBM's own identity, or elsewhere.
  if (before === undefined || previous === undefined || inForce.apiKey === undefined) return [inForce];
  if (previous === inForce.apiKey || at >= before.at + minutes(previousKeyWindowMinutes)) return [inForce];
  return [inForce, { ...inForce, apiKey: previous }];
}
