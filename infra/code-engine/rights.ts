import type { Fleet } from '../../shared/domain/doctor/wants.ts';
import { attributesOf, type Grant, grantsOf, pathRuleOf } from '../../shared/domain/grants.ts';
import type { KeeperFunction } from '../../shared/domain/needs.ts';
import type { WantedPolicy } from './desired/inputs.ts';

/** Ids of the roles that an account knows, by account and service, by the names that people see. */
export type RoleBook = (account: string, service: string) => ReadonlyMap<string, string>;

/** An action of the manifest, and the function of the keeper that it runs. */
export interface Runs {
  readonly action: string;
  readonly function: KeeperFunction;
}

/** What every action may do, in the roles of its accounts. */
export interface Rights {
  readonly policies: readonly WantedPolicy[];
  /** Roles whose ids nobody tells: nothing is guessed. */
  readonly unresolved: readonly string[];
}

/** The services whose roles must be known, by account. */
export const servicesOf = (
  fleet: Fleet,
  runs: readonly Runs[],
): readonly { readonly account: string; readonly service: string }[] => {
  const places = grantsOfAll(fleet, runs, 'system').map(({ grant }) => ({
    account: grant.account,
    service: grant.place.service,
  }));
  return [...new Map(places.map((place) => [`${place.account} ${place.service}`, place])).values()];
};

const grantsOfAll = (fleet: Fleet, runs: readonly Runs[], roles: 'system' | 'custom') =>
  runs.flatMap((one) => grantsOf(fleet, one.function, roles).map((grant) => ({ action: one.action, grant })));

/** The policies of all actions. Pure. */
export function rightsOf(
  fleet: Fleet,
  runs: readonly Runs[],
  mode: 'system' | 'custom',
  book: RoleBook,
): Rights {
  const unresolved = new Set<string>();
  const policies = grantsOfAll(fleet, runs, mode).map(({ action, grant }): WantedPolicy => {
    const { account, place, roles, custom } = grant;
    const known = book(account, place.service);
    const ids = roles.flatMap((role) => {
      const id = known.get(role) ?? PRINTED[`${place.service} ${role}`] ?? PRINTED[role];
      if (id === undefined) unresolved.add(`role ${role} on ${place.service} in account ${account}`);
      return id === undefined ? [] : [id];
    });
    const { accountId: _, ...resource } = Object.fromEntries(
      attributesOf(place).map(({ key, value }) => [key, value]),
    );
    const rule = pathRuleOf(grant);
    return {
      account,
      action,
      name: nameOf(grant),
      resource,
      roles: ids,
      ...(custom.length === 0 ? {} : { custom }),
      ...(rule === undefined ? {} : { pattern: rule.pattern, rule: rule.rule }),
    };
  });
  return { policies, unresolved: [...unresolved] };
}

/** For people: the service, and what of it. */
const nameOf = ({ place, paths }: Grant): string =>
  [
    place.service,
    ...(place.resource === undefined
      ? place.instanceId === undefined
        ? []
        : [place.instanceId]
      : [place.resource.name]),
    ...paths,
  ].join(' ');

const platform = (name: string): string => `crn:v1:bluemix:public:iam::::role:${name}`;
const ofService = (service: string, name: string): string =>
  `crn:v1:bluemix:public:${service}::::serviceRole:${name}`;

/**
 * Ids of roles as IBM's pages print them, for who may not read roles.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions
 */
const PRINTED: Readonly<Record<string, string>> = {
  Viewer: platform('Viewer'),
  Operator: platform('Operator'),
  Editor: platform('Editor'),
  Administrator: platform('Administrator'),
  Reader: ofService('iam', 'Reader'),
  Writer: ofService('iam', 'Writer'),
  Manager: ofService('iam', 'Manager'),
  'secrets-manager SecretsReader': ofService('secrets-manager', 'SecretsReader'),
  'cloud-object-storage Object Writer': ofService('cloud-object-storage', 'ObjectWriter'),
  'cloud-object-storage Object Reader': ofService('cloud-object-storage', 'ObjectReader'),
  'cloud-object-storage Content Reader': ofService('cloud-object-storage', 'ContentReader'),
  'logs Sender': ofService('logs', 'Sender'),
};
