/** Which actions a role holds, by service. @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions */
const ROLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = (() => {
  const of =
    (service: string) =>
    (...names: readonly string[]) =>
      names.map((name) => `${service}.${name}`);
  const zones = (...names: readonly string[]) => names.map((name) => `internet-svcs.zones.${name}`);
  const secrets = of('secrets-manager');
  const reader = secrets('secret-metadata.read', 'secrets.list', 'secret-versions.list', 'secret-locks.list');
  const secretsReader = [...reader, ...secrets('secret.read', 'secret-version.read')];
  const writer = [
    ...secretsReader,
    ...secrets('secret.create', 'secret-version.create', 'secret-metadata.update'),
    ...secrets('secret-locks.create', 'secret-version-locks.create'),
  ];
  const keys = of('iam-identity');
  const viewIds = keys('serviceid.get', 'activity.get', 'profile.get');
  const editKeys = [
    ...viewIds,
    ...keys('apikey.review', 'apikey.get', 'apikey.list', 'apikey.update'),
    ...keys('profile.update', 'profile.linkToResource'),
  ];
  const operateKeys = [...editKeys, ...keys('apikey.create', 'apikey.delete', 'profile.delete')];
  const send = ['logs.data-ingress.send'];
  const access = of('iam-access-management');
  const viewAccess = access('policy.read', 'customRole.read');
  const groups = of('iam-groups');
  const viewGroups = groups('groups.list', 'groups.read', 'members.list', 'members.read');
  const manageGroups = [
    ...viewGroups,
    ...groups('groups.create', 'groups.update', 'groups.delete', 'members.add', 'members.delete'),
  ];
  // What rules need is not in IBM's table of actions; Viewer here, as for zones.
  const restrictions = of('context-based-restrictions')('rule.read', 'zone.read');
  return {
    'internet-svcs': {
      Reader: zones('read'),
      Writer: zones('read', 'update'),
      Manager: zones('read', 'update', 'manage'),
    },
    logs: { Sender: send, Writer: send, Manager: send },
    'cloud-object-storage': objectStorage(of('cloud-object-storage')),
    'secrets-manager': {
      Reader: reader,
      SecretsReader: secretsReader,
      Writer: writer,
      Manager: [
        ...writer,
        ...secrets('secret-locks.delete', 'secret-version-locks.delete', 'secret.delete'),
        ...secrets('secret-version-data.delete'),
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
      Operator: viewAccess,
      Editor: viewAccess,
      Administrator: [...viewAccess, ...access('policy.create', 'policy.update', 'policy.delete')],
    },
    'iam-groups': { Viewer: viewGroups, Editor: manageGroups, Administrator: manageGroups },
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

const PLATFORM_ROLES = ['Viewer', 'Operator', 'Editor', 'Administrator'];
/** Every platform role sees the instances of its service. */
export const SEE_INSTANCE = 'resource-controller.instance.retrieve';
const COMMON_SERVICE_ROLES = ['Reader', 'Writer', 'Manager'];
/** An administrator of a resource manages the policies about it. */
const ADMINISTRATION = ['create', 'read', 'update', 'delete'].map((verb) => `iam.policy.${verb}`);

export const SERVICES: readonly string[] = Object.keys(ROLES);

/** Account management services, IAM's own among them: `serviceType` tells them from the others. */
export const serviceTypeOf = (service: string): 'service' | 'platform_service' =>
  service.startsWith('iam-') || service === 'context-based-restrictions' ? 'platform_service' : 'service';

/** A role as the API shows it. */
export interface RoleView {
  readonly crn: string;
  readonly displayName: string;
  readonly actions: readonly string[];
}

/** The CRN of a role by the name that people see. */
export function roleCrn(service: string | undefined, displayName: string): string {
  const name = displayName.replaceAll(' ', '');
  if (PLATFORM_ROLES.includes(displayName)) return `crn:v1:bluemix:public:iam::::role:${name}`;
  const owner = COMMON_SERVICE_ROLES.includes(displayName) || service === undefined ? 'iam' : service;
  return `crn:v1:bluemix:public:${owner}::::serviceRole:${name}`;
}

/** By service, and the end of a role's CRN: simulated years ask this for every object that is pushed. */
const BY_CRN = new Map(
  Object.entries(ROLES).map(([service, roles]) => {
    const actions = new Map<string, readonly string[]>();
    if (serviceTypeOf(service) === 'service') {
      for (const name of PLATFORM_ROLES) actions.set(`role:${name}`, [SEE_INSTANCE]);
      actions.set('role:Administrator', [SEE_INSTANCE, ...ADMINISTRATION]);
    }
    for (const [name, held] of Object.entries(roles))
      actions.set(roleCrn(service, name).split(':').slice(-2).join(':'), held);
    return [service, actions] as const;
  }),
);

/**
 * What a role of IBM's may do with a service. Only the end of the CRN counts: IBM's pages disagree about the service in the
 * CRN of roles such as Object Writer.
 */
export function actionsOf(service: string, crn: string): readonly string[] {
  const kind = crn.lastIndexOf(':', crn.lastIndexOf(':') - 1);
  return BY_CRN.get(service)?.get(crn.slice(kind + 1)) ?? [];
}

/** The roles of one service: those of every service, and its own. */
export function rolesOf(service: string): {
  readonly system: readonly RoleView[];
  readonly service: readonly RoleView[];
} {
  const view = (displayName: string): RoleView => {
    const crn = roleCrn(service, displayName);
    return { crn, displayName, actions: actionsOf(service, crn) };
  };
  const own = Object.keys(ROLES[service] ?? {}).filter((name) => !PLATFORM_ROLES.includes(name));
  return { system: PLATFORM_ROLES.map(view), service: own.map(view) };
}
