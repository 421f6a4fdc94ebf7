import type { Context, Hono } from 'hono';
import type { Principal, Target } from '../host.ts';
import { json } from '../http.ts';
import type { Iam } from './iam.ts';
import type { PolicyContent, PolicyState } from './policies.ts';
import { type Format, policyBody, readPolicy } from './policy-bodies.ts';
import { authenticated, type IamHost, linkWith, queryNumber, refuse, requiredQuery } from './rest.ts';
import { type RoleView, rolesOf } from './roles.ts';

type Verb = 'create' | 'read' | 'update' | 'delete';

const notFound = () => refuse(404, 'policy_not_found', 'the policy was not found');

/** Policies, version 2, and roles. @see https://cloud.ibm.com/apidocs/iam-policy-management */
export function policyRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const { policies } = iam;
  const may = (caller: Principal, verb: Verb, accountId: string, content: PolicyContent): boolean =>
    mayManage(iam, host, caller, verb, accountId, content);
  const answer = (status: number, policy: PolicyState, format?: Format): Response =>
    json(status, policyBody(policies, policy, format), { etag: policy.tag });
  const found = (c: Context, caller: Principal): PolicyState => {
    const policy = policies.get(c.req.param('id') ?? '');
    // Who may not read a policy is not told that it exists.
    if (policy === undefined || !may(caller, 'read', policy.accountId, policy)) throw notFound();
    return policy;
  };

  route('listV2Policies', 'GET', '/v2/policies', (c, caller) => {
    const format = formatOf(c);
    const accountId = requiredQuery(c, 'account_id');
    // No refusal: who may read nothing is answered with nothing.
    const listed = policies
      .all()
      .filter((policy) => policy.accountId === accountId && asked(c, policy))
      .filter((policy) => may(caller, 'read', accountId, policy));
    return page(c, sorted(c, listed), (policy) => policyBody(policies, policy, format));
  });
  route('createV2Policy', 'POST', '/v2/policies', async (c, caller) => {
    const { accountId, content } = await readPolicy(c);
    if (!may(caller, 'create', accountId, content)) throw forbidden();
    return answer(201, policies.create(accountId, content, caller.iamId));
  });
  route('getV2Policy', 'GET', '/v2/policies/:id', (c, caller) => answer(200, found(c, caller), formatOf(c)));
  route('replaceV2Policy', 'PUT', '/v2/policies/:id', async (c, caller) => {
    const policy = found(c, caller);
    const tag = c.req.header('if-match');
    if (tag === undefined) throw refuse(400, 'missing_header', 'the header If-Match is required');
    const { accountId, content } = await readPolicy(c);
    if (accountId !== policy.accountId) throw refuse(400, 'invalid_body', 'the account cannot be changed');
    const allowed = may(caller, 'update', accountId, policy) && may(caller, 'update', accountId, content);
    if (!allowed) throw forbidden();
    if (policy.state === 'deleted') throw notFound();
    if (tag !== policy.tag)
      throw refuse(host.settings.iam.staleTagStatus, 'policy_conflict_error', 'the policy has changed');
    return answer(200, policies.replace(policy, content, caller.iamId));
  });
  route('deleteV2Policy', 'DELETE', '/v2/policies/:id', (c, caller) => {
    const policy = found(c, caller);
    if (!may(caller, 'delete', policy.accountId, policy)) throw forbidden();
    if (policy.state === 'deleted') throw notFound();
    policies.remove(policy, caller.iamId);
    return new Response(null, { status: 204 });
  });
  route('listRoles', 'GET', '/v2/roles', (c) => {
    const [service, accountId] = [c.req.query('service_name'), c.req.query('account_id')];
    const roles = rolesOf(service ?? '');
    return json(200, {
      system_roles: roles.system.map(roleBody),
      service_roles: roles.service.map(roleBody),
      custom_roles: accountId === undefined ? [] : policies.customRoles(accountId).map(roleBody),
    });
  });
}

const forbidden = () => refuse(403, 'insufficent_permissions', 'You are not allowed to perform this action');

const roleBody = ({ crn, displayName, actions }: RoleView) => ({
  crn,
  display_name: displayName,
  description: '',
  actions,
});

/**
 * IAM Access Management opens all policies of an account; an administrator of a resource manages the policies about it; and
 * what an identity itself is granted it may be able to read.
 */
function mayManage(
  iam: Iam,
  host: IamHost,
  { iamId }: Principal,
  verb: Verb,
  accountId: string,
  content: PolicyContent,
): boolean {
  const allows = (action: string, target: Target): boolean => iam.allows(iamId, action, target, host.now());
  const own = content.subject.some(({ value }) => value === iamId);
  if (verb === 'read' && own && host.settings.iam.ownPolicies === 'shown') return true;
  const management = { service: 'iam-access-management', accountId };
  if (allows(`iam-access-management.policy.${verb}`, management)) return true;
  const valueOf = (name: string): string | undefined => {
    const attribute = content.resource.find(({ key }) => key === name);
    return typeof attribute?.value === 'string' ? attribute.value : undefined;
  };
  const [service, instanceId, resource] = ['serviceName', 'serviceInstance', 'resource'].map(valueOf);
  if (service === undefined) return false;
  return allows(`iam.policy.${verb}`, {
    service,
    accountId,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(resource === undefined ? {} : { resource }),
  });
}

function formatOf(c: Context): Format {
  const format = c.req.query('format');
  if (format === undefined || format === 'display' || format === 'include_last_permit') return format;
  throw refuse(400, 'invalid_parameter', 'format must be display or include_last_permit');
}

/** A filter shows the policies that have an attribute of that value: wider ones have none, and are not shown. */
function asked(c: Context, policy: PolicyState): boolean {
  const query = c.req.query();
  const has = (name: string, key: string, attributes: PolicyState['resource']): boolean =>
    query[name] === undefined ||
    attributes.some((attribute) => attribute.key === key && attribute.value === query[name]);
  return (
    policy.state === (query['state'] ?? 'active') &&
    (query['type'] ?? 'access') === 'access' &&
    has('iam_id', 'iam_id', policy.subject) &&
    has('access_group_id', 'access_group_id', policy.subject) &&
    has('service_type', 'serviceType', policy.resource) &&
    has('service_name', 'serviceName', policy.resource) &&
    has('service_group_id', 'service_group_id', policy.resource)
  );
}

const SORTS: Readonly<Record<string, (policy: PolicyState) => string | number>> = {
  id: ({ id }) => id,
  created_at: ({ createdAt }) => createdAt,
  created_by_id: ({ createdBy }) => createdBy,
  last_modified_at: ({ modifiedAt }) => modifiedAt,
  last_modified_by_id: ({ modifiedBy }) => modifiedBy,
  state: ({ state }) => state,
};

function sorted(c: Context, policies: readonly PolicyState[]): readonly PolicyState[] {
  const wanted = c.req.query('sort');
  if (wanted === undefined) return policies;
  const by = SORTS[wanted.replace(/^-/, '')];
  if (by === undefined) throw refuse(400, 'invalid_parameter', 'sort names no field of a policy');
  const order = wanted.startsWith('-') ? -1 : 1;
  return policies.toSorted((a, b) => (by(a) === by(b) ? 0 : by(a) < by(b) ? -order : order));
}

/** One page, and the links to the others; `start` means nothing to anybody else. */
function page<T>(c: Context, all: readonly T[], body: (item: T) => unknown): Response {
  const limit = queryNumber(c, 'limit', { least: 1, most: 100, otherwise: 50 });
  const start = c.req.query('start') ?? '';
  const from = start === '' ? 0 : Number(Buffer.from(start, 'base64url').toString());
  if (!Number.isInteger(from)) throw refuse(400, 'invalid_parameter', 'start is not the start of a page');
  const link = (offset: number) => {
    const token = Buffer.from(String(offset)).toString('base64url');
    return { href: linkWith(c, { start: token }), start: token };
  };
  return json(200, {
    limit,
    first: { href: linkWith(c, { start: undefined }) },
    ...(from + limit < all.length ? { next: link(from + limit) } : {}),
    ...(from > 0 ? { previous: link(Math.max(0, from - limit)) } : {}),
    policies: all.slice(from, from + limit).map(body),
  });
}
