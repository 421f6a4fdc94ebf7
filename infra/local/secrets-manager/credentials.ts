import { minutes } from '../../../shared/domain/time.ts';
import type { Host, IamForSecretsManager } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Lease } from './lease.ts';

/** A key that Secrets Manager made; two versions share one after a restore. */
export interface Credential {
  readonly apiKeyId: string;
  /** When its lease ends. */
  readonly expiresAt: number;
  /** When Secrets Manager gets round to deleting it: one to two minutes later. */
  readonly endsAt: number;
  endedAt: number | undefined;
}

/**
 * The keys behind `iam_credentials`: made at IAM for a service ID, locked, and deleted when their lease ends.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-iam-credentials
 */
export class Credentials {
  readonly #host: Host;
  readonly #iam: IamForSecretsManager;
  readonly #random: SeededRandom;

  constructor(host: Host, iam: IamForSecretsManager) {
    this.#host = host;
    this.#iam = iam;
    this.#random = host.random.fork('keys of secrets-manager');
  }

  /** Whether the service ID of a lease is one of the account. */
  knows({ serviceId }: Lease, accountId: string): boolean {
    return this.#iam.isServiceIdOf(iamIdOf(serviceId), accountId);
  }

  /** Makes a key; undefined where IAM does not: its service ID is gone, or has too many keys. */
  mint(
    secretName: string,
    lease: Lease,
    accountId: string,
    at: number,
  ): { readonly apiKey: string; readonly credential: Credential } | undefined {
    const apiKey = `TRACER-${this.#random.hex(37)}`;
    const key = {
      id: `ApiKey-${this.#random.uuid()}`,
      name: `Secrets-Manager-IAM-Secret-${secretName}`,
      iamId: iamIdOf(lease.serviceId),
      accountId,
      value: apiKey,
      createdAt: at,
    };
    if (!this.#iam.makeLockedKey(key)) return undefined;
    this.#emit(at, 'key-created', `API key ${key.name} (${key.id}) created`);
    const expiresAt = at + lease.ttl.ms;
    const endsAt = expiresAt + minutes(1) + this.#random.below(minutes(1));
    return { apiKey, credential: { apiKeyId: key.id, expiresAt, endsAt, endedAt: undefined } };
  }

  /** Reading a key may lock it again. */
  read({ apiKeyId }: Credential): void {
    if (this.#host.settings.secretsManager.readRelocks) this.#iam.lockKey(apiKeyId);
  }

  end(credential: Credential | undefined, at: number): void {
    if (credential === undefined || credential.endedAt !== undefined) return;
    credential.endedAt = at;
    this.#iam.deleteKey(credential.apiKeyId, at);
    this.#emit(at, 'key-deleted', `API key ${credential.apiKeyId} deleted by Secrets Manager`);
  }

  #emit(at: number, kind: string, text: string): void {
    this.#host.emit({ at, kind, text });
  }
}

const iamIdOf = (serviceId: string): string =>
  serviceId.startsWith('iam-') ? serviceId : `iam-${serviceId}`;
