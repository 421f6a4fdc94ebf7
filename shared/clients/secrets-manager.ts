import * as z from 'zod';
import type { SecretLock, SecretMetadata, SecretVersion } from '../domain/keys.ts';
import { Secret } from '../domain/secret.ts';
import { formatInstant } from '../domain/time.ts';
import { ApiError, SchemaError } from '../errors.ts';
import type { SecretsManagerPort } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { Call, HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';
import { instant } from './wire.ts';

const Metadata = z
  .object({
    id: z.string(),
    name: z.string(),
    secret_type: z.string(),
    state: z.int(),
    expiration_date: instant.nullish(),
  })
  .transform(
    (wire): SecretMetadata => ({
      id: wire.id,
      name: wire.name,
      type: wire.secret_type,
      state: wire.state,
      ...(wire.expiration_date == null ? {} : { expiresAt: wire.expiration_date }),
    }),
  );
const Alias = z.enum(['current', 'previous']);
const Version = z
  .object({
    id: z.string(),
    alias: Alias.nullish(),
    created_at: instant,
    payload_available: z.boolean().default(false),
    version_custom_metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .transform(
    (wire): SecretVersion => ({
      id: wire.id,
      createdAt: wire.created_at,
      payloadAvailable: wire.payload_available,
      metadata: wire.version_custom_metadata ?? {},
      ...(wire.alias == null ? {} : { alias: wire.alias }),
    }),
  );
const VersionList = z.object({ versions: z.array(Version) });
const VersionWithData = z.object({ secret_type: z.string(), payload: z.string().optional() });
const Lock = z
  .object({
    name: z.string(),
    secret_version_id: z.string(),
    secret_version_alias: Alias.nullish(),
    attributes: z.record(z.string(), z.unknown()).nullish(),
  })
  .transform(
    (wire): SecretLock => ({
      name: wire.name,
      versionId: wire.secret_version_id,
      attributes: wire.attributes ?? {},
      ...(wire.secret_version_alias == null ? {} : { versionAlias: wire.secret_version_alias }),
    }),
  );
const LockList = z.object({ total_count: z.int(), locks: z.array(Lock) });

const LOCKS_PER_PAGE = 100;
/** A secret holds at most 1000 locks. */
const MOST_LOCK_PAGES = 10;

/**
 * One Secrets Manager instance, API v2.
 *
 * @param url - base ending in `/api/v2`
 * @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2
 */
export function createSecretsManager(
  http: HttpClient,
  tokens: TokenProvider,
  url: string,
): SecretsManagerPort {
  const call = <T>(
    operation: string,
    method: Call<T>['method'],
    path: string,
    schema?: z.ZodType<T>,
    send?: { readonly body: unknown; readonly repeatable?: boolean; readonly type?: string },
  ) =>
    callAuthorized<T>(http, tokens, {
      service: 'secrets-manager',
      operation,
      method,
      url: `${url}/secrets/${path}`,
      headers: send === undefined ? {} : { 'content-type': send.type ?? 'application/json' },
      repeatable: send?.repeatable ?? true,
      ...(send === undefined ? {} : { body: JSON.stringify(send.body) }),
      ...(schema === undefined ? {} : { schema }),
    });
  /** A secret never changes its type. */
  const types = new Map<string, string>();
  const getMetadata = async (secretId: string): Promise<SecretMetadata> => {
    const path = `${encodeURIComponent(secretId)}/metadata`;
    const { value } = await call('getSecretMetadata', 'GET', path, Metadata);
    types.set(secretId, value.type);
    return value;
  };
  return {
    getMetadata,
    async setExpiry(secretId, expiresAt) {
      const body = { expiration_date: expiresAt === undefined ? null : formatInstant(expiresAt) };
      const send = { body, type: 'application/merge-patch+json' };
      await call('updateSecretMetadata', 'PATCH', `${encodeURIComponent(secretId)}/metadata`, Metadata, send);
    },
    listVersions: async (secretId) =>
      (await call('listSecretVersions', 'GET', `${encodeURIComponent(secretId)}/versions`, VersionList)).value
        .versions,
    async readPayload(secretId, version) {
      const type = types.get(secretId) ?? (await getMetadata(secretId)).type;
      // Reading an iam_credentials secret without reuse replaces the key in it.
      if (type !== 'arbitrary')
        throw refusal('getSecretVersion', `the secret has type ${type}; only arbitrary is read`);
      const path = `${encodeURIComponent(secretId)}/versions/${encodeURIComponent(version)}`;
      try {
        const { payload } = (await call('getSecretVersion', 'GET', path, VersionWithData)).value;
        return payload === undefined ? undefined : new Secret(payload);
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return undefined;
        throw error;
      }
    },
    async createVersion(secretId, { payload, metadata }) {
      const body = { payload: payload.reveal(), version_custom_metadata: metadata };
      const path = `${encodeURIComponent(secretId)}/versions`;
      return (await call('createSecretVersion', 'POST', path, Version, { body, repeatable: false })).value;
    },
    async listLocks(secretId) {
      const locks: SecretLock[] = [];
      for (let page = 0; page < MOST_LOCK_PAGES; page += 1) {
        const query = `limit=${LOCKS_PER_PAGE}&offset=${page * LOCKS_PER_PAGE}`;
        const path = `${encodeURIComponent(secretId)}/locks?${query}`;
        const { value } = await call('listSecretLocks', 'GET', path, LockList);
        locks.push(...value.locks);
        if (locks.length >= value.total_count || value.locks.length === 0) return locks;
      }
      throw new SchemaError('secrets-manager', 'listSecretLocks', `more than ${MOST_LOCK_PAGES} pages`);
    },
    async lockCurrent(secretId, lock, mode) {
      const query = mode === undefined ? '' : `?mode=${mode}`;
      const path = `${encodeURIComponent(secretId)}/locks_bulk${query}`;
      // A lock of the same name is replaced, so twice is once.
      await call('createSecretLocks', 'POST', path, undefined, { body: { locks: [lock] } });
    },
  };
}

const refusal = (operation: string, reason: string): ApiError =>
  new ApiError({ service: 'secrets-manager', operation, effect: 'none', reason });
