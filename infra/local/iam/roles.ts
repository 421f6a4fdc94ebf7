import { ROLES, UNPRINTED } from './role-table.ts';

const PLATFORM_ROLES = ['Viewer', 'Operator', 'Editor', 'Administrator'];
/** Every platform role sees the instances of its service. */
export const SEE_INSTANCE = 'resource-controller.instance.retrieve';
export const MAKE_INSTANCE = 'resource-controller.instance.create';
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

/** The CRN of a role by the name that people see; one that nobody could write where IBM prints none. */
export function roleCrn(service: string | undefined, displayName: string): string {
  const isPrinted = !UNPRINTED.some(([, name]) => name === displayName);
  const name = isPrinted ? displayName.replaceAll(' ', '') : displayName;
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
      actions.set('role:Editor', [SEE_INSTANCE, MAKE_INSTANCE]);
      actions.set('role:Administrator', [SEE_INSTANCE, MAKE_INSTANCE, ...ADMINISTRATION]);
    }
    for (const [name, held] of Object.entries(roles)) {
      const end = roleCrn(service, name).split(':').slice(-2).join(':');
      actions.set(end, [...(actions.get(end) ?? []), ...held]);
    }
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

/** Every action that some role on a service holds. */
export const actionsKnownOf = (service: string): readonly string[] =>
  Object.values(ROLES[service] ?? {}).flat();
