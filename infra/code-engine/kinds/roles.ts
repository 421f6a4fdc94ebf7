import type { CustomRoleWire, PoliciesClient } from '../clients/policies.ts';
import { type Handler, idOf, type Live, type Target, textOf, type Wanted } from '../resource.ts';
import { conflicts } from './items.ts';
import type { InAccount } from './profiles.ts';

const liveOf = ({ id, crn, display_name, actions }: CustomRoleWire): Live => ({
  id,
  fields: { display_name, actions: actions.toSorted() },
  outputs: { id: crn },
});

const actionsIn = ({ fields }: Wanted): readonly string[] => fields['actions'] as readonly string[];

const contentOf = (wanted: Wanted) => ({
  displayName: textOf(wanted.fields['display_name']),
  actions: actionsIn(wanted),
});

/** One that we have made is known by its id, else by its name; one that anybody has made holds the very same actions. */
const roleOf = (roles: readonly CustomRoleWire[], { id, name, fields }: Target): CustomRoleWire | undefined =>
  roles.find((role) => role.id === id) ??
  roles.find((role) =>
    fields === undefined
      ? role.name === name
      : JSON.stringify(role.actions.toSorted()) === JSON.stringify(fields['actions']),
  );

/** Roles of an account's own. */
export const rolesIn = (clients: InAccount<PoliciesClient>): Handler => ({
  async look(targets) {
    const found = new Map<string, Live>();
    for (const target of targets) {
      const role = roleOf(await clients(target.account).customRoles(target.within ?? ''), target);
      if (role !== undefined) found.set(idOf(target), liveOf(role));
    }
    return found;
  },
  create: async (wanted) =>
    liveOf(
      await conflicts(() =>
        clients(wanted.account).createRole({
          ...contentOf(wanted),
          name: wanted.name,
          service: wanted.within ?? '',
        }),
      ),
    ),
  update: async (wanted, live) =>
    liveOf(await conflicts(() => clients(wanted.account).replaceRole(live.id, contentOf(wanted)))),
  /** Who needs the same actions uses the same role: it stays as long as somebody does. */
  async remove({ account }, { id, outputs }) {
    const client = clients(account);
    const policies = await client.access();
    const isUsed = policies.some(({ control }) =>
      control.grant.roles.some(({ role_id }) => role_id === outputs?.['id']),
    );
    if (!isUsed) await client.removeRole(id);
  },
});
