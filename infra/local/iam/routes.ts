import type { Context } from 'hono';
import { Hono } from 'hono';
import * as z from 'zod';
import { parseInstant, seconds } from '../../../shared/domain/time.ts';
import type { Principal, Target } from '../host.ts';
import { json, operation, readJson } from '../http.ts';
import { offsetIn, pageToken } from '../page-token.ts';
import { authorizationRoutes } from './authorization-routes.ts';
import { grantToken, tokenError } from './grants.ts';
import { groupRoutes } from './group-routes.ts';
import type { Iam, KeyState } from './iam.ts';
import { policyRoutes } from './policy-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import { admitTag, authenticated, contextOf, type IamHost, refuse, restError, wireInstant } from './rest.ts';
import { roleRoutes } from './role-routes.ts';

const notFound = () => refuse(404, 'not_found', 'API key not found');

const NewKey = z.looseObject({
  name: z.string().min(1),
  iam_id: z.string().min(1),
  account_id: z.string().optional(),
  description: z.string().optional(),
  apikey: z.string().min(32).optional(),
  store_value: z.boolean().optional(),
  action_when_leaked: z.enum(['none', 'disable', 'delete']).optional(),
  expires_at: z.string().optional(),
});
const ChangedKey = z.looseObject({
  name: z.string().optional(),
  description: z.string().optional(),
  action_when_leaked: z.enum(['none', 'disable', 'delete']).optional(),
  expires_at: z.string().optional(),
});

/** Token endpoint, API keys, policies, access groups and trusted profiles. @see https://cloud.ibm.com/apidocs/iam-identity-token-api */
export function iamRoutes(iam: Iam, host: IamHost): Hono {
  const app = new Hono();
  operation(
    app,
    host,
    { service: 'iam', name: 'grantToken', method: 'POST', path: '/identity/token', error: tokenError },
    (c) => grantToken(iam, host, c),
  );
  policyRoutes(app, iam, host);
  authorizationRoutes(app, iam, host);
  roleRoutes(app, iam, host);
  groupRoutes(app, iam, host);
  profileRoutes(app, iam, host);
  const route = authenticated(app, iam, host);
  const keyRoute = (
    name: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    tail: '' | '/lock' | '/disable',
    handler: KeyHandler,
  ): void =>
    route(name, method, `/v1/apikeys/:id${tail}`, (c, caller) => {
      const key = iam.liveKey(c.req.param('id') ?? '');
      if (key === undefined) throw notFound();
      admit(iam, host, caller, key, keyAction(host, method, tail));
      return handler(c, key, caller);
    });
  const done = (key: KeyState, what: string): Response => {
    host.emit({ at: host.now(), kind: `key-${what}`, text: `API key ${key.name} (${key.id}) ${what}` });
    return new Response(null, { status: 204 });
  };
  const touch = (key: KeyState): void => {
    key.entityTag = iam.newTag();
    key.modifiedAt = host.now();
  };
  route('getApiKeyDetails', 'GET', '/v1/apikeys/details', (c, caller) => {
    const key = iam.liveKeyByValue(c.req.header('iam-apikey') ?? '');
    if (key === undefined || key.accountId !== caller.accountId) throw notFound();
    admit(iam, host, caller, key, keyAction(host, 'GET', ''));
    return json(200, keyBody(host, key));
  });
  route('listApiKeys', 'GET', '/v1/apikeys', (c, caller) => listKeys(iam, host, c, caller));
  route('createApiKey', 'POST', '/v1/apikeys', (c, caller) => createKey(iam, host, c, caller));
  keyRoute('getApiKey', 'GET', '', (c, key, caller) =>
    json(200, keyBody(host, key, activityShown(iam, host, c, caller, key)), { etag: key.entityTag }),
  );
  keyRoute('updateApiKey', 'PUT', '', async (c, key) => {
    admitTag(c, host, key.entityTag);
    if (key.locked) throw refuse(409, 'locked', 'the API key is locked');
    const body = ChangedKey.safeParse(await readJson(c, restError));
    if (!body.success) throw refuse(400, 'invalid_body', 'the body is not an API key');
    key.name = body.data.name ?? key.name;
    key.description = body.data.description ?? key.description;
    key.actionWhenLeaked = body.data.action_when_leaked ?? key.actionWhenLeaked;
    if (body.data.expires_at !== undefined) key.expiresAt = expiry(body.data.expires_at);
    touch(key);
    return json(200, keyBody(host, key));
  });
  keyRoute('deleteApiKey', 'DELETE', '', (_c, key) => {
    if (key.locked) throw refuse(409, 'locked', 'the API key is locked');
    key.deletedAt = host.now();
    return done(key, 'deleted');
  });
  keyRoute('lockApiKey', 'POST', '/lock', (_c, key) => {
    key.locked = true;
    touch(key);
    return done(key, 'locked');
  });
  keyRoute('unlockApiKey', 'DELETE', '/lock', (_c, key) => {
    key.locked = false;
    touch(key);
    return done(key, 'unlocked');
  });
  keyRoute('disableApiKey', 'POST', '/disable', (_c, key) => {
    // Whether a locked key can be disabled is not documented; the unkind answer is no.
    if (key.locked) throw refuse(409, 'locked', 'the API key is locked');
    key.disabled = true;
    key.disabledAt ??= host.now();
    touch(key);
    return done(key, 'disabled');
  });
  keyRoute('enableApiKey', 'DELETE', '/disable', (_c, key) => {
    key.disabled = false;
    key.disabledAt = undefined;
    touch(key);
    return done(key, 'enabled');
  });
  return app;
}

/** Which action disabling and locking ask for is not published; an update is the likely one. */
const keyAction = (
  { settings }: IamHost,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  tail: string,
): string => {
  if (method === 'GET') return settings.iam.keyReadTakes === 'get' ? 'apikey.get' : 'apikey.review';
  if (tail === '/disable') return settings.iam.keyDisableTakes;
  return method === 'DELETE' && tail === '' ? 'apikey.delete' : 'apikey.update';
};

type KeyHandler = (c: Context, key: KeyState, caller: Principal) => Response | Promise<Response>;

/** Whose keys: those of one identity, or where it is absent all of the account. */
interface KeyOwner {
  readonly iamId?: string;
  readonly accountId: string;
}

/** @throws {Refusal} 403 */
function admit(iam: Iam, host: IamHost, caller: Principal, owner: KeyOwner, action: string): void {
  if (!mayTouch(iam, host, caller, owner, action))
    throw refuse(403, 'forbidden', 'You are not authorized to perform this action');
}

/** Rights on keys of a service ID may be given for that one alone. */
function mayTouch(iam: Iam, host: IamHost, caller: Principal, owner: KeyOwner, action: string): boolean {
  if (caller.iamId === owner.iamId) return true;
  const serviceId = /^iam-(ServiceId-.+)$/.exec(owner.iamId ?? '')?.[1];
  const target: Target = {
    service: 'iam-identity',
    accountId: owner.accountId,
    ...(serviceId === undefined ? {} : { resource: { type: 'serviceid', name: serviceId } }),
  };
  return (
    caller.accountId === owner.accountId &&
    iam.allows(caller.iamId, `iam-identity.${action}`, target, host.now())
  );
}

/** Whether an answer tells when a key was used. @throws {Refusal} 403 where this world refuses who may not know */
function activityShown(iam: Iam, host: IamHost, c: Context, caller: Principal, key: KeyOwner): boolean {
  if (c.req.query('include_activity') !== 'true') return false;
  const may = mayTouch(iam, host, caller, key, 'activity.get');
  if (!may && host.settings.iam.activityWithoutRight === 'refuse')
    throw refuse(403, 'forbidden', 'You are not authorized to perform this action');
  return may;
}

function keyBody(host: IamHost, key: KeyState, showsActivity = false) {
  const activityUntil = host.now() - seconds(host.settings.iam.activityLagSeconds);
  const logins = key.logins.filter((at) => at <= activityUntil);
  const last = logins.at(-1);
  return {
    id: key.id,
    entity_tag: key.entityTag,
    crn: `crn:v1:bluemix:public:iam-identity::a/${key.accountId}::apikey:${key.id}`,
    name: key.name,
    description: key.description,
    iam_id: key.iamId,
    account_id: key.accountId,
    created_at: wireInstant(key.createdAt),
    created_by: key.createdBy,
    modified_at: wireInstant(key.modifiedAt),
    locked: key.locked,
    disabled: key.disabled,
    action_when_leaked: key.actionWhenLeaked,
    apikey: key.storeValue ? key.value : '',
    ...(key.expiresAt === undefined ? {} : { expires_at: wireInstant(key.expiresAt) }),
    ...(showsActivity
      ? {
          activity: {
            authn_count: logins.length,
            ...(last === undefined ? {} : { last_authn: wireInstant(last) }),
          },
        }
      : {}),
  };
}

function listKeys(iam: Iam, host: IamHost, c: Context, caller: Principal): Response {
  const query = c.req.query();
  const size = Number(query['pagesize'] ?? '20');
  if (!Number.isInteger(size) || size < 1 || size > 100)
    throw refuse(400, 'invalid_parameter', 'pagesize must be between 1 and 100');
  const iamId = query['iam_id'] ?? caller.iamId;
  const accountId = query['account_id'] ?? caller.accountId;
  const takes = host.settings.iam.keyReadTakes === 'get' ? 'apikey.list' : 'apikey.review';
  const whole = query['scope'] === 'account';
  admit(iam, host, caller, whole ? { accountId } : { iamId, accountId }, takes);
  const type = query['type'] ?? host.settings.iam.defaultKeyType;
  const visibleUntil = host.now() - seconds(host.settings.iam.listLagSeconds);
  const keys = iam
    .liveKeys()
    .filter((key) => key.accountId === accountId && (whole || key.iamId === iamId))
    .filter((key) => (key.iamId.startsWith('iam-ServiceId-') ? 'serviceid' : 'user') === type)
    .filter((key) => key.createdAt <= visibleUntil);
  const from = offsetIn(query['pagetoken']);
  if (from === undefined) throw refuse(400, 'invalid_parameter', 'pagetoken is not the start of a page');
  const url = (offset?: number): string => {
    const next = new URL(c.req.url);
    next.searchParams.delete('pagetoken');
    if (offset !== undefined) next.searchParams.set('pagetoken', pageToken(offset));
    return next.toString();
  };
  return json(200, {
    limit: size,
    first: url(),
    ...(from > 0 ? { previous: url(Math.max(0, from - size)) } : {}),
    ...(from + size < keys.length ? { next: url(from + size) } : {}),
    apikeys: keys.slice(from, from + size).map((key) => keyBody(host, key)),
  });
}

async function createKey(iam: Iam, host: IamHost, c: Context, caller: Principal): Promise<Response> {
  const parsed = NewKey.safeParse(await readJson(c, restError));
  if (!parsed.success) throw refuse(400, 'invalid_body', `invalid ${parsed.error.issues[0]?.path.join('.')}`);
  const body = parsed.data;
  const serviceId = iam.serviceId(body.iam_id);
  if (serviceId === undefined) throw refuse(404, 'not_found', 'the identity was not found');
  admit(iam, host, caller, { iamId: body.iam_id, accountId: serviceId.accountId }, 'apikey.create');
  if (!iam.hasRoomForKey(body.iam_id)) {
    throw refuse(409, 'limit_exceeded', 'the identity has reached its limit of API keys');
  }
  const value = body.apikey ?? `TRACER-${host.random.hex(37)}`;
  if (iam.isKnownValue(value)) throw refuse(409, 'conflict', 'the value of the API key is in use');
  const disabled = c.req.header('entity-disable') === 'true';
  const expiresAt = body.expires_at === undefined ? undefined : expiry(body.expires_at);
  const key = iam.addKey({
    id: `ApiKey-${host.random.uuid()}`,
    name: body.name,
    iamId: body.iam_id,
    accountId: serviceId.accountId,
    value,
    createdAt: host.now(),
    locked: c.req.header('entity-lock') === 'true',
    disabled,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  key.description = body.description ?? '';
  key.actionWhenLeaked = body.action_when_leaked ?? 'none';
  key.storeValue = body.store_value ?? false;
  host.emit({
    at: host.now(),
    kind: 'key-created',
    text: `API key ${key.name} (${key.id}) created${disabled ? ', disabled' : ''}`,
  });
  return json(201, { context: contextOf('createApiKey'), ...keyBody(host, key), apikey: value });
}

function expiry(text: string): number | undefined {
  if (text === '') return undefined;
  const at = parseInstant(text);
  if (at === undefined) throw refuse(400, 'invalid_body', 'expires_at must look like 2026-12-15T00:00+0000');
  return at;
}
