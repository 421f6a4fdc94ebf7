import type { Context } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import { readJson } from '../http.ts';
import type { Iam } from './iam.ts';
import type { Rule } from './matching.ts';
import type { PolicyState } from './policies.ts';
import { ATTRIBUTE_PATTERN, type PolicyContent } from './policy-content.ts';
import { refuse, restError } from './rest.ts';
import type { Roles } from './role-registry.ts';
import { SERVICES } from './roles.ts';

const value = z.union([z.string().max(1000), z.boolean(), z.array(z.string())]);
const Identity = z.object({
  key: z.enum(['iam_id', 'access_group_id']),
  operator: z.literal('stringEquals'),
  value: z.string().min(1),
});
const ServiceAttribute = z.object({
  key: z.enum(['accountId', 'serviceName', 'serviceInstance', 'resourceGroupId', 'resourceType', 'resource']),
  operator: z.enum(['stringEquals', 'stringExists']),
  value: z.string().min(1),
});
const ResourceAttribute = z.object({
  key: z.string().min(1),
  operator: z.enum(['stringEquals', 'stringExists', 'stringMatch', 'stringEqualsAnyOf', 'stringMatchAnyOf']),
  value,
});
const Tag = z.object({
  key: z.string(),
  operator: z.enum(['stringEquals', 'stringMatch']),
  value: z.string(),
});
const Condition = z.object({ key: z.string(), operator: z.string(), value });
const Rules: z.ZodType<Rule> = z.union([
  Condition,
  z.object({
    operator: z.enum(['and', 'or']).optional(),
    conditions: z.array(z.lazy(() => Rules)).min(1),
  }),
]);
const TIME_PATTERN = /^time-based-conditions:(?:once|weekly|weekly:all-day|weekly:custom-hours)$/;

const Body = z.object({
  description: z.string().max(300).optional(),
  resource: z.object({ attributes: z.array(ResourceAttribute).min(1), tags: z.array(Tag).default([]) }),
  control: z.object({
    grant: z.object({ roles: z.array(z.object({ role_id: z.string().startsWith('crn:') })).min(1) }),
  }),
  pattern: z.string().optional(),
  rule: Rules.optional(),
});
const Policy = z.discriminatedUnion('type', [
  Body.extend({
    type: z.literal('access'),
    subject: z.object({ attributes: z.array(Identity).length(1) }),
  }),
  Body.extend({
    type: z.literal('authorization'),
    subject: z.object({ attributes: z.array(ServiceAttribute).min(1) }),
  }),
]);

/** One of these must say what the policy is about. */
const TARGETS = ['serviceType', 'serviceName', 'resourceGroupId', 'service_group_id'];

/** A policy that somebody writes, and the account that it is of. */
export interface ReadPolicy {
  readonly accountId: string;
  readonly content: PolicyContent;
}

const invalid = (message: string) => refuse(400, 'invalid_body', message);

/** Reads a policy that somebody writes. @throws {Refusal} 400 in IAM's words */
export async function readPolicy(c: Context): Promise<ReadPolicy> {
  return policyOf(await readJson(c, restError));
}

/** @throws {Refusal} 400 in IAM's words */
export function policyOf(body: unknown): ReadPolicy {
  const parsed = Policy.safeParse(body);
  if (!parsed.success) throw invalid(`invalid ${parsed.error.issues[0]?.path.join('.')}`);
  const { type, subject, resource, control, pattern, rule, description } = parsed.data;
  const account = resource.attributes.find(({ key }) => key === 'accountId');
  if (typeof account?.value !== 'string') throw invalid('resource needs the attribute accountId');
  if (!resource.attributes.some(({ key }) => TARGETS.includes(key)))
    throw invalid(`resource needs one of ${TARGETS.join(', ')}`);
  if (type === 'authorization') requireSource(subject.attributes.map(({ key }) => key));
  if ((rule === undefined) !== (pattern === undefined)) throw invalid('rule and pattern go together');
  if (pattern !== undefined && pattern !== ATTRIBUTE_PATTERN && !TIME_PATTERN.test(pattern))
    throw invalid('the pattern is not known');
  return {
    accountId: account.value,
    content: {
      type,
      subject: subject.attributes,
      resource: resource.attributes,
      tags: resource.tags,
      roles: control.grant.roles.map(({ role_id }) => role_id),
      ...(pattern === undefined ? {} : { pattern }),
      ...(rule === undefined ? {} : { rule }),
      ...(description === undefined ? {} : { description }),
    },
  };
}

/** @throws {Refusal} 400 */
function requireSource(keys: readonly string[]): void {
  if (!keys.includes('accountId')) throw invalid('subject needs the attribute accountId');
  if (!keys.includes('serviceName') && !keys.includes('resourceGroupId'))
    throw invalid('subject needs serviceName or resourceGroupId');
}

/** How much an answer says about a policy. */
export type Format = 'include_last_permit' | 'display' | undefined;

/** A policy as it travels. */
export function policyBody({ policies, roles }: Iam, policy: PolicyState, format: Format) {
  const { id, subject, resource, tags, pattern, rule, description } = policy;
  const permits = format === 'include_last_permit' ? policies.permits(id) : undefined;
  return {
    id,
    type: policy.type,
    state: policy.state,
    ...(description === undefined ? {} : { description }),
    subject: { attributes: subject },
    resource: { attributes: resource, ...(tags.length === 0 ? {} : { tags }) },
    control: { grant: { roles: policy.roles.map((crn) => roleBody(roles, policy, crn, format)) } },
    ...(rule === undefined ? {} : { rule }),
    ...(pattern === undefined ? {} : { pattern }),
    href: `https://iam.cloud.ibm.com/v2/policies/${id}`,
    created_at: formatInstant(policy.createdAt),
    created_by_id: policy.createdBy,
    last_modified_at: formatInstant(policy.modifiedAt),
    last_modified_by_id: policy.modifiedBy,
    ...(permits === undefined
      ? {}
      : { last_permit_at: formatInstant(permits.lastAt), last_permit_frequency: permits.count }),
  };
}

/** `display` adds what the role may do with what the policy is about. */
function roleBody(roles: Roles, policy: PolicyState, crn: string, format: Format) {
  if (format !== 'display') return { role_id: crn };
  const services = SERVICES.filter((service) => {
    const named = policy.resource.find(({ key }) => key === 'serviceName');
    return named === undefined || named.value === service;
  });
  const actions = services.flatMap((service) => roles.actionsOf(service, crn));
  return {
    role_id: crn,
    display_name: crn.split(':').at(-1),
    actions: [...new Set(actions)].map((id) => ({ id, display_name: id, description: '' })),
  };
}
