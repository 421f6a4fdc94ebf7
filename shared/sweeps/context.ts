import type { Binding } from '../domain/binding.ts';
import type { DeclaredJob } from '../domain/declared/job.ts';
import type { Hold } from '../domain/hold.ts';
import type { RunReport } from '../domain/report.ts';
import type { Compromised } from '../domain/rotation/steps.ts';
import type { Shard } from '../domain/shard.ts';
import type { Scope } from '../domain/trigger.ts';
import {
  ApiError,
  DeadlineError,
  LedgerConflictError,
  LedgerUnavailableError,
  SchemaError,
} from '../errors.ts';
import type { Ports } from '../ports.ts';

/** A CIS instance of the fleet and the account whose credentials reach it. */
export interface CisInstance {
  readonly crn: string;
  readonly account: string;
}

/** How far switching jobs on again may go. */
interface RepairPolicy {
  /** Jobs that were never seen enabled are switched on as well. */
  readonly adoptDisabled: boolean;
  /** A person asks for it in this run: also where no cause was ever seen. */
  readonly byHand: boolean;
  /** At most this many jobs a run; absent = a tenth of the fleet, at least 5. */
  readonly maxChanges?: number;
}

/** What the configuration says at this moment about changing anything. */
export interface Permission {
  readonly mode: 'act' | 'observe';
  readonly holds: readonly Hold[];
  /** Why it is not known; then nothing may be changed. */
  readonly unknown?: string;
}

/** What a sweep is given: the ports, the fleet, and whether it may change anything. */
export interface SweepContext {
  readonly ports: Ports;
  readonly runId: string;
  readonly mode: RunReport['mode'];
  readonly instances: readonly CisInstance[];
  readonly bindings: readonly Binding[];
  /** Names of the bindings whose key a person wants rotated now. */
  readonly forced: ReadonlySet<string>;
  /** A key that somebody else has, and the bindings that it concerns. */
  readonly compromised?: Compromised & { readonly bindings: ReadonlySet<string> };
  /** The bindings that `rotate-keys` works on. */
  readonly scope: Scope;
  /** The part of the fleet that `check-logpush` looks at, and of the secrets that `rotate-keys` works on. */
  readonly shard: Shard;
  /** Jobs that are left as they are, as the configuration said when the run began. */
  readonly holds: readonly Hold[];
  /** Reads the configuration again. Never throws. */
  readonly permission: () => Promise<Permission>;
  readonly repair: RepairPolicy;
  /** The Logpush jobs that are to be there; `enforce`: a person wants all of them as declared, whatever `onDrift` says. */
  readonly declared: { readonly jobs: readonly DeclaredJob[]; readonly enforce: boolean };
  /** HTTP attempts so far in this run, by `service operation`. */
  readonly calls: () => Readonly<Record<string, number>>;
  /** The functions there are, and how often each runs. */
  readonly schedules: readonly { readonly name: string; readonly everyMs: number }[];
}

/** What a sweep found and did; the invocation adds the envelope of the report. */
export type SweepResult = Pick<
  RunReport,
  'outcome' | 'findings' | 'actions' | 'waiting' | 'jobs' | 'rotations' | 'keys' | 'resumeAt'
> & {
  /** Of a run that was narrowed: the names of the bindings it worked on. */
  readonly narrowedTo?: readonly string[];
};

/**
 * An error as text for a report. Our own errors are built without secrets; of any other only the kind is told,
 * because nobody knows what its message holds.
 */
export function describeError(error: unknown): string {
  if (
    error instanceof ApiError ||
    error instanceof SchemaError ||
    error instanceof DeadlineError ||
    error instanceof LedgerConflictError ||
    error instanceof LedgerUnavailableError
  ) {
    return error.message;
  }
  return `unexpected ${error instanceof Error ? error.name : typeof error}`;
}

/** Errors that a run survives: what they hit is reported, the rest goes on. Anything else is our own mistake. */
export const isExpected = (error: unknown): boolean =>
  error instanceof ApiError ||
  error instanceof SchemaError ||
  error instanceof LedgerConflictError ||
  error instanceof LedgerUnavailableError ||
  error instanceof DeadlineError;
