import type { ApiKey } from '../keys.ts';
import { whyDead } from './old-key.ts';
import { type Phase, type Rotation, untouched } from './record.ts';
import { originOf, parseStamp } from './stamp.ts';
import { look, note, type RotationView, type Step } from './steps.ts';
import { guardOn, isRollingBack, keyIdIn, makerOf, previousKeyIdIn, versionOf } from './versions.ts';

/**
 * The ledger does not account for the secret's current version, so it may have been lost in the middle of a rotation.
 * What IBM Cloud shows says how far that came:
 *
 * | current version made by | guard lock                    | so                                        |
 * |-------------------------|-------------------------------|-------------------------------------------|
 * | a rotation              | on previous                   | jobs may be on either key: move them all  |
 * | a rotation              | on current, marked going back | jobs may be on either key: move them back |
 * | a roll back             | on previous, marked           | the failed key is still to be disabled    |
 * | either                  | on current, not marked        | it had ended                              |
 *
 * Every step that is then repeated is idempotent, and the drain starts anew.
 *
 * @returns undefined when nothing is under way
 */
export function decideRebuild(view: RotationView, keys: readonly ApiKey[]): Step | undefined {
  const { binding, facts } = view;
  const current = versionOf(facts.versions ?? [], 'current');
  const maker = makerOf(current, binding.secret);
  const keyId = keyIdIn(current);
  if (maker.kind === 'other' || keyId === undefined || isAccountedFor(view, keyId)) return undefined;
  // With a dead key nothing can be carried on: it is due, and all jobs get another.
  const key = keys.find((candidate) => candidate.id === keyId);
  if (key === undefined || whyDead(key, view.now) !== undefined) return undefined;
  if (facts.locks === undefined) return look('locks');
  const onPrevious = guardOn(facts.locks, 'previous');
  const onCurrent = guardOn(facts.locks, 'current');
  if (maker.kind === 'roll-back') {
    return isRollingBack(onPrevious) ? note({ kind: 'rebuild', rotation: restoring(view, keys) }) : undefined;
  }
  if (isRollingBack(onCurrent))
    return note({ kind: 'rebuild', rotation: rebuilt(view, keys, 'rolling-back') });
  if (onPrevious !== undefined) return note({ kind: 'rebuild', rotation: rebuilt(view, keys, 'moving') });
  return undefined;
}

const isAccountedFor = ({ record }: RotationView, keyId: string): boolean =>
  record.history.some(
    (past) =>
      (past.newKeyId === keyId && (past.outcome === 'complete' || past.outcome === 'abandoned')) ||
      (past.oldKeyId === keyId && (past.outcome === 'rolled-back' || past.outcome === 'abandoned')),
  );

/** The current version holds the new key. */
function rebuilt(view: RotationView, keys: readonly ApiKey[], phase: Phase): Rotation {
  const { facts } = view;
  const current = versionOf(facts.versions ?? [], 'current');
  const rotation = bare(view, keys, {
    phase,
    stamp: makerOf(current, view.binding.secret),
    newKeyId: keyIdIn(current),
    oldKeyId: previousKeyIdIn(current),
  });
  const oldVersionId = versionOf(facts.versions ?? [], 'previous')?.id;
  return {
    ...rotation,
    ...(current === undefined ? {} : { versionId: current.id }),
    ...(oldVersionId === undefined ? {} : { oldVersionId }),
    ...(phase === 'moving'
      ? {}
      : { rollback: { detail: 'it was going back already', restored: false, newKeyDisabled: false } }),
  };
}

/** The current version holds the old key again. */
function restoring(view: RotationView, keys: readonly ApiKey[]): Rotation {
  const { facts, binding } = view;
  const current = versionOf(facts.versions ?? [], 'current');
  const failed = versionOf(facts.versions ?? [], 'previous');
  const rotation = bare(view, keys, {
    phase: 'restoring',
    stamp: makerOf(current, binding.secret),
    newKeyId: keyIdIn(failed),
    oldKeyId: keyIdIn(current),
  });
  return {
    ...rotation,
    ...(failed === undefined ? {} : { versionId: failed.id }),
    ...(current === undefined ? {} : { oldVersionId: current.id }),
    rollback: { detail: 'it was going back already', restored: true, newKeyDisabled: false },
  };
}

function bare(
  view: RotationView,
  keys: readonly ApiKey[],
  of: {
    readonly phase: Phase;
    readonly stamp: ReturnType<typeof makerOf>;
    readonly newKeyId: string | undefined;
    readonly oldKeyId: string | undefined;
  },
): Rotation {
  const { binding, now, runId } = view;
  const oldKey = keys.find((key) => key.id === of.oldKeyId);
  const newKey = keys.find((key) => key.id === of.newKeyId);
  const name = 'stamp' in of.stamp ? of.stamp.stamp : '';
  const stamp = parseStamp(name);
  return {
    runId: stamp?.runId ?? runId,
    attempt: stamp?.attempt ?? 1,
    reason: 'ledger-lost',
    startedAt: now,
    phase: of.phase,
    phases: [{ phase: of.phase, at: now }],
    ...(of.oldKeyId === undefined ? {} : { oldKeyId: of.oldKeyId }),
    // A key that IAM's list does not show may still be there: it is looked up by its id before anything is done to it.
    oldKeyOrigin: oldKey === undefined && of.oldKeyId !== undefined ? 'unstamped' : originOf(binding, oldKey),
    ...(oldKey?.expiresAt === undefined ? {} : { oldKeyExpiresAt: oldKey.expiresAt }),
    oldKeyDead: oldKey === undefined || oldKey.disabled,
    binding,
    mintIntentAt: newKey?.createdAt ?? now,
    newKeyName: name,
    ...(of.newKeyId === undefined ? {} : { newKeyId: of.newKeyId }),
    ...(newKey?.expiresAt === undefined ? {} : { newKeyExpiresAt: newKey.expiresAt }),
    // It was qualified before it was published; how well is not known any more.
    qualified: 'unclear',
    ...untouched,
  };
}
