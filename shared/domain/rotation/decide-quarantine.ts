import { type Finding, finding } from '../finding.ts';
import type { ApiKey, SecretVersion } from '../keys.ts';
import { omit } from '../omit.ts';
import { formatInstant } from '../time.ts';
import { mayHold } from './may-hold.ts';
import { jobLabel } from './move-job.ts';
import { whyDead } from './old-key.ts';
import type { RotationRecord, Suspect } from './record.ts';
import { isStampedFor } from './stamp.ts';
import { act, type JobKeysLook, look, note, type RotationView, type Step } from './steps.ts';
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
  // A version that a person stored says nothing of its key.
  if (facts.currentKeyId === undefined) return look('current-key');
  // The version of a key that was rolled back stays `previous` until the next rotation; nobody reads it.
  if (isNamed(view, keyId, facts.versions, suspect.why === 'rolled-back'))
    return note({ kind: 'forget-suspect', keyId });
  if (facts.suspect?.keyId !== keyId) return look('suspect');
  const { key } = facts.suspect;
  // A key that lost its stamp was renamed by a person, who has taken it over.
  if (key === null || !isStampedFor(key.name, binding.secret)) return note({ kind: 'forget-suspect', keyId });
  if (suspect.disabledAt !== undefined && !key.disabled)
    return postpone(suspect, now + TIMING.deleteAfterMs, { kept: 'somebody enabled it again' });
  const grownAt = key.createdAt + TIMING.strayAgeMs;
  if (now < grownAt) return postpone(suspect, grownAt);
  const since = Math.max(suspect.seenAt, key.lastAuthnAt ?? 0);
  const unusedAt = wasInUse(view, key, facts.versions) ? since + TIMING.unusedMs : now;
  // What nothing can log in with any more is taken from nobody; nor is a key whose value never left the run that made it.
  const mayBeCarried = suspect.why === 'unnamed' && whyDead(key, now) === undefined;
  if (!mayBeCarried && now < unusedAt) return postpone(suspect, unusedAt, usedBy(suspect, key));
  if (facts.jobKeyIds === undefined) return look('job-keys');
  const carried = whyCarried(facts.jobKeyIds, keyId);
  if (carried !== undefined) return postpone(suspect, lookLater(suspect, now), { kept: carried });
  if (suspect.disabledAt !== undefined) return act({ kind: 'delete-stray-key', keyId });
  const waits = mayBeCarried ? decideCarried(view, suspect, { key, since, unusedAt }) : undefined;
  return waits ?? act({ kind: 'disable-stray-key', keyId });
}

function postpone(
  suspect: Suspect,
  lookAt: number,
  { kept, quiet }: Pick<Suspect, 'kept' | 'quiet'> = {},
): Step {
  const next = {
    ...omit(suspect, 'kept', 'quiet'),
    lookAt,
    ...(kept === undefined ? {} : { kept }),
    ...(quiet === undefined ? {} : { quiet }),
  };
  return note({ kind: 'suspect', suspects: [next] });
}

const usedBy = ({ seenAt }: Suspect, { lastAuthnAt }: ApiKey): Pick<Suspect, 'kept'> =>
  lastAuthnAt !== undefined && lastAuthnAt > seenAt
    ? { kept: `it logged in at ${formatInstant(lastAuthnAt)}` }
    : {};

function whyCarried({ ids, complete }: JobKeysLook, keyId: string): string | undefined {
  if (ids.has(keyId)) return 'a Logpush job carries it';
  return complete ? undefined : 'not every zone could be read';
}

/**
 * Nobody can tell where a key was that nothing names. It is disabled when no job has needed it for as long as IAM may be late
 * with a login: a job that was moved a moment ago may still push with it, and one that hides its key tells by its pushes alone.
 *
 * @returns undefined when it may be disabled
 */
function decideCarried(
  view: RotationView,
  suspect: Suspect,
  { key, since, unusedAt }: { readonly key: ApiKey; readonly since: number; readonly unusedAt: number },
): Step | undefined {
  const { facts, now } = view;
  const hidden = facts.jobKeyIds?.hidden ?? [];
  const holder = hidden.find((job) => mayHold(view, job, key, since));
  if (holder !== undefined) {
    const kept = `job ${jobLabel(holder)} hides its key and has not pushed since: it may carry this one`;
    return postponeUnsure(suspect, now, kept);
  }
  const quiet = suspect.quiet?.since === since ? suspect.quiet : { since, at: now };
  // Until then a newer login may show, and this begins anew.
  const shownAt = quiet.at + TIMING.activityLagMs;
  const waitsUntil = now < shownAt ? shownAt : unusedAt;
  if (now < waitsUntil) return postpone(suspect, waitsUntil, { quiet, ...usedBy(suspect, key) });
  if (hidden.length === 0 || key.lastAuthnAt !== undefined) return undefined;
  if (facts.showsLogins === undefined) return look('logins');
  if (facts.showsLogins) return undefined;
  return postponeUnsure(suspect, now, 'jobs hide their keys, and IAM shows no login with any key');
}

/** What is not seen today may be tomorrow; it is told of after a day. */
const postponeUnsure = (suspect: Suspect, now: number, kept: string): Step =>
  postpone(suspect, lookLater(suspect, now), now - suspect.seenAt < TIMING.deleteAfterMs ? {} : { kept });

/** A look at all jobs costs a call for each zone: the next one is as late again as the key has waited, a day at most. */
const lookLater = ({ seenAt }: Suspect, now: number): number =>
  now + Math.min(Math.max(now - seenAt, TIMING.strayAgeMs), TIMING.deleteAfterMs);

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
        ? `${REASONS[suspect.why]}; it is looked at again ${formatInstant(suspect.lookAt)}, and disabled once no job can carry it`
        : `${REASONS[suspect.why]}; it is disabled, and deleted after ${formatInstant(suspect.lookAt)}`;
    return finding('stray-key', subject, detail, suspect.seenAt);
  });
  const until = Math.min(...record.suspects.map(({ lookAt }) => lookAt));
  return { findings, until: Number.isFinite(until) ? until : undefined };
}

const REASONS: Record<Suspect['why'], string> = {
  unnamed: 'no version of the secret and no rotation names it',
  'value-lost': 'its value was lost before it was stored',
  'qualification-refused': 'it was refused where it should push',
  'rolled-back': 'its rotation was rolled back',
};
