import {
  type CloudLogsDestination,
  type CosDestination,
  type Destination,
  type LogpushJob,
  mayBeKeyless,
  type Zone,
} from './logpush.ts';

/** When a key is replaced, how long its successor lives, and how long the old key stays untouched. */
export interface RotationPolicy {
  /** A key or secret that expires within this time is due. */
  readonly beforeMs: number;
  /** A key older than this is due. */
  readonly maxAgeMs: number;
  /** Life of a minted key. */
  readonly keyLifeMs: number;
  /** How long the old key stays untouched after the last job moved; never under 135 minutes. */
  readonly drainMs: number;
}

/** Stands for every instance, every zone or every dataset. */
export const ANY = '*';

/** Where the jobs of a selector push: a Cloud Logs instance, or a bucket. Without a path: every path of the bucket. */
export type SelectedDestination =
  | CloudLogsDestination
  | (Pick<CosDestination, 'kind' | 'instanceId' | 'region' | 'bucket'> & {
      readonly path?: string;
      /**
       * Whether its jobs carry a key, or none because they were made with an ownership challenge. A job need not show which;
       * absent = only jobs that show their key are known to have one.
       */
      readonly auth?: 'key' | 'ownership';
    });

/** Which Logpush jobs embed a key. Instance, zone and dataset may be `*`; the destination never is. */
export interface JobSelector {
  /** CRN of a CIS instance, or `*`. */
  readonly instance: string;
  /** Id or name of a zone, or `*`. */
  readonly zone: string;
  readonly dataset: string;
  readonly destination: SelectedDestination;
}

/** A Secrets Manager secret, the service ID that owns the key in it, and the Logpush jobs that embed that key. */
export interface Binding {
  readonly name: string;
  /**
   * Who makes the keys: the keeper at IAM; Secrets Manager when the keeper asks for a version, or by itself; or others, whose
   * new versions the keeper carries to the jobs.
   */
  readonly managedBy: 'keeper' | 'secrets-manager' | 'others';
  /** Name of the account that owns the key and the Cloud Logs instance, and its IBM Cloud account id. */
  readonly account: string;
  readonly accountId: string;
  /** The key's owner, `iam-ServiceId-<uuid>`. */
  readonly iamId: string;
  readonly secret: {
    readonly instanceId: string;
    readonly region: string;
    readonly network: 'public' | 'private';
    /** Name of the account whose credentials reach the Secrets Manager instance. */
    readonly account: string;
    readonly id: string;
    /** Of a `kv` secret: which of its members holds the key. */
    readonly member?: string;
  };
  readonly jobs: readonly JobSelector[];
  /** Ids of Logpush jobs that do not carry this key, whatever else speaks for it. */
  readonly exceptJobs?: readonly number[];
  /** A key that the keeper did not make and may nevertheless retire. */
  readonly adopt?: { readonly apiKeyId: string; readonly retire: 'disable' | 'never' };
  /** Whether a new key must prove the very action, or only that IAM grants it a token. */
  readonly qualify: 'action' | 'token';
  readonly rotation: RotationPolicy;
}

/**
 * Whether a selector, or any selector of a binding, takes this job, with a key or without. Zone names compare without case, as DNS does;
 * a job whose destination is unreadable or of another kind is never taken.
 */
export function selects(
  by: JobSelector | Pick<Binding, 'jobs'>,
  job: LogpushJob,
  zone: Pick<Zone, 'id' | 'name'>,
): boolean {
  if ('jobs' in by) return by.jobs.some((selector) => selects(selector, job, zone));
  return takes(by.destination, job.destination) && reaches(by, job, zone);
}

/** Whether a job is where a selector looks, wherever it pushes. */
const reaches = (by: JobSelector, job: LogpushJob, zone: Pick<Zone, 'id' | 'name'>): boolean =>
  accepts(by.instance, job.ref.instanceCrn) &&
  (accepts(by.zone, zone.id) || accepts(by.zone, zone.name)) &&
  accepts(by.dataset, job.dataset);

/**
 * What a binding says about the key of a job; undefined = it has nothing to say about this job.
 *
 * - `key`: the job carries the binding's key, as it shows or as a selector declares
 * - `ownership`: a selector declares that it carries none
 * - `unclear`: it may carry the key. Either nothing declares what it does not show, or its destination cannot be read and it
 *   is where the binding's jobs are
 */
export function claimOf(
  binding: Pick<Binding, 'jobs' | 'exceptJobs'>,
  job: LogpushJob,
  zone: Pick<Zone, 'id' | 'name'>,
): 'key' | 'ownership' | 'unclear' | undefined {
  if (binding.exceptJobs?.includes(job.ref.jobId) === true) return undefined;
  if (job.destination.kind === 'unreadable')
    return binding.jobs.some((selector) => reaches(selector, job, zone)) ? 'unclear' : undefined;
  const claiming = binding.jobs.filter((selector) => selects(selector, job, zone));
  if (claiming.length === 0) return undefined;
  const declared = claiming.map(({ destination }) => (destination.kind === 'cos' ? destination.auth : 'key'));
  // A job that must never be given a key weighs more than one that waits for it.
  if (declared.includes('ownership')) return 'ownership';
  return declared.includes('key') || !mayBeKeyless(job) ? 'key' : 'unclear';
}

/** The binding whose key a job carries. The configuration makes sure that there is no second one. */
export const keyBindingOf = <B extends Pick<Binding, 'jobs' | 'exceptJobs'>>(
  bindings: readonly B[],
  job: LogpushJob,
  zone: Pick<Zone, 'id' | 'name'>,
): B | undefined => bindings.find((binding) => claimOf(binding, job, zone) === 'key');

/** Whether some job could be claimed by both selectors. Zone id and zone name may name the same zone. */
export function overlap(a: JobSelector, b: JobSelector): boolean {
  return (
    (takes(a.destination, b.destination) || takes(b.destination, a.destination)) &&
    mayMeet(a.instance, b.instance) &&
    mayMeet(a.dataset, b.dataset) &&
    (mayMeet(a.zone, b.zone) || isZoneId(a.zone) !== isZoneId(b.zone))
  );
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
/** Whether a pattern, a value or `*`, takes a value; without case. */
export const accepts = (pattern: string, value: string): boolean => pattern === ANY || same(pattern, value);
const mayMeet = (a: string, b: string): boolean => a === ANY || b === ANY || same(a, b);
const isZoneId = (zone: string): boolean => /^[0-9a-f]{32}$/i.test(zone);

/** Whether a selected destination covers another one. */
function takes(by: SelectedDestination, other: Destination | SelectedDestination): boolean {
  if (other.kind !== 'cloud-logs' && other.kind !== 'cos') return false;
  if (!same(by.instanceId, other.instanceId) || !same(by.region, other.region)) return false;
  if (by.kind === 'cloud-logs' || other.kind === 'cloud-logs') return by.kind === other.kind;
  // Names of buckets and paths are exact.
  return by.bucket === other.bucket && (by.path === undefined || by.path === other.path);
}
