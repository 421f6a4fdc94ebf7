import * as z from 'zod';
import { jobKey, type LogpushJob, type LogpushJobRef, type Zone } from '../domain/logpush.ts';
import { ApiError, SchemaError } from '../errors.ts';
import type { CisPort, Clock, LogpushJobChange, Random } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { Pace } from './budget.ts';
import { parseDestination } from './destination.ts';
import type { Answer, Call, HttpClient } from './http.ts';
import { redactMessage } from './redact.ts';
import type { TokenProvider } from './tokens.ts';
import { instant } from './wire.ts';

const ZoneWire = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string().default('unknown'),
    paused: z.boolean().default(false),
  })
  .transform((wire): Zone => wire);
const ZonePage = z.object({
  result: z.array(ZoneWire).nullable(),
  result_info: z.object({ page: z.number(), per_page: z.number(), total_count: z.number() }).optional(),
});
const JobWire = z.object({
  id: z.int(),
  name: z.string().nullish(),
  dataset: z.string(),
  enabled: z.boolean(),
  frequency: z.string().nullish(),
  destination_conf: z.string(),
  last_complete: instant.nullish(),
  last_error: instant.nullish(),
  error_message: z.string().nullish(),
});
const JobList = z.object({ result: z.array(JobWire).nullable() });
const JobAnswer = z.object({ result: JobWire });
const Retention = z.object({ result: z.object({ flag: z.boolean() }) });

const PER_PAGE = 1_000;
const MOST_PAGES = 20;
/** Both are documented; which one wins is not, so they carry the same token. */
const AUTH_HEADERS = ['authorization', 'x-auth-user-token'];

export interface CisOptions {
  readonly http: HttpClient;
  readonly tokens: TokenProvider;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: Pace;
  readonly url: string;
}

/** CIS of one account. @see https://cloud.ibm.com/apidocs/cis */
export function createCis({ http, tokens, clock, random, budget, url }: CisOptions): CisPort {
  const call = <T>(
    operation: string,
    method: Call<T>['method'],
    path: string,
    schema: z.ZodType<T>,
    body?: unknown,
  ) =>
    callAuthorized(
      http,
      tokens,
      {
        service: 'cis',
        operation,
        method,
        url: `${url}${path}`,
        headers: {
          'x-request-id': requestId(random),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        repeatable: true,
        schema,
        budget,
        isRefusal: saysNoSuccess,
      },
      AUTH_HEADERS,
    );
  const answeredAt = ({ headers }: Answer<unknown>): number => {
    const at = Date.parse(headers['date'] ?? '');
    return Number.isNaN(at) ? clock.now() : at;
  };
  const zonePath = (crn: string, zoneId: string): string =>
    `/${encodeURIComponent(crn)}/zones/${encodeURIComponent(zoneId)}`;
  const jobPath = (ref: LogpushJobRef): string =>
    `/v2${zonePath(ref.instanceCrn, ref.zoneId)}/logpush/jobs/${ref.jobId}`;
  return {
    async *listZones(instanceCrn) {
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const path = `/v1/${encodeURIComponent(instanceCrn)}/zones?page=${page}&per_page=${PER_PAGE}`;
        const { value } = await call('listZones', 'GET', path, ZonePage);
        yield* value.result ?? [];
        const info = value.result_info;
        if (info === undefined || info.page * info.per_page >= info.total_count) return;
      }
      throw new SchemaError('cis', 'listZones', `more than ${MOST_PAGES} pages`);
    },
    async getLogRetention(instanceCrn, zoneId) {
      const path = `/v1${zonePath(instanceCrn, zoneId)}/logs/retention`;
      return (await call('getLogRetention', 'GET', path, Retention)).value.result.flag;
    },
    async listLogpushJobs(instanceCrn, zoneId) {
      const path = `/v2${zonePath(instanceCrn, zoneId)}/logpush/jobs`;
      const answer = await call('listLogpushJobs', 'GET', path, JobList);
      const jobs = (answer.value.result ?? []).map((wire) =>
        toJob({ instanceCrn, zoneId, jobId: wire.id }, wire),
      );
      return { jobs, answeredAt: answeredAt(answer) };
    },
    async getLogpushJob(ref) {
      try {
        const answer = await call('getLogpushJob', 'GET', jobPath(ref), JobAnswer);
        return {
          job: toJob(ref, ofJob(ref, 'getLogpushJob', answer.value.result)),
          answeredAt: answeredAt(answer),
        };
      } catch (error) {
        if (error instanceof ApiError && error.status === 404)
          return { job: undefined, answeredAt: clock.now() };
        throw error;
      }
    },
    async updateLogpushJob(ref, change) {
      const body = updateBody(change);
      const answer = await call('updateLogpushJob', 'PUT', jobPath(ref), JobAnswer, body);
      return {
        job: toJob(ref, ofJob(ref, 'updateLogpushJob', answer.value.result)),
        answeredAt: answeredAt(answer),
      };
    },
  };
}

const saysNoSuccess = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'success' in json && json.success === false;

function requestId(random: Random): string {
  const h = random.hex(32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

/** The destination is always whole: whether CIS merges a part of it with what is stored is not documented. */
function updateBody({ enabled, destination }: LogpushJobChange) {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(destination === undefined ? {} : destinationBody(destination)),
  };
}

function destinationBody(destination: NonNullable<LogpushJobChange['destination']>) {
  const { instanceId, region, apiKey } = destination;
  if (destination.kind === 'cloud-logs')
    return { ibmcl: { instance_id: instanceId, region, api_key: apiKey.reveal() } };
  const { bucket, path, dailySubfolder } = destination;
  return {
    cos: {
      bucket_name: bucket,
      region,
      id: instanceId,
      path: path === '' ? '' : `${path}/`,
      use_daily_subfolder: dailySubfolder,
      ibm_api_key: apiKey.reveal(),
    },
  };
}

function ofJob(
  ref: LogpushJobRef,
  operation: string,
  wire: z.infer<typeof JobWire>,
): z.infer<typeof JobWire> {
  if (wire.id === ref.jobId) return wire;
  throw new SchemaError('cis', operation, `the answer is about job ${wire.id}, not ${jobKey(ref)}`);
}

function toJob(ref: LogpushJobRef, wire: z.infer<typeof JobWire>): LogpushJob {
  const { destination, key } = parseDestination(wire.destination_conf);
  return {
    ref,
    name: wire.name ?? '',
    dataset: wire.dataset,
    enabled: wire.enabled,
    frequency: wire.frequency ?? 'high',
    destination,
    destinationKey: key,
    ...(wire.last_complete == null ? {} : { lastCompleteAt: wire.last_complete }),
    ...(wire.last_error == null ? {} : { lastErrorAt: wire.last_error }),
    ...(wire.error_message == null ? {} : { errorMessage: redactMessage(wire.error_message) }),
  };
}
