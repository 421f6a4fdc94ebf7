import type { ApiKey, SecretMetadata } from '../keys.ts';
import { stableHash } from '../stable-hash.ts';
import { days } from '../time.ts';
import type { DueReason } from './record.ts';

/** The part of the rotation policy that says when. */
export interface DuePolicy {
  readonly beforeMs: number;
  readonly maxAgeMs: number;
}

/** Spreads the rotations of many keys that were made together over a day, always to the safe side: earlier. */
const JITTER_MS = days(1);

/**
 * When the key is due, or why it is due now.
 *
 * @param keyId - the key of the secret's current version; null when IAM does not know it
 * @param key - that key as IAM shows it; undefined when it is gone
 * @returns `reason` when due now, else `dueAt`
 */
export function decideDue(
  keyId: string | null,
  key: ApiKey | undefined,
  secret: SecretMetadata,
  policy: DuePolicy,
  now: number,
): { readonly reason: DueReason } | { readonly dueAt: number } {
  if (keyId === null || key === undefined) return { reason: 'key-missing' };
  if (key.disabled) return { reason: 'key-disabled' };
  if (key.expiresAt !== undefined && key.expiresAt <= now) return { reason: 'key-expired' };
  const jitterMs = Math.floor(jitter(keyId) * JITTER_MS);
  const moments: { readonly at: number; readonly reason: DueReason }[] = [
    { at: key.createdAt + policy.maxAgeMs - jitterMs, reason: 'too-old' },
  ];
  if (key.expiresAt !== undefined) {
    moments.push({ at: key.expiresAt - policy.beforeMs - jitterMs, reason: 'expires-soon' });
  }
  if (secret.expiresAt !== undefined) {
    moments.push({ at: secret.expiresAt - policy.beforeMs - jitterMs, reason: 'secret-expires-soon' });
  }
  const first = moments.reduce((a, b) => (b.at < a.at ? b : a));
  return first.at <= now ? { reason: first.reason } : { dueAt: first.at };
}

/**
 * A number in [0, 1) that belongs to the key for good. It is drawn from the key's id rather than from a random
 * source, so that it needs no ledger: losing the ledger cannot move a due date.
 */
const jitter = (keyId: string): number => stableHash(keyId) / 4_294_967_296;
