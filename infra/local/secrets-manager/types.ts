/**
 * The types of secrets that are simulated, and the member of an answer that holds the value of each.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-what-is-secret
 */
export const VALUE_MEMBERS = { arbitrary: 'payload', kv: 'data', iam_credentials: 'api_key' } as const;
export type SecretType = keyof typeof VALUE_MEMBERS;

export const isSecretType = (text: string): text is SecretType => Object.hasOwn(VALUE_MEMBERS, text);

export type Json = Readonly<Record<string, unknown>>;

/** The value of a version: a text, or for `kv` an object. */
export type Payload = string | Json;

/** Every text in a value, however deep: what must not be found in an output. */
export function textsIn(payload: unknown): readonly string[] {
  if (typeof payload === 'string') return [payload];
  if (typeof payload !== 'object' || payload === null) return [];
  return Object.values(payload).flatMap(textsIn);
}

/** A value as one text, or a member of it; undefined where there is none. */
export function textOf(payload: Payload | undefined, member?: string): string | undefined {
  const value = member === undefined || typeof payload !== 'object' ? payload : payload[member];
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
