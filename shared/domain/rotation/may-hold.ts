import type { ApiKey } from '../keys.ts';
import { jobKey } from '../logpush.ts';
import type { HiddenJob, RotationView } from './steps.ts';
import { TIMING } from './timing.ts';

/**
 * Whether a job that hides its key may carry this one: nothing shows that it was given another since, and it has not pushed
 * so long after `since` that it must have logged in later than that.
 *
 * @param since - epoch milliseconds; IAM shows no login with the key after it. It may be late by a day: what a push says
 * holds once that has passed and none has shown
 */
export function mayHold(
  { record, binding, now }: RotationView,
  { job, isClaimed }: HiddenJob,
  { id, createdAt }: ApiKey,
  since: number,
): boolean {
  // Tokens live an hour; clocks may differ by some minutes.
  const pushedAfter = since + TIMING.tokenLifeMs + TIMING.propagationMs;
  if (job.lastCompleteAt !== undefined && job.lastCompleteAt >= pushedAfter) return false;
  const { current, history } = record;
  const progress = current?.jobs[jobKey(job.ref)];
  if (progress !== undefined && current?.newKeyId !== id) {
    const hasNewKey = progress.state !== 'moved-back' && progress.state !== 'gone';
    if (hasNewKey && now >= progress.movedAt + binding.rotation.drainMs) return false;
  }
  // A rotation that completed has given every job of the binding its own key.
  const isGiven = history.some(
    (past) => past.outcome === 'complete' && past.newKeyId !== id && past.startedAt >= createdAt,
  );
  return !(isClaimed && isGiven);
}
