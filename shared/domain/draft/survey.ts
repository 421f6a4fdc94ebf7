import type { ApiKey, SecretMetadata } from '../keys.ts';
import type { LogpushJob, Zone } from '../logpush.ts';

/** A Logpush job, and a name for the key that it shows; jobs that show the same key have the same name for it. */
export interface SurveyedJob {
  readonly job: LogpushJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
  /** Absent = it shows no key. */
  readonly shows?: string;
}

/** A secret that may hold a key. */
export interface SurveyedSecret {
  /** Name of the account whose credentials reach it. */
  readonly account: string;
  readonly instanceId: string;
  readonly region: string;
  readonly network: 'public' | 'private';
  readonly metadata: SecretMetadata;
  /** The name of the key that is in it, where jobs show that key. */
  readonly holds?: string;
}

/** What could not be read, and which right that takes. */
export interface Unread {
  readonly what: string;
  readonly why: string;
  readonly takes?: string;
  /** Perhaps there is nothing to read: not every account has everything. */
  readonly mayBeNone?: true;
}

/** What the accounts hold, as far as it could be read. Holds no key and no destination string. */
export interface Survey {
  readonly accounts: readonly { readonly name: string; readonly accountId: string }[];
  readonly instances: readonly {
    readonly crn: string;
    readonly account: string;
    /** What people call it. */
    readonly name?: string;
    readonly zones?: number;
  }[];
  readonly jobs: readonly SurveyedJob[];
  /** By the name that jobs have for it: the key as IAM shows it, where it does. */
  readonly keys: Readonly<Record<string, ApiKey>>;
  readonly secrets: readonly SurveyedSecret[];
  /** False: which key a secret holds was told by what stands beside it alone. */
  readonly secretsWereRead: boolean;
  readonly unread: readonly Unread[];
}
