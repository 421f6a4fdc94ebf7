import type { Context, Hono } from 'hono';
import type { IamForCodeEngine, Principal } from '../host.ts';
import { json, operation, Refusal, type RouteHost, readJson } from '../http.ts';
import { linkWith } from '../iam/rest.ts';
import { offsetIn, pageToken } from '../page-token.ts';
import type { CodeEngine, CodeEngineHost } from './code-engine.ts';
import type { Component, Project } from './model.ts';

export type ApiHost = RouteHost & CodeEngineHost;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Answer = Response | Promise<Response>;

/** What every group of routes needs. */
export interface Api {
  readonly app: Hono;
  readonly codeEngine: CodeEngine;
  readonly host: ApiHost;
  readonly iam: IamForCodeEngine;
}

/** How Code Engine words an error. @see https://cloud.ibm.com/apidocs/codeengine/v2#error-handling */
const error = (status: number, code: string, message: string) => ({
  errors: [{ code, message }],
  trace: 'codeengine-api-local-cloud',
  status_code: status,
});

export const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, error(status, code, message));

export const notFound = (what: string): Refusal => refuse(404, 'resource_not_found', `${what} was not found`);

export const badRequest = (message: string): Refusal => refuse(400, 'bad_request', message);

/** Registers an operation that needs a valid token, and a version where the world asks for one. */
export const authenticated =
  ({ app, host, iam }: Api) =>
  (name: string, method: Method, path: string, handler: (c: Context, caller: Principal) => Answer): void =>
    operation(app, host, { service: 'code-engine', name, method, path, error }, (c) => {
      const caller = iam.authenticate(c.req.header('authorization'), host.now());
      if (caller === undefined) throw refuse(401, 'unauthorized', 'The bearer token is missing or not valid');
      const version = c.req.query('version');
      if (version === undefined && host.settings.codeEngine.requiresVersion)
        throw badRequest('the query parameter version is required');
      if (version !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(version))
        throw badRequest('version must be a date such as 2025-07-10');
      return handler(c, caller);
    });

export type ProjectHandler = (c: Context, project: Project) => Answer;

/** Registers an operation on something in a project, for callers that hold an action on it, such as `tenant.entities.read`. */
export const inProject = (api: Api) => {
  const route = authenticated(api);
  return (name: string, method: Method, path: string, action: string, handler: ProjectHandler): void =>
    route(name, method, `/v2/projects/:project${path}`, (c, caller) => {
      const project = api.codeEngine.projects.get(c.req.param('project') ?? '');
      if (project === undefined) throw notFound('the project');
      if (!mayOn(api, caller, action, project))
        throw refuse(403, 'forbidden', `the caller lacks codeengine.${action} on the project`);
      const isActive = project.activeAt <= api.host.now() && project.goneAt === Number.POSITIVE_INFINITY;
      if (path !== '' && method !== 'GET' && !isActive)
        throw refuse(409, 'project_not_active', 'the project is not active');
      return handler(c, project);
    });
};

/** A project, or where one is to be. */
interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly resourceGroupId: string;
  readonly id?: string;
}

export const mayOn = (
  { iam, host }: Api,
  { iamId }: Principal,
  action: string,
  { accountId, region, resourceGroupId, id }: Place,
): boolean => {
  const place = { service: 'codeengine', accountId, region, resourceGroupId };
  const target = id === undefined ? place : { ...place, instanceId: id };
  return iam.allows(iamId, `codeengine.${action}`, target, host.now());
};

/** @throws {Refusal} when `If-Match` is not what the item bears; `*` is anything */
export function checkTag(
  c: Context,
  { host }: Api,
  { entityTag }: Pick<Component<unknown>, 'entityTag'>,
): void {
  const { missingTagStatus, staleTagStatus } = host.settings.codeEngine;
  const tag = c.req.header('if-match');
  if (tag === undefined)
    throw refuse(missingTagStatus, 'missing_if_match', 'the header If-Match is required');
  if (tag !== '*' && tag !== entityTag)
    throw refuse(staleTagStatus, 'entity_tag_mismatch', 'the item has changed since it was read');
}

const READ_ONLY = [
  'id',
  'href',
  'project_id',
  'region',
  'created_at',
  'entity_tag',
  'resource_type',
  'status',
  'status_details',
  'computed_env_variables',
  'endpoint',
  'endpoint_internal',
];

type Members = Readonly<Record<string, unknown>>;

/** The members of a body, without those that only the service sets. @throws {Refusal} 400 */
export async function readMembers(c: Context, { host }: Api): Promise<Members> {
  const body = await readJson(c, error);
  if (!isMembers(body)) throw badRequest('the body must be an object');
  const fixed = READ_ONLY.filter((name) => name in body);
  if (fixed.length > 0 && host.settings.codeEngine.readOnlyMembers === 'refuse')
    throw badRequest(`${fixed[0]} cannot be set`);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !READ_ONLY.includes(name)));
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A merge patch: null takes a member away, arrays are replaced whole. @see https://www.rfc-editor.org/rfc/rfc7386 */
export const merged = (stored: object, patch: Members): Members =>
  Object.fromEntries(Object.entries({ ...stored, ...patch }).filter(([, value]) => value !== null));

/** One page of a list. @see https://cloud.ibm.com/apidocs/codeengine/v2#pagination */
export function page<T>(
  c: Context,
  { host }: Api,
  key: string,
  all: readonly T[],
  body: (item: T) => unknown,
): Response {
  const wanted = Number(c.req.query('limit') ?? 100);
  const from = offsetIn(c.req.query('start'));
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 100 || from === undefined)
    throw badRequest('limit or start is not valid');
  const limit = Math.min(wanted, host.settings.codeEngine.pageSize);
  const next = pageToken(from + limit);
  return json(200, {
    limit,
    first: { href: linkWith(c, { start: undefined }) },
    ...(from + limit < all.length ? { next: { href: linkWith(c, { start: next }), start: next } } : {}),
    [key]: all.slice(from, from + limit).map(body),
  });
}
