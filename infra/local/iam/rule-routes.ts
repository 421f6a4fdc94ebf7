import type { Context } from 'hono';
import * as z from 'zod';
import { json, readJson } from '../http.ts';
import type { ClaimRule } from './claim-rules.ts';
import type { Iam } from './iam.ts';
import type { FindProfile } from './profile-routes.ts';
import type { ProfileState, RuleState } from './profiles.ts';
import { type AuthenticatedRoute, admitTag, type IamHost, refuse, restError, wireInstant } from './rest.ts';

/** @see https://cloud.ibm.com/docs/account?topic=account-known-issues#trusted-profiles-limits */
const MOST_RULES = 20;

const Body = z.looseObject({
  name: z.string().optional(),
  type: z.enum(['Profile-CR', 'Profile-SAML']),
  cr_type: z.string().optional(),
  realm_name: z.string().optional(),
  expiration: z.int().optional(),
  conditions: z
    .array(
      z.looseObject({
        claim: z.string().min(1),
        operator: z.enum([
          'EQUALS',
          'NOT_EQUALS',
          'EQUALS_IGNORE_CASE',
          'NOT_EQUALS_IGNORE_CASE',
          'CONTAINS',
          'IN',
        ]),
        value: z.string().refine(isJson),
      }),
    )
    .min(1),
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Claim rules of a profile. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#create-claim-rule */
export function ruleRoutes(
  route: AuthenticatedRoute,
  { profiles }: Iam,
  host: IamHost,
  found: FindProfile,
): void {
  const ruleOf = (c: Context, profile: ProfileState): RuleState => {
    const rule = profiles.rules(profile.id).find(({ id }) => id === c.req.param('ruleId'));
    if (rule === undefined) throw refuse(404, 'not_found', 'the claim rule was not found');
    return rule;
  };

  route('createClaimRule', 'POST', '/v1/profiles/:id/rules', async (c, caller) => {
    const profile = found(c, caller, 'update');
    const rule = await readRule(c);
    if (profiles.rules(profile.id).length >= MOST_RULES)
      throw refuse(409, 'limit_exceeded', `a profile has ${MOST_RULES} claim rules at most`);
    return answer(201, profiles.addRule(profile, rule));
  });
  route('listClaimRules', 'GET', '/v1/profiles/:id/rules', (c, caller) => {
    const { id } = found(c, caller, 'get');
    return json(200, { rules: profiles.rules(id).map(ruleBody) });
  });
  route('getClaimRule', 'GET', '/v1/profiles/:id/rules/:ruleId', (c, caller) =>
    answer(200, ruleOf(c, found(c, caller, 'get'))),
  );
  route('updateClaimRule', 'PUT', '/v1/profiles/:id/rules/:ruleId', async (c, caller) => {
    const profile = found(c, caller, 'update');
    const rule = ruleOf(c, profile);
    admitTag(c, host, rule.entityTag);
    return answer(200, profiles.replaceRule(profile.id, rule, await readRule(c)));
  });
  route('deleteClaimRule', 'DELETE', '/v1/profiles/:id/rules/:ruleId', (c, caller) => {
    const profile = found(c, caller, 'update');
    profiles.removeRule(profile.id, ruleOf(c, profile).id);
    return new Response(null, { status: 204 });
  });
}

async function readRule(c: Context): Promise<ClaimRule> {
  const body = Body.safeParse(await readJson(c, restError));
  if (!body.success) throw refuse(400, 'invalid_body', `invalid ${body.error.issues[0]?.path.join('.')}`);
  const { name, type, cr_type: crType, realm_name: realmName, expiration, conditions } = body.data;
  if (type === 'Profile-SAML' && realmName === undefined)
    throw refuse(400, 'invalid_body', 'a rule of type Profile-SAML takes realm_name');
  return {
    type,
    conditions: conditions.map(({ claim, operator, value }) => ({ claim, operator, value })),
    ...(name === undefined ? {} : { name }),
    ...(crType === undefined ? {} : { crType }),
    ...(realmName === undefined ? {} : { realmName }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}

const answer = (status: number, rule: RuleState): Response =>
  json(status, ruleBody(rule), { etag: rule.entityTag });

const ruleBody = (rule: RuleState) => ({
  id: rule.id,
  entity_tag: rule.entityTag,
  created_at: wireInstant(rule.createdAt),
  modified_at: wireInstant(rule.modifiedAt),
  ...(rule.name === undefined ? {} : { name: rule.name }),
  type: rule.type,
  ...(rule.realmName === undefined ? {} : { realm_name: rule.realmName }),
  expiration: rule.expiration ?? 3600,
  ...(rule.crType === undefined ? {} : { cr_type: rule.crType }),
  conditions: rule.conditions,
});
