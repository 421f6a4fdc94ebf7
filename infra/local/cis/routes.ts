import type { Context } from 'hono';
import { Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import type { Principal } from '../host.ts';
import { type ErrorBody, json, operation, Refusal, type RouteHost, readJson } from '../http.ts';
import type { SeededRandom } from '../random.ts';
import type { Settings } from '../settings.ts';
import type { Cis, JobDestination, JobState, ZoneState } from './cis.ts';

const failure = (_status: number, code: string, message: string) => ({
  success: false,
  errors: [{ code: /^\d+$/.test(code) ? Number(code) : 1000, message }],
  messages: [],
  result: null,
});
const success = (result: unknown) => ({ success: true, errors: [], messages: [], result });
const refuse = (status: number, code: string, message: string) =>
  new Refusal(status, failure(status, code, message));

/** What IBM's gateway refuses by itself, where a world lets it: it has no `success`, and its code repeats the status. */
const GATEWAY_STATUSES = [401, 403, 405, 429];
const errorsOf =
  (host: CisHost): ErrorBody =>
  (status, code, message) =>
    host.settings.cis.gatewayErrors && GATEWAY_STATUSES.includes(status)
      ? { trace: host.random.uuid(), errors: [{ code: status, message }] }
      : failure(status, code, message);

const Ibmcl = z.strictObject({
  instance_id: z.string().optional(),
  region: z.string().optional(),
  api_key: z.string().optional(),
});
const JobBody = z.looseObject({
  name: z.string().optional(),
  enabled: z.boolean().optional(),
  dataset: z.string().optional(),
  frequency: z.enum(['high', 'low']).optional(),
  logpull_options: z.string().optional(),
  ibmcl: Ibmcl.optional(),
  destination_conf: z.string().optional(),
});
const DESTINATIONS = ['ibmcl', 'cos', 'logdna', 'splunk', 'qradar', 'destination_conf'];
const DATASETS = ['http_requests', 'range_events', 'firewall_events', 'dns_logs'];

type CisHost = RouteHost & { readonly settings: Settings; readonly random: SeededRandom };

/** Zones and log retention (v1), Logpush jobs (v2). @see https://cloud.ibm.com/apidocs/cis */
export function cisRoutes(cis: Cis, host: CisHost): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.res.headers.set('x-correlation-id', host.random.uuid());
  });
  const base = { service: 'cis', error: errorsOf(host) } as const;
  const route = (
    name: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    action: 'read' | 'update' | 'manage',
    handler: (c: Context, crn: string) => Response | Promise<Response>,
  ): void => {
    operation(app, host, { ...base, name, method, path }, (c) => {
      const crn = admit(cis, host, c, action);
      return handler(c, crn);
    });
  };
  const jobs = '/v2/:crn/zones/:zoneId/logpush/jobs';
  route('listZones', 'GET', '/v1/:crn/zones', 'read', (c, crn) => listZones(cis, c, crn));
  route('getZone', 'GET', '/v1/:crn/zones/:zoneId', 'read', (c, crn) =>
    json(200, success(zoneBody(zoneOf(cis, c, crn)))),
  );
  route('getLogRetention', 'GET', '/v1/:crn/zones/:zoneId/logs/retention', 'read', (c, crn) =>
    json(200, success({ flag: zoneOf(cis, c, crn).retention })),
  );
  route('setLogRetention', 'POST', '/v1/:crn/zones/:zoneId/logs/retention', 'update', async (c, crn) => {
    const zone = zoneOf(cis, c, crn);
    const body = z.object({ flag: z.boolean() }).safeParse(await readJson(c, failure));
    if (!body.success) throw refuse(400, '1001', 'flag must be true or false');
    zone.retention = body.data.flag;
    return json(200, success({ flag: zone.retention }));
  });
  route('listLogpushJobs', 'GET', jobs, 'read', (c, crn) => {
    const list = cis.jobsOf(zoneOf(cis, c, crn).id).map((job) => jobBody(cis, job));
    return json(200, success(list.length === 0 && host.settings.cis.emptyListAsNull ? null : list));
  });
  route('createLogpushJob', 'POST', jobs, 'manage', (c, crn) => createJob(cis, host, c, crn));
  route('getLogpushJob', 'GET', `${jobs}/:jobId`, 'read', (c, crn) =>
    json(200, success(jobBody(cis, jobOf(cis, c, crn)))),
  );
  route('updateLogpushJob', 'PUT', `${jobs}/:jobId`, 'update', (c, crn) => updateJob(cis, host, c, crn));
  route('deleteLogpushJob', 'DELETE', `${jobs}/:jobId`, 'manage', (c, crn) => {
    const job = jobOf(cis, c, crn);
    cis.deleteJob({ instanceCrn: crn, zoneId: job.zoneId, jobId: job.id });
    return json(200, success({ id: job.id }));
  });
  return app;
}

/** Token, rate limits, CRN and role, in this order. @returns the instance's CRN */
function admit(cis: Cis, host: CisHost, c: Context, action: 'read' | 'update' | 'manage'): string {
  const error = errorsOf(host);
  const header = c.req.header('x-auth-user-token') ?? c.req.header('authorization');
  const principal = cis.principal(header);
  if (principal === undefined) throw new Refusal(401, error(401, '10000', 'Authentication error'));
  limitRate(cis, host, principal);
  const crn = c.req.param('crn') ?? '';
  if (cis.instance(crn) === undefined || !cis.allows(principal, crn, action)) {
    throw new Refusal(403, error(403, '10000', 'You are not authorized to access this resource'));
  }
  return crn;
}

function limitRate(cis: Cis, host: CisHost, { iamId }: Principal): void {
  const hit = cis.throttle(iamId);
  if (hit === undefined) return;
  const { retryAfterHeader, rateLimitHeaders } = host.settings.cis;
  const message = `Rate limit reached ${hit.limit} request in ${hit.windowMinutes} minute.`;
  throw new Refusal(429, errorsOf(host)(429, '10100', message), {
    ...(retryAfterHeader ? { 'retry-after': String(hit.seconds) } : {}),
    ...(rateLimitHeaders ? { ratelimit: `"default";r=0;t=${hit.seconds}` } : {}),
  });
}

function zoneOf(cis: Cis, c: Context, crn: string): ZoneState {
  const zone = cis.zone(crn, c.req.param('zoneId') ?? '');
  if (zone === undefined) throw refuse(400, '1001', 'Invalid zone identifier');
  return zone;
}

function jobOf(cis: Cis, c: Context, crn: string): JobState {
  const zone = zoneOf(cis, c, crn);
  const id = c.req.param('jobId') ?? '';
  const job = /^\d+$/.test(id)
    ? cis.job({ instanceCrn: crn, zoneId: zone.id, jobId: Number(id) })
    : undefined;
  if (job === undefined) throw refuse(404, '1002', 'logpush job not found');
  return job;
}

function listZones(cis: Cis, c: Context, crn: string): Response {
  const page = Number(c.req.query('page') ?? '1');
  const perPage = Number(c.req.query('per_page') ?? '20');
  if (!Number.isInteger(page) || page < 1 || !Number.isInteger(perPage) || perPage < 1 || perPage > 1000) {
    throw refuse(400, '1004', 'page must be at least 1, and per_page between 1 and 1000');
  }
  const all = cis.zones(crn);
  const zones = all.slice((page - 1) * perPage, page * perPage);
  const info = { page, per_page: perPage, count: zones.length, total_count: all.length };
  return json(200, { ...success(zones.map(zoneBody)), result_info: info });
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

const jobBody = (cis: Cis, job: JobState) => ({
  id: job.id,
  name: job.name,
  enabled: job.enabled,
  dataset: job.dataset,
  frequency: job.frequency,
  kind: '',
  logpull_options: job.logpullOptions,
  destination_conf: cis.shownDestination(job),
  last_complete: job.lastCompleteAt === undefined ? null : formatInstant(job.lastCompleteAt),
  last_error: job.lastErrorAt === undefined ? null : formatInstant(job.lastErrorAt),
  error_message: job.errorMessage ?? null,
});

type Body = z.infer<typeof JobBody>;

async function bodyOf(c: Context): Promise<Body> {
  const parsed = JobBody.safeParse(await readJson(c, failure));
  if (!parsed.success)
    throw refuse(400, '1002', `invalid Logpush job: ${parsed.error.issues[0]?.path.join('.')}`);
  if (DESTINATIONS.filter((key) => parsed.data[key] !== undefined).length > 1) {
    throw refuse(400, '1002', 'a job has exactly one destination');
  }
  return parsed.data;
}

async function createJob(cis: Cis, host: CisHost, c: Context, crn: string): Promise<Response> {
  const zone = zoneOf(cis, c, crn);
  const body = await bodyOf(c);
  const destination = destinationOf(body, undefined, host.settings.cis.partialDestination);
  if (body.name === undefined || destination === undefined)
    throw refuse(400, '1002', 'name and a destination are required');
  const dataset = body.dataset ?? 'http_requests';
  if (!DATASETS.includes(dataset)) throw refuse(400, '1002', 'unknown dataset');
  if (!zone.retention && host.settings.cis.withoutRetention === 'refuse') {
    throw refuse(400, '1002', 'log retention is not enabled for this zone');
  }
  if (cis.jobsOf(zone.id).length >= host.settings.cis.jobsPerZone) {
    throw refuse(
      403,
      '1004',
      `creating a new job (for ${dataset} dataset) is not allowed: exceeded max jobs allowed`,
    );
  }
  probe(cis, destination);
  const job = cis.addJob({
    instanceCrn: crn,
    zoneId: zone.id,
    name: body.name,
    dataset,
    frequency: body.frequency ?? 'high',
    enabled: body.enabled ?? false,
    destination,
    ...(body.logpull_options === undefined ? {} : { logpullOptions: body.logpull_options }),
  });
  return json(201, success(jobBody(cis, job)));
}

async function updateJob(cis: Cis, host: CisHost, c: Context, crn: string): Promise<Response> {
  const job = jobOf(cis, c, crn);
  const body = await bodyOf(c);
  if (body.dataset !== undefined && body.dataset !== job.dataset)
    throw refuse(400, '1002', 'dataset cannot be changed');
  const destination = destinationOf(body, job.destination, host.settings.cis.partialDestination);
  if (destination !== undefined && host.settings.cis.probeOnUpdate) probe(cis, destination);
  const ref = { instanceCrn: crn, zoneId: job.zoneId, jobId: job.id };
  const changes: string[] = [];
  if (destination !== undefined) {
    cis.setDestination(ref, destination);
    changes.push('destination');
  }
  if (body.enabled !== undefined && body.enabled !== job.enabled)
    changes.push(body.enabled ? 'enabled' : 'disabled');
  if (body.enabled !== undefined) cis.setEnabled(ref, body.enabled);
  job.frequency = body.frequency ?? job.frequency;
  job.logpullOptions = body.logpull_options ?? job.logpullOptions;
  job.name = body.name ?? job.name;
  cis.updated(job, changes);
  return json(200, success(jobBody(cis, job)));
}

function probe(cis: Cis, destination: JobDestination): void {
  if (cis.probe(destination)) return;
  throw refuse(400, '1002', 'error validating destination: error writing object: error uploading');
}

/** What the body says about the destination; undefined = nothing. */
function destinationOf(
  body: Body,
  stored: JobDestination | undefined,
  partial: 'merge' | 'refuse',
): JobDestination | undefined {
  if (body.destination_conf !== undefined) return parseConf(body.destination_conf);
  if (body.ibmcl === undefined) {
    if (DESTINATIONS.some((key) => body[key] !== undefined))
      throw refuse(400, '1002', 'this destination is not simulated');
    return undefined;
  }
  const base = partial === 'merge' ? stored : undefined;
  const instanceId = body.ibmcl.instance_id ?? base?.instanceId;
  const region = body.ibmcl.region ?? base?.region;
  const apiKey = body.ibmcl.api_key ?? base?.apiKey;
  if (instanceId === undefined || region === undefined || apiKey === undefined) {
    throw refuse(400, '1002', 'ibmcl needs instance_id, region and api_key');
  }
  return { instanceId, region, apiKey };
}

function parseConf(conf: string): JobDestination {
  const match =
    /^ibmcl:\/\/([^./]+)\.ingress\.([^./]+)\.logs\.cloud\.ibm\.com\/logs\/v1\/singles\?(.*)$/.exec(conf);
  const apiKey = new URLSearchParams(match?.[3] ?? '').get('ibm_api_key');
  if (match?.[1] === undefined || match[2] === undefined || apiKey === null) {
    throw refuse(400, '1002', 'invalid destination_conf');
  }
  return { instanceId: match[1], region: match[2], apiKey };
}
