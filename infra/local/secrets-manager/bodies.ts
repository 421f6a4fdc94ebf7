import * as z from 'zod';
import { parseInstant } from '../../../shared/domain/time.ts';
import { invalid, notSimulated } from './errors.ts';
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
};

const CreateVersion = {
  arbitrary: z.strictObject({ ...VERSION, payload }),
  kv: z.strictObject({ ...VERSION, data }),
};

/** A null removes the expiry; other members cannot be removed. The group cannot be changed at all. */
const UpdateSecret = {
  arbitrary: z.strictObject({ ...UPDATE, expiration_date: expiration.nullish() }),
  kv: z.strictObject(UPDATE),
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
  'iam_credentials',
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

/** Reads the body of "create a secret". @throws {Denied} 501 for a type that is not simulated */
export function parseCreateSecret(body: unknown): NewSecret {
  const type = (body as { readonly secret_type?: unknown } | null)?.secret_type;
  if (typeof type === 'string' && OTHER_TYPES.includes(type)) throw notSimulated(`secrets of type ${type}`);
  const parsed = type === 'kv' ? parseBody(CreateSecret.kv, body) : parseBody(CreateSecret.arbitrary, body);
  return {
    type: parsed.secret_type,
    name: parsed.name,
    groupId: parsed.secret_group_id,
    description: parsed.description,
    labels: parsed.labels,
    ...versionOf(parsed),
    expiresAt: 'expiration_date' in parsed ? parsed.expiration_date : undefined,
  };
}

/** Reads the body of "create a version" of a secret of that type. @throws {Denied} 400 */
export const parseCreateVersion = (type: SecretType, body: unknown): NewVersion =>
  versionOf(type === 'kv' ? parseBody(CreateVersion.kv, body) : parseBody(CreateVersion.arbitrary, body));

type VersionBody = z.infer<(typeof CreateVersion)[SecretType]>;

const versionOf = (body: VersionBody): NewVersion => ({
  payload: 'data' in body ? body.data : body.payload,
  customMetadata: body.custom_metadata,
  versionMetadata: body.version_custom_metadata,
});

/** Reads a change of the metadata of a secret of that type. @throws {Denied} 400 */
export function parseUpdateSecret(type: SecretType, body: unknown): SecretChange {
  const parsed: z.infer<typeof UpdateSecret.arbitrary> = parseBody(UpdateSecret[type], body);
  return {
    name: parsed.name,
    description: parsed.description,
    labels: parsed.labels,
    customMetadata: parsed.custom_metadata,
    expiresAt: parsed.expiration_date,
  };
}
