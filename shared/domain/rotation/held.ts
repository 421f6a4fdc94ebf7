import { type Finding, finding, type Severity } from '../finding.ts';
import { type ActiveHold, describeHold, holdOf } from '../hold.ts';
import { formatInstant } from '../time.ts';
import { jobLabel } from './move-job.ts';
import { isDead } from './old-key.ts';
import type { Rotation } from './record.ts';
import type { RotationView, SelectedJob } from './steps.ts';
import { TIMING } from './timing.ts';

/** A job that is not moved, and what keeps it. */
export interface HeldJob {
  readonly selected: SelectedJob;
  readonly hold: ActiveHold;
}

/** Those of the jobs that a hold keeps as they are now. */
export const heldAmong = ({ holds, now }: RotationView, jobs: readonly SelectedJob[]): readonly HeldJob[] =>
  jobs.flatMap((selected) => {
    const hold = holdOf(holds, selected.job, selected.zone, now);
    return hold === undefined ? [] : [{ selected, hold }];
  });

/** What a rotation waits for when jobs are held, and when the first hold ends. */
export function describeHeld(held: readonly HeldJob[]): {
  readonly waitsFor: string;
  readonly until?: number;
} {
  const ends = held.flatMap(({ hold }) => hold.until ?? []);
  const [first] = held;
  const which =
    first === undefined || held.length > 1 ? `${held.length} jobs` : `job ${jobLabel(first.selected)}`;
  const reasons = [...new Set(held.map(({ hold }) => hold.reason))].join('; ');
  const end = ends.length === 0 ? 'a person: the' : 'the end of the';
  return {
    waitsFor: `${end} hold on ${which} (${reasons})`,
    ...(ends.length === 0 ? {} : { until: Math.min(...ends) }),
  };
}

/** A hold is a person's word even where it costs logs; then it is said aloud. */
export const heldFinding = (rotation: Rotation, now: number, { selected, hold }: HeldJob): Finding => {
  const { severity, why } = stakes(rotation, now, selected.job.enabled, hold);
  const detail = `${describeHold(hold)}; it keeps key ${rotation.oldKeyId ?? 'unknown'}${why}`;
  const mended = severity === 'info' ? {} : { repair: 'person' as const };
  return { ...finding('rotation-held', `job ${jobLabel(selected)}`, detail, undefined, mended), severity };
};

function stakes(
  rotation: Rotation,
  now: number,
  isEnabled: boolean,
  { until = Number.POSITIVE_INFINITY }: ActiveHold,
): { readonly severity: Severity; readonly why: string } {
  const { oldKeyExpiresAt } = rotation;
  if (!isEnabled) return { severity: 'info', why: '' };
  if (isDead(rotation, now)) return { severity: 'critical', why: ', which is dead: its logs are being lost' };
  // Moved within its key's last day it may yet fail: CIS takes a while, and a token that was cached ends with the key.
  if (oldKeyExpiresAt === undefined || oldKeyExpiresAt - TIMING.lastDayMs >= until)
    return { severity: 'info', why: '' };
  const than = Number.isFinite(until) ? 'not a day after the hold' : 'and the hold has no end';
  const why = `, which ends ${formatInstant(oldKeyExpiresAt)}, ${than}: its logs are at stake`;
  return { severity: 'warning', why };
}
