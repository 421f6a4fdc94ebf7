import { jobKey } from '../logpush.ts';
import { driftOf, withoutKey } from './carried.ts';
import type { Carried, Failure, Rotation, RotationRecord } from './record.ts';
import type { RotationView, SelectedJob } from './steps.ts';
import { versionOf } from './versions.ts';

/** The jobs of a rotation that hold this key of it. */
export function givenBy(rotation: Rotation, keyId: string | undefined, at: number): Carried | undefined {
  if (keyId === undefined) return undefined;
  const isBack = keyId === rotation.oldKeyId;
  const jobs = Object.entries(rotation.jobs).filter(
    ([, { state }]) => state !== 'gone' && (state === 'moved-back') === isBack,
  );
  const { versionId } = rotation;
  return {
    keyId,
    ...(isBack || versionId === undefined ? {} : { versionId }),
    checkedAt: at,
    jobs: jobs.map(([key]) => key),
    unclear: [],
    without: [],
  };
}

/** The jobs that were looked at and have the key, and those that were known to and could not be read. */
export function carriedNow(view: RotationView, keyId: string): Carried {
  const { facts, now, record } = view;
  const versionId = versionOf(facts.versions ?? [], 'current')?.id;
  const drifted = new Set(driftOf(view));
  const seen = facts.jobs?.jobs ?? [];
  const holding = seen.filter(({ job }) => !drifted.has(job)).map(({ job }) => jobKey(job.ref));
  const unread = facts.jobs?.complete === false ? (record.carried?.jobs ?? []) : [];
  return {
    keyId,
    ...(versionId === undefined ? {} : { versionId }),
    checkedAt: now,
    jobs: [...new Set([...holding, ...unread])],
    ...besides(
      view,
      seen.filter(({ job }) => drifted.has(job)),
    ),
  };
}

/** What the jobs of a rotation that is complete carry from now on, where others make their keys. */
export function carriedBy(view: RotationView, rotation: Rotation): Pick<RotationRecord, 'carried'> {
  if (rotation.oldKeyOrigin !== 'theirs') return {};
  return carrying(view, givenBy(rotation, rotation.newKeyId, view.now));
}

/** What the jobs of an attempt that failed carry now, for the next one. */
export function carriedAfter(
  view: RotationView,
  rotation: Rotation,
  outcome: Failure,
): Pick<RotationRecord, 'carried'> {
  if (rotation.oldKeyOrigin !== 'theirs') return {};
  const keyId =
    outcome === 'rolled-back' ? rotation.oldKeyId : rotation.fleetOpen ? rotation.newKeyId : undefined;
  const given = givenBy(rotation, keyId, view.now);
  // Nothing was given to any job: what was known before stays known, and is looked at again as it would have been.
  const isAsBefore = Object.values(rotation.jobs).every(({ state }) => state === 'kept');
  return isAsBefore && keyId === view.record.carried?.keyId ? {} : carrying(view, given);
}

function carrying(view: RotationView, given: Carried | undefined): Pick<RotationRecord, 'carried'> {
  if (given === undefined) return {};
  const left = (view.facts.jobs?.jobs ?? []).filter(({ job }) => !given.jobs.includes(jobKey(job.ref)));
  return { carried: { ...given, ...besides(view, left) } };
}

/** Jobs that were seen and do not have the key, or cannot be told of. */
const besides = (
  view: RotationView,
  left: readonly SelectedJob[],
): Pick<Carried, 'unclear' | 'without' | 'unread'> => ({
  unclear: view.facts.jobs?.unclear ?? [],
  without: withoutKey(view, left),
  ...(view.facts.jobs?.complete === false ? { unread: true } : {}),
});
