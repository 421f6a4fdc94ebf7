import { isKeyed, jobKey } from '../logpush.ts';
import type { Rotation } from './record.ts';
import { type Action, act, type RotationView, rest, type SelectedJob, type Step } from './steps.ts';
import { FAILED_MOVES_PER_RUN, MOVE_NOTES } from './timing.ts';

/** Text for people: `700123 (http_requests of shop.example)`. Joined: every job of a fleet has one, and a template keeps its parts. */
export const jobLabel = ({ job, zone }: SelectedJob): string =>
  [`${job.ref.jobId} (`, job.dataset, ' of ', zone.name, ')'].join('');

/** The jobs to move next in this run: none twice, and none more when the first few were all refused. */
export const movableNow = ({ memory }: RotationView, left: readonly SelectedJob[]): readonly SelectedJob[] =>
  memory.moves === 0 && memory.failedMoves.size >= FAILED_MOVES_PER_RUN
    ? []
    : left.filter(({ job }) => !memory.failedMoves.has(jobKey(job.ref)));

/**
 * The job that an action would change against a hold. On the way back there is none: that gives a job again what it had,
 * and a hold must not keep it on a key that failed.
 */
export const holdableJob = ({ facts }: RotationView, action: Action): SelectedJob | undefined =>
  action.kind === 'move-job' && action.role !== 'back'
    ? facts.jobs?.jobs.find(({ job }) => jobKey(job.ref) === jobKey(action.job))
    : undefined;

/** Gives a job the new key, or on the way back the old one. */
export function moveJob(
  rotation: Rotation,
  selected: SelectedJob,
  role: Extract<Action, { kind: 'move-job' }>['role'],
): Step {
  const { job } = selected;
  const keyId = role === 'back' ? rotation.oldKeyId : rotation.newKeyId;
  if (!isKeyed(job.destination) || keyId === undefined) {
    // Selection lets only destinations with a key through, and no job moves before the key is stored.
    return rest('a destination that can be sent again');
  }
  const { destination, enabled } = job;
  return act({
    kind: 'move-job',
    job: job.ref,
    label: jobLabel(selected),
    destination,
    enabled,
    role,
    keyId,
  });
}

/**
 * How many moves are noted in the ledger together. The record holds every job and is written whole: a write for each of many
 * jobs would come to the square of their number. A canary opens the way for the others, and is noted at once.
 */
export function movesPerNote({ facts, record }: RotationView, action: Action): number {
  if (action.kind !== 'move-job' || action.role === 'canary') return 1;
  const known = Object.keys(record.current?.jobs ?? {}).length;
  return Math.max(1, Math.ceil(Math.max(known, facts.jobs?.jobs.length ?? 0) / MOVE_NOTES));
}
