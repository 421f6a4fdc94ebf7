import type { Context } from 'hono';
import * as z from 'zod';
import { json, readJson } from '../http.ts';
import type { Iam } from './iam.ts';
import type { FindProfile } from './profile-routes.ts';
import { accountIdOf, type LinkState, type ProfileState } from './profiles.ts';
import {
  type AuthenticatedRoute,
  type IamHost,
  refuse,
  requiredQuery,
  restError,
  wireInstant,
} from './rest.ts';

const text = z.string().min(1);
const NewLink = z.looseObject({
  name: z.string().optional(),
  cr_type: z.enum(['VSI', 'PVS', 'BMS', 'IKS_SA', 'ROKS_SA', 'CE']),
  is_cross_account: z.boolean().optional(),
  link: z.looseObject({
    crn: text.startsWith('crn:'),
    component_type: text.optional(),
    component_name: text.optional(),
    namespace: text.optional(),
    name: text.optional(),
  }),
});
type NewLink = z.infer<typeof NewLink>;

const notFound = () => refuse(404, 'not_found', 'the link was not found');
const gone = () => new Response(null, { status: 204 });

/** Links of a profile to compute resources. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#create-link */
export function linkRoutes(
  route: AuthenticatedRoute,
  { profiles }: Iam,
  host: IamHost,
  found: FindProfile,
): void {
  const linkOf = (c: Context, profile: ProfileState): LinkState => {
    const link = profiles.links(profile.id).find(({ id }) => id === c.req.param('linkId'));
    if (link === undefined) throw notFound();
    return link;
  };

  route('createLink', 'POST', '/v1/profiles/:id/links', async (c, caller) => {
    const profile = found(c, caller, 'linkToResource');
    const body = NewLink.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', `invalid ${body.error.issues[0]?.path.join('.')}`);
    const link = newLink(body.data);
    if (accountIdOf(link.crn) !== profile.accountId && link.isCrossAccount !== true)
      throw refuse(400, 'invalid_body', 'the resource is of another account than the profile');
    const isThere = profiles.links(profile.id).some((one) => sameLink(one, link));
    if (isThere && host.settings.iam.equalLinks === 'refuse')
      throw refuse(409, 'conflict', 'the profile has this link');
    return json(201, linkBody(profiles.link(profile, link)));
  });
  route('listLinks', 'GET', '/v1/profiles/:id/links', (c, caller) => {
    const { id } = found(c, caller, 'get');
    return json(200, { links: profiles.links(id).map(linkBody) });
  });
  route('getLink', 'GET', '/v1/profiles/:id/links/:linkId', (c, caller) =>
    json(200, linkBody(linkOf(c, found(c, caller, 'get')))),
  );
  route('deleteLink', 'DELETE', '/v1/profiles/:id/links/:linkId', (c, caller) => {
    const profile = found(c, caller, 'update');
    profiles.unlink(profile.id, linkOf(c, profile).id);
    return gone();
  });
  // By what it says: for who lost the answer that named its id.
  route('deleteLinkByParameters', 'DELETE', '/v1/profiles/:id/links', (c, caller) => {
    const { id } = found(c, caller, 'update');
    const [type, query] = [requiredQuery(c, 'type'), c.req.query()];
    const fits = (link: LinkState): boolean =>
      link.crType === type &&
      link.crn === (query['crn'] ?? link.crn) &&
      link.componentType === query['component_type'] &&
      link.componentName === query['component_name'] &&
      link.namespace === query['namespace'] &&
      link.serviceAccount === query['name'];
    const fitting = profiles.links(id).filter(fits);
    if (fitting.length === 0) throw notFound();
    for (const link of fitting) profiles.unlink(id, link.id);
    return gone();
  });
}

/** @throws {Refusal} 400 where what its kind of resource takes is not said */
function newLink({ name, cr_type: crType, is_cross_account: isCrossAccount, link }: NewLink) {
  const { crn, component_type: componentType, component_name: componentName, namespace } = link;
  if (crType === 'CE' && (componentType === undefined || componentName === undefined))
    throw refuse(400, 'invalid_body', 'a link to Code Engine takes component_type and component_name');
  if (crType.endsWith('_SA') && (namespace === undefined || link.name === undefined))
    throw refuse(400, 'invalid_body', 'a link to a service account takes namespace and name');
  return {
    crType,
    crn,
    ...(name === undefined ? {} : { name }),
    ...(isCrossAccount === undefined ? {} : { isCrossAccount }),
    ...(componentType === undefined ? {} : { componentType }),
    ...(componentName === undefined ? {} : { componentName }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(link.name === undefined ? {} : { serviceAccount: link.name }),
  };
}

const sameLink = (link: LinkState, other: ReturnType<typeof newLink>): boolean =>
  (['crType', 'crn', 'componentType', 'componentName', 'namespace', 'serviceAccount'] as const).every(
    (member) => link[member] === other[member],
  );

const linkBody = (link: LinkState) => ({
  id: link.id,
  entity_tag: link.entityTag,
  created_at: wireInstant(link.createdAt),
  modified_at: wireInstant(link.createdAt),
  ...(link.name === undefined ? {} : { name: link.name }),
  cr_type: link.crType,
  ...(link.isCrossAccount === undefined ? {} : { is_cross_account: link.isCrossAccount }),
  link: {
    crn: link.crn,
    ...(link.componentType === undefined ? {} : { component_type: link.componentType }),
    ...(link.componentName === undefined ? {} : { component_name: link.componentName }),
    ...(link.namespace === undefined ? {} : { namespace: link.namespace }),
    ...(link.serviceAccount === undefined ? {} : { name: link.serviceAccount }),
  },
});
