import { jobKey } from '../logpush.ts';
import { omit } from '../omit.ts';
import { slotOf } from '../slot.ts';
import { withLeft } from './carried.ts';
import { carriedAfter, carriedBy, carriedNow } from './carried-record.ts';
import { jobLabel } from './move-job.ts';
import {
  closeRotation,
  enterPhase,
  type Failure,
  type Rotation,
  type RotationRecord,
  untouched,
} from './record.ts';
import { formatStamp } from './stamp.ts';
import {
  emptyMemory,
  type Facts,
  type Memory,
  type Note,
  type RotationView,
  type SelectedJob,
} from './steps.ts';
import { TIMING } from './timing.ts';
import { versionOf } from './versions.ts';

/** The parts of a view that a step changes. */
export interface Advanced {
  readonly record: RotationRecord;
  readonly facts: Facts;
  readonly memory: Memory;
}

/** What the view is after a change of the ledger. */
export function advanceNote(view: RotationView, note: Note): Advanced {
  const { record, facts, memory } = view;
  switch (note.kind) {
    case 'open':
      return { record: open(view, note), facts, memory: emptyMemory };
    case 'rebuild':
      return { record: { ...record, current: note.rotation }, facts, memory: emptyMemory };
    case 'suspect': {
      const renewed = new Set(note.suspects.map(({ keyId }) => keyId));
      const kept = record.suspects.filter(({ keyId }) => !renewed.has(keyId));
      return { record: { ...record, suspects: [...kept, ...note.suspects] }, facts, memory };
    }
    case 'forget-suspect': {
      const suspects = record.suspects.filter(({ keyId }) => keyId !== note.keyId);
      return { record: { ...record, suspects }, facts, memory };
    }
    case 'compromise': {
      const { current } = record;
      const marked = current?.oldKeyId === note.keyId ? { current: markCompromised(current, view.now) } : {};
      return { record: { ...record, compromisedKeyId: note.keyId, ...marked }, facts, memory };
    }
    case 'forget-compromise':
      return { record: omit(record, 'compromisedKeyId'), facts, memory };
    case 'carried':
      return { record: { ...record, carried: carriedNow(view, note.keyId) }, facts, memory };
    default: {
      const rotation = record.current;
      return rotation === undefined ? { record, facts, memory } : advanceRotation(view, rotation, note);
    }
  }
}

type RotationNote = Exclude<
  Note,
  { kind: 'open' | 'rebuild' | 'suspect' | 'forget-suspect' | 'carried' | 'compromise' | 'forget-compromise' }
>;

function advanceRotation(view: RotationView, rotation: Rotation, note: RotationNote): Advanced {
  const { record, facts, memory, now } = view;
  const withRotation = (changed: Rotation, newFacts = facts): Advanced => ({
    record: { ...record, current: changed },
    facts: newFacts,
    memory,
  });
  switch (note.kind) {
    case 'intend-mint':
      return {
        record: {
          ...record,
          mints: [...record.mints.filter((at) => now - at < TIMING.mintWindowMs), now],
          current: { ...rotation, mintIntentAt: now },
        },
        facts,
        memory: { ...memory, intended: true },
      };
    case 'enter':
      // What is looked at last must be looked at now.
      return withRotation(
        enterPhase(note.phase === 'draining' ? withLeft(view, rotation) : rotation, note.phase, now),
        note.phase === 'deleting' ? omit(facts, 'jobs') : facts,
      );
    case 'close':
      return { record: closed(view, rotation, note), facts: {}, memory: emptyMemory };
    case 'recover':
      return withRotation(enterPhase({ ...rotation, versionId: note.versionId }, 'moving', now));
    case 'open-fleet':
      return withRotation(
        enterPhase({ ...rotation, fleetOpen: true, jobs: confirmed(rotation) }, 'moving', now),
      );
    case 'record-jobs':
      return withRotation({ ...rotation, jobs: { ...rotation.jobs, ...note.jobs } });
    case 'move-again': {
      const jobs = Object.fromEntries(
        Object.entries(rotation.jobs).filter(([key]) => !note.jobs.includes(key)),
      );
      const movedAgain = (rotation.movedAgain ?? 0) + 1;
      return withRotation(
        enterPhase({ ...rotation, jobs, fleetOpen: true, fleetLooks: 0, movedAgain }, 'moving', now),
      );
    }
    case 'old-key-seen':
      return withRotation({
        ...rotation,
        oldKeyDead: note.isDead,
        ...(note.expiresAt === undefined ? {} : { oldKeyExpiresAt: note.expiresAt }),
      });
    case 'old-key-gone':
      return withRotation({ ...rotation, oldKeyGone: true });
    case 'old-key-disabled':
      return withRotation({ ...rotation, disabledAt: now });
    case 'looked':
      return withRotation(
        { ...rotation, lookAt: note.lookAt, fleetLooks: rotation.fleetLooks + (note.draining ? 1 : 0) },
        omit(facts, 'jobs'),
      );
    case 'roll-back': {
      const rollback = { detail: note.detail, restored: false, newKeyDisabled: false };
      return withRotation(enterPhase({ ...rotation, rollback }, 'rolling-back', now));
    }
    case 'restored':
      return withRotation(restored(rotation), omit(facts, 'locks'));
    case 'found-version': {
      const { versionId, keyId } = note;
      return withRotation({ ...rotation, versionId, newKeyId: keyId, ...oldVersion(facts) });
    }
    case 'complete':
      return {
        record: { ...closeRotation(record, 'complete', now), ...carriedBy(view, rotation) },
        facts: {},
        memory: emptyMemory,
      };
  }
}

/** The version that a new one has made the previous. */
function oldVersion({ versions }: Facts): Pick<Rotation, 'oldVersionId'> {
  const id = versionOf(versions ?? [], 'previous')?.id;
  return id === undefined ? {} : { oldVersionId: id };
}

/** Where a rotation goes on without some jobs, none may be left behind now: all are looked at again before the key is cut. */
function markCompromised(rotation: Rotation, now: number): Rotation {
  const marked = { ...rotation, compromised: true };
  return rotation.oldKeyOrigin === 'theirs' && WITHOUT_SOME.includes(rotation.phase)
    ? enterPhase(marked, 'moving', now)
    : marked;
}

const WITHOUT_SOME: readonly Rotation['phase'][] = ['draining', 'proving', 'deleting'];

/** Ends a failed attempt: its key is under suspicion, and the next attempt waits. */
function closed(
  view: RotationView,
  rotation: Rotation,
  note: Extract<Note, { kind: 'close' }>,
): RotationRecord {
  const { record, now } = view;
  const { outcome, detail, strayKeyId } = note;
  const ended = closeRotation(record, outcome, now, detail);
  const suspects = record.suspects.filter(({ keyId }) => keyId !== strayKeyId);
  if (
    strayKeyId !== undefined &&
    outcome !== 'mint-failed' &&
    outcome !== 'key-died' &&
    outcome !== 'superseded'
  ) {
    // A rolled back key is disabled already, after its jobs left it.
    const isDisabled = outcome === 'rolled-back';
    const waitMs = isDisabled ? TIMING.deleteAfterMs : TIMING.secondLookMs;
    const lookAt = Math.max(now + waitMs, (rotation.mintIntentAt ?? now) + TIMING.strayAgeMs);
    const disabled = isDisabled ? { disabledAt: now } : {};
    suspects.push({ keyId: strayKeyId, why: outcome, seenAt: now, lookAt, ...disabled });
  }
  return {
    ...ended,
    suspects,
    ...carriedAfter(view, rotation, outcome),
    ...backoff(ended, rotation, outcome, now),
  };
}

/**
 * A refusal will not change by asking again at once; a lost value will. Each further failure doubles the wait, and a
 * key that ends soon shortens it to a share of the time it has left.
 */
function backoff(
  { history }: RotationRecord,
  rotation: Rotation,
  outcome: Failure,
  now: number,
): Pick<RotationRecord, 'notBefore'> {
  if (outcome === 'value-lost' || outcome === 'key-died' || outcome === 'superseded') return {};
  const lastGood = history.findLastIndex((past) => past.outcome === 'complete');
  const failures = history.slice(lastGood + 1).filter((past) => past.outcome === outcome).length;
  const doubledMs = TIMING.retryAfterMs * 2 ** Math.min(failures - 1, 10);
  const leftMs = (rotation.oldKeyExpiresAt ?? Number.POSITIVE_INFINITY) - now;
  const capMs = Math.max(TIMING.retryAtLeastMs, leftMs * TIMING.retryShareOfLife);
  return { notBefore: now + Math.min(doubledMs, TIMING.retryAtMostMs, capMs) };
}

export function restored(rotation: Rotation): Rotation {
  const { rollback } = rotation;
  return rollback === undefined ? rotation : { ...rotation, rollback: { ...rollback, restored: true } };
}

/** The canary pushed; it stays confirmed while the others move. */
function confirmed(rotation: Rotation): Rotation['jobs'] {
  const key = rotation.canaries.at(-1);
  const canary = key === undefined ? undefined : rotation.jobs[key];
  if (key === undefined || canary === undefined || canary.state !== 'moved') return rotation.jobs;
  return { ...rotation.jobs, [key]: { ...canary, state: 'confirmed' } };
}

const DEAD: readonly string[] = ['key-missing', 'key-disabled', 'key-expired'];

function open(view: RotationView, note: Extract<Note, { kind: 'open' }>): RotationRecord {
  const { record, binding, runId, now } = view;
  const { id, origin, expiresAt } = note.oldKey;
  const { found } = note;
  const phase = origin !== 'theirs' ? 'minting' : found === undefined ? 'publishing' : 'qualifying';
  return {
    ...omit(record, 'notBefore'),
    current: {
      runId,
      attempt: note.attempt,
      reason: note.reason,
      startedAt: now,
      phase,
      phases: [{ phase, at: now }],
      ...(id === undefined ? {} : { oldKeyId: id }),
      oldKeyOrigin: origin,
      ...(expiresAt === undefined ? {} : { oldKeyExpiresAt: expiresAt }),
      oldKeyDead: DEAD.includes(note.reason),
      ...(note.oldKey.id !== undefined && note.oldKey.id === record.compromisedKeyId
        ? { compromised: true }
        : {}),
      binding,
      ...(found === undefined ? {} : foundKey(found)),
      newKeyName: formatStamp({ slot: slotOf(binding.secret), runId, attempt: note.attempt }),
      ...untouched,
      jobs: keptJobs(found?.kept ?? [], record.carried?.checkedAt ?? now),
      // They push with it, so nobody has to try it first.
      fleetOpen: (found?.kept.length ?? 0) > 0,
    },
  };
}

const keptJobs = (kept: readonly SelectedJob[], at: number): Rotation['jobs'] =>
  Object.fromEntries(
    kept.map((selected) => [
      jobKey(selected.job.ref),
      { ref: selected.job.ref, label: jobLabel(selected), state: 'kept', movedAt: at } as const,
    ]),
  );

const foundKey = ({
  keyId,
  versionId,
  expiresAt,
  oldVersionId,
}: NonNullable<Extract<Note, { kind: 'open' }>['found']>): Partial<Rotation> => ({
  newKeyId: keyId,
  versionId,
  ...(expiresAt === undefined ? {} : { newKeyExpiresAt: expiresAt }),
  ...(oldVersionId === undefined ? {} : { oldVersionId }),
});
