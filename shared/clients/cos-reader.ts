import type { AWSError, Request } from 'ibm-cos-sdk';
import type S3 from 'ibm-cos-sdk/clients/s3.js';
import { isEvidence } from '../domain/buckets.ts';
import { ApiError, DeadlineError, SchemaError } from '../errors.ts';
import type { BucketRef, BucketsPort, HttpRequest } from '../ports.ts';
import { cosUrl, type Endpoints } from './endpoints.ts';
import type { HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

const OBJECTS_PER_PAGE = 1000;

/**
 * Looks into buckets with `ibm-cos-sdk`, which builds the requests and reads the answers. Our HTTP client carries them: so
 * that there is one way out, with one deadline, one count and one clock, and no retry and no redirect that we do not know.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-node
 */
export function createBuckets(http: HttpClient, tokens: TokenProvider, endpoints: Endpoints): BucketsPort {
  const clients = new Map<string, Promise<S3>>();
  const clientOf = (location: string): Promise<S3> => {
    const known = clients.get(location) ?? createClient(cosUrl(endpoints, location), tokens);
    clients.set(location, known);
    return known;
  };
  return {
    async head({ name, location }) {
      const s3 = await clientOf(location);
      return judged('headBucket', async () => {
        const { headers } = await carry(http, 'headBucket', s3.headBucket({ Bucket: name }));
        const at = Date.parse(headers['date'] ?? '');
        return { verdict: 'yes', ...(Number.isNaN(at) ? {} : { answeredAt: at }) };
      });
    },
    async newest(bucket, { prefix, startAfter, maxPages }) {
      const s3 = await clientOf(bucket.location);
      return judged('listObjects', () => newest(http, s3, bucket, prefix, startAfter, maxPages));
    },
  };
}

/** @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api */
async function newest(
  http: HttpClient,
  s3: S3,
  bucket: BucketRef,
  prefix: string,
  startAfter: string | undefined,
  maxPages: number,
) {
  let newestAt: number | undefined;
  let token: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const request = s3.listObjectsV2({
      Bucket: bucket.name,
      Prefix: prefix,
      MaxKeys: OBJECTS_PER_PAGE,
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const { data } = await carry(http, 'listObjects', request);
    if (data.KeyCount === undefined) throw new SchemaError('cos', 'listObjects', 'unexpected KeyCount');
    for (const { Key = '', Size = 0, LastModified } of data.Contents ?? []) {
      // IBM promises no order: the newest may be anywhere.
      if (isEvidence(Key, Size)) newestAt = Math.max(newestAt ?? 0, LastModified?.getTime() ?? 0);
    }
    token = data.IsTruncated === true ? data.NextContinuationToken : undefined;
    if (token === undefined) break;
  }
  const complete = token === undefined && startAfter === undefined;
  return { verdict: 'yes', complete, ...(newestAt === undefined ? {} : { newestAt }) } as const;
}

/** Loaded only by functions that look into buckets: the package takes a tenth of a second to load. */
async function createClient(endpoint: string, tokens: TokenProvider): Promise<S3> {
  const { default: Client } = await import('ibm-cos-sdk/clients/s3.js');
  return new Client({
    endpoint,
    s3ForcePathStyle: true,
    maxRetries: 0,
    maxRedirects: 0,
    tokenManager: bearer(tokens),
  } as S3.ClientConfiguration);
}

type Done = (error?: unknown, token?: { readonly accessToken: string }) => void;

/** The SDK's own logins ask IAM without end when a clock is wrong; it is given our tokens, and asked anew each time. */
const bearer = (tokens: TokenProvider) => ({
  token: undefined,
  current: '',
  getToken() {
    return { accessToken: this.current };
  },
  refreshToken(_options: unknown, _force: unknown, done: Done): void {
    tokens.token().then(
      (token) => {
        this.current = token.reveal();
        done(undefined, { accessToken: this.current });
      },
      (error: unknown) => done(error),
    );
  },
});

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
    };
    emit(event: string, parameters: readonly unknown[]): void;
  };
}

/** Sends an SDK request over our own client. */
async function carry<D>(
  http: HttpClient,
  operation: string,
  request: Request<D, AWSError>,
): Promise<{ readonly data: D; readonly headers: Readonly<Record<string, string>> }> {
  const events = request as unknown as Lifecycle;
  let headers: Readonly<Record<string, string>> = {};
  events.removeAllListeners('send');
  events.onAsync('send', (response, done) => {
    const { method, path, headers: sent, endpoint } = response.request.httpRequest;
    const url = `${endpoint.protocol}//${endpoint.host}${path}`;
    const { Authorization: authorization = '' } = sent;
    http.exchange({ service: 'cos', operation, method, url, headers: { authorization } }).then((answer) => {
      headers = answer.headers;
      // A page from a proxy reads as an empty listing; it is no answer of COS.
      if (/^text\/html\b/i.test(headers['content-type'] ?? '')) {
        done(new SchemaError('cos', operation, 'the body is an HTML page'));
        return;
      }
      response.httpResponse.statusCode = answer.status;
      response.request.emit('httpHeaders', [answer.status, answer.headers, response, '']);
      if (answer.body !== '') response.request.emit('httpData', [Buffer.from(answer.body), response]);
      response.request.emit('httpDone', [response]);
      done();
    }, done);
  });
  return { data: await request.promise(), headers };
}

/** A refusal, an absence, or no answer at all; what the SDK wraps is unwrapped. */
async function judged<T>(
  operation: string,
  look: () => Promise<T>,
): Promise<
  | T
  | { readonly verdict: 'no'; readonly status: number }
  | { readonly verdict: 'unknown'; readonly reason: string }
> {
  try {
    return await look();
  } catch (error) {
    const inner = causeOf(error);
    if (inner instanceof ApiError || inner instanceof SchemaError || inner instanceof DeadlineError)
      return { verdict: 'unknown', reason: inner.message };
    const status = statusOf(error);
    if (status === 403 || status === 404) return { verdict: 'no', status };
    const what = status === undefined ? 'the answer could not be read' : `status ${status}`;
    return { verdict: 'unknown', reason: `cos ${operation}: ${what}` };
  }
}

function causeOf(error: unknown): unknown {
  if (error instanceof ApiError || error instanceof SchemaError) return error;
  const inner =
    typeof error === 'object' && error !== null && 'originalError' in error ? error.originalError : undefined;
  return inner === undefined ? error : causeOf(inner);
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
