import { days, minutes, seconds } from '../../../shared/domain/time.ts';
import { Denied, invalid } from './errors.ts';

/** How long each key of a secret lives. */
export interface Ttl {
  readonly ms: number;
  readonly inMinutes: boolean;
}

/** When Secrets Manager rotates a secret by itself. */
export interface Rotation {
  readonly interval: number;
  readonly unit: 'day' | 'month';
}

/** What an `iam_credentials` secret is, beside what all secrets are. */
export interface Lease {
  /** `ServiceId-…`, with or without `iam-` in front, as the caller wrote it. */
  readonly serviceId: string;
  /** Of the next version on. */
  ttl: Ttl;
  /** False: every read of the value makes another key. */
  readonly reuse: boolean;
  rotation: Rotation | undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  s: seconds(1),
  m: minutes(1),
  h: minutes(60),
  d: days(1),
};
const MAX_TTL_MS = days(90);

/**
 * Reads a ttl: seconds, or a text like `45m`, `12h` or `30d`.
 *
 * @throws {Denied} 400 for anything else, and outside 1 minute to 90 days
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-iam-credentials
 */
export function parseTtl(ttl: number | string): Ttl {
  const [, amount, unit = 's'] = /^(\d+)([smhd]?)$/.exec(String(ttl)) ?? [];
  const ms = Number(amount) * (UNITS[unit === '' ? 's' : unit] ?? Number.NaN);
  if (!(ms >= minutes(1) && ms <= MAX_TTL_MS)) throw invalid('ttl must be from 1 minute to 90 days.');
  return { ms, inMinutes: unit === 'm' };
}

/** A month is taken as 30 days. */
const intervalMs = ({ interval, unit }: Rotation): number =>
  days(unit === 'month' ? interval * 30 : interval);

/** When the version after one made at `since` is due; undefined without automatic rotation. */
export const nextRotation = (
  lease: Pick<Lease, 'rotation'> | undefined,
  since: number,
): number | undefined => (lease?.rotation === undefined ? undefined : since + intervalMs(lease.rotation));

/** @throws {Denied} 400 for a rotation that does not fit the lease */
export function requireFitting({ ttl, reuse, rotation }: Lease): void {
  if (rotation === undefined) return;
  if (!reuse) throw invalid('Automatic rotation needs reuse_api_key to be true.');
  if (ttl.inMinutes) throw invalid('Automatic rotation needs a ttl that is not in minutes.');
  if (intervalMs(rotation) > MAX_TTL_MS) throw invalid('rotation.interval must be at most 3 months.');
  if (intervalMs(rotation) > ttl.ms) throw invalid('rotation.interval must not exceed ttl.');
}

/** @throws {Denied} 400 when the current version would end before its successor comes */
export function requireSuccessor(nextRotationAt: number, expiresAt: number | undefined): void {
  if (expiresAt !== undefined && nextRotationAt > expiresAt)
    throw new Denied(400, 'Error02009', 'The current version would expire before the next rotation.');
}
