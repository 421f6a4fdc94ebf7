import type { Finding } from '../finding.ts';
import type { KeyReport } from '../report.ts';
import type { RightReport } from './judge-right.ts';

/** One host of a service, and whether it answered. */
export interface EndpointReport {
  readonly service: string;
  readonly host: string;
  readonly reached: boolean;
  /** Why not: `dns`, `tls`, `refused`, `timeout`, … */
  readonly failures: readonly string[];
  /** How far its clock is ahead of ours, in milliseconds, at least; absent when it showed none. */
  readonly clockAheadMs?: number;
}

/** Whose credentials an account of `keeper.yml` has. */
export interface IdentityReport {
  readonly account: string;
  readonly configuredAccountId: string;
  readonly verdict: 'ok' | 'wrong-account' | 'no-login';
  readonly iamId?: string;
  readonly accountId?: string;
  readonly detail: string;
}

/** How many jobs of one kind of destination show their key in which way. */
export interface KeysOnRead {
  readonly clear: number;
  readonly masked: number;
  readonly absent: number;
}

export interface InstanceReport {
  readonly crn: string;
  readonly account: string;
  /** Absent = they could not be listed. */
  readonly zones?: number;
  readonly jobs?: number;
  /** Whether its plan has Logpush. */
  readonly logpush: 'yes' | 'no' | 'unknown';
  /** Of one zone: whether log retention is on, or that it could not be told. */
  readonly retention: 'on' | 'off' | 'unknown';
  readonly unreadable: readonly string[];
}

/** What is known of the secret of a binding. */
export interface SecretReport {
  readonly instanceId: string;
  readonly configuredNetwork: 'public' | 'private';
  /** Which network answered; absent = none. */
  readonly answeredOn?: 'public' | 'private';
  readonly type?: string;
  /** Why it is not what the binding says. */
  readonly unfit?: string;
}

export interface BindingReport {
  readonly name: string;
  readonly managedBy: string;
  readonly secret: SecretReport;
  /** Jobs that carry its key, and jobs of which that is not clear. */
  readonly jobs: readonly string[];
  readonly unclear: readonly string[];
  readonly keys: readonly KeyReport[];
  /** What `rotate-keys` would do now, and what it says. */
  readonly would: readonly string[];
  readonly findings: readonly Finding[];
  readonly waitsFor?: string;
  readonly until?: number;
  /** Whether the jobs that show their key show the one in the secret. */
  readonly inStep: { readonly verdict: 'yes' | 'no' | 'unknown'; readonly detail: string };
}

export interface LedgerReport {
  readonly place: string;
  readonly read: 'yes' | 'no';
  readonly detail: string;
  readonly findings: readonly Finding[];
}

/** What IBM's documentation leaves open, and what this account shows of it. */
export interface Question {
  readonly id: string;
  readonly question: string;
  /** `seen: …`, or `not seen`. */
  readonly answer: string;
}

/** What a look at the whole account found. */
export interface Examination {
  readonly endpoints: readonly EndpointReport[];
  readonly identities: readonly IdentityReport[];
  readonly rights: readonly RightReport[];
  readonly instances: readonly InstanceReport[];
  /** By kind of destination. */
  readonly keysOnRead: Readonly<Record<string, KeysOnRead>>;
  readonly bindings: readonly BindingReport[];
  /** Jobs that carry a key, or may carry one, and no binding covers. */
  readonly uncovered: readonly {
    readonly job: string;
    readonly destination: string;
    readonly carriesKey: 'yes' | 'unclear';
  }[];
  readonly ledger: LedgerReport;
  readonly questions: readonly Question[];
}

/** What `keeper doctor --json` prints. */
export interface DoctorReport extends Examination {
  readonly schema: 1;
  readonly command: 'doctor';
  readonly startedAt: number;
  readonly finishedAt: number;
  /** `failed`: no account could log in. */
  readonly outcome: 'ok' | 'attention' | 'failed';
  /** What is missing, wrong or could not be told, a line each. */
  readonly problems: readonly string[];
  /** HTTP attempts by `service operation`. */
  readonly calls: Readonly<Record<string, number>>;
}
