import type { InstanceState } from '../resource-controller/instance.ts';

/** An object, without more of its content than a test needs. */
export interface StoredObject {
  readonly key: string;
  /** Its bytes, one a character. */
  readonly body: string;
  /** Quoted, as it travels. */
  readonly etag: string;
  readonly lastModified: number;
}

/** Who may come in; an absent or empty list does not restrict. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-setting-a-firewall */
export interface Firewall {
  /** Addresses and CIDR ranges. */
  readonly allowedIps?: readonly string[] | undefined;
  readonly deniedIps?: readonly string[] | undefined;
  readonly allowedNetworks?: readonly Network[] | undefined;
}

/** @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-expiry */
export interface LifecycleRule {
  readonly id: string;
  /** Keys that begin with it; empty for all. */
  readonly prefix: string;
  readonly enabled: boolean;
  readonly expireDays?: number | undefined;
  readonly archiveDays?: number | undefined;
}

export type Network = 'public' | 'private' | 'direct';

/** What may refuse a request although the role is there; people and rules change it. */
export interface Blockers {
  firewall?: Firewall | undefined;
  /** Bytes; absent or 0 = none. */
  hardQuota?: number | undefined;
  /** For so long an object is neither overwritten nor deleted, and each upload must carry a checksum. */
  retentionDays?: number | undefined;
  /** Object lock with a default retention: each version of an object stays for so long. */
  objectLockDays?: number | undefined;
  /** What is said about objects that grow old. Told to who asks; nothing is done about it. */
  lifecycle?: readonly LifecycleRule[] | undefined;
  /** The Key Protect key that encrypts the bucket. */
  rootKey?: { readonly crn: string; readonly state: 'active' | 'disabled' } | undefined;
  /** Of the COS instance. */
  instanceState: InstanceState;
  deleted: boolean;
}

/** What the usage counters say; they lag. */
interface Usage {
  readonly objects: number;
  readonly bytes: number;
}

export interface Bucket extends Blockers {
  readonly name: string;
  /** `eu-de`, `us-south`, `us`, … */
  readonly location: string;
  readonly instanceId: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly objects: Map<string, StoredObject>;
  bytes: number;
  counted: Usage & { readonly at: number };
}

export type NewBucket = Pick<Bucket, 'name' | 'location' | 'instanceId' | 'accountId' | 'createdAt'> &
  Partial<Blockers>;

export const newBucket = (bucket: NewBucket): Bucket => ({
  instanceState: 'active',
  deleted: false,
  ...bucket,
  objects: new Map(),
  bytes: 0,
  counted: { objects: 0, bytes: 0, at: bucket.createdAt },
});

/** What is counted by now; the counters are brought up to date every `lagMs`. Called before each change too. */
export function usageOf(bucket: Bucket, at: number, lagMs: number): Usage {
  const countedAt = lagMs === 0 ? at : Math.floor(at / lagMs) * lagMs;
  if (lagMs === 0 || countedAt > bucket.counted.at)
    bucket.counted = { objects: bucket.objects.size, bytes: bucket.bytes, at: countedAt };
  return bucket.counted;
}
