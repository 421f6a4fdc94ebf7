import type { Finding } from './finding.ts';
import type { Shard } from './shard.ts';

/** Something the keeper did, or would do. */
export interface ReportedAction {
  readonly kind: string;
  /** What it was done to, for example `job 700123 (http_requests of shop.example)`. */
  readonly subject: string;
  /** Why, or what exactly; never a secret. */
  readonly detail: string;
  readonly outcome: 'planned' | 'applied' | 'failed';
  readonly at: number;
}

/** What the function waits for on one subject. */
export interface Waiting {
  readonly subject: string;
  readonly waitsFor: string;
  /** When a next look makes sense; absent = a person's move. */
  readonly until?: number;
}

/** One Logpush job as it was seen. */
export interface JobReport {
  readonly jobId: number;
  readonly label: string;
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly health: string;
  readonly reason: string;
  readonly lastCompleteAt?: number;
  readonly lastErrorAt?: number;
  /** Why it does not push, as codes of findings; absent = it was not looked for. */
  readonly causes?: readonly string[];
  /** What could not be told of it, with the rights that are missing. */
  readonly doubts?: readonly string[];
}

/** One rotation: why it is, how far it came and when, what each job shows, and what it waits for. */
export interface RotationReport {
  readonly binding: string;
  readonly secretId: string;
  /** Of a `kv` secret. */
  readonly member?: string;
  readonly runId: string;
  readonly attempt: number;
  readonly reason: string;
  /** The phase of one under way, `halted`, or how one ended. */
  readonly state: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Why it failed. */
  readonly detail?: string;
  readonly oldKeyId?: string;
  readonly newKeyId?: string;
  /** When each phase was entered. */
  readonly phases: readonly { readonly phase: string; readonly at: number }[];
  readonly waitsFor?: string;
  /** When a next look makes sense; absent = at the next run, or a person's move. */
  readonly until?: number;
  readonly jobs: readonly {
    readonly label: string;
    readonly state: string;
    readonly movedAt: number;
    /** End of the newest pushed interval that was seen after the move. */
    readonly lastCompleteAt?: number;
  }[];
  /** Of an ended one: how many jobs ended in each state. */
  readonly jobCounts?: Readonly<Record<string, number>>;
  /** HTTP attempts made for it, by service. */
  readonly calls: Readonly<Record<string, number>>;
}

/** An API key of a binding: its id and its age, never its value. */
export interface KeyReport {
  readonly keyId: string;
  /** `current` is the one in the secret; `old` and `new` are those of a rotation under way. */
  readonly role: 'current' | 'old' | 'new';
  readonly createdAt?: number;
  /** Absent = not known. */
  readonly expiresAt?: number | 'never';
  readonly disabled?: boolean;
}

export type Outcome =
  /** All that could be seen is as it should be. */
  | 'ok'
  /** Something needs attention. */
  | 'findings'
  /** A part could not be done or seen; the rest was. */
  | 'partial'
  /** Nothing could be done. */
  | 'failed';

/** What started a run. What an event says of itself is told here and believed nowhere. */
export interface TriggerReport {
  readonly kind: 'schedule' | 'event' | 'ring' | 'hand';
  /** The event's own id and type, as far as they are words that can be shown; of a ring what it says to be about. */
  readonly id?: string;
  readonly type?: string;
  /** Names of the bindings that the event narrowed the run to. */
  readonly bindings?: readonly string[];
  /** Why the event led to nothing. */
  readonly ignored?: string;
}

/** What one run of one function saw and did. The single source of every output. */
export interface RunReport {
  readonly schema: 1;
  readonly function: string;
  readonly runId: string;
  /** `plan` and `observe` changed nothing on IBM Cloud. */
  readonly mode: 'act' | 'observe' | 'plan';
  readonly trigger?: TriggerReport;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outcome: Outcome;
  /** Of an array job: the part of the fleet that the run saw to. The first shard tells of all, and since when there are so many. */
  readonly shard?: Shard & { readonly since?: number };
  /** CRN of the CIS instance that the next run begins with: this one had no time for all. */
  readonly resumeAt?: string;
  /** Why nothing could be done: the ledger could not be read or written. */
  readonly withoutLedger?: true;
  readonly findings: readonly Finding[];
  readonly actions: readonly ReportedAction[];
  readonly waiting: readonly Waiting[];
  readonly jobs: readonly JobReport[];
  /** Of each binding the rotation under way and the last that ended. */
  readonly rotations: readonly RotationReport[];
  /** By binding, the keys that the run looked at; only of `rotate-keys`. */
  readonly keys?: Readonly<Record<string, readonly KeyReport[]>>;
  /** HTTP attempts by `service operation`. */
  readonly calls: Readonly<Record<string, number>>;
}

/** A run as the ledger keeps it: its jobs and rotations are in documents of their own. */
export type KeptRun = Omit<RunReport, 'jobs' | 'rotations'>;

/** The outcome that findings and failures amount to. `failed` is for a run in which nothing could be seen. */
export function judgeOutcome(findings: readonly Finding[], failures: number, successes: number): Outcome {
  if (failures > 0) return successes > 0 ? 'partial' : 'failed';
  return findings.some((item) => item.severity !== 'info') ? 'findings' : 'ok';
}
