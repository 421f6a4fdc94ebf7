import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { seconds } from '../../../shared/domain/time.ts';
import type { Principal } from '../host.ts';
import { json, readJson } from '../http.ts';
import { offsetIn, pageToken } from '../page-token.ts';
import type { Iam } from './iam.ts';
import { linkRoutes } from './link-routes.ts';
import type { ProfileState } from './profiles.ts';
import {
  admitTag,
  authenticated,
  type IamHost,
  linkWith,
  queryNumber,
  refuse,
  requiredQuery,
  restError,
  wireInstant,
} from './rest.ts';
import { ruleRoutes } from './rule-routes.ts';

const NewProfile = z.looseObject({
  name: z.string().min(1).max(100),
  account_id: z.string().min(1),
  description: z.string().optional(),
  email: z.string().optional(),
});
const ChangedProfile = NewProfile.omit({ account_id: true }).partial();

/** What is done with a profile, as `iam-identity` calls it. */
type ProfileAction = 'create' | 'get' | 'update' | 'delete' | 'linkToResource';

/** The profile that a request names, for a caller who may do this with it. @throws {Refusal} 404, 403 */
export type FindProfile = (c: Context, caller: Principal, action: ProfileAction) => ProfileState;

/** Trusted profiles, their links and their claim rules. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#list-profiles */
export function profileRoutes(app: Hono, iam: Iam, host: IamHost): void {
  const route = authenticated(app, iam, host);
  const { profiles } = iam;
  const admit = ({ iamId }: Principal, action: ProfileAction, accountId: string): void => {
    const target = { service: 'iam-identity', accountId };
    if (!iam.allows(iamId, `iam-identity.profile.${action}`, target, host.now()))
      throw refuse(403, 'forbidden', 'You are not authorized to perform this action');
  };
  // IAM is replicated: what was just made may not be found yet.
  const isVisible = ({ createdAt }: ProfileState): boolean =>
    host.now() >= createdAt + seconds(host.settings.iam.newProfileDelaySeconds);
  const found: FindProfile = (c, caller, action) => {
    const profile = profiles.get(c.req.param('id') ?? '');
    if (profile === undefined || !isVisible(profile))
      throw refuse(404, 'not_found', 'the profile was not found');
    admit(caller, action, profile.accountId);
    return profile;
  };
  const admitName = (name: string, accountId: string, except?: ProfileState): void => {
    const other = profiles.named(name, accountId);
    if (other !== undefined && other !== except)
      throw refuse(host.settings.iam.takenNameStatus, 'conflict', 'a profile of this name exists');
  };
  const happened = (profile: ProfileState, what: string): void =>
    host.emit({
      at: host.now(),
      kind: `profile-${what}`,
      text: `trusted profile ${profile.name} (${profile.id}) ${what}`,
    });

  route('createProfile', 'POST', '/v1/profiles', async (c, caller) => {
    const body = NewProfile.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', 'the body is not a profile');
    const { account_id: accountId, name, description, email } = body.data;
    admit(caller, 'create', accountId);
    admitName(name, accountId);
    const profile = profiles.create({
      name,
      accountId,
      ...(description === undefined ? {} : { description }),
      ...(email === undefined ? {} : { email }),
    });
    happened(profile, 'created');
    return answer(201, profile);
  });
  route('listProfiles', 'GET', '/v1/profiles', (c, caller) => {
    const accountId = requiredQuery(c, 'account_id');
    admit(caller, 'get', accountId);
    const name = c.req.query('name');
    const listed = profiles
      .ofAccount(accountId)
      .filter((profile) => isVisible(profile) && (name === undefined || profile.name === name));
    return page(c, sorted(c, listed));
  });
  route('getProfile', 'GET', '/v1/profiles/:id', (c, caller) => answer(200, found(c, caller, 'get')));
  route('updateProfile', 'PUT', '/v1/profiles/:id', async (c, caller) => {
    const profile = found(c, caller, 'update');
    admitTag(c, host, profile.entityTag);
    const body = ChangedProfile.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', 'the body is not a profile');
    const { name, description, email } = body.data;
    if (name !== undefined) admitName(name, profile.accountId, profile);
    profiles.change(profile, {
      name: name ?? profile.name,
      description: changed(profile.description, description),
      email: changed(profile.email, email),
    });
    return answer(200, profile);
  });
  route('deleteProfile', 'DELETE', '/v1/profiles/:id', (c, caller) => {
    const profile = found(c, caller, 'delete');
    profiles.remove(profile);
    happened(profile, 'deleted');
    return new Response(null, { status: 204 });
  });
  linkRoutes(route, iam, host, found);
  ruleRoutes(route, iam, host, found);
}

/** A member that is absent stays as it is; an empty text clears it. */
function changed(before: string | undefined, to: string | undefined): string | undefined {
  if (to === undefined) return before;
  return to === '' ? undefined : to;
}

const answer = (status: number, profile: ProfileState): Response =>
  json(status, profileBody(profile), { etag: profile.entityTag });

/** Links and rules have calls of their own. */
const profileBody = (profile: ProfileState) => ({
  id: profile.id,
  entity_tag: profile.entityTag,
  crn: `crn:v1:bluemix:public:iam-identity::a/${profile.accountId}::profile:${profile.id}`,
  name: profile.name,
  ...(profile.description === undefined ? {} : { description: profile.description }),
  ...(profile.email === undefined ? {} : { email: profile.email }),
  iam_id: profile.iamId,
  account_id: profile.accountId,
  created_at: wireInstant(profile.createdAt),
  modified_at: wireInstant(profile.modifiedAt),
});

const SORTS: Readonly<Record<string, (profile: ProfileState) => string | number>> = {
  name: ({ name }) => name,
  description: ({ description }) => description ?? '',
  created_at: ({ createdAt }) => createdAt,
  modified_at: ({ modifiedAt }) => modifiedAt,
};

function sorted(c: Context, profiles: readonly ProfileState[]): readonly ProfileState[] {
  const wanted = c.req.query('sort');
  if (wanted === undefined) return profiles;
  const by = SORTS[wanted];
  if (by === undefined) throw refuse(400, 'invalid_parameter', 'sort names no field of a profile');
  const order = c.req.query('order') === 'desc' ? -1 : 1;
  return profiles.toSorted((a, b) => (by(a) === by(b) ? 0 : by(a) < by(b) ? -order : order));
}

/** One page, and the addresses of the others as texts; `pagetoken` means nothing to anybody else. */
function page(c: Context, all: readonly ProfileState[]): Response {
  const limit = queryNumber(c, 'pagesize', { least: 1, most: 100, otherwise: 20 });
  const offset = offsetIn(c.req.query('pagetoken'));
  if (offset === undefined) throw refuse(400, 'invalid_parameter', 'pagetoken is not the start of a page');
  const url = (at?: number): string =>
    linkWith(c, { pagetoken: at === undefined ? undefined : pageToken(at) });
  return json(200, {
    offset,
    limit,
    first: url(),
    ...(offset > 0 ? { previous: url(Math.max(0, offset - limit)) } : {}),
    ...(offset + limit < all.length ? { next: url(offset + limit) } : {}),
    profiles: all.slice(offset, offset + limit).map(profileBody),
  });
}
