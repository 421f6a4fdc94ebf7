import type { Secret } from './state.ts';

/** What Secrets Manager tells Event Notifications of, without IBM's prefix. */
export type HappeningKind =
  | 'secret_created'
  | 'secret_rotated'
  | 'secret_rotation_blocked'
  | 'secret_rotation_failed'
  | 'secret_about_to_expire'
  | 'secret_expiration_blocked'
  | 'secret_expired'
  | 'secret_deleted';

/** Something that happened to a secret, with its name at that time; never a version and never a value. */
export interface Happening {
  readonly at: number;
  readonly kind: HappeningKind;
  /** `in_90_days` and so on, of secrets that are about to expire. */
  readonly subKind: string | undefined;
  /** An IAM id, or Secrets Manager itself. */
  readonly by: string;
  readonly instanceId: string;
  readonly secret: Pick<Secret, 'id' | 'name' | 'type' | 'groupId'>;
  /** In what is about expiry. */
  readonly expiresAt: number | undefined;
}

/** Who did what nobody asked for. */
export const ITSELF = 'SecretsManager';

/** Days ahead of the expiry, and how a notification calls them. */
export const WARNINGS = [
  [90, 'in_90_days'],
  [60, 'in_60_days'],
  [30, 'in_30_days'],
  [10, 'in_10_days'],
  [1, 'in_1_day'],
  [0, 'in_0_days'],
] as const;
