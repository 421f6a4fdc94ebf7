import * as z from 'zod';
import type { SecretLock, SecretMetadata, SecretVersion } from '../domain/keys.ts';
import { Secret } from '../domain/secret.ts';
import type { Slot } from '../domain/slot.ts';
import { days, formatInstant, hours, minutes, seconds } from '../domain/time.ts';
import { ApiError, SchemaError } from '../errors.ts';
import type { SecretsManagerPort } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { Call, HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';
import { instant } from './wire.ts';

const Metadata = z.lazy(() =>
  z
    .object({
      id: z.string(),
      name: z.string(),
      secret_type: z.string(),
      state: z.int(),
      secret_group_id: z.string().nullish(),
      expiration_date: instant.nullish(),
      ttl: z.union([z.string(), z.number()]).nullish(),
      service_id: z.string().nullish(),
      service_id_is_static: z.boolean().nullish(),
      reuse_api_key: z.boolean().nullish(),
      rotation: z
        .object({
          auto_rotate: z.boolean().nullish(),
          interval: z.number().nullish(),
          unit: z.string().nullish(),
        })
        .nullish(),
    })
    .transform(
      (wire): SecretMetadata => ({
        id: wire.id,
        name: wire.name,
        type: wire.secret_type,
        state: wire.state,
        ...(wire.secret_group_id == null ? {} : { groupId: wire.secret_group_id }),
        ...(wire.expiration_date == null ? {} : { expiresAt: wire.expiration_date }),
        ...(wire.secret_type === 'iam_credentials' ? { engine: toEngine(wire) } : {}),
      }),
    ),
);

const UNITS: Readonly<Record<string, number>> = {
  s: seconds(1),
  m: minutes(1),
  h: hours(1),
  d: days(1),
  hour: hours(1),
  day: days(1),
  month: days(31),
};

/** Seconds, or a number with a unit such as `12h`. */
function ttlMs(ttl: string | number | null | undefined): number | undefined {
  const [, amount = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(String(ttl ?? '')) ?? [];
  return amount === '' ? undefined : Number(amount) * (UNITS[unit] ?? 0);
}

function toEngine(wire: {
  readonly ttl?: string | number | null | undefined;
  readonly service_id?: string | null | undefined;
  readonly service_id_is_static?: boolean | null | undefined;
  readonly reuse_api_key?: boolean | null | undefined;
  readonly rotation?:
    | {
        readonly auto_rotate?: boolean | null | undefined;
        readonly interval?: number | null | undefined;
        readonly unit?: string | null | undefined;
      }
    | null
    | undefined;
}): NonNullable<SecretMetadata['engine']> {
  const { service_id: serviceId, service_id_is_static: isStatic, rotation } = wire;
  const lifeMs = ttlMs(wire.ttl);
  const unitMs = UNITS[rotation?.unit ?? ''];
  const interval = rotation?.auto_rotate === true ? rotation.interval : undefined;
  return {
    // Only what says so is reused.
    reuse: wire.reuse_api_key === true,
    ...(serviceId == null || isStatic !== true
      ? {}
      : { iamId: serviceId.startsWith('iam-') ? serviceId : `iam-${serviceId}` }),
    ...(lifeMs === undefined ? {} : { ttlMs: lifeMs }),
    ...(interval == null || unitMs === undefined ? {} : { intervalMs: interval * unitMs }),
  };
}
const Alias = z.lazy(() => z.enum(['current', 'previous']));
const Version = z.lazy(() =>
  z
    .object({
      id: z.string(),
      alias: Alias.nullish(),
      created_at: instant,
      payload_available: z.boolean().default(false),
      api_key_id: z.string().nullish(),
      expiration_date: instant.nullish(),
      version_custom_metadata: z.record(z.string(), z.unknown()).nullish(),
    })
    .transform(
      (wire): SecretVersion => ({
        id: wire.id,
        createdAt: wire.created_at,
        payloadAvailable: wire.payload_available,
        metadata: wire.version_custom_metadata ?? {},
        ...(wire.api_key_id == null ? {} : { apiKeyId: wire.api_key_id }),
        ...(wire.expiration_date == null ? {} : { expiresAt: wire.expiration_date }),
        ...(wire.alias == null ? {} : { alias: wire.alias }),
      }),
    ),
);
const VersionList = z.lazy(() => z.object({ versions: z.array(Version) }));
const VersionWithData = z.lazy(() =>
  z.object({
    secret_type: z.string(),
    payload: z.string().nullish(),
    data: z.record(z.string(), z.unknown()).nullish(),
    api_key: z.string().nullish(),
  }),
);
type VersionWithData = z.infer<typeof VersionWithData>;
const Lock = z.lazy(() =>
  z
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
    ),
);
const SecretList = z.lazy(() => z.object({ total_count: z.int(), secrets: z.array(Metadata) }));
const LockList = z.lazy(() => z.object({ total_count: z.int(), locks: z.array(Lock) }));

const SECRETS_PER_PAGE = 1_000;
const MOST_SECRET_PAGES = 10;
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
      url: `${url}/secrets${path.startsWith('?') ? path : `/${path}`}`,
      headers: send === undefined ? {} : { 'content-type': send.type ?? 'application/json' },
      repeatable: send?.repeatable ?? true,
      ...(send === undefined ? {} : { body: JSON.stringify(send.body) }),
      ...(schema === undefined ? {} : { schema }),
    });
  /** A secret never changes its type, nor whether its key is reused. */
  const known = new Map<string, SecretMetadata>();
  const getMetadata = async (secretId: string): Promise<SecretMetadata> => {
    const path = `${encodeURIComponent(secretId)}/metadata`;
    const { value } = await call('getSecretMetadata', 'GET', path, Metadata);
    known.set(secretId, value);
    return value;
  };
  const read = async (slot: Slot, version: string): Promise<VersionWithData | undefined> => {
    const problem = whyUnreadable(known.get(slot.id) ?? (await getMetadata(slot.id)), slot);
    if (problem !== undefined) throw refusal('getSecretVersion', problem);
    const path = `${encodeURIComponent(slot.id)}/versions/${encodeURIComponent(version)}`;
    try {
      return (await call('getSecretVersion', 'GET', path, VersionWithData)).value;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return undefined;
      throw error;
    }
  };
  /** What a new version holds. */
  const content = async (slot: Slot, key: Secret | undefined): Promise<object> => {
    if (key === undefined) return {};
    if (slot.member === undefined) return { payload: key.reveal() };
    const data = (await read(slot, 'current'))?.data;
    if (data == null) throw refusal('createSecretVersion', 'its other members cannot be read');
    return { data: { ...data, [slot.member]: key.reveal() } };
  };
  return {
    async listSecrets() {
      const secrets: SecretMetadata[] = [];
      for (let page = 0; page < MOST_SECRET_PAGES; page += 1) {
        const query = `?limit=${SECRETS_PER_PAGE}&offset=${page * SECRETS_PER_PAGE}`;
        const { value } = await call('listSecrets', 'GET', query, SecretList);
        secrets.push(...value.secrets);
        for (const secret of value.secrets) known.set(secret.id, secret);
        if (secrets.length >= value.total_count || value.secrets.length === 0) return secrets;
      }
      throw new SchemaError('secrets-manager', 'listSecrets', `more than ${MOST_SECRET_PAGES} pages`);
    },
    getMetadata,
    async setExpiry(secretId, expiresAt) {
      const body = { expiration_date: expiresAt === undefined ? null : formatInstant(expiresAt) };
      const send = { body, type: 'application/merge-patch+json' };
      await call('updateSecretMetadata', 'PATCH', `${encodeURIComponent(secretId)}/metadata`, Metadata, send);
    },
    listVersions: async (secretId) =>
      (await call('listSecretVersions', 'GET', `${encodeURIComponent(secretId)}/versions`, VersionList)).value
        .versions,
    async readKey(slot, version) {
      const data = await read(slot, version);
      return data === undefined ? undefined : keyIn(data, slot);
    },
    async createVersion(slot, { key, metadata }) {
      const body = { ...(await content(slot, key)), version_custom_metadata: metadata };
      const path = `${encodeURIComponent(slot.id)}/versions`;
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

/** Why the value of a secret is not read. */
function whyUnreadable({ type, engine }: SecretMetadata, { member }: Slot): string | undefined {
  if (type === 'kv')
    return member === undefined ? 'the secret has type kv, and no member of it is named' : undefined;
  if (member !== undefined) return `the secret has type ${type}, which has no members`;
  if (type === 'arbitrary') return undefined;
  if (type !== 'iam_credentials') return `the secret has type ${type}, which holds no API key`;
  return engine?.reuse === true ? undefined : 'reading it would destroy the key in it: it is not reused';
}

function keyIn({ payload, data, api_key: apiKey }: VersionWithData, { member }: Slot): Secret | undefined {
  const inside = member === undefined ? (payload ?? apiKey) : data?.[member];
  return typeof inside === 'string' && inside !== '' ? new Secret(inside) : undefined;
}
