/** Which actions a role holds, by service. @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions */
const ROLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = (() => {
  const zones = (...names: readonly string[]) => names.map((name) => `internet-svcs.zones.${name}`);
  const secrets = (...names: readonly string[]) => names.map((name) => `secrets-manager.${name}`);
  const reader = secrets('secret-metadata.read');
  const secretsReader = [...reader, ...secrets('secret.read')];
  const writer = [
    ...secretsReader,
    ...secrets('secret.create', 'secret-version.create', 'secret-metadata.update', 'secret-locks.create'),
  ];
  const keys = (...names: readonly string[]) => names.map((name) => `iam-identity.${name}`);
  const manageKeys = keys('apikey.get', 'apikey.list', 'apikey.manage');
  const send = ['logs.data-ingress.send'];
  const cos = (...names: readonly string[]) => names.map((name) => `cloud-object-storage.${name}`);
  const writeObjects = cos('object.put');
  const readObjects = cos('object.get', 'object.head');
  const readContent = [...cos('bucket.head', 'bucket.get', 'bucket.get_location'), ...readObjects];
  const readBuckets = [
    ...readContent,
    ...cos('account.get_account_buckets', 'bucket.get_versioning', 'bucket.get_protection'),
    ...cos('bucket.get_object_lock_configuration', 'bucket.list_bucket_crn', 'bucket.get_basic'),
  ];
  const writeBuckets = [
    ...readBuckets,
    ...writeObjects,
    ...cos('object.delete', 'bucket.put_bucket', 'bucket.delete_bucket'),
    ...cos('bucket.list_crk_id', 'bucket.get_quota'),
  ];
  return {
    'internet-svcs': {
      Reader: zones('read'),
      Writer: zones('read', 'update'),
      Manager: zones('read', 'update', 'manage'),
    },
    logs: { Sender: send, Writer: send, Manager: send },
    'cloud-object-storage': {
      'Object Writer': writeObjects,
      'Object Reader': readObjects,
      'Content Reader': readContent,
      Reader: readBuckets,
      Writer: writeBuckets,
      Manager: [...writeBuckets, ...cos('bucket.get_firewall')],
    },
    'secrets-manager': {
      Reader: reader,
      SecretsReader: secretsReader,
      Writer: writer,
      Manager: [...writer, ...secrets('secret-locks.delete', 'secret.delete')],
    },
    'iam-identity': {
      Viewer: keys('apikey.get', 'apikey.list'),
      Operator: manageKeys,
      Editor: manageKeys,
      Administrator: manageKeys,
    },
  };
})();

export const actionsOf = (service: string, role: string): readonly string[] => ROLES[service]?.[role] ?? [];
