import type { ApiKey } from '../keys.ts';
import type { KeyReport } from '../report.ts';
import type { RotationRecord } from './record.ts';
import type { Facts } from './steps.ts';

/** The keys of a binding as far as the ledger and the looks of a run tell: of a rotation its two, else the secret's. */
export function reportKeys(record: RotationRecord, facts: Facts = {}): readonly KeyReport[] {
  const { current } = record;
  if (current === undefined) {
    const { currentKeyId, keys } = facts;
    if (typeof currentKeyId !== 'string') return [];
    return [
      describeKey(
        'current',
        currentKeyId,
        keys?.find((key) => key.id === currentKeyId),
      ),
    ];
  }
  const { oldKeyId, newKeyId, oldKeyExpiresAt, newKeyExpiresAt, mintIntentAt, oldKeyGone } = current;
  const reports: KeyReport[] = [];
  if (oldKeyId !== undefined && !oldKeyGone) {
    const known = oldKeyExpiresAt === undefined ? {} : { expiresAt: oldKeyExpiresAt };
    const disabled = current.disabledAt === undefined ? {} : { disabled: true };
    reports.push({
      ...known,
      ...disabled,
      ...describeKey('old', oldKeyId, seen(facts.oldKey, facts, oldKeyId)),
    });
  }
  if (newKeyId !== undefined) {
    const expiry = newKeyExpiresAt === undefined ? {} : { expiresAt: newKeyExpiresAt };
    const created = mintIntentAt === undefined ? {} : { createdAt: mintIntentAt };
    reports.push({
      ...created,
      ...expiry,
      ...describeKey('new', newKeyId, seen(facts.newKey, facts, newKeyId)),
    });
  }
  return reports;
}

/** A key as it was looked at alone, or else in the list of all. */
const seen = (alone: Facts['oldKey'], { keys }: Facts, id: string): ApiKey | undefined =>
  typeof alone === 'object' && alone !== null && alone.id === id ? alone : keys?.find((key) => key.id === id);

const describeKey = (role: KeyReport['role'], keyId: string, key: ApiKey | undefined): KeyReport =>
  key === undefined
    ? { keyId, role }
    : { keyId, role, createdAt: key.createdAt, expiresAt: key.expiresAt ?? 'never', disabled: key.disabled };
