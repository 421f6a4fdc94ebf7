import { formatInstant } from '../time.ts';
import { givenBy } from './carried-record.ts';
import { lastMoveAt } from './old-key.ts';
import { closeRotation, type JobProgress, type Rotation, type RotationRecord } from './record.ts';
import { TIMING } from './timing.ts';

/**
 * Ends the rotation under way as it stands. Nothing at IBM Cloud changes: it is a change of the ledger alone.
 *
 * A key that was not stored yet is under suspicion from now on, as after any lost attempt; the old key is never touched
 * again by the keeper.
 */
export function abandonRotation(record: RotationRecord, now: number): RotationRecord {
  const { current } = record;
  if (current === undefined) return record;
  const ended = closeRotation(record, 'abandoned', now, `abandoned by a person while ${current.phase}`);
  // What others made is not carried a second time by itself.
  if (current.oldKeyOrigin === 'theirs') {
    const { newKeyId: keyId, oldKeyId } = current;
    if (keyId === undefined) return ended;
    const given = givenBy(current, keyId, now);
    const before = record.carried ?? givenBy({ ...current, jobs: {} }, oldKeyId ?? keyId, now);
    const carried = given !== undefined && given.jobs.length > 0 ? given : before;
    return carried === undefined ? ended : { ...ended, carried: { ...carried, abandoned: { keyId } } };
  }
  if (current.versionId !== undefined || current.newKeyId === undefined) return ended;
  const stray = {
    keyId: current.newKeyId,
    why: 'value-lost',
    seenAt: now,
    lookAt: now + TIMING.secondLookMs,
  } as const;
  return { ...ended, suspects: [...record.suspects, stray] };
}

/** What abandoning means now, one sentence each. */
export function consequencesOf(rotation: Rotation, binding: string): readonly string[] {
  const { oldKeyId = 'unknown', newKeyId, versionId, disabledAt } = rotation;
  if (versionId === undefined) {
    return [
      `No job was touched: all carry key ${oldKeyId}, and the secret still holds it.`,
      newKeyId === undefined
        ? 'No new key was made, or none that the ledger knows; one that turns up is disabled and deleted.'
        : `The new key ${newKeyId} was never stored. It is disabled and deleted within about a day.`,
      `Key ${oldKeyId} is still due: the next run begins another rotation.`,
    ];
  }
  const all = Object.values(rotation.jobs);
  const isMoved = (job: JobProgress): boolean => job.state !== 'moved-back' && job.state !== 'gone';
  const moved = all.filter(isMoved);
  return [
    `The secret holds the new key ${newKeyId}; ${moved.length} job(s) were given it${moved.length === 0 ? '' : `, the last ${formatInstant(lastMoveAt(rotation))}`}.`,
    `Any other job of the binding still carries key ${oldKeyId}${expiryOf(rotation)}, unless a run died before it had noted its move, and is not moved before the next rotation; \`keeper rotate-keys --force ${binding}\` begins one.`,
    disabledAt === undefined
      ? `Key ${oldKeyId} stays as it is: the keeper neither disables nor deletes it any more. Delete it yourself when no job carries it.`
      : `Key ${oldKeyId} has been disabled since ${formatInstant(disabledAt)}: the keeper neither enables nor deletes it any more. Delete it yourself, or enable it if something still needs it.`,
    'Nothing proves any more that the jobs push with the new key: look at `check-logpush`.',
    'The guard lock stays on the previous version of the secret until the next rotation.',
  ];
}

const expiryOf = ({ oldKeyExpiresAt }: Rotation): string =>
  oldKeyExpiresAt === undefined ? '' : `, which ends ${formatInstant(oldKeyExpiresAt)}`;
