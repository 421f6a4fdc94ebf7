import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import type { Principal } from '../host.ts';
import { json, readJson } from '../http.ts';
import { type GroupState, PUBLIC_ACCESS } from './groups.ts';
import type { Iam } from './iam.ts';
import {
  authenticated,
  type IamHost,
  linkWith,
  queryNumber,
  refuse,
  requiredQuery,
  restError,
} from './rest.ts';

const NewGroup = z.object({
  name: z.string().min(1).max(100),
  description: z.string().max(250).optional(),
});
const NewMembers = z.object({
  members: z
    .array(z.object({ iam_id: z.string().min(1), type: z.enum(['user', 'service', 'profile']) }))
    .min(1)
    .max(50),
});

const notFound = (what: string) => refuse(404, 'not_found', `the ${what} was not found`);

/** Access groups and their static members. @see https://cloud.ibm.com/apidocs/iam-access-groups */
export function groupRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const { groups } = iam;
  const may = ({ iamId }: Principal, action: string, accountId: string): boolean =>
    iam.allows(iamId, `iam-groups.${action}`, { service: 'iam-groups', accountId }, host.now());
  const admit = (caller: Principal, action: string, accountId: string): void => {
    if (!may(caller, action, accountId))
      throw refuse(403, 'forbidden', 'You are not authorized to perform this action');
  };
  const found = (c: Context, caller: Principal, action: string): GroupState => {
    const group = groups.get(c.req.param('id') ?? '');
    if (group === undefined) throw notFound('access group');
    admit(caller, action, group.accountId);
    return group;
  };

  route('listAccessGroups', 'GET', '/v2/groups', (c, caller) => {
    const accountId = requiredQuery(c, 'account_id');
    const visible = may(caller, 'groups.list', accountId);
    if (!visible && host.settings.iam.groupsWithoutRight === 'refuse')
      admit(caller, 'groups.list', accountId);
    const listed = visible ? groups.ofAccount(accountId).filter((group) => asked(c, iam, group)) : [];
    return page(c, 'groups', listed, (group) => groupBody(group, c.req.query('show_federated')));
  });
  route('createAccessGroup', 'POST', '/v2/groups', async (c, caller) => {
    const accountId = requiredQuery(c, 'account_id');
    admit(caller, 'groups.create', accountId);
    const body = NewGroup.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', 'the body is not an access group');
    const { name, description = '' } = body.data;
    const group = groups.create({ accountId, name, description, createdBy: caller.iamId });
    return json(201, groupBody(group, undefined));
  });
  route('getAccessGroup', 'GET', '/v2/groups/:id', (c, caller) =>
    json(200, groupBody(found(c, caller, 'groups.read'), c.req.query('show_federated'))),
  );
  route('deleteAccessGroup', 'DELETE', '/v2/groups/:id', (c, caller) => {
    const group = found(c, caller, 'groups.delete');
    if (groups.members(group.id).length > 0 && c.req.query('force') !== 'true')
      throw refuse(400, 'invalid_request', 'the access group has members; delete it with force');
    groups.remove(group);
    return new Response(null, { status: 204 });
  });
  route('listAccessGroupMembers', 'GET', '/v2/groups/:id/members', (c, caller) => {
    const group = found(c, caller, 'members.list');
    const members = c.req.query('membership_type') === 'dynamic' ? [] : groups.members(group.id);
    return page(c, 'members', members, ({ iamId, since, addedBy }) => ({
      iam_id: iamId,
      type: memberType(iamId),
      membership_type: 'static',
      href: `https://iam.cloud.ibm.com/v2/groups/${group.id}/members/${iamId}`,
      created_at: formatInstant(since),
      created_by_id: addedBy,
    }));
  });
  route('addMembersToAccessGroup', 'PUT', '/v2/groups/:id/members', async (c, caller) => {
    const group = found(c, caller, 'members.add');
    const body = NewMembers.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', 'the body holds no members');
    const members = body.data.members.map(({ iam_id, type }) => {
      groups.addMember(group, iam_id, caller.iamId);
      const created = { created_at: formatInstant(host.now()), created_by_id: caller.iamId };
      return { iam_id, type, ...created, status_code: 200 };
    });
    return json(207, { members });
  });
  // Whether somebody is a member is asked with HEAD; a GET of a member does not exist.
  route('isMemberOfAccessGroup', 'GET', '/v2/groups/:id/members/:iamId', (c, caller) => {
    const group = found(c, caller, 'members.read');
    if (c.req.raw.method !== 'HEAD') throw refuse(405, 'method_not_allowed', 'use HEAD');
    if (!groups.isMember(group.id, c.req.param('iamId') ?? '')) throw notFound('member');
    return new Response(null, { status: 204 });
  });
  route('removeMemberFromAccessGroup', 'DELETE', '/v2/groups/:id/members/:iamId', (c, caller) => {
    const group = found(c, caller, 'members.delete');
    const iamId = c.req.param('iamId') ?? '';
    if (!groups.isMember(group.id, iamId)) throw notFound('member');
    groups.removeMember(group.id, iamId);
    return new Response(null, { status: 204 });
  });
}

const memberType = (iamId: string): string => {
  if (iamId.startsWith('iam-ServiceId-')) return 'service';
  return iamId.startsWith('iam-Profile-') ? 'profile' : 'user';
};

/** Nobody is a member by a rule here, so `dynamic` finds none; everybody is in the public group. */
function asked(c: Context, iam: Iam, { id }: GroupState): boolean {
  const [iamId, type] = [c.req.query('iam_id'), c.req.query('membership_type') ?? 'all'];
  if (!['static', 'dynamic', 'all'].includes(type))
    throw refuse(400, 'invalid_parameter', 'membership_type must be static, dynamic or all');
  if (id === PUBLIC_ACCESS) return c.req.query('hide_public_access') !== 'true';
  if (iamId === undefined) return true;
  return type !== 'dynamic' && iam.groups.isMember(id, iamId);
}

const groupBody = (group: GroupState, showFederated: string | undefined) => ({
  id: group.id,
  name: group.name,
  description: group.description,
  account_id: group.accountId,
  created_at: formatInstant(group.createdAt),
  created_by_id: group.createdBy,
  last_modified_at: formatInstant(group.createdAt),
  last_modified_by_id: group.createdBy,
  href: `https://iam.cloud.ibm.com/v2/groups/${group.id}`,
  ...(showFederated === 'true' ? { is_federated: false } : {}),
});

/** One page by offset, and the links to the others. */
function page<T>(c: Context, name: string, all: readonly T[], body: (item: T) => unknown): Response {
  const limit = queryNumber(c, 'limit', { least: 1, most: 100, otherwise: 50 });
  const offset = queryNumber(c, 'offset', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: 0 });
  const link = (at: number) => ({ href: linkWith(c, { limit: String(limit), offset: String(at) }) });
  const last = Math.max(0, Math.ceil(all.length / limit) - 1) * limit;
  return json(200, {
    limit,
    offset,
    total_count: all.length,
    first: link(0),
    ...(offset > 0 ? { previous: link(Math.max(0, offset - limit)) } : {}),
    ...(offset + limit < all.length ? { next: link(offset + limit) } : {}),
    last: link(last),
    [name]: all.slice(offset, offset + limit).map(body),
  });
}
