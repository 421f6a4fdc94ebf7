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

const SECRET = {
  id: z.guid(),
  name: z.string(),
  /** Id of its group; absent = the default one. */
  group: z.string().optional(),
  /** A state that it is in and stays in: 0 not usable yet, 2 suspended, 3 could not be created; absent = active. */
  state: z.literal([0, 2, 3]).optional(),
};

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

const IamCredentials = z.strictObject({
  ...SECRET,
  type: z.literal('iam_credentials'),
  /** Name of the service ID that Secrets Manager makes keys for; jobs carry the first as `apiKey: secret:<name>`. */
  serviceId: z.string(),
  ttlDays: z.number().positive().max(90),
  reuse: z.boolean().default(true),
  rotateEveryDays: z.int().min(1).optional(),
  createdDaysAgo: z.number().min(0).default(1),
  binding: Binding.optional(),
});

/** A secret of a world file, by its type; `arbitrary` where none is named. */
export const Secret = z.discriminatedUnion('type', [Arbitrary, KeyValue, IamCredentials]);
export type WorldSecret = z.infer<typeof Secret>;

/** A binding of a secret, the key that it is about, and the member that holds the key. */
export interface WorldBinding {
  readonly binding: z.infer<typeof Binding>;
  /** As jobs name the key. */
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
  if (secret.binding === undefined) return [];
  const apiKey = secret.type === 'iam_credentials' ? madeKey(secret.name) : secret.apiKey;
  return [{ binding: secret.binding, apiKey }];
}

/** How jobs name the first key that Secrets Manager made for a secret. */
export const madeKey = (secretName: string): string => `secret:${secretName}`;

/** Puts a secret of a world file into its instance, where it has been for 90 days unless it says otherwise. */
export function addWorldSecret(
  sm: SecretsManager,
  instanceId: string,
  secret: WorldSecret,
  startsAt: number,
  names: Names,
): void {
  put(sm, instanceId, secret, startsAt, names);
  if (secret.state !== undefined) sm.hold(instanceId, secret.id, secret.state);
}

/** What a world file calls keys and service IDs. */
interface Names {
  keyValue(apiKey: string): string;
  serviceIdOf(name: string): string;
}

function put(
  sm: SecretsManager,
  instanceId: string,
  secret: WorldSecret,
  startsAt: number,
  names: Names,
): void {
  const { id, name, group } = secret;
  const common = {
    instanceId,
    id,
    name,
    createdAt: startsAt - days(90),
    ...(group === undefined ? {} : { groupId: group }),
  };
  if (secret.type === 'kv') {
    const held = Object.entries(secret.data).map(([member, value]) => [
      member,
      typeof value === 'string' ? value : names.keyValue(value.apiKey),
    ]);
    sm.addSecret({ ...common, type: 'kv', payload: Object.fromEntries(held) });
    return;
  }
  if (secret.type === 'iam_credentials') {
    const { ttlDays, reuse, rotateEveryDays: interval } = secret;
    const lease = {
      serviceId: names.serviceIdOf(secret.serviceId),
      ttl: { ms: days(ttlDays), inMinutes: false },
      reuse,
      rotation: interval === undefined ? undefined : { interval, unit: 'day' as const },
    };
    const createdAt = startsAt - days(secret.createdDaysAgo);
    sm.addSecret({ ...common, type: 'iam_credentials', createdAt, lease });
    return;
  }
  const { apiKey, expiresInDays } = secret;
  const expiry = expiresInDays === undefined ? {} : { expiresAt: startsAt + days(expiresInDays) };
  sm.addSecret({ ...common, type: 'arbitrary', payload: names.keyValue(apiKey), ...expiry });
}
