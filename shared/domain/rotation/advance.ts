import { jobKey } from '../logpush.ts';
import type { Secret } from '../secret.ts';
import { closeRotation, enterPhase, type JobProgress, type Rotation, type RotationRecord } from './record.ts';
import { formatStamp } from './stamp.ts';
import type { Action, Facts, Memory, Note, RotationView } from './steps.ts';
import { emptyMemory } from './steps.ts';
import { GUARD_LOCK, TIMING } from './timing.ts';

/** What an action brought. A plan assumes it: see `assumedResult`. */
export interface ActionResult {
  /** When it took effect: for a moved job the `Date` header of CIS's answer. */
  readonly at: number;
  readonly keyId?: string;
  readonly keyExpiresAt?: number;
  readonly value?: Secret;
  readonly qualified?: 'action' | 'token' | 'unclear';
  readonly versionId?: string;
}

/** The parts of a view that a step changes. */
export interface Advanced {
  readonly record: RotationRecord;
  readonly facts: Facts;
  readonly memory: Memory;
}

/** What the view is after a change of the ledger. */
export function advanceNote(view: RotationView, note: Note): Advanced {
  const { record, facts, memory, now } = view;
  if (note.kind === 'open') return { record: open(view, note), facts, memory: emptyMemory };
  const rotation = record.current;
  if (rotation === undefined) return { record, facts, memory };
  const withRotation = (changed: Rotation): Advanced => ({
    record: { ...record, current: changed },
    facts,
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
      return withRotation(enterPhase(rotation, note.phase, now));
    case 'close': {
      const closed = closeRotation(record, note.outcome, now);
      const strays =
        note.strayKeyId === undefined
          ? record.strays
          : [...record.strays, { keyId: note.strayKeyId, since: now }];
      // A refusal will not change by asking again at once; a lost value will.
      const backoff = note.outcome === 'value-lost' ? {} : { notBefore: now + TIMING.retryAfterMs };
      return { record: { ...closed, strays, ...backoff }, facts: {}, memory: emptyMemory };
    }
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
      return withRotation(enterPhase({ ...rotation, jobs, fleetOpen: true }, 'moving', now));
    }
    case 'old-key-gone':
      return withRotation({ ...rotation, oldKeyGone: true });
    case 'complete':
      return { record: closeRotation(record, 'complete', now), facts: {}, memory: emptyMemory };
  }
}

/** The canary pushed; it stays confirmed while the others move. */
function confirmed(rotation: Rotation): Rotation['jobs'] {
  const key = rotation.canaries.at(-1);
  const canary = key === undefined ? undefined : rotation.jobs[key];
  if (key === undefined || canary === undefined || canary.state !== 'moved') return rotation.jobs;
  return { ...rotation.jobs, [key]: { ...canary, state: 'confirmed' } };
}

function open(view: RotationView, note: Extract<Note, { kind: 'open' }>): RotationRecord {
  const { record, binding, runId, now } = view;
  const { notBefore: _, ...rest } = record;
  return {
    ...rest,
    current: {
      runId,
      attempt: note.attempt,
      reason: note.reason,
      startedAt: now,
      phase: 'minting',
      phases: [{ phase: 'minting', at: now }],
      ...(note.oldKeyId === undefined ? {} : { oldKeyId: note.oldKeyId }),
      oldKeyOrigin: note.oldKeyOrigin,
      newKeyName: formatStamp({ secretId: binding.secret.id, runId, attempt: note.attempt }),
      canaries: [],
      fleetOpen: false,
      jobs: {},
      oldKeyGone: false,
    },
  };
}

/** What the view is after an action succeeded. Facts that the action made stale are forgotten. */
export function advanceAction(view: RotationView, action: Action, result: ActionResult): Advanced {
  const { record, facts, memory } = view;
  const rotation = record.current;
  if (rotation === undefined) return { record, facts, memory };
  const withRotation = (changed: Rotation, newFacts = facts, newMemory = memory): Advanced => ({
    record: { ...record, current: changed },
    facts: newFacts,
    memory: newMemory,
  });
  switch (action.kind) {
    case 'lock-version':
      return withRotation(rotation, {
        ...facts,
        locks: [...(facts.locks ?? []), { name: GUARD_LOCK, versionId: 'current', versionAlias: 'current' }],
      });
    case 'mint-key': {
      const { keyId, value } = result;
      if (keyId === undefined) return { record, facts, memory };
      return withRotation(
        { ...rotation, newKeyId: keyId, newKeyExpiresAt: result.keyExpiresAt ?? action.expiresAt },
        facts,
        value === undefined ? memory : { ...memory, value },
      );
    }
    case 'enable-key':
      return withRotation(rotation, facts, { ...memory, enabled: true });
    case 'qualify-key':
      return withRotation({ ...rotation, qualified: result.qualified ?? 'unclear' });
    case 'extend-secret':
      return withRotation(
        rotation,
        facts.secret === undefined
          ? facts
          : { ...facts, secret: { ...facts.secret, expiresAt: action.expiresAt } },
      );
    case 'publish-key': {
      // The new version carried the guard to `previous`, and `current` is another version now.
      const { versions: _v, locks: _l, currentKeyId: _k, ...kept } = facts;
      return withRotation({ ...rotation, versionId: result.versionId ?? 'current' }, kept);
    }
    case 'move-job':
      return withRotation(moved(rotation, action, result.at));
    case 'disable-key':
      return withRotation({ ...rotation, disabledAt: result.at }, withoutJobs(facts));
    case 'enable-old-key': {
      const { disabledAt: _, ...rest } = rotation;
      return withRotation({
        ...rest,
        halted: { code: 'old-key-needed', detail: action.detail, at: result.at },
      });
    }
    case 'delete-key':
      return withRotation({ ...rotation, oldKeyGone: true });
    case 'release-previous':
      return withRotation(rotation, {
        ...facts,
        locks: (facts.locks ?? []).map((lock) => ({ ...lock, versionAlias: 'current' as const })),
      });
  }
}

function withoutJobs(facts: Facts): Facts {
  const { jobs: _, ...rest } = facts;
  return rest;
}

function moved(rotation: Rotation, action: Extract<Action, { kind: 'move-job' }>, at: number): Rotation {
  const key = jobKey(action.job);
  const progress: JobProgress = {
    ref: action.job,
    label: action.label,
    state: action.enabled ? 'moved' : 'moved-while-disabled',
    movedAt: at,
  };
  const jobs = { ...rotation.jobs, [key]: progress };
  if (action.role === 'fleet') return { ...rotation, jobs };
  return enterPhase({ ...rotation, jobs, canaries: [...rotation.canaries, key] }, 'confirming', at);
}

/** What a plan assumes of an action: that it succeeds, now. Ids that only IBM Cloud can give are named in words. */
export function assumedResult(action: Action, now: number, value: Secret): ActionResult {
  switch (action.kind) {
    case 'mint-key':
      return { at: now, keyId: '(new)', keyExpiresAt: action.expiresAt, value };
    case 'qualify-key':
      return { at: now, qualified: 'action' };
    case 'publish-key':
      return { at: now, versionId: '(new)' };
    default:
      return { at: now };
  }
}
