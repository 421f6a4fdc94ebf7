import type { AWSError, Request } from 'ibm-cos-sdk';
import type S3 from 'ibm-cos-sdk/clients/s3.js';
import { SchemaError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from '../ports.ts';
import type { CallBudget } from './budget.ts';
import type { CosAccess } from './cos-access.ts';
import type { HttpClient } from './http.ts';

/** Loaded only by functions that touch buckets: the package takes a tenth of a second to load. */
export async function createS3(endpoint: string): Promise<S3> {
  const { default: Client } = await import('ibm-cos-sdk/clients/s3.js');
  return new Client({
    endpoint,
    s3ForcePathStyle: true,
    maxRetries: 0,
    maxRedirects: 0,
    tokenManager: NO_TOKENS,
  } as S3.ClientConfiguration);
}

/** The SDK's own logins ask IAM without end when a clock is wrong; tokens are put in when a request is carried. */
const NO_TOKENS = {
  token: { isExpired: () => false },
  getToken: () => ({ accessToken: 'put in on the way out' }),
};

/** What the SDK's typings leave out of a request's life cycle. */
interface Lifecycle {
  removeAllListeners(event: string): void;
  onAsync(event: string, listener: (response: SdkResponse, done: (error?: unknown) => void) => void): void;
}
interface SdkResponse {
  readonly httpResponse: { statusCode: number };
  readonly request: {
    readonly httpRequest: {
      readonly method: HttpRequest['method'];
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly endpoint: { readonly protocol: string; readonly host: string };
      readonly body?: string | Uint8Array;
    };
    emit(event: string, parameters: readonly unknown[]): void;
  };
}

/** What carries requests: one way out, one pace, and a fresh token where ours was refused. */
export interface Carrier {
  readonly http: HttpClient;
  readonly access: CosAccess;
  readonly budget: CallBudget;
  /** When a request that begins now must have its answer, its wait for its turn included; absent = by the run's deadline. */
  readonly endsBy?: () => number;
}

/** What of the SDK's headers means something to COS; the others are about its own connection and login. */
const CARRIED: ReadonlySet<string> = new Set([
  'ibm-service-instance-id',
  'content-md5',
  'content-type',
  'if-match',
  'if-none-match',
]);

/**
 * Sends an SDK request over our own client.
 *
 * @throws what the SDK makes of a refusal, with its `statusCode`
 * @throws {ApiError} without an answer
 * @throws {SchemaError} when the answer is not one of COS
 * @throws {DeadlineError} when it could not end in time
 */
export async function carry<D>(
  { http, access, budget, endsBy }: Carrier,
  operation: string,
  request: Request<D, AWSError>,
): Promise<{ readonly data: D; readonly headers: Readonly<Record<string, string>> }> {
  const events = request as unknown as Lifecycle;
  let headers: Readonly<Record<string, string>> = {};
  // The SDK hands on a copy of what failed, which is not one of our errors any more.
  let failure: unknown;
  events.removeAllListeners('send');
  events.onAsync('send', (response, done) => {
    const { method, path, headers: built, endpoint, body } = response.request.httpRequest;
    const url = `${endpoint.protocol}//${endpoint.host}${path}`;
    const content = method === 'PUT' && body !== undefined ? { body } : {};
    const sent = Object.entries(built).filter(([name]) => CARRIED.has(name.toLowerCase()));
    const send = (authorization: string): Promise<HttpResponse> =>
      http.exchange({
        service: 'cos',
        operation,
        method,
        url,
        headers: { ...Object.fromEntries(sent), authorization },
        ...content,
        budget,
        ...(endsBy === undefined ? {} : { endsBy: endsBy() }),
      });
    const failed = (error: unknown): void => {
      failure = error;
      done(error);
    };
    access.send(send).then((answer) => {
      headers = answer.headers;
      // Too fast for COS: it says so with 503 as well as with 429.
      if (answer.status === 503) budget.refused(undefined);
      // A page from a proxy reads as an empty listing; it is no answer of COS.
      if (/^text\/html\b/i.test(headers['content-type'] ?? '')) {
        failed(new SchemaError('cos', operation, 'the body is an HTML page'));
        return;
      }
      response.httpResponse.statusCode = answer.status;
      response.request.emit('httpHeaders', [answer.status, answer.headers, response, '']);
      if (answer.body !== '') response.request.emit('httpData', [Buffer.from(answer.body), response]);
      response.request.emit('httpDone', [response]);
      done();
    }, failed);
  });
  try {
    return { data: await request.promise(), headers };
  } catch (error) {
    throw failure ?? error;
  }
}
