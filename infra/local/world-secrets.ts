import * as z from 'zod';
import { days } from '../../shared/domain/time.ts';
import type { SecretsManager } from './secrets-manager/secrets-manager.ts';

/** The keeper's binding of a key; without one the keeper knows nothing of it. */
const Binding = z.strictObject({
  name: z.string(),
  /** Who makes the new keys. */
  managedBy: z.enum(['keeper', 'secrets-manager', 'others']).default('keeper'),
  adopt: z.enum(['disable', 'never']).optional(),
});

const SECRET = { id: z.guid(), name: z.string() };

const Arbitrary = z.strictObject({
  ...SECRET,
  type: z.literal('arbitrary').optional().default('arbitrary'),
  /** Name of the API key whose value the secret holds. */
  apiKey: z.string(),
  expiresInDays: z.number().optional(),
  binding: Binding.optional(),
});

const KeyValue = z.strictObject({
  ...SECRET,
  type: z.literal('kv'),
  /** A member is an API key by its name, or a text as it stands. */
  data: z.record(
    z.string(),
    z.union([z.string(), z.strictObject({ apiKey: z.string(), binding: Binding.optional() })]),
  ),
});

/** A secret of a world file, by its type; `arbitrary` where none is named. */
export const Secret = z.discriminatedUnion('type', [Arbitrary, KeyValue]);
export type WorldSecret = z.infer<typeof Secret>;

/** A binding of a secret, the key that it is about, and the member that holds the key. */
export interface WorldBinding {
  readonly binding: z.infer<typeof Binding>;
  /** Name of the key as jobs name it. */
  readonly apiKey: string;
  readonly member?: string;
}

/** The bindings of a secret: one at most, or one for each member of a `kv`. */
export function bindingsOf(secret: WorldSecret): readonly WorldBinding[] {
  if (secret.type === 'kv')
    return Object.entries(secret.data).flatMap(([member, held]) =>
      typeof held === 'string' || held.binding === undefined
        ? []
        : [{ binding: held.binding, apiKey: held.apiKey, member }],
    );
  return secret.binding === undefined ? [] : [{ binding: secret.binding, apiKey: secret.apiKey }];
}

/** Puts a secret of a world file into its instance, where it has been for 90 days. */
export function addWorldSecret(
  sm: SecretsManager,
  instanceId: string,
  secret: WorldSecret,
  startsAt: number,
  keyValue: (name: string) => string,
): void {
  const { id, name } = secret;
  const common = { instanceId, id, name, createdAt: startsAt - days(90) };
  if (secret.type === 'kv') {
    const held = Object.entries(secret.data).map(([member, value]) => [
      member,
      typeof value === 'string' ? value : keyValue(value.apiKey),
    ]);
    sm.addSecret({ ...common, type: 'kv', payload: Object.fromEntries(held) });
    return;
  }
  const { apiKey, expiresInDays } = secret;
  const expiry = expiresInDays === undefined ? {} : { expiresAt: startsAt + days(expiresInDays) };
  sm.addSecret({ ...common, type: 'arbitrary', payload: keyValue(apiKey), ...expiry });
}
