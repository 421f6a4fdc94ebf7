import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import type { Principal } from '../host.ts';
import { json, readJson } from '../http.ts';
import type { Iam } from './iam.ts';
import { admitTag, authenticated, type IamHost, refuse, restError } from './rest.ts';
import type { CustomRole } from './role-registry.ts';
import { actionsKnownOf, type RoleView } from './roles.ts';

const Content = z.looseObject({
  display_name: z.string().min(1).max(50),
  actions: z.array(z.string()).min(1),
  description: z.string().max(250).optional(),
});
const NewRole = Content.extend({
  name: z.string().regex(/^[A-Z][A-Za-z0-9]{0,29}$/),
  account_id: z.string().min(1),
  service_name: z.string().min(1),
});

/** Roles of a service, and those that an account makes. @see https://cloud.ibm.com/apidocs/iam-policy-management#list-roles */
export function roleRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const { roles } = iam;
  const may = ({ iamId }: Principal, action: string, accountId: string): boolean => {
    const target = { service: 'iam-access-management', accountId };
    return iam.allows(iamId, `iam-access-management.${action}`, target, host.now());
  };
  const admit = (caller: Principal, action: string, accountId: string): void => {
    if (!may(caller, action, accountId))
      throw refuse(403, 'insufficent_permissions', 'You are not allowed to perform this action');
  };
  const found = (c: Context, caller: Principal, action: string): CustomRole => {
    const role = roles.custom(c.req.param('id') ?? '');
    if (role === undefined) throw refuse(404, 'role_not_found', 'the role was not found');
    admit(caller, action, role.accountId);
    return role;
  };
  /** @throws {Refusal} 400, and 409 for a set of actions that the account has in another role */
  const admitActions = (
    accountId: string,
    service: string,
    actions: readonly string[],
    self?: CustomRole,
  ): void => {
    const known = actionsKnownOf(service);
    if (host.settings.iam.noCustomRolesFor.includes(service) || !actions.every((id) => known.includes(id)))
      throw refuse(400, 'invalid_body', 'an action is none of the service');
    const equal = roles.customOf(accountId).find((role) => role !== self && sameSet(role.actions, actions));
    if (equal !== undefined) throw refuse(409, 'role_conflict_error', 'a role with these actions exists');
  };
  const answer = (status: number, role: CustomRole): Response =>
    json(status, customBody(role), { etag: role.tag });

  route('listRoles', 'GET', '/v2/roles', (c, caller) => {
    const accountId = c.req.query('account_id') ?? caller.accountId;
    // No refusal: who may read nothing is answered with nothing.
    if (!may(caller, 'role.read', accountId))
      return json(200, { system_roles: [], service_roles: [], custom_roles: [] });
    const service = c.req.query('service_name');
    if (c.req.query('policy_type') === 'authorization') {
      const given = roles.forAuthorization(service ?? '', c.req.query('source_service_name') ?? '');
      const isSystem = ({ crn }: RoleView): boolean => crn.includes('::::role:');
      return json(200, {
        system_roles: given.filter(isSystem).map(roleBody),
        service_roles: given.filter((role) => !isSystem(role)).map(roleBody),
        custom_roles: [],
      });
    }
    const listed = roles.ofService(service ?? '');
    return json(200, {
      system_roles: listed.system.map(roleBody),
      service_roles: listed.service.map(roleBody),
      custom_roles:
        c.req.query('account_id') === undefined ? [] : roles.customOf(accountId, service).map(customBody),
    });
  });
  route('createRole', 'POST', '/v2/roles', async (c, caller) => {
    const body = NewRole.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', `invalid ${body.error.issues[0]?.path.join('.')}`);
    const { account_id: accountId, service_name: service, name, actions, ...said } = body.data;
    admit(caller, 'customRole.create', accountId);
    admitActions(accountId, service, actions);
    if (roles.customOf(accountId).some((role) => role.name === name))
      throw refuse(409, 'role_conflict_error', 'a role of this name exists');
    const content = { displayName: said.display_name, description: said.description ?? '', actions };
    return answer(201, roles.create({ accountId, service, name, ...content }, caller.iamId));
  });
  route('getRole', 'GET', '/v2/roles/:id', (c, caller) => answer(200, found(c, caller, 'customRole.read')));
  route('replaceRole', 'PUT', '/v2/roles/:id', async (c, caller) => {
    const role = found(c, caller, 'customRole.update');
    admitTag(c, host, role.tag);
    const body = Content.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', `invalid ${body.error.issues[0]?.path.join('.')}`);
    const { display_name: displayName, actions, description = '' } = body.data;
    admitActions(role.accountId, role.service, actions, role);
    return answer(200, roles.replace(role, { displayName, actions, description }));
  });
  route('deleteRole', 'DELETE', '/v2/roles/:id', (c, caller) => {
    roles.remove(found(c, caller, 'customRole.delete'));
    return new Response(null, { status: 204 });
  });
}

const sameSet = (some: readonly string[], others: readonly string[]): boolean =>
  new Set(some).size === new Set(others).size && some.every((one) => others.includes(one));

const roleBody = ({ crn, displayName, actions }: RoleView) => ({
  crn,
  display_name: displayName,
  description: '',
  actions,
});

const customBody = (role: CustomRole) => ({
  ...roleBody(role),
  id: role.id,
  name: role.name,
  account_id: role.accountId,
  service_name: role.service,
  description: role.description,
  created_at: formatInstant(role.createdAt),
  created_by_id: role.createdBy,
  href: `https://iam.cloud.ibm.com/v2/roles/${role.id}`,
});
