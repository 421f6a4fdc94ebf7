import * as z from 'zod';
import { parseInstant } from '../../../shared/domain/time.ts';
import { invalid, notSimulated } from './errors.ts';
import { type Lease, parseTtl } from './lease.ts';
import type { NewSecret, NewVersion, SecretChange } from './metadata.ts';
import type { SecretType } from './types.ts';

const MAX_METADATA_BYTES = 10_000;
const MAX_DATA_BYTES = 512_000;

const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, 'must be at most 10 KB');

// IBM publishes this pattern with nested quantifiers, which a hostile name makes run for ages; this one accepts the same.
const name = z
  .string()
  .min(2)
  .max(256)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9]$/);
const description = z.string().min(2).max(1024);
const labels = z.array(z.string().min(2).max(64)).max(30);
const payload = z.string().max(1_000_000);
const data = z
  .record(z.string(), z.unknown())
  .refine((value) => Object.keys(value).length > 0, 'must have at least one entry')
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_DATA_BYTES, 'must be at most 512 KB');
const ttl = z.union([z.int(), z.string()]).transform(parseTtl);
/** Null where automatic rotation is off. */
const rotation = z
  .discriminatedUnion('auto_rotate', [
    z.strictObject({ auto_rotate: z.literal(false) }),
    z.strictObject({
      auto_rotate: z.literal(true),
      interval: z.int().min(1),
      unit: z.enum(['day', 'month']),
    }),
  ])
  .transform((wanted) => (wanted.auto_rotate ? { interval: wanted.interval, unit: wanted.unit } : null));
const expiration = z.iso.datetime({ offset: true }).transform((text) => parseInstant(text) ?? Number.NaN);

const COMMON = {
  name,
  secret_group_id: z.string().default('default'),
  description: description.optional(),
  labels: labels.default([]),
  custom_metadata: metadata.optional(),
  version_custom_metadata: metadata.optional(),
};
const VERSION = { custom_metadata: metadata.optional(), version_custom_metadata: metadata.optional() };
const UPDATE = {
  name: name.optional(),
  description: description.optional(),
  labels: labels.optional(),
  custom_metadata: metadata.optional(),
};

const CreateSecret = {
  arbitrary: z.strictObject({
    ...COMMON,
    secret_type: z.literal('arbitrary'),
    payload,
    expiration_date: expiration.optional(),
  }),
  kv: z.strictObject({ ...COMMON, secret_type: z.literal('kv'), data }),
  iam_credentials: z.strictObject({
    ...COMMON,
    secret_type: z.literal('iam_credentials'),
    ttl,
    reuse_api_key: z.boolean(),
    service_id: z.string().max(50).optional(),
    access_groups: z.array(z.string()).min(1).max(10).optional(),
    account_id: z.string().length(32).optional(),
    rotation: rotation.optional(),
  }),
};

const CreateVersion = {
  arbitrary: z.strictObject({ ...VERSION, payload }),
  kv: z.strictObject({ ...VERSION, data }),
  iam_credentials: z.strictObject({ ...VERSION, restore_from_version: z.string().optional() }),
};

/** A null removes the expiry; other members cannot be removed. The group cannot be changed at all. */
const UpdateSecret = {
  arbitrary: z.strictObject({ ...UPDATE, expiration_date: expiration.nullish() }),
  kv: z.strictObject(UPDATE),
  iam_credentials: z.strictObject({ ...UPDATE, ttl: ttl.optional(), rotation: rotation.optional() }),
};

export const UpdateVersion = z.strictObject({ version_custom_metadata: metadata });

export const CreateLocks = z.strictObject({
  locks: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9\-_.]{1,63}$/),
        description: z.string().max(1024).optional(),
        attributes: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .min(1)
    .max(1000),
});

const OTHER_TYPES = [
  'custom_credentials',
  'service_credentials',
  'username_password',
  'imported_cert',
  'public_cert',
  'private_cert',
];

/** Reads a body. @throws {Denied} 400 that names the members, never a value */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw invalid(`The request is not valid: ${places.join('; ')}.`);
}

/** Reads the body of "create a secret". @throws {Denied} 400; 501 for what is not simulated */
export function parseCreateSecret(body: unknown): NewSecret {
  const type = (body as { readonly secret_type?: unknown } | null)?.secret_type;
  if (typeof type === 'string' && OTHER_TYPES.includes(type)) throw notSimulated(`secrets of type ${type}`);
  switch (type) {
    case 'kv': {
      const parsed = parseBody(CreateSecret.kv, body);
      return { ...secretOf(parsed), payload: parsed.data };
    }
    case 'iam_credentials': {
      const parsed = parseBody(CreateSecret.iam_credentials, body);
      return { ...secretOf(parsed), payload: undefined, lease: leaseOf(parsed) };
    }
    default: {
      const parsed = parseBody(CreateSecret.arbitrary, body);
      return { ...secretOf(parsed), payload: parsed.payload, expiresAt: parsed.expiration_date };
    }
  }
}

const secretOf = (body: z.infer<(typeof CreateSecret)[SecretType]>) => ({
  type: body.secret_type,
  name: body.name,
  groupId: body.secret_group_id,
  description: body.description,
  labels: body.labels,
  customMetadata: body.custom_metadata,
  versionMetadata: body.version_custom_metadata,
});

function leaseOf(body: z.infer<typeof CreateSecret.iam_credentials>): Lease {
  if ((body.service_id === undefined) === (body.access_groups === undefined))
    throw invalid('The request must name exactly one of service_id and access_groups.');
  if (body.service_id === undefined) throw notSimulated('iam_credentials with access_groups');
  if (body.account_id !== undefined) throw notSimulated('iam_credentials with account_id');
  const rotation = body.rotation ?? undefined;
  return { serviceId: body.service_id, ttl: body.ttl, reuse: body.reuse_api_key, rotation };
}

/** Reads the body of "create a version" of a secret of that type. @throws {Denied} 400 */
export function parseCreateVersion(type: SecretType, body: unknown): NewVersion {
  const parsed = parseBody<z.infer<(typeof CreateVersion)[SecretType]>>(CreateVersion[type], body);
  return {
    payload: 'data' in parsed ? parsed.data : 'payload' in parsed ? parsed.payload : undefined,
    restoreFrom: 'restore_from_version' in parsed ? parsed.restore_from_version : undefined,
    customMetadata: parsed.custom_metadata,
    versionMetadata: parsed.version_custom_metadata,
  };
}

/** Reads a change of the metadata of a secret of that type. @throws {Denied} 400 */
export function parseUpdateSecret(type: SecretType, body: unknown): SecretChange {
  const parsed = parseBody<z.infer<(typeof UpdateSecret)[SecretType]>>(UpdateSecret[type], body);
  return {
    name: parsed.name,
    description: parsed.description,
    labels: parsed.labels,
    customMetadata: parsed.custom_metadata,
    expiresAt: 'expiration_date' in parsed ? parsed.expiration_date : undefined,
    ttl: 'ttl' in parsed ? parsed.ttl : undefined,
    rotation: 'rotation' in parsed ? parsed.rotation : undefined,
  };
}
