import type { FindingCode } from '../finding.ts';
import type { LogpushJobRef } from '../logpush.ts';

/** The phases of a rotation, in order. @see docs/rotation.md */
export type Phase =
  | 'minting'
  | 'qualifying'
  | 'publishing'
  | 'moving'
  | 'confirming'
  | 'draining'
  | 'proving'
  | 'disabling'
  | 'deleting';

/** Why a key is rotated. */
export type DueReason =
  | 'expires-soon'
  | 'secret-expires-soon'
  | 'too-old'
  | 'key-missing'
  | 'key-disabled'
  | 'key-expired';

/** How far one Logpush job has come. */
type JobState =
  /** CIS accepted the new key. */
  | 'moved'
  /** A push came later than 15 minutes after the move: the job works, whichever key did it. */
  | 'confirmed'
  /** A push came that only the new key can have made. */
  | 'proven'
  /** Enabled, without error, and without any push since the move, for a day. */
  | 'idle-unproven'
  /** The job is disabled; it carries the new key and was not enabled. */
  | 'moved-while-disabled'
  /** The job no longer exists. */
  | 'gone';

/** One job's part of a rotation. Instants are CIS's own, in epoch milliseconds. */
export interface JobProgress {
  readonly ref: LogpushJobRef;
  /** For people: `700123 (http_requests of shop.example)`. */
  readonly label: string;
  readonly state: JobState;
  readonly movedAt: number;
  /** End of the newest pushed interval that was seen after the move. */
  readonly lastCompleteAt?: number;
}

/** What the old key is to us, which decides what may be done to it. */
export type OldKeyOrigin = 'stamped' | 'adopted-disable' | 'adopted-never' | 'unstamped' | 'none';

/** One rotation under way. Holds ids and instants, never a value. */
export interface Rotation {
  readonly runId: string;
  readonly attempt: number;
  readonly reason: DueReason;
  readonly startedAt: number;
  readonly phase: Phase;
  /** When each phase was entered, in order; a phase may come twice. */
  readonly phases: readonly { readonly phase: Phase; readonly at: number }[];
  readonly oldKeyId?: string;
  readonly oldKeyOrigin: OldKeyOrigin;
  /** Set before the key is asked for, so that a key whose id was never learnt can be found by its name. */
  readonly mintIntentAt?: number;
  /** The new key's name: its stamp. */
  readonly newKeyName: string;
  readonly newKeyId?: string;
  readonly newKeyExpiresAt?: number;
  /** `action`: the key did what a job does. `unclear`: it may; one job tries it first. */
  readonly qualified?: 'action' | 'token' | 'unclear';
  readonly versionId?: string;
  /** Jobs tried first, newest last. */
  readonly canaries: readonly string[];
  /** Whether jobs other than the canary may move. */
  readonly fleetOpen: boolean;
  readonly jobs: Readonly<Record<string, JobProgress>>;
  readonly disabledAt?: number;
  /** The old key no longer exists: we deleted it, or found it gone. */
  readonly oldKeyGone: boolean;
  /** Set when only a person can say how to go on. */
  readonly halted?: { readonly code: FindingCode; readonly detail: string; readonly at: number };
}

/** A rotation that has ended. */
export interface PastRotation {
  readonly runId: string;
  readonly attempt: number;
  readonly reason: DueReason;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: 'complete' | 'value-lost' | 'qualification-refused' | 'mint-failed';
  readonly oldKeyId?: string;
  readonly oldKeyOrigin: OldKeyOrigin;
  readonly newKeyId?: string;
  readonly phases: readonly { readonly phase: Phase; readonly at: number }[];
  readonly jobs: Readonly<Record<string, number>>;
}

/** The ledger document of one binding: `rotations/<secret id>.json`. */
export interface RotationRecord {
  readonly schema: 1;
  readonly binding: string;
  readonly secretId: string;
  readonly revision: number;
  readonly current?: Rotation;
  /** When keys were minted lately, newest last. */
  readonly mints: readonly number[];
  /** Keys that were minted and whose value is lost. */
  readonly strays: readonly { readonly keyId: string; readonly since: number }[];
  /** No new attempt before this instant. */
  readonly notBefore?: number;
  /** Newest last; at most 20. */
  readonly history: readonly PastRotation[];
}

export const emptyRecord = (binding: string, secretId: string): RotationRecord => ({
  schema: 1,
  binding,
  secretId,
  revision: 0,
  mints: [],
  strays: [],
  history: [],
});

/** Moves a rotation into a phase and notes when. */
export const enterPhase = (rotation: Rotation, phase: Phase, at: number): Rotation => ({
  ...rotation,
  phase,
  phases: [...rotation.phases, { phase, at }],
});

/** Ends the rotation under way and files it in the history. */
export function closeRotation(
  record: RotationRecord,
  outcome: PastRotation['outcome'],
  at: number,
): RotationRecord {
  const { current, ...rest } = record;
  if (current === undefined) return record;
  const jobs: Record<string, number> = {};
  for (const job of Object.values(current.jobs)) jobs[job.state] = (jobs[job.state] ?? 0) + 1;
  const past: PastRotation = {
    runId: current.runId,
    attempt: current.attempt,
    reason: current.reason,
    startedAt: current.startedAt,
    endedAt: at,
    outcome,
    ...(current.oldKeyId === undefined ? {} : { oldKeyId: current.oldKeyId }),
    oldKeyOrigin: current.oldKeyOrigin,
    ...(current.newKeyId === undefined ? {} : { newKeyId: current.newKeyId }),
    phases: current.phases,
    jobs,
  };
  return { ...rest, history: [...record.history, past].slice(-20) };
}
