import { type Finding, finding } from '../finding.ts';
import type { ApiKey, SecretVersion } from '../keys.ts';
import { omit } from '../omit.ts';
import { formatInstant } from '../time.ts';
import type { RotationRecord, Suspect } from './record.ts';
import { isStampedFor } from './stamp.ts';
import { act, look, note, type RotationView, type Step } from './steps.ts';
import { TIMING } from './timing.ts';
import { keyIdIn, versionOf } from './versions.ts';

/** Keys with our stamp that no version names and no attempt accounts for, as a first look. */
export function newSuspects(
  view: RotationView,
  keys: readonly ApiKey[],
  versions: readonly SecretVersion[],
): readonly Suspect[] {
  const { record, binding, now } = view;
  const known = new Set(record.suspects.map((suspect) => suspect.keyId));
  return keys
    .filter((key) => isStampedFor(key.name, binding.secret) && !known.has(key.id))
    .filter((key) => !isNamed(view, key.id, versions))
    .map((key) => ({
      keyId: key.id,
      why: 'unnamed',
      seenAt: now,
      lookAt: Math.max(now + TIMING.secondLookMs, key.createdAt + TIMING.strayAgeMs),
    }));
}

/** Whether a version whose payload can be read, the rotation under way, or an abandoned one stands for the key. */
function isNamed(
  { record, facts }: RotationView,
  keyId: string,
  versions: readonly SecretVersion[],
  exceptPrevious = false,
): boolean {
  if (keyId === facts.currentKeyId || keyId === keyIdIn(versionOf(versions, 'current'))) return true;
  if (!exceptPrevious && keyId === keyIdIn(versionOf(versions, 'previous'))) return true;
  if (keyId === record.current?.newKeyId || keyId === record.current?.oldKeyId) return true;
  return record.history.some((past) => past.outcome === 'abandoned' && past.oldKeyId === keyId);
}

/**
 * Looks at the first suspect whose time has come: disabled when a second look agrees with the first, deleted a day
 * later when a third one does. Lists may lag, so the key is looked up by its id, and what speaks against it postpones.
 *
 * @returns undefined when no suspect's time has come
 */
export function decideQuarantine(view: RotationView): Step | undefined {
  const { record, facts, now, binding } = view;
  const suspect = record.suspects.find(({ lookAt }) => lookAt <= now);
  if (suspect === undefined) return undefined;
  const { keyId } = suspect;
  if (facts.versions === undefined) return look('versions');
  // The version of a key that was rolled back stays `previous` until the next rotation; nobody reads it.
  if (isNamed(view, keyId, facts.versions, suspect.why === 'rolled-back'))
    return note({ kind: 'forget-suspect', keyId });
  if (facts.suspect?.keyId !== keyId) return look('suspect');
  const { key } = facts.suspect;
  // A key that lost its stamp was renamed by a person, who has taken it over.
  if (key === null || !isStampedFor(key.name, binding.secret)) return note({ kind: 'forget-suspect', keyId });
  const postpone = (byMs: number, kept?: string): Step => {
    const next = { ...omit(suspect, 'kept'), lookAt: now + byMs, ...(kept === undefined ? {} : { kept }) };
    return note({ kind: 'suspect', suspects: [next] });
  };
  if (suspect.disabledAt !== undefined && !key.disabled)
    return postpone(TIMING.deleteAfterMs, 'somebody enabled it again');
  if (now < key.createdAt + TIMING.strayAgeMs) return postpone(key.createdAt + TIMING.strayAgeMs - now);
  const unusedFrom = Math.max(suspect.seenAt, key.lastAuthnAt ?? 0) + TIMING.unusedMs;
  if (wasInUse(view, key, facts.versions) && now < unusedFrom) {
    const login = key.lastAuthnAt;
    const isUsed = login !== undefined && login > suspect.seenAt;
    return postpone(unusedFrom - now, isUsed ? `it logged in at ${formatInstant(login)}` : undefined);
  }
  if (facts.jobKeyIds === undefined) return look('job-keys');
  if (facts.jobKeyIds.ids.has(keyId)) return postpone(TIMING.strayAgeMs, 'a Logpush job carries it');
  if (!facts.jobKeyIds.complete) return postpone(TIMING.strayAgeMs, 'not every zone could be read');
  if (suspect.disabledAt === undefined) return act({ kind: 'disable-stray-key', keyId });
  return act({ kind: 'delete-stray-key', keyId });
}

/** A key that was minted and never stored logs in a few times while it is tested, and never again. */
function wasInUse({ record }: RotationView, key: ApiKey, versions: readonly SecretVersion[]): boolean {
  const { id, createdAt, lastAuthnAt } = key;
  if (lastAuthnAt !== undefined && lastAuthnAt > createdAt + TIMING.strayAgeMs) return true;
  return (
    versions.some((version) => keyIdIn(version) === id) || record.history.some((past) => past.oldKeyId === id)
  );
}

/** Stray keys as findings, and when the next look at one is due. */
export function straysOf(record: Pick<RotationRecord, 'suspects'>): {
  readonly findings: readonly Finding[];
  readonly until: number | undefined;
} {
  const findings = record.suspects.map((suspect) => {
    const subject = `key ${suspect.keyId}`;
    if (suspect.kept !== undefined) return finding('stray-key-kept', subject, suspect.kept, suspect.seenAt);
    const detail =
      suspect.disabledAt === undefined
        ? `${REASONS[suspect.why]}; it is looked at again ${formatInstant(suspect.lookAt)} and then disabled`
        : `${REASONS[suspect.why]}; it is disabled, and deleted after ${formatInstant(suspect.lookAt)}`;
    return finding('stray-key', subject, detail, suspect.seenAt);
  });
  const until = Math.min(...record.suspects.map(({ lookAt }) => lookAt));
  return { findings, until: Number.isFinite(until) ? until : undefined };
}

const REASONS: Record<Suspect['why'], string> = {
  unnamed: 'no version of the secret, no job and no rotation names it',
  'value-lost': 'its value was lost before it was stored',
  'qualification-refused': 'it was refused where it should push',
  'rolled-back': 'its rotation was rolled back',
};
