import type { AccessPolicy } from './domain/access-policy.ts';
import type { BucketConfiguration } from './domain/buckets/limits.ts';
import type { NewLogpushJob } from './domain/declared/job.ts';
import type { Finding } from './domain/finding.ts';
import type { ApiKey, SecretLock, SecretMetadata, SecretVersion } from './domain/keys.ts';
import type {
  CloudLogsDestination,
  CosDestination,
  KeyedDestination,
  LogpushJob,
  LogpushJobRef,
  Zone,
} from './domain/logpush.ts';
import type { Restriction } from './domain/restrictions.ts';
import type { Secret } from './domain/secret.ts';
import type { Slot } from './domain/slot.ts';

/** Time and waiting. In tests it is virtual. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`, or earlier when the signal aborts and the clock knows signals; the only way to wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness. In tests it comes from a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

/** One HTTP request; header names in any case. An answer's body is text. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The request fails with a `TransportError` of kind `timeout` when no full answer came within this time. */
  readonly timeoutMs: number;
}

/** One HTTP answer; header names in lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Carries one request to its answer, over the network or in process. @throws {TransportError} without an answer */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** Why no answer came. `refused` and `dns` mean that the request never arrived; the others leave that open. */
export type TransportFailure = 'refused' | 'dns' | 'tls' | 'timeout' | 'reset' | 'other';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportFailure;

  constructor(kind: TransportFailure, options?: ErrorOptions) {
    super(`no answer: ${kind}`, options);
    this.kind = kind;
  }
}

/** A stored document and the tag that a conditional write must name. */
export interface StoredDocument {
  readonly body: string;
  readonly tag: string;
}

/** Bounds of an instant, in epoch milliseconds. */
export interface Instants {
  readonly atLeast: number;
  readonly atMost: number;
}

/**
 * Small documents with compare-and-set. Keys are paths such as `rotations/edge.json`.
 *
 * @throws {LedgerUnavailableError} when the store cannot be reached
 */
export interface LedgerStore {
  read(key: string): Promise<StoredDocument | undefined>;
  /** Writes only if the key is absent (`undefined`) or still has `tag`. @throws {LedgerConflictError} otherwise */
  write(key: string, body: string, tag: string | undefined): Promise<string>;
  /** Keys below a prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /**
   * What the store's own clock shows now, as far as its answers so far tell. Absent: it has no clock but this process's.
   *
   * @throws {LedgerUnavailableError} before the first answer
   */
  now?(): Instants;
  /** What is wrong with the place that it writes to, as far as it may look. Never throws for an answer. */
  findings?(): Promise<readonly Finding[]>;
}

/** Structured log: one fixed phrase, facts in fields. Values are redacted before they are written. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What IAM says about a key's value. `unknown` covers 5xx, 429, timeouts: nothing was learnt about the key. */
export type TokenVerdict =
  | {
      readonly verdict: 'yes';
      readonly token: Secret;
      readonly iamId: string;
      readonly accountId: string;
      readonly expiresAt: number;
    }
  /** IAM does not accept the key. A key minted moments ago may still become known. */
  | { readonly verdict: 'no'; readonly code: string }
  | { readonly verdict: 'unknown'; readonly reason: string };

export interface NewApiKey {
  readonly name: string;
  readonly description: string;
  readonly iamId: string;
  readonly accountId: string;
  readonly expiresAt: number;
}

/** IAM identity of one account. Every method throws `ApiError` or `SchemaError`. */
export interface IamPort {
  /** All API keys of one service ID, every page. */
  listApiKeys(query: {
    readonly accountId: string;
    readonly iamId: string;
    /** Does not say which kind of keys: what IAM shows then is not documented. */
    readonly anyType?: boolean;
  }): Promise<readonly ApiKey[]>;
  /** @returns undefined when IAM does not know the id (404) */
  getApiKey(id: string, options?: { readonly activity?: boolean }): Promise<ApiKey | undefined>;
  /** Looks a key up by its value. @returns undefined when IAM does not know it (404) */
  findApiKey(value: Secret): Promise<ApiKey | undefined>;
  /**
   * Creates a key that is **disabled** (`Entity-Disable: true`), with `action_when_leaked: disable`. The only time
   * its value is shown. Not idempotent: on `effect: 'unknown'` list the keys and look for the name.
   */
  createApiKey(key: NewApiKey): Promise<{ readonly key: ApiKey; readonly value: Secret }>;
  /** Idempotent, as are the three below. A 404 throws, except for delete. */
  enableApiKey(id: string): Promise<void>;
  disableApiKey(id: string): Promise<void>;
  unlockApiKey(id: string): Promise<void>;
  /** A key that is already gone counts as deleted. */
  deleteApiKey(id: string): Promise<void>;
  /** Exchanges a key's value for a token, uncached: it tests this very key. Never throws for a refusal. */
  mintToken(value: Secret): Promise<TokenVerdict>;
}

/** Secrets Manager, one instance. Every method throws `ApiError` or `SchemaError`. */
export interface SecretsManagerPort {
  /** Metadata of every secret that the caller may list; never a value. */
  listSecrets(): Promise<readonly SecretMetadata[]>;
  getMetadata(secretId: string): Promise<SecretMetadata>;
  /** Moves (or with `undefined` removes) the secret's own expiry. */
  setExpiry(secretId: string, expiresAt: number | undefined): Promise<void>;
  /** Metadata of all versions, in no promised order. */
  listVersions(secretId: string): Promise<readonly SecretVersion[]>;
  /**
   * The key in one version: the payload of an `arbitrary` secret, a member of a `kv` one, the API key of `iam_credentials`
   * that are reused. `version` is its id, `current` or `previous`. Refuses what cannot be read without harm: reading
   * `iam_credentials` without reuse destroys the key in them.
   * @returns undefined when the version, its payload or the member is gone
   */
  readKey(slot: Slot, version: string): Promise<Secret | undefined>;
  /**
   * Makes a new version: with this key, or for `iam_credentials` with one that Secrets Manager makes. The other members of a
   * `kv` secret stay as its current version has them. Not idempotent: on `effect: 'unknown'`, or a 412, list the versions and
   * look for your metadata before you do anything else.
   */
  createVersion(
    slot: Slot,
    version: { readonly key?: Secret; readonly metadata: Readonly<Record<string, unknown>> },
  ): Promise<SecretVersion>;
  listLocks(secretId: string): Promise<readonly SecretLock[]>;
  /** Puts a lock on `current` (replacing one of the same name there); may move it away from `previous`. */
  lockCurrent(
    secretId: string,
    lock: {
      readonly name: string;
      readonly description: string;
      readonly attributes?: Readonly<Record<string, string>>;
    },
    mode?: 'remove_previous',
  ): Promise<void>;
}

/** What a PUT may change; everything left out stays as it is. */
export interface LogpushJobChange {
  readonly enabled?: boolean;
  readonly frequency?: string;
  readonly logpullOptions?: string;
  readonly destination?: KeyedDestination & { readonly apiKey: Secret };
}

/** A zone of an instance. */
type ZoneRef = Pick<LogpushJobRef, 'instanceCrn' | 'zoneId'>;

/** CIS of one account. Every method throws `ApiError` or `SchemaError`. `answeredAt` is CIS's own `Date` header. */
export interface CisPort {
  listZones(instanceCrn: string): AsyncIterable<Zone>;
  getLogRetention(instanceCrn: string, zoneId: string): Promise<boolean>;
  listLogpushJobs(
    instanceCrn: string,
    zoneId: string,
  ): Promise<{ readonly jobs: readonly LogpushJob[]; readonly answeredAt: number }>;
  /** @returns `job: undefined` when CIS does not know the job (404) */
  getLogpushJob(
    ref: LogpushJobRef,
  ): Promise<{ readonly job: LogpushJob | undefined; readonly answeredAt: number }>;
  /** Idempotent. On `effect: 'unknown'` read the job again, or repeat the same PUT. */
  updateLogpushJob(
    ref: LogpushJobRef,
    change: LogpushJobChange,
  ): Promise<{ readonly job: LogpushJob; readonly answeredAt: number }>;
  /** Twice is once. */
  setLogRetention(instanceCrn: string, zoneId: string, flag: boolean): Promise<void>;
  /**
   * Makes a job with the key that it carries, or with the token of an ownership challenge. Not idempotent and never sent
   * twice: on `effect: 'unknown'`, or an answer that cannot be read, list the jobs and look for it.
   */
  createLogpushJob(
    zone: ZoneRef,
    job: NewLogpushJob,
    proof: { readonly apiKey: Secret } | { readonly ownershipChallenge: Secret },
  ): Promise<{ readonly job: LogpushJob; readonly answeredAt: number }>;
  /** A job that is already gone counts as deleted. */
  deleteLogpushJob(ref: LogpushJobRef): Promise<void>;
  /**
   * Has CIS write a file with a token below the path of a bucket. Twice makes two files; either token is good.
   * @returns `filename`: its key; `valid` is false when IBM's identity cannot write there
   */
  challengeOwnership(
    zone: ZoneRef,
    destination: CosDestination,
  ): Promise<{ readonly filename: string; readonly valid: boolean }>;
  /** Whether a token proves that its finder may read the bucket. Changes nothing. */
  validateOwnership(zone: ZoneRef, destination: CosDestination, challenge: Secret): Promise<boolean>;
}

/** One record for Cloud Logs; ASCII, no secrets, under 300 bytes. */
export interface CloudLogsRecord {
  readonly applicationName: string;
  readonly subsystemName: string;
  readonly severity: 3;
  readonly timestamp: number;
  readonly text: Readonly<Record<string, string>>;
}

/** Whether an identity may write to a destination. A 200 with a message is `unknown`: accepted, not delivered. */
export type SendVerdict =
  | { readonly verdict: 'yes' }
  | { readonly verdict: 'no'; readonly status: number }
  | { readonly verdict: 'unknown'; readonly reason: string };

export interface CloudLogsPort {
  /**
   * Whether the host that takes an instance's records is there at all: any answer will do. Sends no record and no credential.
   *
   * @throws {ApiError} without an answer
   */
  greet(destination: CloudLogsDestination): Promise<void>;
  /** Sends one record with the given token. Never throws for an answer; not idempotent, so never repeated blindly. */
  send(destination: CloudLogsDestination, token: Secret, record: CloudLogsRecord): Promise<SendVerdict>;
}

export interface CosPort {
  /**
   * Writes the object that Logpush itself writes when a destination is set, `test.txt.gz` below the job's path, with
   * the given token. Twice is once. Never throws for an answer.
   */
  writeTestObject(destination: CosDestination, token: Secret, at: number): Promise<SendVerdict>;
}

/** A bucket, and the location whose endpoint knows it. */
export interface BucketRef {
  readonly name: string;
  readonly location: string;
}

/** A look that was refused (403, 404), or of which nothing came. */
export type NoLook =
  | { readonly verdict: 'no'; readonly status: number }
  | { readonly verdict: 'unknown'; readonly reason: string };

/** Looks into buckets with an account's own rights. Never throws for an answer. */
export interface BucketsPort {
  /** `answeredAt` is COS's own clock; `rootKeyCrn` is absent without a root key, and for those who may not see it. */
  head(
    bucket: BucketRef,
  ): Promise<
    { readonly verdict: 'yes'; readonly answeredAt?: number; readonly rootKeyCrn?: string } | NoLook
  >;
  /** What the Resource Configuration API says of the bucket of this name, wherever it is. */
  configuration(
    name: string,
  ): Promise<{ readonly verdict: 'yes'; readonly configuration: BucketConfiguration } | NoLook>;
  /** For how long it keeps each object as it is, in words; absent = it does not. */
  keeping(bucket: BucketRef): Promise<{ readonly verdict: 'yes'; readonly keeps?: string } | NoLook>;
  /** Where the bucket of this name is, as the listing of its instance says; `location` is absent if it is not in there. */
  locate(
    bucket: BucketRef,
    instanceId: string,
  ): Promise<{ readonly verdict: 'yes'; readonly location?: string } | NoLook>;
  /**
   * When the newest object below a prefix was written that Logpush can have written. `complete` says that every object
   * was seen, which needs all pages and no `startAfter`: IBM promises no order.
   */
  newest(
    bucket: BucketRef,
    look: {
      readonly prefix: string;
      readonly startAfter?: string;
      readonly maxPages: number;
      /** Prefixes below it that belong to others. */
      readonly except: readonly string[];
    },
  ): Promise<{ readonly verdict: 'yes'; readonly newestAt?: number; readonly complete: boolean } | NoLook>;
  /** The text of a small object, without white space around it. It may be a secret, so it is one. */
  readText(
    bucket: BucketRef,
    key: string,
  ): Promise<{ readonly verdict: 'yes'; readonly text: Secret } | NoLook>;
}

/**
 * Policies and access groups of any IBM account, read with the rights of one account of `keeper.yml`. Every method throws
 * `ApiError` or `SchemaError`. IAM shows only what the caller may read and does not say what it leaves out: an empty list
 * alone means nothing.
 */
export interface AccessPort {
  /** The IAM id whose rights these are. */
  ownIamId(): Promise<string>;
  /** The IBM account that the credentials belong to. */
  ownAccountId(): Promise<string>;
  /** All active policies of an identity, or of an access group. */
  listPolicies(
    accountId: string,
    subject: { readonly iamId: string } | { readonly groupId: string },
  ): Promise<readonly AccessPolicy[]>;
  /** Ids of the access groups that an identity is in now, without the one that everybody is in. */
  listGroups(accountId: string, iamId: string): Promise<readonly string[]>;
}

/** The services whose instances the keeper looks for, as policies name them. */
export type ResourceService = 'internet-svcs' | 'logs' | 'secrets-manager' | 'cloud-object-storage';

/** A service instance as the Resource Controller shows it. */
export interface ResourceInstance {
  readonly guid: string;
  readonly crn: string;
  readonly name: string;
  readonly accountId: string;
  /** `global` for services without regions. */
  readonly region: string;
  /** An open set: `active`, `pending_reclamation`, `removed`, … */
  readonly state: string;
  /** Of a Cloud Logs instance: the public host that takes records. */
  readonly ingressHost?: string;
  /** Of a Cloud Logs instance: it takes nothing from public addresses; absent = not told. */
  readonly privateOnly?: boolean;
}

/** Service instances, seen with an account's own rights (Viewer). Never throws for an answer. */
export interface ResourcesPort {
  /** By its GUID, whichever account it is in; one that is deleted is still told for a while, by its `state`. */
  instance(guid: string): Promise<{ readonly verdict: 'yes'; readonly instance: ResourceInstance } | NoLook>;
  /** Those of one service that are not deleted and that the account shows to the caller; who may see none is shown an empty list. */
  list(
    service: ResourceService,
  ): Promise<{ readonly verdict: 'yes'; readonly instances: readonly ResourceInstance[] } | NoLook>;
}

/**
 * Context-based restrictions of an account, seen with an account's own rights (Viewer of `context-based-restrictions`).
 * Never throws for an answer. What it says to those who may see none is not documented: an empty list alone means nothing.
 */
export interface RestrictionsPort {
  /** Those that are about a service, in any mode. A zone that cannot be read leaves its restriction unclear. */
  list(
    accountId: string,
    service: 'logs' | 'cloud-object-storage',
  ): Promise<{ readonly verdict: 'yes'; readonly restrictions: readonly Restriction[] } | NoLook>;
}

/** Asked before a request. @returns by when the request must have ended, in epoch milliseconds */
export type Guard = () => Promise<number>;

/** Where a secret lives. */
export interface SecretsManagerRef {
  readonly instanceId: string;
  readonly region: string;
  readonly network: 'public' | 'private';
}

/** The IBM services, each reached with the credentials of the named account of `keeper.yml`. */
export interface Services {
  iam(account: string): IamPort;
  secretsManager(account: string, ref: SecretsManagerRef): SecretsManagerPort;
  cis(account: string): CisPort;
  buckets(account: string): BucketsPort;
  access(account: string): AccessPort;
  resources(account: string): ResourcesPort;
  restrictions(account: string): RestrictionsPort;
  readonly cloudLogs: CloudLogsPort;
  readonly cos: CosPort;
  /** The same services; before each request the guard is asked, and may refuse by throwing. */
  under(guard: Guard): Services;
}

/** Where people are told. Never throws for an answer, nor for none. */
export interface Messenger {
  /** @returns `no` also when it is not known whether it arrived; `fault: message` when another text may be taken */
  send(
    text: string,
  ): Promise<
    | { readonly verdict: 'yes' }
    | { readonly verdict: 'no'; readonly reason: string; readonly fault?: 'message' }
  >;
}

/** Everything a sweep may touch. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ledger: LedgerStore;
  readonly services: Services;
}
