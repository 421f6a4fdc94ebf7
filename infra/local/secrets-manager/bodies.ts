import * as z from 'zod';
import { parseInstant } from '../../../shared/domain/time.ts';
import { invalid, notSimulated } from './errors.ts';

const MAX_METADATA_BYTES = 10_000;

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
const expiration = z.iso.datetime({ offset: true }).transform((text) => parseInstant(text) ?? Number.NaN);

const CreateSecret = z.strictObject({
  secret_type: z.literal('arbitrary'),
  name,
  secret_group_id: z.string().default('default'),
  description: description.optional(),
  labels: labels.default([]),
  custom_metadata: metadata.optional(),
  version_custom_metadata: metadata.optional(),
  payload,
  expiration_date: expiration.optional(),
});

export const CreateVersion = z.strictObject({
  payload,
  custom_metadata: metadata.optional(),
  version_custom_metadata: metadata.optional(),
});

/** A null removes the expiry; other members cannot be removed. The group cannot be changed at all. */
export const UpdateSecret = z.strictObject({
  name: name.optional(),
  description: description.optional(),
  labels: labels.optional(),
  custom_metadata: metadata.optional(),
  expiration_date: expiration.nullish(),
});

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
  'kv',
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
export function parseCreateSecret(body: unknown): z.infer<typeof CreateSecret> {
  const type = (body as { readonly secret_type?: unknown } | null)?.secret_type;
  if (typeof type === 'string' && OTHER_TYPES.includes(type)) throw notSimulated(`secrets of type ${type}`);
  return parseBody(CreateSecret, body);
}
