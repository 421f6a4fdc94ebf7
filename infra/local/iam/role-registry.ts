import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { AUTHORIZATION_ROLES, UNPRINTED } from './role-table.ts';
import { actionsOf, type RoleView, roleCrn, rolesOf, SERVICES } from './roles.ts';

/** A role that an account made for one service. */
export interface CustomRole extends RoleView {
  readonly id: string;
  readonly accountId: string;
  readonly service: string;
  /** The end of its CRN. */
  readonly name: string;
  readonly description: string;
  readonly tag: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** What somebody writes into a custom role. */
export type CustomRoleContent = Pick<CustomRole, 'displayName' | 'actions'> &
  Partial<Pick<CustomRole, 'description'>>;

/** The roles of one world: IBM's, under the CRNs that they have here, and those that accounts made. */
export class Roles {
  readonly #host: Host;
  readonly #random: SeededRandom;
  /** IBM's own CRN of a role, by the one that this world invented. */
  readonly #canonical = new Map<string, string>();
  readonly #invented = new Map<string, string>();
  readonly #custom = new Map<string, CustomRole>();

  constructor(host: Host) {
    this.#host = host;
    this.#random = host.random.fork('roles');
    for (const [service, displayName] of UNPRINTED) {
      const crn = `crn:v1:bluemix:public:${service}::::serviceRole:${displayName.replaceAll(' ', '')}${this.#random.hex(4)}`;
      this.#canonical.set(crn, roleCrn(service, displayName));
      this.#invented.set(roleCrn(service, displayName), crn);
    }
  }

  /** The CRN of one of IBM's roles in this world. */
  crnOf(service: string | undefined, displayName: string): string {
    const crn = roleCrn(service, displayName);
    return this.#invented.get(crn) ?? crn;
  }

  /** What a role, IBM's or the account's own, may do with a service. */
  actionsOf(service: string, crn: string): readonly string[] {
    return this.#custom.get(crn)?.actions ?? actionsOf(service, this.#canonical.get(crn) ?? crn);
  }

  /** IBM's roles on a service, as people and policies may have them. */
  ofService(service: string): {
    readonly system: readonly RoleView[];
    readonly service: readonly RoleView[];
  } {
    const { system, service: own } = rolesOf(service);
    const here = (role: RoleView): RoleView => ({ ...role, crn: this.#invented.get(role.crn) ?? role.crn });
    return { system: system.map(here), service: own.map(here) };
  }

  /** Roles that one service may have on another. */
  forAuthorization(target: string, source: string): readonly RoleView[] {
    return Object.entries(AUTHORIZATION_ROLES[target]?.[source] ?? {}).map(([displayName, actions]) => ({
      displayName,
      actions,
      crn: this.crnOf(target, displayName),
    }));
  }

  /**
   * Whether a policy of an account may name a role: IBM's on the service that the policy is about, on any one where it names
   * none, or the account's own. Only the end of a CRN counts, for IBM's pages disagree about the rest.
   */
  isGrantable(accountId: string, service: string | undefined, crn: string): boolean {
    const custom = this.#custom.get(crn);
    if (custom !== undefined)
      return custom.accountId === accountId && (service === undefined || custom.service === service);
    const known = (service === undefined ? SERVICES : [service]).flatMap((name) => {
      const roles = this.ofService(name);
      return [...roles.system, ...roles.service];
    });
    return known.some((role) => endOf(role.crn) === endOf(crn));
  }

  /** @see https://cloud.ibm.com/docs/account?topic=account-custom-roles */
  create(
    role: CustomRoleContent & Pick<CustomRole, 'accountId' | 'service' | 'name'>,
    by = 'IBM',
  ): CustomRole {
    return this.#write({
      description: '',
      ...role,
      id: this.#random.uuid(),
      crn: `crn:v1:ibmcloud:public:iam-access-management::a/${role.accountId}::customRole:${role.name}`,
      tag: this.#newTag(),
      createdAt: this.#host.now(),
      createdBy: by,
    });
  }

  replace(role: CustomRole, content: CustomRoleContent): CustomRole {
    return this.#write({ ...role, description: '', ...content, tag: this.#newTag() });
  }

  remove({ crn }: CustomRole): void {
    this.#custom.delete(crn);
  }

  custom(id: string): CustomRole | undefined {
    return [...this.#custom.values()].find((role) => role.id === id);
  }

  /** An account's own, of one service or of all. */
  customOf(accountId: string, service?: string): readonly CustomRole[] {
    return [...this.#custom.values()].filter(
      (role) => role.accountId === accountId && (service === undefined || role.service === service),
    );
  }

  #write(role: CustomRole): CustomRole {
    this.#custom.set(role.crn, role);
    return role;
  }

  #newTag(): string {
    return `1-${this.#random.hex(32)}`;
  }
}

const endOf = (crn: string): string => crn.split(':').slice(-2).join(':');
