import type { ApiKey } from '../keys.ts';
import { formatInstant } from '../time.ts';
import type { Rotation } from './record.ts';
import type { RotationView } from './steps.ts';
import { TIMING } from './timing.ts';

/** Whether no job can push with the old key any more. */
export const isDead = (rotation: Rotation, now: number): boolean =>
  rotation.oldKeyDead || (rotation.oldKeyExpiresAt !== undefined && rotation.oldKeyExpiresAt <= now);

/** Whether the old key ends so soon that a job is better off on any other. */
export const isOnItsLastDay = (rotation: Rotation, now: number): boolean =>
  isDead(rotation, now) ||
  (rotation.oldKeyExpiresAt !== undefined && rotation.oldKeyExpiresAt - TIMING.lastDayMs <= now);

/** Why no job can push with a key, as IAM shows it; undefined while one can, or while that cannot be told. */
export function whyDead(key: ApiKey | null | 'unreadable', now: number): string | undefined {
  if (key === null) return 'IAM does not know it any more';
  if (key === 'unreadable') return undefined;
  if (key.disabled) return 'it is disabled';
  const { expiresAt } = key;
  return expiresAt !== undefined && expiresAt <= now ? `it expired ${formatInstant(expiresAt)}` : undefined;
}

/** Whether the old key is ours to retire. */
export const mayRetire = (rotation: Rotation): boolean =>
  rotation.oldKeyId !== undefined &&
  !rotation.oldKeyGone &&
  (rotation.oldKeyOrigin === 'stamped' || rotation.oldKeyOrigin === 'adopted-disable');

/** When the last job got the new key; the start of the rotation when it has no job at all. */
export const lastMoveAt = (rotation: Rotation): number =>
  Math.max(rotation.startedAt, ...Object.values(rotation.jobs).map((job) => job.movedAt));

/** The end of the time in which CIS may still push with the old key. */
export const drainEndsAt = (view: RotationView, rotation: Rotation): number =>
  lastMoveAt(rotation) + view.binding.rotation.drainMs;

/** From then on IAM shows every login with the old key that was no drain and no probe of ours. */
export const activityShownAt = (view: RotationView, rotation: Rotation): number =>
  quietSince(view, rotation) + TIMING.activityLagMs;

/** Nothing should have logged in with the old key since then. */
export const quietSince = (view: RotationView, rotation: Rotation): number =>
  Math.max(drainEndsAt(view, rotation), rotation.probe?.at ?? 0);
