import type { Binding } from '../binding.ts';
import type { FindingCode } from '../finding.ts';
import type { LogpushJobRef } from '../logpush.ts';
import { omit } from '../omit.ts';
import type { Slot } from '../slot.ts';
import { TRANSITIONS } from './transitions.ts';

/** The phases of a rotation, in order; the last two are the way back. @see docs/rotation.md */
export const PHASES = [
  'minting',
  'qualifying',
  'publishing',
  'moving',
  'confirming',
  'draining',
  'proving',
  'disabling',
  'deleting',
  'rolling-back',
  'restoring',
] as const;
export type Phase = (typeof PHASES)[number];

/** Why a key is rotated. */
export type DueReason =
  | 'expires-soon'
  | 'secret-expires-soon'
  | 'too-old'
  | 'key-missing'
  | 'key-disabled'
  | 'key-expired'
  /** The secret holds a key that others made and that the jobs may not have. */
  | 'new-version'
  /** The secret holds a key that failed. */
  | 'key-refused'
  /** A job does not have the key that all were given. */
  | 'job-without-key'
  /** A person asked for it. */
  | 'forced'
  /** A person says that somebody else has the key. */
  | 'compromised'
  /** It was found under way, without its ledger document. */
  | 'ledger-lost';

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
  /** It had the key already, and was not touched. */
  | 'kept'
  /** Rolled back: CIS accepted the old key again. */
  | 'moved-back'
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

/** `dead`: IAM does not accept the key, so its destination was not asked. */
export type ProbeVerdict = 'yes' | 'no' | 'dead' | 'unknown';

/** What the old key is to us, which decides what may be done to it. `theirs`: others make and retire the keys of this secret. */
export type OldKeyOrigin = 'stamped' | 'adopted-disable' | 'adopted-never' | 'unstamped' | 'theirs' | 'none';

/** A job, for people, and what is to be said of it. */
export interface ToldJob {
  readonly label: string;
  readonly detail: string;
}

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
  readonly oldKeyExpiresAt?: number;
  /** No job that carries it can push: it could not log in when the rotation began, or was cut off since. */
  readonly oldKeyDead: boolean;
  /** Somebody else has the old key: it is disabled as soon as every job has the new one. */
  readonly compromised?: boolean;
  /** The binding as it was when the rotation began: it is carried on as it began, whatever the configuration says. */
  readonly binding: Binding;
  /** Set before the key is asked for, so that a key whose id was never learnt can be found by its name. */
  readonly mintIntentAt?: number;
  /** The new key's name: its stamp. */
  readonly newKeyName: string;
  readonly newKeyId?: string;
  readonly newKeyExpiresAt?: number;
  /** `action`: the key did what a job does. `unclear`: it may; one job tries it first. */
  readonly qualified?: 'action' | 'token' | 'unclear';
  readonly versionId?: string;
  /** The version that holds the old key, while it is `previous`. */
  readonly oldVersionId?: string;
  /** Jobs tried first, newest last. */
  readonly canaries: readonly string[];
  /** Whether jobs other than the canary may move. */
  readonly fleetOpen: boolean;
  readonly jobs: Readonly<Record<string, JobProgress>>;
  /** Jobs that it went on without, and why: others make the keys, and nothing is taken from these. */
  readonly left?: readonly ToldJob[];
  /** How often jobs had to be moved once more. */
  readonly movedAgain?: number;
  /** How often the fleet was looked at while it drained. */
  readonly fleetLooks: number;
  /** No look at the fleet before this instant. */
  readonly lookAt?: number;
  /** The last time the old key was tried, and whether its destination took it. */
  readonly probe?: { readonly at: number; readonly verdict: ProbeVerdict };
  readonly disabledAt?: number;
  /** The old key no longer exists: we deleted it, or found it gone. */
  readonly oldKeyGone: boolean;
  /** Set when only a person can say how to go on. */
  readonly halted?: { readonly code: FindingCode; readonly detail: string; readonly at: number };
  /** Why it goes back, and how far it is. */
  readonly rollback?: {
    readonly detail: string;
    /** The secret's `current` holds the old key again. */
    readonly restored: boolean;
    readonly newKeyDisabled: boolean;
  };
  /** HTTP attempts so far, by service. */
  readonly calls: Readonly<Record<string, number>>;
}

export type Failure =
  | 'value-lost'
  | 'qualification-refused'
  | 'mint-failed'
  | 'rolled-back'
  | 'key-died'
  /** The secret holds a newer version, which is carried instead. */
  | 'superseded';

/** A rotation that has ended. */
export interface PastRotation {
  readonly runId: string;
  readonly attempt: number;
  readonly reason: DueReason;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: 'complete' | 'abandoned' | Failure;
  /** Why it failed. */
  readonly detail?: string;
  readonly oldKeyId?: string;
  readonly oldKeyOrigin: OldKeyOrigin;
  readonly newKeyId?: string;
  readonly phases: readonly { readonly phase: Phase; readonly at: number }[];
  readonly jobs: Readonly<Record<string, number>>;
  readonly calls: Readonly<Record<string, number>>;
}

/** A key with our stamp that nothing names: disabled when no job can carry it, and deleted a day later. */
export interface Suspect {
  readonly keyId: string;
  readonly why: 'unnamed' | Exclude<Failure, 'mint-failed' | 'key-died' | 'superseded'>;
  readonly seenAt: number;
  /** No look before this instant. */
  readonly lookAt: number;
  readonly disabledAt?: number;
  /** What spoke against it when it was last looked at. */
  readonly kept?: string;
  /** No job needed it `at` this instant, judged by no login later than `since`. */
  readonly quiet?: { readonly since: number; readonly at: number };
}

/** A key that others made, and the jobs that have it. */
export interface Carried {
  readonly keyId: string;
  /** The version of the secret that held it when that was last seen. */
  readonly versionId?: string;
  /** When all jobs were looked at last. */
  readonly checkedAt: number;
  /** Keys of the jobs that were given it, or showed it. */
  readonly jobs: readonly string[];
  /** Jobs that may carry the binding's key although nothing shows or declares it. */
  readonly unclear: readonly ToldJob[];
  /** Jobs that were not given it, and why. */
  readonly without: readonly ToldJob[];
  /** Zones could not be read. */
  readonly unread?: boolean;
  /** A person ended the rotation to this key: other jobs stay on what they have. */
  readonly abandoned?: { readonly keyId: string };
}

/**
 * The version of rotation records. Keepers of 1 know no lease, so they must not read what this one writes: they refuse a
 * version that they do not know.
 */
export const RECORD_SCHEMA = 2;

/** The ledger document of one binding: `rotations/<secret id>.json`, or `rotations/<secret id>_<member>.json`. */
export interface RotationRecord {
  readonly schema: typeof RECORD_SCHEMA;
  readonly binding: string;
  readonly secretId: string;
  /** Of a `kv` secret. */
  readonly member?: string;
  readonly revision: number;
  readonly current?: Rotation;
  /** When keys were minted lately, newest last. */
  readonly mints: readonly number[];
  readonly suspects: readonly Suspect[];
  /** No new attempt before this instant. */
  readonly notBefore?: number;
  /** Where others make the keys: the one that the jobs were given last. */
  readonly carried?: Carried;
  /** A key that somebody else has, until it is cut. */
  readonly compromisedKeyId?: string;
  /** Newest last; at most 20. */
  readonly history: readonly PastRotation[];
}

export const emptyRecord = (binding: string, { id, member }: Slot): RotationRecord => ({
  schema: RECORD_SCHEMA,
  binding,
  secretId: id,
  ...(member === undefined ? {} : { member }),
  revision: 0,
  mints: [],
  suspects: [],
  history: [],
});

/** The members of a rotation that has not done anything yet. */
export const untouched = {
  canaries: [],
  fleetOpen: false,
  jobs: {},
  fleetLooks: 0,
  oldKeyGone: false,
  calls: {},
} as const satisfies Partial<Rotation>;

/** Moves a rotation into a phase and notes when. */
export function enterPhase(rotation: Rotation, phase: Phase, at: number): Rotation {
  if (!TRANSITIONS[rotation.phase].to.includes(phase))
    throw new Error(`a rotation cannot go from ${rotation.phase} to ${phase}`);
  return { ...omit(rotation, 'lookAt'), phase, phases: [...rotation.phases, { phase, at }] };
}

/** Ends the rotation under way and files it in the history. */
export function closeRotation(
  record: RotationRecord,
  outcome: PastRotation['outcome'],
  at: number,
  detail?: string,
): RotationRecord {
  const { current, ...rest } = record;
  if (current === undefined) return record;
  if (!TRANSITIONS[current.phase].ends.includes(outcome))
    throw new Error(`a rotation cannot end as ${outcome} while ${current.phase}`);
  const jobs: Record<string, number> = {};
  for (const job of Object.values(current.jobs)) jobs[job.state] = (jobs[job.state] ?? 0) + 1;
  const past: PastRotation = {
    runId: current.runId,
    attempt: current.attempt,
    reason: current.reason,
    startedAt: current.startedAt,
    endedAt: at,
    outcome,
    ...(detail === undefined ? {} : { detail }),
    ...(current.oldKeyId === undefined ? {} : { oldKeyId: current.oldKeyId }),
    oldKeyOrigin: current.oldKeyOrigin,
    ...(current.newKeyId === undefined ? {} : { newKeyId: current.newKeyId }),
    phases: current.phases,
    jobs,
    calls: current.calls,
  };
  return { ...rest, history: [...record.history, past].slice(-20) };
}

/** The slot that a record is about. */
export const slotOfRecord = ({ secretId, member }: RotationRecord): Slot => ({
  id: secretId,
  ...(member === undefined ? {} : { member }),
});
