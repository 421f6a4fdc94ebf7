import type { SeededRandom } from './random.ts';
import type { Settings } from './settings.ts';

/** Something that happened in the world, for traces and the story. Names and ids only, never a secret. */
export interface WorldEvent {
  readonly at: number;
  /** `key-created`, `key-disabled`, `version-created`, `job-updated`, `job-failing`, `job-disabled-by-platform`, … */
  readonly kind: string;
  /** One sentence for people. */
  readonly text: string;
}

/**
 * Carries a request out of the simulated cloud, to an address that some customer gave it.
 *
 * @returns the status of the answer; rejects where there is none
 */
export type Deliver = (
  url: string,
  request: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
) => Promise<number>;

/** What every simulated service needs from its world. Services take `at` where an event has its own time. */
export interface Host {
  now(): number;
  readonly random: SeededRandom;
  readonly settings: Settings;
  emit(event: WorldEvent): void;
}

/** Who a valid bearer token stands for. */
export interface Principal {
  readonly iamId: string;
  readonly accountId: string;
}

/** What a policy is matched against. */
export interface Target {
  /** `internet-svcs`, `logs`, `secrets-manager`, `iam-identity`, `cloud-object-storage`, … */
  readonly service: string;
  readonly accountId: string;
  readonly instanceId?: string;
  readonly region?: string;
  /** A bucket, a service ID or a group of secrets, where policies reach that far. */
  readonly resource?: { readonly type: 'bucket' | 'serviceid' | 'secret-group'; readonly name: string };
  readonly resourceGroupId?: string;
  /** The key of an object, for conditions on the path. */
  readonly path?: string;
  /** What a listing asks for. */
  readonly prefix?: string;
  readonly delimiter?: string;
}

/** What the other services need from IAM. */
export interface IamForServices {
  /** The identity behind an `Authorization` value ("Bearer …"), or undefined for a missing, broken or expired token. */
  authenticate(authorization: string | undefined, at: number): Principal | undefined;
  /** The identity behind a token. */
  principalOf(token: string, at: number): Principal | undefined;
  /** Whether the identity may do the action (for example `logs.data-ingress.send`) on the target. */
  allows(iamId: string, action: string, target: Target, at: number): boolean;
  /** The token endpoint's decision, without HTTP: what the Logpush engine uses. */
  grantToken(
    apiKey: string,
    at: number,
  ):
    | { readonly ok: true; readonly token: string; readonly expiresAt: number; readonly principal: Principal }
    | { readonly ok: false; readonly status: number; readonly code: string };
}

/** What services need from context-based restrictions. */
export interface RestrictionsForServices {
  /** Whether one that applies to the target does not let this IPv4 address through. */
  refuses(
    target: Pick<Target, 'service' | 'accountId' | 'instanceId'> & { readonly bucket?: string },
    address: string,
    at: number,
  ): boolean;
}

/** What the Logpush engine needs from Cloud Logs: the ingress decision, without HTTP. */
export interface CloudLogsForEngine {
  ingest(
    instanceId: string,
    region: string,
    token: string,
    records: readonly unknown[],
    address: string,
    at: number,
  ): { readonly status: number; readonly message?: string };
}

/** What the Logpush engine needs from COS: the decision about one object that comes from an address, without HTTP. */
export interface CosForEngine {
  /** @param by - a token, or the identity itself where no key is involved */
  push(
    location: string,
    bucket: string,
    by: string | Principal,
    write: { readonly key: string; readonly body: string },
    address: string,
    at: number,
  ): { readonly status: number };
}

/** What Code Engine needs of IAM. */
export interface IamForCodeEngine extends IamForServices {
  /** What stands in the token file of a workload when it is written at an instant. */
  computeResourceToken(
    component: {
      readonly projectCrn: string;
      readonly projectName?: string;
      readonly componentType: 'application' | 'job' | 'function';
      readonly componentName: string;
    },
    at: number,
  ): string;
  /** Whether an instance of one service is authorized to act on one of another, with a role by the name that people see. */
  isAuthorized(
    sourceService: string,
    sourceInstance: string,
    targetService: string,
    targetInstance: string,
    role: string,
  ): boolean;
  readonly policies: { putInResourceGroup(instanceId: string, resourceGroupId: string): void };
}

/** Something that was written to a bucket, or deleted. */
export interface ObjectChange {
  readonly bucket: string;
  readonly key: string;
  readonly operation: 'write' | 'delete';
  /** Of a write. */
  readonly etag?: string;
  readonly length: number;
  readonly at: number;
}

/** What Code Engine needs of COS. */
export interface CosForCodeEngine {
  /** A bucket by its name alone; undefined for one that is gone. */
  configured(
    name: string,
  ): { readonly location: string; readonly instanceId: string; readonly accountId: string } | undefined;
  /** Told of every change of every object, in its order. */
  onChange(listener: (change: ObjectChange) => void): void;
}

/** What Secrets Manager needs of IAM: it makes keys of service IDs by itself, and deletes them. */
export interface IamForSecretsManager extends IamForServices {
  /** Whether a service ID is one of the account. */
  isServiceIdOf(iamId: string, accountId: string): boolean;
  /** Makes a locked key; false where its identity is gone or has no room for one more. */
  makeLockedKey(key: {
    readonly id: string;
    readonly name: string;
    readonly iamId: string;
    readonly accountId: string;
    readonly value: string;
    readonly createdAt: number;
  }): boolean;
  lockKey(id: string): void;
  /** Deletes a key, locked or not; one that is gone already is no error. */
  deleteKey(id: string, at: number): void;
}
