/** Which actions a role holds, by service. @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions */
export const ROLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = (() => {
  const of =
    (service: string) =>
    (...names: readonly string[]) =>
      names.map((name) => `${service}.${name}`);
  const zones = (...names: readonly string[]) => names.map((name) => `internet-svcs.zones.${name}`);
  const secrets = of('secrets-manager');
  const reader = [
    ...secrets('secret-metadata.read', 'secrets.list', 'secret-versions.list', 'secret-locks.list'),
    ...secrets('secret-version-metadata.read', 'secret-version-locks.list'),
  ];
  const secretsReader = [...reader, ...secrets('secret.read', 'secret-version.read')];
  const writer = [
    ...secretsReader,
    ...secrets('secret.create', 'secret-version.create', 'secret-metadata.update'),
    ...secrets('secret-version-metadata.update'),
    ...secrets('secret-locks.create', 'secret-version-locks.create'),
  ];
  const keys = of('iam-identity');
  const viewIds = keys('serviceid.get', 'activity.get', 'profile.get');
  const editKeys = [
    ...viewIds,
    ...keys('apikey.review', 'apikey.get', 'apikey.list', 'apikey.update'),
    ...keys('serviceid.update', 'profile.update', 'profile.linkToResource'),
  ];
  const operateKeys = [
    ...editKeys,
    ...keys('apikey.create', 'apikey.delete', 'serviceid.delete', 'profile.delete'),
  ];
  const logs = of('logs');
  const send = logs('data-ingress.send');
  const query = logs('logs-data-api-high.read', 'logs-data-api-low.read');
  const access = of('iam-access-management');
  const readAccess = access('policy.read', 'customRole.read');
  const viewAccess = [...readAccess, ...access('role.read')];
  const groups = of('iam-groups');
  const viewGroups = groups('groups.list', 'groups.read', 'members.list', 'members.read');
  const manageGroups = [
    ...viewGroups,
    ...groups('groups.create', 'groups.update', 'groups.delete', 'members.add', 'members.delete'),
  ];
  // What rules need is not in IBM's table of actions; Viewer here, as for zones.
  const restrictions = of('context-based-restrictions')('rule.read', 'zone.read');
  const tenant = of('codeengine');
  const readTenant = tenant('tenant.read', 'tenant.entities.read');
  const writeTenant = [
    ...readTenant,
    ...tenant('tenant.entities.create', 'tenant.entities.update', 'tenant.entities.delete'),
  ];
  // What platform roles need for that is not in IBM's table of actions.
  const ownTenants = tenant('tenant.create', 'tenant.delete');
  return {
    'internet-svcs': {
      Reader: zones('read'),
      Writer: zones('read', 'update'),
      Manager: zones('read', 'update', 'manage'),
    },
    logs: { Sender: send, Reader: query, Writer: [...send, ...query], Manager: [...send, ...query] },
    'cloud-object-storage': objectStorage(of('cloud-object-storage')),
    'secrets-manager': {
      Reader: reader,
      SecretsReader: secretsReader,
      Writer: writer,
      Manager: [
        ...writer,
        ...secrets('secret-locks.delete', 'secret-version-locks.delete', 'secret.delete'),
        ...secrets('secret-version-data.delete'),
        ...secrets('notifications-registration.create', 'notifications-registration.delete'),
      ],
    },
    'iam-identity': {
      Viewer: viewIds,
      'API key reviewer': keys('apikey.review'),
      Editor: editKeys,
      Operator: operateKeys,
      Administrator: [...operateKeys, ...keys('apikey.manage', 'profile.create')],
    },
    // https://cloud.ibm.com/docs/account?topic=account-account-services
    'iam-access-management': {
      Viewer: viewAccess,
      Operator: readAccess,
      Editor: viewAccess,
      Administrator: [
        ...viewAccess,
        ...access('policy.create', 'policy.update', 'policy.delete'),
        ...access('customRole.create', 'customRole.update', 'customRole.delete'),
      ],
    },
    'iam-groups': { Viewer: viewGroups, Editor: manageGroups, Administrator: manageGroups },
    codeengine: {
      Reader: readTenant,
      Writer: writeTenant,
      Manager: [...writeTenant, ...tenant('tenant.update')],
      Editor: ownTenants,
      Administrator: ownTenants,
    },
    'context-based-restrictions': { Viewer: restrictions, Editor: restrictions, Administrator: restrictions },
  };
})();

/** @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-iam-roles-actions */
function objectStorage(cos: (...names: readonly string[]) => readonly string[]) {
  const objectWriter = cos(
    'object.put',
    'object.post_initiate_upload',
    'object.put_part',
    'object.post_complete_upload',
    'object.delete_upload',
  );
  const objectReader = cos('object.get', 'object.head');
  const contentReader = [...objectReader, ...cos('bucket.head', 'bucket.get', 'bucket.get_location')];
  const reader = [
    ...contentReader,
    ...cos('account.get_account_buckets'),
    ...cos('bucket.get_versioning', 'bucket.get_lifecycle', 'bucket.get_replication'),
    ...cos('bucket.get_protection', 'bucket.get_object_lock_configuration'),
    ...cos('bucket.list_bucket_crn', 'bucket.get_basic'),
    ...cos('bucket.get_activity_tracking', 'bucket.get_metrics_monitoring'),
  ];
  const writer = [
    ...reader,
    ...objectWriter,
    ...cos('object.delete', 'object.post_multi_delete', 'object.copy'),
    ...cos('bucket.put_bucket', 'bucket.delete_bucket', 'bucket.list_crk_id', 'bucket.get_quota'),
    ...cos('bucket.put_lifecycle'),
  ];
  const manager = [
    ...writer,
    ...cos('bucket.get_acl', 'bucket.put_acl', 'object.get_acl', 'object.put_acl'),
    ...cos('bucket.get_public_access_block', 'bucket.put_public_access_block'),
    ...cos('bucket.get_firewall', 'bucket.put_firewall', 'bucket.put_quota'),
  ];
  return {
    'Object Writer': objectWriter,
    'Object Reader': objectReader,
    'Content Reader': contentReader,
    Reader: reader,
    Writer: writer,
    Manager: manager,
  };
}

/** Roles that one service may be given on another: which, by the target and the source. What they do is the platform's affair. */
export const AUTHORIZATION_ROLES: Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>
> = {
  // https://cloud.ibm.com/docs/codeengine?topic=codeengine-eventing-cosevent-producer
  'cloud-object-storage': {
    codeengine: {
      'Notifications Manager': [
        'cloud-object-storage.bucket.get_notifications',
        'cloud-object-storage.bucket.put_notifications',
      ],
    },
  },
  // https://cloud.ibm.com/docs/event-notifications?topic=event-notifications-en-destinations-code-engine
  codeengine: { 'event-notifications': { Viewer: [], Reader: [], Writer: [] } },
  // https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-event-notifications
  'event-notifications': { 'secrets-manager': { 'Event Source Manager': [] } },
};

/** Of these IBM prints no CRN; each world invents one. */
export const UNPRINTED: readonly (readonly [service: string, displayName: string])[] = [
  ['iam-identity', 'API key reviewer'],
  ['event-notifications', 'Event Source Manager'],
  ['cloud-object-storage', 'Notifications Manager'],
];
