import { jobKey } from '../logpush.ts';
import { omit } from '../omit.ts';
import type { Secret } from '../secret.ts';
import { type Advanced, restored } from './advance-note.ts';
import {
  enterPhase,
  type JobProgress,
  type ProbeVerdict,
  type Rotation,
  type RotationRecord,
} from './record.ts';
import type { Action, RotationView } from './steps.ts';
import { GUARD_LOCK, TIMING } from './timing.ts';
import { ROLLING_BACK } from './versions.ts';

/** What an action brought. A plan assumes it: see `assumedResult`. */
export interface ActionResult {
  /** When it took effect: for a moved job the `Date` header of CIS's answer. */
  readonly at: number;
  readonly keyId?: string;
  readonly keyExpiresAt?: number;
  readonly value?: Secret;
  readonly qualified?: 'action' | 'token' | 'unclear';
  readonly versionId?: string;
  readonly probe?: ProbeVerdict;
}

/** What the view is after an action succeeded. Facts that the action made stale are forgotten. */
export function advanceAction(view: RotationView, action: Action, result: ActionResult): Advanced {
  const { record, facts, memory } = view;
  const rotation = record.current;
  const withRecord = (changed: RotationRecord, newFacts = facts): Advanced => ({
    record: changed,
    facts: newFacts,
    memory,
  });
  const withRotation = (change: (of: Rotation) => Rotation, newFacts = facts): Advanced =>
    withRecord(rotation === undefined ? record : { ...record, current: change(rotation) }, newFacts);
  switch (action.kind) {
    case 'lock-version':
      return withRecord(record, {
        ...facts,
        locks: [...(facts.locks ?? []), guardLock('current', {})],
      });
    case 'mint-key': {
      const { keyId, value } = result;
      if (keyId === undefined) return withRecord(record);
      const advanced = withRotation((of) => ({
        ...of,
        newKeyId: keyId,
        newKeyExpiresAt: result.keyExpiresAt ?? action.expiresAt,
      }));
      return value === undefined ? advanced : { ...advanced, memory: { ...memory, value } };
    }
    case 'enable-key':
      return { record, facts, memory: { ...memory, enabled: true } };
    case 'qualify-key':
      return withRotation((of) => ({ ...of, qualified: result.qualified ?? 'unclear' }));
    case 'extend-secret':
      return withRecord(
        record,
        facts.secret === undefined
          ? facts
          : { ...facts, secret: { ...facts.secret, expiresAt: action.expiresAt } },
      );
    case 'request-version':
    case 'publish-key': {
      // The new version carried the guard to `previous`, and `current` is another version now.
      const oldVersionId = facts.versions?.find((version) => version.alias === 'current')?.id;
      return withRotation(
        (of) => ({
          ...of,
          versionId: result.versionId ?? 'current',
          ...(result.keyId === undefined ? {} : { newKeyId: result.keyId }),
          ...(oldVersionId === undefined ? {} : { oldVersionId }),
        }),
        omit(facts, 'versions', 'locks', 'currentKeyId'),
      );
    }
    case 'move-job':
      return {
        ...withRotation((of) => moved(of, action, result.at)),
        memory: { ...memory, moves: memory.moves + 1 },
      };
    case 'probe-old-key':
      return withRotation((of) => ({ ...of, probe: { at: result.at, verdict: result.probe ?? 'unknown' } }));
    case 'disable-key':
      return withRotation((of) => ({ ...omit(of, 'lookAt'), disabledAt: result.at }), omit(facts, 'jobs'));
    case 'cut-key': {
      const isOld = rotation?.oldKeyId === action.keyId;
      const cut = isOld
        ? withRotation((of) => ({ ...of, oldKeyDead: true, compromised: true, disabledAt: result.at }))
        : withRecord(record);
      // What was seen of the keys was before.
      return {
        record:
          cut.record.compromisedKeyId === action.keyId ? omit(cut.record, 'compromisedKeyId') : cut.record,
        facts: omit(facts, 'keys', 'oldKey', 'newKey', 'jobs'),
        memory: { ...memory, isCut: true },
      };
    }
    case 'enable-old-key':
      return withRotation((of) => ({
        ...omit(of, 'disabledAt'),
        halted: { code: 'old-key-needed', detail: action.detail, at: result.at },
      }));
    case 'delete-key':
      return withRotation((of) => ({ ...of, oldKeyGone: true }));
    case 'release-previous':
      return withRecord(record, {
        ...facts,
        locks: [
          ...(facts.locks ?? []).filter((lock) => lock.name !== GUARD_LOCK),
          guardLock('current', action.rollingBack ? ROLLING_BACK : {}),
        ],
      });
    case 'mark-rollback':
      return withRecord(record, {
        ...facts,
        locks: [
          ...(facts.locks ?? []).filter(
            (lock) => lock.name !== GUARD_LOCK || lock.versionAlias !== 'current',
          ),
          guardLock('current', ROLLING_BACK),
        ],
      });
    case 'restore-version':
      return withRotation(restored, omit(facts, 'versions', 'locks', 'currentKeyId'));
    case 'disable-new-key':
      return withRotation((of) =>
        of.rollback === undefined ? of : { ...of, rollback: { ...of.rollback, newKeyDisabled: true } },
      );
    case 'disable-stray-key':
      return withRecord({
        ...record,
        suspects: record.suspects.map((suspect) =>
          suspect.keyId === action.keyId
            ? { ...suspect, disabledAt: result.at, lookAt: result.at + TIMING.deleteAfterMs }
            : suspect,
        ),
      });
    case 'delete-stray-key':
      return withRecord(
        { ...record, suspects: record.suspects.filter(({ keyId }) => keyId !== action.keyId) },
        // What is gone is not suspected again.
        facts.keys === undefined
          ? facts
          : { ...facts, keys: facts.keys.filter(({ id }) => id !== action.keyId) },
      );
  }
}

const guardLock = (alias: 'current', attributes: Readonly<Record<string, unknown>>) => ({
  name: GUARD_LOCK,
  versionId: alias,
  versionAlias: alias,
  attributes,
});

function moved(rotation: Rotation, action: Extract<Action, { kind: 'move-job' }>, at: number): Rotation {
  const key = jobKey(action.job);
  const state = action.role === 'back' ? 'moved-back' : action.enabled ? 'moved' : 'moved-while-disabled';
  const progress: JobProgress = { ref: action.job, label: action.label, state, movedAt: at };
  const jobs = { ...rotation.jobs, [key]: progress };
  if (action.role !== 'canary') return { ...rotation, jobs };
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
    case 'request-version':
      return { at: now, versionId: '(new)', keyId: '(new)' };
    default:
      return { at: now };
  }
}
