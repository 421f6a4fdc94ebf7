import type { Binding } from '../binding.ts';
import type { Finding } from '../finding.ts';
import type { Hold } from '../hold.ts';
import type { ApiKey, SecretLock, SecretMetadata, SecretVersion } from '../keys.ts';
import type { KeyedDestination, LogpushJob, LogpushJobRef, Zone } from '../logpush.ts';
import type { Secret } from '../secret.ts';
import type {
  DueReason,
  Failure,
  JobProgress,
  OldKeyOrigin,
  Phase,
  Rotation,
  RotationRecord,
  Suspect,
} from './record.ts';

/** What can be looked at; each look is read only. */
export type Look =
  | 'secret'
  | 'versions'
  | 'locks'
  | 'keys'
  | 'current-key'
  | 'jobs'
  | 'canaries'
  | 'old-key'
  | 'new-key'
  | 'value'
  | 'current-value'
  | 'old-value'
  | 'suspect'
  | 'job-keys'
  | 'logins'
  | 'compromised-key';

/** A job that the binding selects, with its zone. */
export interface SelectedJob {
  readonly job: LogpushJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
}

/** The binding's jobs in all instances. `complete` is false when a zone or an instance could not be read. */
export interface JobsLook {
  readonly jobs: readonly SelectedJob[];
  /** Jobs that may carry the binding's key although nothing shows or declares it: they are not moved. */
  readonly unclear: readonly { readonly label: string; readonly detail: string }[];
  /** Jobs that the binding does not select and that show their key. */
  readonly others: readonly { readonly label: string; readonly key: Secret }[];
  readonly complete: boolean;
  /** Why one of those could not be read. */
  readonly blind?: string;
}

/** A job whose key cannot be read. `isClaimed`: rotations of the binding move it. */
export interface HiddenJob extends SelectedJob {
  readonly isClaimed: boolean;
}

/** Which keys the jobs of the whole fleet carry. `complete` is false when a zone or an instance could not be read. */
export interface JobKeysLook {
  /** Ids of the keys that jobs show. */
  readonly ids: ReadonlySet<string>;
  /** Jobs that may carry any key. */
  readonly hidden: readonly HiddenJob[];
  readonly complete: boolean;
}

/** What this run has seen so far; undefined = not looked at yet. */
export interface Facts {
  readonly secret?: SecretMetadata;
  readonly versions?: readonly SecretVersion[];
  readonly locks?: readonly SecretLock[];
  /** Every API key of the binding's service ID, and the one in the secret if it is another's. */
  readonly keys?: readonly ApiKey[];
  /** Which key the secret's current version holds; null = IAM does not know it. */
  readonly currentKeyId?: string | null;
  readonly jobs?: JobsLook;
  /** The canary jobs as they are now, by job key; null = gone. */
  readonly canaries?: Readonly<Record<string, LogpushJob | null>>;
  /** The old key with its activity; null = gone. */
  readonly oldKey?: ApiKey | null | 'unreadable';
  /** The new key; null = gone. */
  readonly newKey?: ApiKey | null | 'unreadable';
  /** The key that somebody else has; null = gone. */
  readonly compromisedKey?: ApiKey | null | 'unreadable';
  /** Why the new key, or the old one, cannot be read from the secret. */
  readonly valueProblem?: string;
  readonly oldValueProblem?: string;
  /** The secret's current version gives no value. */
  readonly currentValueGone?: boolean;
  /** The key under suspicion with its activity; null = gone. */
  readonly suspect?: { readonly keyId: string; readonly key: ApiKey | null };
  readonly jobKeyIds?: JobKeysLook;
  /** IAM shows logins with keys of the binding: it does not hide them from us. */
  readonly showsLogins?: boolean;
}

/** What only this process knows: it is lost when the process dies. */
export interface Memory {
  /** The run asked for a key itself, so an open intent is its own. */
  readonly intended: boolean;
  /** The new key's value. */
  readonly value?: Secret;
  /** The old key's value. */
  readonly oldValue?: Secret;
  /** What the secret's current version holds. */
  readonly currentValue?: Secret;
  /** The new key accepts logins. */
  readonly enabled: boolean;
  /** The key that somebody else has was disabled by this run. */
  readonly isCut?: boolean;
  /** Jobs whose move failed in this run, not tried twice in one run; and why. */
  readonly failedMoves: ReadonlyMap<string, FailedMove>;
  /** Jobs that this run has moved. */
  readonly moves: number;
}

interface FailedMove {
  /** CIS tried the destination with the key and refused it: it is the key or the destination, not CIS. */
  readonly refused: boolean;
  readonly detail: string;
}

export const emptyMemory: Memory = { intended: false, enabled: false, failedMoves: new Map(), moves: 0 };

/** A key that somebody else has. */
export interface Compromised {
  readonly keyId: string;
  /** `after-move`: when every job has another key; `now`: before that, whatever it costs. */
  readonly cut: 'after-move' | 'now';
  /** Logpush jobs carry it, or may. */
  readonly isInJobs: boolean;
  /** It was said in an earlier run: nobody waits for an answer. */
  readonly isRemembered?: true;
}

/** The other members of a `kv` secret that hold keys, as far as the ledger knows. */
export interface Neighbours {
  /** The binding whose rotation is under way. */
  readonly busy?: string;
  /** Members whose rotations have ended: what is left of their guard lock is nobody's. */
  readonly idle: readonly string[];
}

/** All that the decision sees. */
export interface RotationView {
  readonly binding: Binding;
  readonly record: RotationRecord;
  readonly facts: Facts;
  readonly memory: Memory;
  readonly now: number;
  readonly runId: string;
  /** Jobs that are left as they are. */
  readonly holds: readonly Hold[];
  /** A person asked for a rotation now. */
  readonly forced: boolean;
  /** A person says that somebody else has this key, and how soon it has to stop working. */
  readonly compromised?: Compromised;
  readonly neighbours: Neighbours;
}

/** An effect on IBM Cloud. The only things that `--plan` leaves out. */
export type Action =
  | { readonly kind: 'lock-version' }
  | { readonly kind: 'mint-key'; readonly name: string; readonly expiresAt: number }
  | { readonly kind: 'enable-key'; readonly keyId: string }
  | {
      readonly kind: 'qualify-key';
      readonly keyId: string;
      readonly destinations: readonly KeyedDestination[];
    }
  | { readonly kind: 'extend-secret'; readonly expiresAt: number }
  | { readonly kind: 'publish-key'; readonly keyId: string }
  /** Secrets Manager makes the next key. */
  | { readonly kind: 'request-version' }
  | {
      readonly kind: 'move-job';
      readonly job: LogpushJobRef;
      readonly label: string;
      readonly destination: KeyedDestination;
      readonly enabled: boolean;
      readonly role: 'canary' | 'fleet' | 'back';
      readonly keyId: string;
    }
  | { readonly kind: 'probe-old-key'; readonly keyId: string; readonly destination: KeyedDestination }
  | { readonly kind: 'disable-key'; readonly keyId: string; readonly unlockFirst: boolean }
  | { readonly kind: 'enable-old-key'; readonly keyId: string; readonly detail: string }
  | { readonly kind: 'delete-key'; readonly keyId: string }
  /** Disables a key that somebody else has, whosever it is. */
  | { readonly kind: 'cut-key'; readonly keyId: string }
  /** Moves the guard from the previous version to the current one. */
  | { readonly kind: 'release-previous'; readonly rollingBack: boolean }
  /** Says on the current version, where it outlives the ledger, that its rotation goes back. */
  | { readonly kind: 'mark-rollback' }
  | { readonly kind: 'restore-version'; readonly keyId: string }
  | { readonly kind: 'disable-new-key'; readonly keyId: string }
  | { readonly kind: 'disable-stray-key'; readonly keyId: string }
  | { readonly kind: 'delete-stray-key'; readonly keyId: string };

/** A change of the ledger alone. */
export type Note =
  | {
      readonly kind: 'open';
      readonly reason: DueReason;
      readonly oldKey: OldKey;
      readonly attempt: number;
      /** The secret holds the new key already. */
      readonly found?: {
        readonly keyId: string;
        readonly versionId: string;
        readonly expiresAt?: number;
        readonly oldVersionId?: string;
        /** Jobs that have the key already. */
        readonly kept: readonly SelectedJob[];
        /** Jobs that had it once and have it no more. */
        readonly lost: readonly string[];
      };
    }
  /** All jobs that can be seen have the secret's key. */
  | { readonly kind: 'carried'; readonly keyId: string }
  /** A version that was asked for turns out to have been made. */
  | { readonly kind: 'found-version'; readonly versionId: string; readonly keyId: string }
  /** A rotation was found under way that the ledger knows nothing of. */
  | { readonly kind: 'rebuild'; readonly rotation: Rotation }
  | { readonly kind: 'intend-mint' }
  | { readonly kind: 'enter'; readonly phase: Phase }
  /** The value is lost, or the key cannot be used: end the attempt; the key, if any, becomes a stray. */
  | {
      readonly kind: 'close';
      readonly outcome: Failure;
      readonly detail: string;
      readonly strayKeyId?: string;
    }
  | { readonly kind: 'recover'; readonly versionId: string }
  | { readonly kind: 'open-fleet' }
  | { readonly kind: 'record-jobs'; readonly jobs: Readonly<Record<string, JobProgress>> }
  /** These jobs lost the new key again and must move once more. */
  | { readonly kind: 'move-again'; readonly jobs: readonly string[] }
  | { readonly kind: 'old-key-gone' }
  /** Nothing can push with it any more, or it is known now until when something can. */
  | { readonly kind: 'old-key-seen'; readonly isDead: boolean; readonly expiresAt?: number }
  /** Somebody else has this key. */
  | { readonly kind: 'compromise'; readonly keyId: string }
  /** It accepts no logins any more, whoever saw to that. */
  | { readonly kind: 'forget-compromise' }
  /** Somebody else disabled it. */
  | { readonly kind: 'old-key-disabled' }
  /** A look at the fleet is done; the next one not before `lookAt`. */
  | { readonly kind: 'looked'; readonly lookAt: number; readonly draining: boolean }
  | { readonly kind: 'roll-back'; readonly detail: string }
  /** The secret was found to hold the old key again. */
  | { readonly kind: 'restored' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'suspect'; readonly suspects: readonly Suspect[] }
  /** It is no stray, or it is gone. */
  | { readonly kind: 'forget-suspect'; readonly keyId: string };

/** The key that is to be replaced. */
interface OldKey {
  readonly id: string | undefined;
  readonly origin: OldKeyOrigin;
  readonly expiresAt: number | undefined;
}

/** What to do next. `rest` ends this run's work on the binding. */
export type Step =
  | { readonly kind: 'look'; readonly at: Look }
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'note'; readonly note: Note }
  | {
      readonly kind: 'rest';
      /** What it waits for, for people. */
      readonly waitsFor: string;
      /** When a next look makes sense; undefined = a person's move. */
      readonly until?: number;
      readonly findings: readonly Finding[];
    };

export const look = (at: Look): Step => ({ kind: 'look', at });
export const act = (action: Action): Step => ({ kind: 'act', action });
export const note = (of: Note): Step => ({ kind: 'note', note: of });
export const rest = (waitsFor: string, until?: number, findings: readonly Finding[] = []): Step => ({
  kind: 'rest',
  waitsFor,
  ...(until === undefined ? {} : { until }),
  findings,
});
