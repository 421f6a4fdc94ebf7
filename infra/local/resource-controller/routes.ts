import { type Context, Hono } from 'hono';
import type { Principal } from '../host.ts';
import { json, operation, Refusal, type RouteHost } from '../http.ts';
import { offsetIn, pageToken } from '../page-token.ts';
import type { Settings } from '../settings.ts';
import { instanceCrn, type ServiceInstance } from './instance.ts';
import type { ResourceController } from './resource-controller.ts';

type ResourceHost = RouteHost & { readonly settings: Settings };

const error = (status: number, code: string, message: string) => ({
  message,
  status_code: status,
  error_code: code,
  transaction_id: 'local-cloud',
});

const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, error(status, code, message));

/** What a list shows that asks for no state. */
const BY_DEFAULT = ['active', 'provisioning'];

/** `/v2/resource_instances`. @see https://cloud.ibm.com/apidocs/resource-controller/resource-controller */
export function resourceControllerRoutes(resources: ResourceController, host: ResourceHost): Hono {
  const app = new Hono();
  const register = (name: string, path: string, handler: (c: Context, caller: Principal) => Response): void =>
    operation(app, host, { service: 'resource-controller', name, method: 'GET', path, error }, (c) => {
      const caller = resources.authenticate(c.req.header('authorization'));
      if (caller === undefined) throw refuse(401, 'RC-AuthN', 'The token was not accepted.');
      return handler(c, caller);
    });
  register('listResourceInstances', '/v2/resource_instances', (c, caller) => {
    const { state, guid } = c.req.query();
    const found = resources
      .visible(caller, state === undefined ? BY_DEFAULT : [state])
      .filter((instance) => guid === undefined || instance.guid === guid);
    return page(c, found, host.settings.resourceController);
  });
  register('getResourceInstance', '/v2/resource_instances/:id', (c, caller) => {
    const { withoutRight } = host.settings.resourceController;
    const instance = resources.find(c.req.param('id') ?? '');
    const isHidden = instance !== undefined && !resources.maySee(caller, instance);
    if (instance === undefined || (isHidden && withoutRight === 404))
      throw refuse(404, 'RC-NotFound', 'The resource instance was not found.');
    if (isHidden) throw refuse(403, 'RC-Forbidden', 'The caller may not see this resource instance.');
    return json(200, bodyOf(instance, host.settings.resourceController));
  });
  return app;
}

function page(
  c: Context,
  found: readonly ServiceInstance[],
  settings: Settings['resourceController'],
): Response {
  const limit = Math.min(Number(c.req.query('limit') ?? settings.pageSize), settings.pageSize);
  const from = offsetIn(c.req.query('start'));
  if (!Number.isInteger(limit) || limit < 1 || from === undefined)
    throw refuse(400, 'RC-BadRequest', 'limit or start is no number that there is.');
  const until = from + limit;
  const start = pageToken(until);
  const query = new URLSearchParams({ ...c.req.query(), limit: String(limit), start }).toString();
  const resources = found.slice(from, until).map((instance) => bodyOf(instance, settings));
  return json(200, {
    rows_count: resources.length,
    next_url: until < found.length ? `/v2/resource_instances?${query}` : null,
    resources,
  });
}

function bodyOf(instance: ServiceInstance, settings: Settings['resourceController']) {
  const { guid, name, accountId, region, service } = instance;
  const crn = instanceCrn(instance);
  const { state } = instance.condition();
  return {
    id: crn,
    guid,
    url: `/v2/resource_instances/${encodeURIComponent(crn)}`,
    name,
    region_id: region,
    account_id: accountId,
    resource_id: CATALOGUE_IDS[service] ?? service,
    crn,
    state,
    type: 'service_instance',
    ...(service === 'logs' ? logsMembers(instance, settings) : { extensions: {}, parameters: {} }),
  };
}

/** @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-endpoints_ingress */
function logsMembers(
  { guid, region, condition }: ServiceInstance,
  { parametersOnRead }: Settings['resourceController'],
) {
  const host = (kind: string): string => `${guid}.${kind}.${region}.logs.cloud.ibm.com`;
  return {
    extensions: {
      external_api: host('api'),
      external_api_private: host('api.private'),
      external_ingress: host('ingress'),
      external_ingress_private: host('ingress.private'),
      retention_period: 14,
    },
    parameters:
      parametersOnRead === 'shown'
        ? { retention_period: 14, private_endpoints_only: condition().privateOnly ?? false }
        : {},
  };
}

/** Made up, but one for each service, as in the catalogue. */
const CATALOGUE_IDS: Readonly<Record<string, string>> = {
  'internet-svcs': '00000000-0000-4000-8000-0000000000c1',
  logs: '00000000-0000-4000-8000-0000000000c2',
  'secrets-manager': '00000000-0000-4000-8000-0000000000c3',
  'cloud-object-storage': '00000000-0000-4000-8000-0000000000c4',
};
