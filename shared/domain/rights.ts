import { SEE_INSTANCE } from './access-roles.ts';

/**
 * The rights that the keeper needs, as data: what is granted, where, and what it costs to live without; `needs.ts` says which
 * function needs what. The checks of an account, the documentation and the roles of a deployment are all made from these.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions
 */

/** Where a right is given. */
export type Scope =
  | 'cis-instance'
  /** The service ID whose keys they are. */
  | 'key-owner'
  | 'account'
  /** The group of the secret. */
  | 'secret'
  | 'secrets-manager-instance'
  | 'log-bucket'
  /** A bucket into which CIS writes the token of a job that is declared with `legacyOwnership`. */
  | 'token-bucket'
  /** The objects of the ledger. */
  | 'ledger'
  /** The objects that ring for a run. */
  | 'rings'
  | 'cloud-logs-instance'
  | 'event-notifications-instance';

/** A role on one service, and the least that a custom role would hold in its place. */
interface RightPart {
  /** As policies name it. */
  readonly service: string;
  /** IBM's own roles with the least rights that hold all the actions together. */
  readonly roles: readonly string[];
  readonly actions: readonly string[];
}

export interface Right {
  readonly scope: Scope;
  readonly parts: readonly RightPart[];
  /** What breaks, or stays open, for who does not have it. */
  readonly without: string;
}

const actions = (service: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${service}.${name}`);

const part = (service: string, roles: readonly string[], ...names: readonly string[]): RightPart => ({
  service,
  roles,
  actions: actions(service, ...names),
});

const KEY_LOOK = ['apikey.get', 'activity.get'] as const;
const SECRET_LOOK = ['secret-metadata.read', 'secret-versions.list'] as const;
const BUCKET_LOOK = [
  'bucket.head',
  'bucket.get',
  'bucket.get_basic',
  'bucket.list_bucket_crn',
  'bucket.get_protection',
  'bucket.get_object_lock_configuration',
] as const;

/** Every right by its name. */
export const RIGHTS = {
  'cis-read': {
    scope: 'cis-instance',
    parts: [part('internet-svcs', ['Reader'], 'zones.read')],
    without: 'no zone and no Logpush job is seen',
  },
  'cis-edit': {
    scope: 'cis-instance',
    parts: [part('internet-svcs', ['Writer'], 'zones.read', 'zones.update')],
    without: 'no job is switched on again, and no job is given a new key',
  },
  'cis-own': {
    scope: 'cis-instance',
    parts: [part('internet-svcs', ['Manager'], 'zones.read', 'zones.update', 'zones.manage')],
    without: 'no missing job is made, and log retention is not switched on',
  },
  'key-read': {
    scope: 'key-owner',
    parts: [part('iam-identity', ['Editor'], ...KEY_LOOK)],
    without: 'whether a key has expired, is disabled or is gone is not known: causes stay open',
  },
  'key-rotate': {
    scope: 'key-owner',
    parts: [
      part(
        'iam-identity',
        ['Operator'],
        ...KEY_LOOK,
        'apikey.list',
        'apikey.create',
        'apikey.update',
        'apikey.delete',
      ),
    ],
    without: 'no key is made, disabled or deleted: keys run out',
  },
  'policy-read': {
    scope: 'account',
    parts: [
      part('iam-access-management', ['Viewer'], 'policy.read'),
      part('iam-groups', ['Viewer'], 'groups.list'),
    ],
    without: 'whether an identity may write, and which of these rights are missing, often stays open',
  },
  'instance-read': {
    scope: 'account',
    parts: (['internet-svcs', 'secrets-manager', 'logs', 'cloud-object-storage'] as const).map((service) => ({
      service,
      roles: ['Viewer'],
      actions: [SEE_INSTANCE],
    })),
    without: 'which instances there are is not seen',
  },
  'destination-read': {
    scope: 'account',
    parts: (['logs', 'cloud-object-storage'] as const).map((service) => ({
      service,
      roles: ['Viewer'],
      actions: [SEE_INSTANCE],
    })),
    without: 'whether the instance that a job pushes to is still there is not seen',
  },
  'restriction-read': {
    scope: 'account',
    parts: [part('context-based-restrictions', ['Viewer'], 'rule.read', 'zone.read')],
    without: 'whether a context-based restriction keeps Logpush out is not seen',
  },
  'secret-read': {
    scope: 'secret',
    parts: [part('secrets-manager', ['SecretsReader'], ...SECRET_LOOK, 'secret-version.read')],
    without: 'the key in the secret is not read: no job is given it',
  },
  'secret-list': {
    scope: 'secrets-manager-instance',
    parts: [part('secrets-manager', ['Reader'], 'secrets.list', 'secret-versions.list')],
    without: 'config init finds no secret: which one holds the key of which jobs a person must write',
  },
  'secret-rotate': {
    scope: 'secret',
    parts: [
      part(
        'secrets-manager',
        ['Writer'],
        ...SECRET_LOOK,
        'secret-version.read',
        'secret-version.create',
        'secret-metadata.update',
        'secret-locks.list',
        'secret-locks.create',
      ),
    ],
    without: 'no new key is stored: nothing is rotated',
  },
  'bucket-read': {
    scope: 'log-bucket',
    parts: [part('cloud-object-storage', ['Reader'], ...BUCKET_LOOK)],
    without: 'whether objects arrive, and whether the bucket is there at all, is not seen',
  },
  'bucket-config': {
    scope: 'log-bucket',
    parts: [
      part(
        'cloud-object-storage',
        ['Manager'],
        ...BUCKET_LOOK,
        'bucket.get_quota',
        'bucket.get_firewall',
        'bucket.list_crk_id',
      ),
    ],
    without: 'whether a quota, a firewall or a lost root key refuses what is pushed stays open',
  },
  'token-read': {
    scope: 'token-bucket',
    parts: [part('cloud-object-storage', ['Object Reader'], 'object.get')],
    without: 'a job that is declared with `legacyOwnership` is not made: the token of CIS is not read',
  },
  ledger: {
    scope: 'ledger',
    parts: [
      part(
        'cloud-object-storage',
        ['Content Reader', 'Object Writer'],
        'bucket.get',
        'object.get',
        'object.put',
      ),
    ],
    without: 'nothing is kept from one run to the next: the keeper only observes',
  },
  'ledger-rules': {
    scope: 'ledger',
    parts: [
      part(
        'cloud-object-storage',
        ['Reader'],
        'bucket.get_lifecycle',
        'bucket.get_protection',
        'bucket.get_object_lock_configuration',
      ),
    ],
    without: 'whether rules of its bucket delete or keep what the keeper writes is not seen',
  },
  'ring-write': {
    scope: 'rings',
    parts: [part('cloud-object-storage', ['Object Writer'], 'object.put')],
    without: 'an alert does not start a run: the next scheduled one sees to it',
  },
  'logs-query': {
    scope: 'cloud-logs-instance',
    parts: [part('logs', ['Reader'], 'logs-data-api-high.read', 'logs-data-api-low.read')],
    without: 'whether records arrived is told by CIS alone',
  },
  publish: {
    scope: 'event-notifications-instance',
    parts: [part('event-notifications', ['Event Notification Publisher'], 'notifications.post')],
    without: 'nobody is told through Event Notifications',
  },
} as const satisfies Readonly<Record<string, Right>>;

export type RightName = keyof typeof RIGHTS;

export const rightOf = (name: RightName): Right => RIGHTS[name];

/** Where a right is given, for people. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'cis-instance': 'each CIS instance',
  'key-owner': 'each service ID whose keys the jobs carry',
  account: 'the account',
  secret: 'the group of each secret',
  'secrets-manager-instance': 'each Secrets Manager instance',
  'log-bucket': 'each bucket that jobs push to',
  'token-bucket': 'each bucket of a job declared with `legacyOwnership`',
  ledger: 'the bucket of the ledger, below its prefix',
  rings: 'the bucket of the rings, below `rings/`',
  'cloud-logs-instance': 'each Cloud Logs instance',
  'event-notifications-instance': 'the Event Notifications instance',
};
