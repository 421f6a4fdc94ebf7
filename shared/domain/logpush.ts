import type { Secret } from './secret.ts';

/** A CIS zone ("domain") of one instance. @see https://cloud.ibm.com/apidocs/cis#list-zones */
export interface Zone {
  readonly id: string;
  readonly name: string;
  /** An open set: `active pending initializing moved deleted deactivated`, compared in lower case. */
  readonly status: string;
  readonly paused: boolean;
}

/** Names one Logpush job for good: CIS never reuses a job id. */
export interface LogpushJobRef {
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly jobId: number;
}

/** Stable text for a job reference, used as a key in maps and in reports. */
export const jobKey = (ref: LogpushJobRef): string => `${ref.instanceCrn}/${ref.zoneId}/${ref.jobId}`;

/**
 * Where a job pushes, without its key. `destination_conf` is one string that carries the key; clients parse it into
 * this and never hand the string on.
 */
export type Destination =
  | { readonly kind: 'cloud-logs'; readonly instanceId: string; readonly region: string }
  | {
      readonly kind: 'cos';
      readonly instanceId: string;
      /** Location of the bucket. */
      readonly region: string;
      readonly bucket: string;
      /** Without a slash at either end; empty = the whole bucket. */
      readonly path: string;
      /** Objects go to a folder for each day below the path. */
      readonly dailySubfolder: boolean;
    }
  /** A system that takes no IBM Cloud API key. */
  | { readonly kind: 'other'; readonly system: OtherSystem }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What `destination_conf` shows of a system outside IBM Cloud Logs and COS; `unknown` = any other scheme. */
export type OtherSystem = 'logdna' | 'splunk' | 'qradar' | 'https' | 'unknown';

export type CloudLogsDestination = Extract<Destination, { kind: 'cloud-logs' }>;
export type CosDestination = Extract<Destination, { kind: 'cos' }>;

/** A destination that carries a key, and that we can send to CIS again with another one. */
export type KeyedDestination = CloudLogsDestination | CosDestination;

export const isKeyed = (destination: Destination): destination is KeyedDestination =>
  destination.kind === 'cloud-logs' || destination.kind === 'cos';

/** Text for people, and the same for two destinations only if they are the same but for their keys. */
export function destinationName(destination: KeyedDestination): string {
  const { instanceId, region } = destination;
  if (destination.kind === 'cloud-logs') return `Cloud Logs instance ${instanceId} (${region})`;
  const { bucket, path, dailySubfolder } = destination;
  const folder = [path, dailySubfolder ? '{DATE}' : ''].filter((part) => part !== '').join('/');
  return `bucket ${bucket}/${folder} of COS instance ${instanceId} (${region})`;
}

/** What CIS shows in place of the destination that was sent, key aside; undefined = the same. */
export function changedDestination(sent: KeyedDestination, shown: Destination): string | undefined {
  const name = isKeyed(shown) ? destinationName(shown) : shown.kind;
  return name === destinationName(sent) ? undefined : `sent ${destinationName(sent)}, CIS shows ${name}`;
}

/** Whether CIS masks keys on read is not documented; all three ways must work. */
export type DestinationKey =
  | { readonly state: 'visible'; readonly key: Secret }
  /** It was visible to the look that the ledger keeps; the ledger keeps no key. */
  | { readonly state: 'withheld' }
  | { readonly state: 'masked' }
  | { readonly state: 'absent' };

/**
 * A bucket job that does not show its key: it has one that CIS hides, or none, because it was made with an ownership
 * challenge. Nothing in the job tells the two apart.
 */
export const mayBeKeyless = ({ destination, destinationKey }: LogpushJob): boolean =>
  destination.kind === 'cos' && (destinationKey.state === 'masked' || destinationKey.state === 'absent');

/** Why nothing can be told about a job's key, for people. */
export const whyUnclear = ({ destination, destinationKey: { state } }: LogpushJob): string =>
  destination.kind === 'unreadable'
    ? `its destination cannot be read: ${destination.reason}`
    : `its key is ${state}, and no selector declares whether it carries one`;

/** A Logpush job as CIS reports it. @see https://cloud.ibm.com/apidocs/cis#get-logpush-job-v2 */
export interface LogpushJob {
  readonly ref: LogpushJobRef;
  readonly name: string;
  /** An open set: `http_requests range_events firewall_events dns_logs`. */
  readonly dataset: string;
  readonly enabled: boolean;
  readonly frequency: string;
  /** Absent where the look was kept without it. */
  readonly logpullOptions?: string;
  readonly destination: Destination;
  readonly destinationKey: DestinationKey;
  /** End of the log interval of the last successful push. */
  readonly lastCompleteAt?: number;
  /** Time of the last failure; absent when a success came after it. */
  readonly lastErrorAt?: number;
  /** Text of the last failure, cleared of anything that looks like a credential. A hint, not a verdict. */
  readonly errorMessage?: string;
}
