import { type Context, Hono } from 'hono';
import type { Host, IamForServices, Principal } from '../host.ts';
import { json, operation, Refusal, type RouteHost } from '../http.ts';
import { type RestrictionState, type Restrictions, zoneIdOf } from './restrictions.ts';

const SERVICE = 'context-based-restrictions';

const error = (status: number, code: string, message: string) => ({
  errors: [{ code, message }],
  status_code: status,
  trace: 'local-cloud',
});

const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, error(status, code, message));

/** Rules and their network zones. @see https://cloud.ibm.com/apidocs/context-based-restrictions */
export function restrictionRoutes(
  restrictions: Restrictions,
  iam: IamForServices,
  host: RouteHost & Host,
): Hono {
  const app = new Hono();
  const may = ({ iamId }: Principal, action: string, accountId: string): boolean =>
    iam.allows(iamId, `${SERVICE}.${action}`, { service: SERVICE, accountId }, host.now());
  const register = (name: string, path: string, handler: (c: Context, caller: Principal) => Response): void =>
    operation(app, host, { service: 'cbr', name, method: 'GET', path, error }, (c) => {
      const caller = iam.authenticate(c.req.header('authorization'), host.now());
      if (caller === undefined) throw refuse(401, 'unauthorized', 'The token was not accepted.');
      return handler(c, caller);
    });
  register('listRules', '/v1/rules', (c, caller) => {
    const { account_id: accountId = '', service_name: service } = c.req.query();
    if (accountId === '') throw refuse(400, 'missing_parameter', 'account_id is required.');
    const isShown = may(caller, 'rule.read', accountId);
    if (!isShown && host.settings.restrictions.withoutRight === 'refuse')
      throw refuse(403, 'forbidden', 'The caller may not see the rules of this account.');
    const rules = restrictions
      .all()
      .filter((one) => isShown && one.accountId === accountId && (service ?? one.service) === one.service)
      .map(ruleBody);
    return json(200, { count: rules.length, rules });
  });
  register('getZone', '/v1/zones/:id', (c, caller) => {
    const restriction = restrictions.all().find((one) => zoneIdOf(one) === c.req.param('id'));
    if (restriction === undefined) throw refuse(404, 'not_found', 'The zone was not found.');
    if (!may(caller, 'zone.read', restriction.accountId))
      throw refuse(403, 'forbidden', 'The caller may not see the zones of this account.');
    return json(200, zoneBody(restriction));
  });
  return app;
}

const BOOKKEEPING = {
  created_at: '2026-01-05T08:00:00.000Z',
  created_by_id: 'IBMid-0000000001',
  last_modified_at: '2026-01-05T08:00:00.000Z',
  last_modified_by_id: 'IBMid-0000000001',
};

function ruleBody(restriction: RestrictionState) {
  const { id, accountId, service, instance, bucket, enforcement, addresses } = restriction;
  const attributes = [
    { name: 'accountId', value: accountId },
    { name: 'serviceName', value: service },
    ...(instance === undefined ? [] : [{ name: 'serviceInstance', value: instance }]),
    ...(bucket === undefined
      ? []
      : [
          { name: 'resourceType', value: 'bucket' },
          { name: 'resource', value: bucket },
        ]),
  ];
  const zone = { name: 'networkZoneId', value: zoneIdOf(restriction) };
  return {
    id,
    crn: `crn:v1:bluemix:public:${SERVICE}:global:a/${accountId}::rule:${id}`,
    description: `restriction ${id}`,
    contexts: addresses.length === 0 ? [] : [{ attributes: [zone] }],
    resources: [{ attributes }],
    operations: { api_types: [{ api_type_id: `crn:v1:bluemix:public:${SERVICE}::::api-type:` }] },
    enforcement_mode: enforcement,
    href: `https://cbr.cloud.ibm.com/v1/rules/${id}`,
    ...BOOKKEEPING,
  };
}

function zoneBody(restriction: RestrictionState) {
  const { accountId, addresses } = restriction;
  const id = zoneIdOf(restriction);
  return {
    id,
    crn: `crn:v1:bluemix:public:${SERVICE}:global:a/${accountId}::zone:${id}`,
    name: `zone of ${restriction.id}`,
    account_id: accountId,
    description: '',
    addresses: addresses.map((value) => ({ type: value.includes('/') ? 'subnet' : 'ipAddress', value })),
    address_count: addresses.length,
    excluded: [],
    excluded_count: 0,
    href: `https://cbr.cloud.ibm.com/v1/zones/${id}`,
    ...BOOKKEEPING,
  };
}
