import type { Context, Hono } from 'hono';
import type { Principal } from '../host.ts';
import { json } from '../http.ts';
import { offsetIn, pageToken } from '../page-token.ts';
import type { Iam } from './iam.ts';
import type { PolicyState } from './policies.ts';
import { type Format, policyBody, readPolicy } from './policy-bodies.ts';
import { PolicyRules, policyNotFound } from './policy-rules.ts';
import { authenticated, type IamHost, linkWith, queryNumber, refuse, requiredQuery } from './rest.ts';

/** Policies, version 2. @see https://cloud.ibm.com/apidocs/iam-policy-management */
export function policyRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const { policies } = iam;
  const rules = new PolicyRules(iam, host);
  const found = (c: Context, caller: Principal): PolicyState => {
    const policy = rules.found(c, caller);
    if (policy.type === 'authorization' && !rules.version2KnowsAuthorizations()) throw policyNotFound();
    return policy;
  };
  const answer = (status: number, policy: PolicyState, format?: Format): Response =>
    json(status, policyBody(iam, policy, format), { etag: policy.tag });

  route('listV2Policies', 'GET', '/v2/policies', (c, caller) => {
    const format = formatOf(c);
    const accountId = requiredQuery(c, 'account_id');
    if (c.req.query('type') === 'authorization') rules.admitVersion2();
    // No refusal: who may read nothing is answered with nothing.
    const listed = policies
      .all()
      .filter((policy) => policy.accountId === accountId && asked(c, policy))
      .filter((policy) => rules.isShown(policy, caller));
    return page(c, sorted(c, listed), (policy) => policyBody(iam, policy, format));
  });
  route('createV2Policy', 'POST', '/v2/policies', async (c, caller) => {
    const { accountId, content } = await readPolicy(c);
    if (content.type === 'authorization') rules.admitVersion2();
    return answer(201, rules.create(caller, accountId, content));
  });
  route('getV2Policy', 'GET', '/v2/policies/:id', (c, caller) => answer(200, found(c, caller), formatOf(c)));
  route('replaceV2Policy', 'PUT', '/v2/policies/:id', async (c, caller) => {
    const policy = found(c, caller);
    const tag = c.req.header('if-match');
    if (tag === undefined) throw refuse(400, 'missing_header', 'the header If-Match is required');
    const { accountId, content } = await readPolicy(c);
    if (accountId !== policy.accountId || content.type !== policy.type)
      throw refuse(400, 'invalid_body', 'account and type cannot be changed');
    rules.admitContent(accountId, content);
    rules.admit(caller, 'update', accountId, policy);
    rules.admit(caller, 'update', accountId, content);
    if (policy.state === 'deleted') throw policyNotFound();
    if (tag !== policy.tag)
      throw refuse(host.settings.iam.staleTagStatus, 'policy_conflict_error', 'the policy has changed');
    rules.admitNoConflict(accountId, content, policy);
    return answer(200, policies.replace(policy, content, caller.iamId));
  });
  route('deleteV2Policy', 'DELETE', '/v2/policies/:id', (c, caller) => {
    rules.remove(caller, found(c, caller));
    return new Response(null, { status: 204 });
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
    policy.type === (query['type'] ?? 'access') &&
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
  const from = offsetIn(c.req.query('start'));
  if (from === undefined) throw refuse(400, 'invalid_parameter', 'start is not the start of a page');
  const link = (offset: number) => {
    const start = pageToken(offset);
    return { href: linkWith(c, { start }), start };
  };
  return json(200, {
    limit,
    first: { href: linkWith(c, { start: undefined }) },
    ...(from + limit < all.length ? { next: link(from + limit) } : {}),
    ...(from > 0 ? { previous: link(Math.max(0, from - limit)) } : {}),
    policies: all.slice(from, from + limit).map(body),
  });
}
