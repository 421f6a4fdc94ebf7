import * as z from 'zod';
import type { AccessPolicy, Attribute, Role, Rule } from '../domain/access-policy.ts';
import { SchemaError } from '../errors.ts';
import type { AccessPort } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { HttpClient } from './http.ts';
import { readClaims } from './jwt.ts';
import type { TokenProvider } from './tokens.ts';
import { instant } from './wire.ts';

const text = z.lazy(() => z.union([z.string(), z.boolean(), z.number()]).transform(String));
/** Anything else is no value that could be compared; it reads as none at all. */
const values = z.lazy(() =>
  z.union([text.transform((one): readonly string[] => [one]), z.array(text)]).catch([]),
);
const Attributes = z.lazy(() =>
  z.array(
    z
      .object({ key: z.string(), operator: z.string(), value: values })
      .transform(({ key, operator, value }): Attribute => ({ key, operator, values: value })),
  ),
);
const Grant = z.lazy(() =>
  z.object({ role_id: z.string(), actions: z.array(z.object({ id: z.string() })).nullish() }),
);

const Policy = z.lazy(() =>
  z
    .object({
      id: z.string(),
      type: z.string(),
      state: z.string(),
      subject: z.object({ attributes: Attributes }).nullish(),
      resource: z.object({ attributes: Attributes, tags: z.array(z.unknown()).nullish() }).nullish(),
      control: z.object({ grant: z.object({ roles: z.array(Grant) }) }),
      pattern: z.string().nullish(),
      rule: z.unknown().optional(),
      last_modified_at: instant.nullish(),
    })
    .transform(
      (wire): AccessPolicy => ({
        id: wire.id,
        type: wire.type,
        state: wire.state,
        subject: wire.subject?.attributes ?? [],
        resource: wire.resource?.attributes ?? [],
        tagged: (wire.resource?.tags ?? []).length > 0,
        roles: wire.control.grant.roles.map(
          ({ role_id, actions }): Role => ({
            id: role_id,
            ...(actions == null ? {} : { actions: actions.map(({ id }) => id) }),
          }),
        ),
        ...(wire.pattern == null || wire.pattern === '' ? {} : { pattern: wire.pattern }),
        ...(wire.rule == null ? {} : { rule: readRule(wire.rule) }),
        ...(wire.last_modified_at == null ? {} : { lastModifiedAt: wire.last_modified_at }),
      }),
    ),
);
const PolicyPage = z.lazy(() =>
  z.object({
    policies: z.array(Policy),
    next: z.object({ start: z.string().nullish(), href: z.string().nullish() }).nullish(),
  }),
);
const GroupPage = z.lazy(() =>
  z.object({
    groups: z.array(z.object({ id: z.string() })),
    next: z.object({ href: z.string() }).nullish(),
  }),
);

const Condition = z.lazy(() => z.object({ key: z.string(), operator: z.string(), value: values }));
const Conditions = z.lazy(() =>
  z.object({ operator: z.string().optional(), conditions: z.array(z.unknown()).min(1) }),
);

/** A rule that cannot be read is a condition on nothing known, which leaves open what the policy grants. */
function readRule(wire: unknown): Rule {
  const several = Conditions.safeParse(wire);
  if (several.success) {
    const { operator, conditions } = several.data;
    return { ...(operator === undefined ? {} : { operator }), conditions: conditions.map(readRule) };
  }
  const one = Condition.safeParse(wire);
  if (!one.success) return { key: 'something that cannot be read', operator: '', values: [] };
  const { key, operator, value } = one.data;
  return { key, operator, values: value };
}

/** An account has at most 4,020 policies and 500 groups: a list of this many pages of a hundred is no list. */
const MOST_PAGES = 50;

/**
 * Policies and access groups. Policies are not asked for by service: one that reaches all services, or a resource group,
 * bears no service's name and might be left out.
 *
 * @see https://cloud.ibm.com/apidocs/iam-policy-management#list-v2-policies
 * @see https://cloud.ibm.com/apidocs/iam-access-groups#list-access-groups
 */
export function createAccess(http: HttpClient, tokens: TokenProvider, url: string): AccessPort {
  const pages = async <T>(
    operation: string,
    path: string,
    query: Readonly<Record<string, string>>,
    schema: z.ZodType<T>,
    next: (page: T) => Readonly<Record<string, string>> | undefined,
  ): Promise<readonly T[]> => {
    const read: T[] = [];
    let more: Readonly<Record<string, string>> | undefined = {};
    while (more !== undefined) {
      if (read.length === MOST_PAGES)
        throw new SchemaError('iam', operation, `more than ${MOST_PAGES} pages`);
      const { value } = await callAuthorized<T>(http, tokens, {
        service: 'iam',
        operation,
        method: 'GET',
        url: `${url}${path}?${new URLSearchParams({ ...query, ...more }).toString()}`,
        headers: {},
        repeatable: true,
        schema,
      });
      read.push(value);
      more = next(value);
    }
    return read;
  };
  const own = async (): Promise<NonNullable<ReturnType<typeof readClaims>>> => {
    const claims = readClaims((await tokens.token()).reveal());
    if (claims !== undefined) return claims;
    throw new SchemaError('iam', 'grantToken', 'the token cannot be read');
  };
  return {
    ownIamId: async () => (await own()).iamId,
    ownAccountId: async () => (await own()).accountId,
    async listPolicies(accountId, subject) {
      const read = await pages(
        'listV2Policies',
        '/v2/policies',
        {
          account_id: accountId,
          ...('iamId' in subject ? { iam_id: subject.iamId } : { access_group_id: subject.groupId }),
          type: 'access',
          state: 'active',
          format: 'display',
          limit: '100',
        },
        PolicyPage,
        ({ next }) => {
          const start = next?.start ?? parameterOf(next?.href, 'start');
          return start === undefined ? undefined : { start };
        },
      );
      return read.flatMap(({ policies }) => policies);
    },
    async listGroups(accountId, iamId) {
      const read = await pages(
        'listAccessGroups',
        '/v2/groups',
        {
          account_id: accountId,
          iam_id: iamId,
          membership_type: 'all',
          // No role that writes objects can be given to everybody.
          hide_public_access: 'true',
          limit: '100',
        },
        GroupPage,
        ({ next }) => {
          const offset = parameterOf(next?.href, 'offset');
          return offset === undefined ? undefined : { offset };
        },
      );
      return read.flatMap(({ groups }) => groups.map(({ id }) => id));
    },
  };
}

/** Links are whole URLs, whose host need not be the one that is configured. */
function parameterOf(href: string | null | undefined, name: string): string | undefined {
  if (href == null || !URL.canParse(href)) return undefined;
  return new URL(href).searchParams.get(name) ?? undefined;
}
