/** An IAM API key without its value. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#get-api-key */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly iamId: string;
  readonly accountId: string;
  readonly createdAt: number;
  /** Absent when the key never expires. */
  readonly expiresAt?: number;
  readonly locked: boolean;
  readonly disabled: boolean;
  /** Last token grant, known only when asked for with `activity`; may lag by a day. */
  readonly lastAuthnAt?: number;
}

/** Metadata of a Secrets Manager secret; never its value. */
export interface SecretMetadata {
  readonly id: string;
  readonly name: string;
  /** `arbitrary`, `kv`, `iam_credentials`, … */
  readonly type: string;
  /** The group it is in, which is the narrowest thing that a role can be given on. */
  readonly groupId?: string;
  /** 0 pre-activation, 1 active, 2 suspended, 3 deactivated, 5 destroyed. */
  readonly state: number;
  /** When set: the secret and every version of it are destroyed then. */
  readonly expiresAt?: number;
  /** Of an `iam_credentials` secret: how Secrets Manager makes its keys. */
  readonly engine?: {
    /** Whose keys they are; absent when Secrets Manager makes the service ID as well. */
    readonly iamId?: string;
    /** False: every read of the value makes another key and deletes the one before. */
    readonly reuse: boolean;
    /** How long a key lives; absent when it cannot be read. */
    readonly ttlMs?: number;
    /** How often Secrets Manager rotates it by itself; absent when it does not. */
    readonly intervalMs?: number;
  };
}

/** One version of a secret, without its payload. */
export interface SecretVersion {
  readonly id: string;
  readonly alias?: 'current' | 'previous';
  readonly createdAt: number;
  readonly payloadAvailable: boolean;
  /** When its payload ends, where it ends by itself. */
  readonly expiresAt?: number;
  /** The key in it, where Secrets Manager has made that (`iam_credentials`). */
  readonly apiKeyId?: string;
  /** `version_custom_metadata`: what we wrote about the key inside. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A named lock on one version of a secret. */
export interface SecretLock {
  readonly name: string;
  readonly versionId: string;
  readonly versionAlias?: 'current' | 'previous';
  /** Free JSON of whoever put it there. */
  readonly attributes: Readonly<Record<string, unknown>>;
}
