import type { Binding } from '../binding.ts';
import { type Finding, finding } from '../finding.ts';
import type { SecretMetadata } from '../keys.ts';
import { slotName } from '../slot.ts';
import { days, formatDuration } from '../time.ts';

/** A key that Secrets Manager has replaced lives on for at least this long: jobs are moved and proven meanwhile. */
export const LEFT_AFTER_ROTATION_MS = days(7);
const SHORTEST_INTERVAL_MS = days(1);

const STATES: Readonly<Record<number, string>> = {
  0: 'pre-activation',
  1: 'active',
  2: 'suspended',
  3: 'deactivated',
  5: 'destroyed',
};

/**
 * Why a secret cannot be what the binding says it is. Nothing but its metadata has been read then.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-iam-credentials
 */
export function whyUnfit(binding: Binding, secret: SecretMetadata): Finding | undefined {
  const subject = `binding ${binding.name}`;
  const unusable = (detail: string): Finding =>
    finding('secret-unusable', subject, `${slotName(binding.secret)} ${detail}`);
  const { type, state } = secret;
  if (state !== 1) return unusable(`is ${STATES[state] ?? `in state ${state}`}, not active`);
  const { member } = binding.secret;
  if (type === 'kv' && member === undefined)
    return unusable('has type kv: the binding must name the member that holds the key');
  if (type !== 'kv' && member !== undefined)
    return unusable(`has type ${type}, which has no members; leave member out of the binding`);
  const isMadeThere = type === 'iam_credentials';
  if (binding.managedBy === 'secrets-manager' && !isMadeThere)
    return unusable(`has type ${type}: Secrets Manager makes keys only in secrets of type iam_credentials`);
  if (binding.managedBy === 'keeper' && isMadeThere)
    return unusable(
      'has type iam_credentials: Secrets Manager makes its keys; write managedBy: secrets-manager',
    );
  if (type !== 'arbitrary' && type !== 'kv' && !isMadeThere)
    return unusable(`has type ${type}, which holds no API key`);
  return isMadeThere ? whyEngineUnfit(binding, secret) : undefined;
}

function whyEngineUnfit(binding: Binding, { engine, id }: SecretMetadata): Finding | undefined {
  const subject = `binding ${binding.name}`;
  if (engine?.reuse !== true) {
    const detail = `secret ${id} does not reuse its key: each read makes another and deletes the one before, so it is never read; set "Reuse IAM credentials until lease expires"`;
    return finding('secret-not-reusable', subject, detail);
  }
  if (engine.iamId === undefined) {
    const detail = `secret ${id} makes a new service ID with each key; a binding needs one that stays`;
    return finding('identity-mismatch', subject, detail);
  }
  if (engine.iamId !== binding.iamId)
    return finding(
      'identity-mismatch',
      subject,
      `its keys belong to ${engine.iamId}, not to ${binding.iamId}`,
    );
  if (binding.managedBy !== 'secrets-manager') return undefined;
  return whyTooShort(binding, engine, id);
}

/** The key before lives until its own lease ends, whoever still uses it. */
function whyTooShort(
  { name, rotation }: Binding,
  { ttlMs, intervalMs: own }: NonNullable<SecretMetadata['engine']>,
  secretId: string,
): Finding | undefined {
  const subject = `binding ${name}`;
  if (ttlMs === undefined)
    return finding('secret-ttl-too-short', subject, `the ttl of secret ${secretId} cannot be read`);
  const intervalMs = own ?? Math.min(rotation.maxAgeMs, ttlMs - rotation.beforeMs);
  if (intervalMs >= SHORTEST_INTERVAL_MS && ttlMs >= intervalMs + LEFT_AFTER_ROTATION_MS) return undefined;
  const detail =
    intervalMs < SHORTEST_INTERVAL_MS
      ? `a key of secret ${secretId} lives ${formatDuration(ttlMs)} and is due ${formatDuration(rotation.beforeMs)} before its end: each would be due at once`
      : `a key of secret ${secretId} lives ${formatDuration(ttlMs)} and is replaced every ${formatDuration(intervalMs)}: less than ${formatDuration(LEFT_AFTER_ROTATION_MS)} are left to move the jobs`;
  return finding('secret-ttl-too-short', subject, detail);
}
