import type { Binding } from '../domain/binding.ts';
import type { SecretLock, SecretMetadata, SecretVersion } from '../domain/keys.ts';
import { GUARD_LOCK } from '../domain/rotation/timing.ts';
import { keyIdIn, othersGuard, ROLLING_BACK, VERSION_METADATA } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import type { IamPort, Services } from '../ports.ts';

/** What a version says about the key in it: `api_key_id` and the like, without a member's name in front. */
type KeyMetadata = Readonly<Record<string, string>>;

/**
 * The place in Secrets Manager where a binding's key is. Members of a `kv` secret share its versions and locks: to each binding
 * they look as if the secret were its own, and the guard of another member looks like anybody's lock.
 *
 * Every method throws `ApiError` or `SchemaError`.
 */
export interface KeyStore {
  metadata(): Promise<SecretMetadata>;
  setExpiry(expiresAt: number): Promise<void>;
  versions(): Promise<readonly SecretVersion[]>;
  /** @returns undefined when the version or its value is gone */
  read(version: string): Promise<Secret | undefined>;
  /** Not idempotent. @param key - absent where Secrets Manager makes it */
  createVersion(key: Secret | undefined, metadata: KeyMetadata): Promise<SecretVersion>;
  /** @param idle - members whose guard is nobody's any more, and shows as the binding's own */
  locks(idle: readonly string[]): Promise<readonly SecretLock[]>;
  /** Puts the guard lock on the current version; idempotent. */
  guard(options?: { readonly rollingBack?: boolean; readonly leavePrevious?: boolean }): Promise<void>;
}

export function keyStoreOf(services: Services, { name, secret, managedBy }: Binding): KeyStore {
  const port = services.secretsManager(secret.account, secret);
  const { id, member } = secret;
  const prefix = member === undefined ? '' : `${member}.`;
  return {
    metadata: () => port.getMetadata(id),
    setExpiry: (expiresAt) => port.setExpiry(id, expiresAt),
    versions: async () =>
      (await port.listVersions(id)).map((version) =>
        // What others write beside a key of their own may be about another one.
        ownVersion(managedBy === 'others' ? { ...version, metadata: {} } : version, prefix),
      ),
    read: (version) => port.readKey(secret, version),
    async createVersion(key, metadata) {
      const own = Object.fromEntries(
        Object.entries(metadata).map(([what, value]) => [`${prefix}${what}`, value]),
      );
      const others = member === undefined ? {} : await othersMetadata(port.listVersions(id), prefix);
      return port.createVersion(secret, {
        metadata: { ...others, ...own },
        ...(key === undefined ? {} : { key }),
      });
    },
    locks: async (idle) =>
      (await port.listLocks(id)).map((lock) => {
        if (lock.name !== GUARD_LOCK) return lock;
        const owner = lock.attributes['member'];
        const of = typeof owner === 'string' ? owner : undefined;
        // On the current version each member puts its own in the place of the one before.
        if (of === member) return lock;
        const isLeft = of !== undefined && idle.includes(of);
        if (isLeft && lock.versionAlias === 'previous') return lock;
        return { ...lock, name: othersGuard(of), ...(isLeft ? { attributes: {} } : {}) };
      }),
    guard: ({ rollingBack = false, leavePrevious = false } = {}) =>
      port.lockCurrent(
        id,
        {
          name: GUARD_LOCK,
          description: `logpush-keeper runs the jobs of binding ${name} on this version`,
          attributes: { ...(member === undefined ? {} : { member }), ...(rollingBack ? ROLLING_BACK : {}) },
        },
        leavePrevious ? 'remove_previous' : undefined,
      ),
  };
}

/**
 * Which key the secret's current version holds: as its metadata have it, else by its value, for IAM says which key that is. The alias
 * is read, not the version that the list calls current: a list may lag, and the key that an old version gives may be retired.
 *
 * @param current - as the list of versions shows it
 * @returns null when it gives no value, or IAM does not know the key
 */
export async function keyIdOfSecret(
  store: KeyStore,
  iam: IamPort,
  current: SecretVersion | undefined,
): Promise<string | null> {
  const noted = keyIdIn(current);
  if (noted !== undefined) return noted;
  const value = await store.read('current');
  return (value === undefined ? undefined : await iam.findApiKey(value))?.id ?? null;
}

/** A version as the binding sees it: what is said about its own key alone. */
function ownVersion(version: SecretVersion, prefix: string): SecretVersion {
  const own = Object.entries(version.metadata).flatMap(([what, value]) =>
    what.startsWith(prefix) ? [[what.slice(prefix.length), value] as const] : [],
  );
  // What Secrets Manager says of a key that it made itself weighs more than what anybody wrote there.
  const made = version.apiKeyId === undefined ? {} : { [VERSION_METADATA.keyId]: version.apiKeyId };
  return { ...version, metadata: { ...Object.fromEntries(own), ...made } };
}

/** Each version says everything about all of its members. */
async function othersMetadata(
  versions: Promise<readonly SecretVersion[]>,
  prefix: string,
): Promise<Readonly<Record<string, unknown>>> {
  const current = (await versions).find(({ alias }) => alias === 'current');
  return Object.fromEntries(
    Object.entries(current?.metadata ?? {}).filter(([what]) => !what.startsWith(prefix)),
  );
}
