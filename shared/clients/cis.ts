import * as z from 'zod';
import { jobKey, type LogpushJobRef, type Zone } from '../domain/logpush.ts';
import { ApiError, SchemaError } from '../errors.ts';
import type { CisPort, Clock, Random } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { Pace } from './budget.ts';
import { createBody, JobWire, keylessBody, toJob, updateBody } from './cis-bodies.ts';
import type { Answer, Call, HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

const ZoneWire = z.lazy(() =>
  z
    .object({
      id: z.string(),
      name: z.string(),
      status: z.string().default('unknown'),
      paused: z.boolean().default(false),
    })
    .transform((wire): Zone => wire),
);
const ZonePage = z.lazy(() =>
  z.object({
    result: z.array(ZoneWire).nullable(),
    result_info: z.object({ page: z.number(), per_page: z.number(), total_count: z.number() }).optional(),
  }),
);
const JobList = z.lazy(() => z.object({ result: z.array(JobWire).nullable() }));
const JobAnswer = z.lazy(() => z.object({ result: JobWire }));
const Retention = z.lazy(() => z.object({ result: z.object({ flag: z.boolean() }) }));
const Challenge = z.lazy(() =>
  z.object({
    result: z.object({ filename: z.string().min(1), valid: z.boolean().default(true) }),
  }),
);
/** The one answer that may come without an envelope. */
const Validated = z.lazy(() =>
  z.union([
    z.object({ result: z.object({ valid: z.boolean() }) }).transform(({ result }) => result),
    z.object({ valid: z.boolean() }),
  ]),
);

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
    schema: z.ZodType<T> | undefined,
    body?: unknown,
    repeatable = true,
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
        repeatable,
        ...(schema === undefined ? {} : { schema }),
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
  const jobsPath = (crn: string, zoneId: string): string => `/v2${zonePath(crn, zoneId)}/logpush/jobs`;
  const jobPath = (ref: LogpushJobRef): string => `${jobsPath(ref.instanceCrn, ref.zoneId)}/${ref.jobId}`;
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
    async setLogRetention(instanceCrn, zoneId, flag) {
      const path = `/v1${zonePath(instanceCrn, zoneId)}/logs/retention`;
      await call('setLogRetention', 'POST', path, Retention, { flag });
    },
    async listLogpushJobs(instanceCrn, zoneId) {
      const answer = await call('listLogpushJobs', 'GET', jobsPath(instanceCrn, zoneId), JobList);
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
    async createLogpushJob({ instanceCrn, zoneId }, job, proof) {
      const body = createBody(job, proof);
      const answer = await call(
        'createLogpushJob',
        'POST',
        jobsPath(instanceCrn, zoneId),
        JobAnswer,
        body,
        false,
      );
      const { result: wire } = answer.value;
      return { job: toJob({ instanceCrn, zoneId, jobId: wire.id }, wire), answeredAt: answeredAt(answer) };
    },
    async deleteLogpushJob(ref) {
      try {
        await call('deleteLogpushJob', 'DELETE', jobPath(ref), undefined);
      } catch (error) {
        // Gone is gone, whoever did it.
        if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 410)) throw error;
      }
    },
    async challengeOwnership({ instanceCrn, zoneId }, destination) {
      const path = `/v2${zonePath(instanceCrn, zoneId)}/logpush/ownership`;
      return (await call('challengeOwnership', 'POST', path, Challenge, keylessBody(destination))).value
        .result;
    },
    async validateOwnership({ instanceCrn, zoneId }, destination, challenge) {
      const path = `/v2${zonePath(instanceCrn, zoneId)}/logpush/ownership/validate`;
      const body = { ...keylessBody(destination), ownership_challenge: challenge.reveal() };
      return (await call('validateOwnership', 'POST', path, Validated, body)).value.valid;
    },
  };
}

const saysNoSuccess = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'success' in json && json.success === false;

function requestId(random: Random): string {
  const h = random.hex(32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

function ofJob(ref: LogpushJobRef, operation: string, wire: JobWire): JobWire {
  if (wire.id === ref.jobId) return wire;
  throw new SchemaError('cis', operation, `the answer is about job ${wire.id}, not ${jobKey(ref)}`);
}
