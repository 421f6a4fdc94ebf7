import type { Role } from './access-policy.ts';

export const PUT = 'cloud-object-storage.object.put';
/** Whether Logpush sends an object in one piece or in several is not documented. */
export const WRITE = [
  PUT,
  'cloud-object-storage.object.post_initiate_upload',
  'cloud-object-storage.object.put_part',
  'cloud-object-storage.object.post_complete_upload',
  'cloud-object-storage.object.delete_upload',
];
/** IBM's pages name one or the other. */
export const SEND = ['logs.data-ingress.send', 'logs.data.send'];
export const GET_FIREWALL = 'cloud-object-storage.bucket.get_firewall';
export const GET_QUOTA = 'cloud-object-storage.bucket.get_quota';
export const GET_ROOT_KEY = 'cloud-object-storage.bucket.list_crk_id';

const of =
  (service: string) =>
  (...names: readonly string[]): readonly string[] =>
    names.map((name) => `${service}.${name}`);

const cos = of('cloud-object-storage');
const objectRead = cos('object.get', 'object.head');
const contentRead = [...objectRead, ...cos('bucket.head', 'bucket.get', 'bucket.get_location')];
const bucketRead = [
  ...contentRead,
  ...cos('bucket.list_bucket_crn', 'bucket.get_basic', 'bucket.get_lifecycle', 'bucket.get_protection'),
  ...cos('bucket.get_object_lock_configuration', 'account.get_account_buckets'),
];
const bucketWrite = [...bucketRead, ...WRITE, GET_QUOTA, GET_ROOT_KEY];

const secrets = of('secrets-manager');
const secretLook = secrets(
  'secrets.list',
  'secret-metadata.read',
  'secret-versions.list',
  'secret-locks.list',
);
const secretRead = [...secretLook, ...secrets('secret.read', 'secret-version.read')];
const secretWrite = [
  ...secretRead,
  ...secrets('secret-version.create', 'secret-metadata.update', 'secret-locks.create'),
];

const identity = of('iam-identity');
const idLook = identity('serviceid.get', 'activity.get');
const keyEdit = [...idLook, ...identity('apikey.get', 'apikey.list', 'apikey.update')];
const keyOperate = [...keyEdit, ...identity('apikey.create', 'apikey.delete')];

const zones = of('internet-svcs');
const management = of('iam-access-management')('policy.read', 'customRole.read');
const groups = of('iam-groups')('groups.list', 'groups.read', 'members.list', 'members.read');

/** Seeing an instance in the Resource Controller takes a platform role on its service. */
export const SEE_INSTANCE = 'resource-controller.instance.retrieve';
const restrictions = of('context-based-restrictions')('rule.read', 'zone.read');

/** What the platform roles of every service hold of the actions below. */
const PLATFORM: Readonly<Record<string, readonly string[]>> = {
  'role:Viewer': [SEE_INSTANCE],
  'role:Operator': [SEE_INSTANCE],
  'role:Editor': [SEE_INSTANCE],
  'role:Administrator': [SEE_INSTANCE],
};

/**
 * Of the actions that the keeper or Logpush needs, those that IBM's own roles hold.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions
 */
const ROLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'cloud-object-storage': {
    ...PLATFORM,
    'serviceRole:ObjectWriter': WRITE,
    'serviceRole:ObjectReader': objectRead,
    'serviceRole:ContentReader': contentRead,
    'serviceRole:Reader': bucketRead,
    'serviceRole:Writer': bucketWrite,
    'serviceRole:Manager': [...bucketWrite, GET_FIREWALL],
  },
  logs: {
    ...PLATFORM,
    'serviceRole:Sender': SEND,
    'serviceRole:Reader': [],
    'serviceRole:DataAccessReader': [],
    'serviceRole:Writer': SEND,
    'serviceRole:Manager': SEND,
  },
  'internet-svcs': {
    ...PLATFORM,
    'serviceRole:Reader': zones('zones.read'),
    'serviceRole:Writer': zones('zones.read', 'zones.update'),
    'serviceRole:Manager': zones('zones.read', 'zones.update', 'zones.manage'),
  },
  'secrets-manager': {
    ...PLATFORM,
    'serviceRole:Reader': secretLook,
    'serviceRole:SecretsReader': secretRead,
    'serviceRole:Writer': secretWrite,
    'serviceRole:Manager': secretWrite,
  },
  'iam-identity': {
    'role:Viewer': idLook,
    'role:Editor': keyEdit,
    'role:Operator': keyOperate,
    'role:Administrator': keyOperate,
  },
  'iam-access-management': {
    'role:Viewer': management,
    'role:Operator': management,
    'role:Editor': management,
    'role:Administrator': management,
  },
  'context-based-restrictions': {
    'role:Viewer': restrictions,
    'role:Editor': restrictions,
    'role:Administrator': restrictions,
  },
  'iam-groups': { 'role:Viewer': groups, 'role:Editor': groups, 'role:Administrator': groups },
};

/**
 * What a role may do with a service: by its actions where they speak of that service, else by its name. IBM's pages disagree
 * about the service in the CRN of a role, so only the end of it counts. Seeing the instance is the platform's own action, which
 * platform roles hold beside those of the service.
 *
 * @returns undefined when it cannot be told
 */
export function actionsOf({ id, actions }: Role, service: string): readonly string[] | undefined {
  const own = (actions ?? []).filter((action) => action.startsWith(`${service}.`));
  const known = ROLES[service]?.[id.split(':').slice(-2).join(':')];
  const sees = [...(actions ?? []), ...(known ?? [])].includes(SEE_INSTANCE) ? [SEE_INSTANCE] : [];
  if (own.length > 0) return [...own, ...sees];
  return known ?? ((actions ?? []).length > 0 ? sees : undefined);
}
