import type { SurveyedSecret, Unread } from '../domain/draft/survey.ts';
import type { ApiKey, SecretMetadata } from '../domain/keys.ts';
import { keyIdIn, versionOf } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import type { Ports, ResourceInstance, SecretsManagerPort } from '../ports.ts';
import { type Looker, type Seen, valueOf } from './doctor/looker.ts';

/** Keys that jobs show, each with a name; the values never leave the survey. */
export type ShownKeys = Map<string, { readonly name: string; readonly value: Secret }>;

/** Of one Secrets Manager instance at most so many secrets are looked into. */
const MOST_SECRETS = 200;

const MAY_HOLD: ReadonlySet<string> = new Set(['arbitrary', 'kv', 'iam_credentials']);

/** What is held against the secrets, and how. */
export interface Held {
  readonly shown: ShownKeys;
  /** By the name that jobs have for it. */
  readonly keys: Readonly<Record<string, ApiKey>>;
  readonly unread: Unread[];
  readonly readSecrets: boolean;
}

/**
 * The secrets of one Secrets Manager instance that may hold a key, and which of them hold one that jobs show. The public network
 * is asked first, and the private one where that does not answer.
 */
export async function secretsOf(
  { services }: Ports,
  looker: Looker,
  account: string,
  { guid: instanceId, region, name }: ResourceInstance,
  held: Held,
): Promise<readonly SurveyedSecret[]> {
  const what = `secrets of Secrets Manager ${name} (${instanceId})`;
  for (const network of ['public', 'private'] as const) {
    const port = services.secretsManager(account, { instanceId, region, network });
    const look = <T>(target: string, act: () => Promise<T>): Promise<Seen<T>> =>
      looker.look({ account, target, actions: [] }, act);
    const listed = await look(instanceId, () => port.listSecrets());
    if ('value' in listed) {
      const candidates = listed.value.filter(({ type, state }) => MAY_HOLD.has(type) && state === 1);
      const holds = await keysIn(look, port, candidates, { ...held, what });
      return candidates.map((metadata) => {
        const key = holds.get(metadata.id);
        const place = { account, instanceId, region, network, metadata };
        return key === undefined ? place : { ...place, holds: key };
      });
    }
    if (listed.status !== undefined || network === 'private') {
      held.unread.push({ what, why: listed.why, takes: 'Reader on secrets-manager' });
      return [];
    }
  }
  return [];
}

type Look = <T>(target: string, act: () => Promise<T>) => Promise<Seen<T>>;

/** Which of the keys that jobs show is in which secret: by what the versions say of it, else by the value. */
async function keysIn(
  look: Look,
  port: SecretsManagerPort,
  secrets: readonly SecretMetadata[],
  held: Held & { readonly what: string },
): Promise<ReadonlyMap<string, string>> {
  if (held.shown.size === 0) return new Map();
  const names = await toldByVersions(look, port, secrets, held);
  const found = new Set(names.values());
  const texts = secrets.filter(({ id, type }) => type === 'arbitrary' && !names.has(id));
  if (texts.length === 0 || [...held.shown.values()].every(({ name }) => found.has(name))) return names;
  if (held.readSecrets) return new Map([...names, ...(await toldByValues(look, port, texts, held))]);
  const why = `not read, for each read is one in Activity Tracker: --read-secrets reads ${Math.min(texts.length, MOST_SECRETS)} of them and holds them against the keys of the jobs`;
  held.unread.push({ what: `values of ${held.what}`, why, takes: 'SecretsReader on secrets-manager' });
  return names;
}

/** Secrets Manager says which key it has made, and the keeper writes beside a key which one it is. */
async function toldByVersions(
  look: Look,
  port: SecretsManagerPort,
  secrets: readonly SecretMetadata[],
  { keys }: Held,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { id, type } of secrets.slice(0, MOST_SECRETS)) {
    if (type === 'kv') continue;
    const current = versionOf(valueOf(await look(id, () => port.listVersions(id))) ?? [], 'current');
    const keyId = type === 'iam_credentials' ? current?.apiKeyId : keyIdIn(current);
    const name = Object.entries(keys).find(([, key]) => key.id === keyId)?.[0];
    if (name !== undefined) names.set(id, name);
  }
  return names;
}

/** What a secret holds is held against the keys here, and told to nobody. */
async function toldByValues(
  look: Look,
  port: SecretsManagerPort,
  texts: readonly SecretMetadata[],
  { shown, unread, what }: Held & { readonly what: string },
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  let refused: string | undefined;
  for (const { id } of texts.slice(0, MOST_SECRETS)) {
    const read = await look(id, () => port.readKey({ id }, 'current'));
    if ('why' in read) refused ??= read.why;
    const name = shown.get(valueOf(read)?.reveal() ?? '')?.name;
    if (name !== undefined) names.set(id, name);
    // Who does not answer now does not answer for the next one either.
    if ('why' in read && read.status === undefined) break;
  }
  if (refused !== undefined)
    unread.push({ what: `values of ${what}`, why: refused, takes: 'SecretsReader on secrets-manager' });
  const left = texts.length - MOST_SECRETS;
  if (refused === undefined && left > 0)
    unread.push({ what: `values of ${what}`, why: `${left} more than the ${MOST_SECRETS} that are read` });
  return names;
}
