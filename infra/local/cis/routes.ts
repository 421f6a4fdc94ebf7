import type { Context } from 'hono';
import { Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import { json, operation, Refusal, readJson } from '../http.ts';
import { alertingRoutes, type CisRoute } from './alerting-routes.ts';
import type { Cis } from './cis.ts';
import { type CisHost, errorsOf, failure, refuse, success } from './envelope.ts';
import {
  challengeOwnership,
  createJob,
  deleteJob,
  getJob,
  listJobs,
  updateJob,
  validateOwnership,
  zoneOf,
} from './job-routes.ts';
import type { RateState } from './rate-limits.ts';
import type { ZoneState } from './state.ts';

type Action = 'read' | 'update' | 'manage';

/** Zones, log retention and alerting (v1), Logpush jobs (v2). @see https://cloud.ibm.com/apidocs/cis */
export function cisRoutes(cis: Cis, host: CisHost): Hono {
  const app = new Hono();
  const rates = new WeakMap<Request, RateState>();
  app.use(async (c, next) => {
    await next();
    c.res.headers.set('x-correlation-id', host.random.uuid());
    const rate = rates.get(c.req.raw);
    if (rate === undefined || !host.settings.cis.rateLimitHeaders) return;
    c.res.headers.set('ratelimit', `"default";r=${rate.remaining};t=${rate.resetSeconds}`);
    c.res.headers.set('ratelimit-policy', `"default";q=${rate.limit};w=${rate.windowMinutes * 60}`);
  });
  const base = { service: 'cis', error: errorsOf(host) } as const;
  const route: CisRoute = (name, method, path, action, handler) => {
    operation(app, host, { ...base, name, method, path }, (c) => {
      const crn = admit(cis, host, c, action, (rate) => rates.set(c.req.raw, rate));
      if (host.settings.cis.plan === 'standard' && /\/(?:logpush|alerting)\//.test(path))
        throw notInPlan(host);
      return handler(c, crn);
    });
  };
  const zone = '/v1/:crn/zones/:zoneId';
  const jobs = '/v2/:crn/zones/:zoneId/logpush/jobs';
  const job = `${jobs}/:jobId`;
  route('listZones', 'GET', '/v1/:crn/zones', 'read', (c, crn) => listZones(cis, c, crn));
  route('getZone', 'GET', zone, 'read', (c, crn) => json(200, success(zoneBody(zoneOf(cis, c, crn)))));
  route('getLogRetention', 'GET', `${zone}/logs/retention`, host.settings.cis.retentionRead, (c, crn) =>
    json(200, success({ flag: zoneOf(cis, c, crn).retention })),
  );
  route('setLogRetention', 'POST', `${zone}/logs/retention`, host.settings.cis.retentionSet, (c, crn) =>
    setRetention(cis, c, crn),
  );
  route('listLogpushJobs', 'GET', jobs, 'read', (c, crn) => listJobs(cis, host, c, crn));
  route('createLogpushJob', 'POST', jobs, 'manage', (c, crn) => createJob(cis, host, c, crn));
  route('getLogpushJob', 'GET', job, 'read', (c, crn) => getJob(cis, c, crn));
  route('updateLogpushJob', 'PUT', job, 'update', (c, crn) => updateJob(cis, host, c, crn));
  route('deleteLogpushJob', 'DELETE', job, 'manage', (c, crn) => deleteJob(cis, c, crn));
  const ownership = '/v2/:crn/zones/:zoneId/logpush/ownership';
  route('challengeOwnership', 'POST', ownership, 'manage', (c, crn) => challengeOwnership(cis, c, crn));
  route('validateOwnership', 'POST', `${ownership}/validate`, 'manage', (c, crn) =>
    validateOwnership(cis, host, c, crn),
  );
  alertingRoutes(route, cis.alerting, host);
  return app;
}

/** What the plan does not have is refused by the gateway, in its own shape. */
const notInPlan = (host: CisHost): Refusal => {
  const message = 'This action is unavailable for the current plan: Standard';
  return new Refusal(405, { trace: host.random.uuid(), errors: [{ code: 405, message }] });
};

/** Token, rate limits, CRN and role, in this order. @returns the instance's CRN */
function admit(
  cis: Cis,
  host: CisHost,
  c: Context,
  action: Action,
  onRate: (rate: RateState) => void,
): string {
  const error = errorsOf(host);
  const header = c.req.header('x-auth-user-token') ?? c.req.header('authorization');
  const principal = cis.principal(header);
  if (principal === undefined) throw new Refusal(401, error(401, '10000', 'Authentication error'));
  const rate = cis.rateLimits.count(principal.iamId);
  if (rate !== undefined) onRate(rate);
  if (rate?.refused === true) {
    const message = `Rate limit reached ${rate.limit} request in ${rate.windowMinutes} minute.`;
    throw new Refusal(
      429,
      error(429, '10100', message),
      host.settings.cis.retryAfterHeader ? { 'retry-after': String(rate.resetSeconds) } : {},
    );
  }
  const crn = c.req.param('crn') ?? '';
  if (cis.instance(crn) === undefined || !cis.allows(principal, crn, action)) {
    throw new Refusal(403, error(403, '10000', 'You are not authorized to access this resource'));
  }
  return crn;
}

function listZones(cis: Cis, c: Context, crn: string): Response {
  const page = Number(c.req.query('page') ?? '1');
  const perPage = Number(c.req.query('per_page') ?? '20');
  if (!Number.isInteger(page) || page < 1 || !Number.isInteger(perPage) || perPage < 1 || perPage > 1000) {
    throw refuse(400, 'invalid_page', 'page must be at least 1, and per_page between 1 and 1000');
  }
  const all = cis.zones(crn);
  const zones = all.slice((page - 1) * perPage, page * perPage);
  const info = { page, per_page: perPage, count: zones.length, total_count: all.length };
  return json(200, { ...success(zones.map(zoneBody)), result_info: info });
}

async function setRetention(cis: Cis, c: Context, crn: string): Promise<Response> {
  const body = z.object({ flag: z.boolean() }).safeParse(await readJson(c, failure));
  if (!body.success) throw refuse(400, 'invalid_flag', 'flag must be true or false');
  const zone = zoneOf(cis, c, crn);
  cis.setRetention(zone, body.data.flag);
  return json(200, success({ flag: zone.retention }));
}

const zoneBody = (zone: ZoneState) => ({
  id: zone.id,
  name: zone.name,
  status: zone.status,
  paused: zone.paused,
  type: 'full',
  original_name_servers: [`ns1.${zone.name}`],
  original_registrar: null,
  original_dnshost: null,
  name_servers: ['ns001.name.cloud.ibm.com', 'ns016.name.cloud.ibm.com'],
  created_on: formatInstant(zone.createdAt),
  modified_on: formatInstant(zone.createdAt),
});
