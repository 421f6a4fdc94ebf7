import { formatInstant } from '../../../shared/domain/time.ts';
import type { Settings } from '../settings.ts';
import type { Lease } from './lease.ts';
import {
  aliasOf,
  currentOf,
  expiryOf,
  type Lock,
  lockCount,
  previousOf,
  type Secret,
  stateDescription,
  stateOf,
  type Version,
} from './state.ts';
import { type Payload, VALUE_MEMBERS } from './types.ts';

/** Where an instance is: parts of its CRN and of its host name. */
export interface Instance {
  readonly guid: string;
  readonly region: string;
  readonly accountId: string;
  readonly secrets: Map<string, Secret>;
}

type TtlOnRead = Settings['secretsManager']['ttlOnRead'];

/** RFC 3339 in UTC; whole seconds carry no fraction, as in IBM's examples. */
export const instant = (at: number): string => formatInstant(at).replace('.000Z', 'Z');

const instantOf = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : instant(at);

/** Leaves out members that are undefined: IBM's answers have no member rather than a null. */
const present = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

export const secretCrn = ({ region, accountId, guid }: Instance, id: string): string =>
  `crn:v1:bluemix:public:secrets-manager:${region}:a/${accountId}:${guid}:secret:${id}`;

/** @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#get-secret-metadata */
export const secretMetadata = (
  instance: Instance,
  secret: Secret,
  ttlOnRead: TtlOnRead,
): Record<string, unknown> =>
  present({
    id: secret.id,
    name: secret.name,
    secret_type: secret.type,
    secret_group_id: secret.groupId,
    description: secret.description,
    labels: secret.labels,
    custom_metadata: secret.customMetadata,
    crn: secretCrn(instance, secret.id),
    created_at: instant(secret.createdAt),
    created_by: secret.createdBy,
    updated_at: instant(secret.updatedAt),
    // The epoch stands for "never read".
    retrieved_at: instant(secret.retrievedAt ?? 0),
    downloaded: secret.retrievedAt !== undefined,
    locks_total: lockCount(secret),
    versions_total: secret.versions.length,
    state: stateOf(secret),
    state_description: stateDescription(secret),
    referenced_by: [],
    expiration_date: instantOf(expiryOf(secret)),
    ...(secret.lease === undefined ? {} : leaseMetadata(secret, secret.lease, ttlOnRead)),
  });

const leaseMetadata = (secret: Secret, lease: Lease, ttlOnRead: TtlOnRead) => ({
  ttl: ttlOnRead === 'text' ? String(lease.ttl.ms / 1_000) : lease.ttl.ms / 1_000,
  service_id: lease.serviceId,
  service_id_is_static: true,
  api_key_id: currentOf(secret)?.credential?.apiKeyId,
  reuse_api_key: lease.reuse,
  rotation: lease.rotation === undefined ? { auto_rotate: false } : { auto_rotate: true, ...lease.rotation },
  next_rotation_date: instantOf(secret.nextRotationAt),
});

/** @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#get-secret-version-metadata */
export const versionMetadata = (secret: Secret, version: Version): Record<string, unknown> =>
  present({
    id: version.id,
    secret_id: secret.id,
    secret_name: secret.name,
    secret_type: secret.type,
    secret_group_id: secret.groupId,
    alias: aliasOf(secret, version),
    created_at: instant(version.createdAt),
    created_by: version.createdBy,
    auto_rotated: version.autoRotated,
    downloaded: version.downloaded,
    payload_available: version.payload !== undefined,
    version_custom_metadata: version.metadata,
    api_key_id: version.credential?.apiKeyId,
    service_id: secret.lease?.serviceId,
    expiration_date: instantOf(version.credential?.expiresAt ?? secret.expiresAt),
  });

/** Metadata and, while there is one, the value. */
export const withPayload = (
  secret: Secret,
  metadata: Readonly<Record<string, unknown>>,
  payload: Payload | undefined,
): Record<string, unknown> => present({ ...metadata, [VALUE_MEMBERS[secret.type]]: payload });

/** One entry of a list of locks. @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#list-secret-locks */
export const lockEntry = (secret: Secret, version: Version, lock: Lock): Record<string, unknown> =>
  present({
    name: lock.name,
    description: lock.description,
    attributes: lock.attributes,
    created_at: instant(lock.createdAt),
    updated_at: instant(lock.updatedAt),
    created_by: lock.createdBy,
    secret_group_id: secret.groupId,
    secret_id: secret.id,
    secret_version_id: version.id,
    secret_version_alias: aliasOf(secret, version),
  });

/** The answer to creating and to deleting locks: every lock name of both versions. */
export const lockedVersions = (secret: Secret): Record<string, unknown> => ({
  secret_id: secret.id,
  secret_group_id: secret.groupId,
  secret_type: secret.type,
  secret_name: secret.name,
  versions: [currentOf(secret), previousOf(secret)]
    .filter((version) => version !== undefined)
    .map((version) => ({
      version_id: version.id,
      version_alias: aliasOf(secret, version),
      locks: [...version.locks.keys()],
      payload_available: version.payload !== undefined,
    })),
});
