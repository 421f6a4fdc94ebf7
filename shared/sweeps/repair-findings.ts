import type { Cause } from '../domain/diagnosis/chain.ts';
import { type Finding, type FindingCode, finding, findingKey } from '../domain/finding.ts';
import type { Incident, PastIncident } from '../domain/repair/incident.ts';
import type { SeenJob } from './observe.ts';

/** Who knows that the job is disabled, and why, learns nothing new from these. */
const TOLD_ALREADY: ReadonlySet<FindingCode> = new Set([
  'repair-waits-for-cause',
  'repair-waits-for-rotation',
]);

/** `check-logpush` has told of the job, and perhaps of what stands in its way: this adds no incident to that. */
export function waits(
  code: FindingCode,
  { label }: SeenJob,
  detail: string,
  { seenAt }: Incident,
  walls: readonly Cause[] = [],
): Finding {
  const subject = `job ${label}`;
  const told = findingKey({ code: 'job-disabled-by-failures', subject });
  const because = TOLD_ALREADY.has(code) ? { because: [...walls.map(findingKey), told] } : {};
  return finding(code, subject, detail, seenAt, because);
}

export const waitsItsTurn = ({ label }: SeenJob, { seenAt }: Incident, why: string): Finding =>
  finding('repair-waits-its-turn', `job ${label}`, why, seenAt);

export const wasInVain = (cause: string): string =>
  `enabled before (${cause}), and not one push came until it was disabled again`;

/** What an incident that has ended cost. */
export function recovered(past: PastIncident): readonly Finding[] {
  if (past.outcome !== 'proven') return [];
  const { lost } = past;
  const cost = lost === undefined ? 'unknown' : `${lost.min} to ${lost.max ?? 'unknown'}`;
  return [finding('job-recovered', `job ${past.label}`, `log minutes lost: ${cost}`, past.seenAt)];
}
