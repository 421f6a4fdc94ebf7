import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import { json, readJson } from '../http.ts';
import type { Iam } from './iam.ts';
import type { Attribute } from './matching.ts';
import type { PolicyState } from './policies.ts';
import { policyOf, type ReadPolicy } from './policy-bodies.ts';
import { PolicyRules } from './policy-rules.ts';
import { authenticated, type IamHost, refuse, requiredQuery, restError } from './rest.ts';

const Attributes = z
  .array(
    z.object({
      attributes: z
        .array(
          z.object({ name: z.string(), value: z.string(), operator: z.string().default('stringEquals') }),
        )
        .min(1),
    }),
  )
  .length(1);
const Body = z.looseObject({
  type: z.string(),
  description: z.string().optional(),
  subjects: Attributes,
  resources: Attributes,
  roles: z.array(z.object({ role_id: z.string() })).min(1),
});

/** Version 1 of policies, for authorizations alone. @see https://cloud.ibm.com/apidocs/iam-policy-management#create-policy */
export function authorizationRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const rules = new PolicyRules(iam, host);
  const requireAuthorization = (type: string | undefined): void => {
    if (type !== 'authorization')
      throw refuse(501, 'unable_to_process', 'version 1 of access policies is not simulated');
  };
  const answer = (status: number, policy: PolicyState): Response =>
    json(status, bodyOf(policy), { etag: policy.tag });

  route('listPolicies', 'GET', '/v1/policies', (c, caller) => {
    requireAuthorization(c.req.query('type'));
    const accountId = requiredQuery(c, 'account_id');
    const listed = iam.policies
      .all()
      .filter((policy) => policy.type === 'authorization' && policy.state === 'active')
      .filter((policy) => policy.accountId === accountId && rules.isShown(policy, caller));
    return json(200, { policies: listed.map(bodyOf) });
  });
  route('createPolicy', 'POST', '/v1/policies', async (c, caller) => {
    const { accountId, content } = await readVersion1(c);
    requireAuthorization(content.type);
    return answer(201, rules.create(caller, accountId, content));
  });
  route('getPolicy', 'GET', '/v1/policies/:id', (c, caller) => {
    const policy = rules.found(c, caller);
    requireAuthorization(policy.type);
    return answer(200, policy);
  });
  route('deletePolicy', 'DELETE', '/v1/policies/:id', (c, caller) => {
    rules.remove(caller, rules.found(c, caller));
    return new Response(null, { status: 204 });
  });
}

/** What version 1 says in other words. @throws {Refusal} 400 */
async function readVersion1(c: Context): Promise<ReadPolicy> {
  const parsed = Body.safeParse(await readJson(c, restError));
  if (!parsed.success) throw refuse(400, 'invalid_body', `invalid ${parsed.error.issues[0]?.path.join('.')}`);
  const { type, description, subjects, resources, roles } = parsed.data;
  const attributes = (side: typeof subjects) =>
    side.flatMap((one) =>
      one.attributes.map(({ name, operator, value }) => ({ key: name, operator, value })),
    );
  return policyOf({
    type,
    description,
    subject: { attributes: attributes(subjects) },
    resource: { attributes: attributes(resources) },
    control: { grant: { roles } },
  });
}

const bodyOf = (policy: PolicyState) => {
  const side = (attributes: readonly Attribute[]) => [
    { attributes: attributes.map(({ key, value, operator }) => ({ name: key, value, operator })) },
  ];
  return {
    id: policy.id,
    type: policy.type,
    state: policy.state,
    ...(policy.description === undefined ? {} : { description: policy.description }),
    subjects: side(policy.subject),
    roles: policy.roles.map((role_id) => ({ role_id })),
    resources: side(policy.resource),
    href: `https://iam.cloud.ibm.com/v1/policies/${policy.id}`,
    created_at: formatInstant(policy.createdAt),
    created_by_id: policy.createdBy,
    last_modified_at: formatInstant(policy.modifiedAt),
    last_modified_by_id: policy.modifiedBy,
  };
};
