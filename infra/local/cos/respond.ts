import type { Context } from 'hono';
import type { RouteHost } from '../http.ts';
import type { SeededRandom } from '../random.ts';
import type { CosAnswer } from './answer.ts';
import { element, xmlDocument } from './xml.ts';

export type CosHost = RouteHost & { readonly random: SeededRandom };

const MESSAGES: Readonly<Record<string, string>> = {
  AccessDenied: 'Access Denied',
  BadDigest: 'The Content-MD5 you specified did not match what we received.',
  InvalidDigest: 'The Content-MD5 you specified is not valid.',
  NoSuchBucket: 'The specified bucket does not exist.',
  NoSuchKey: 'The specified key does not exist.',
  NotImplemented: 'A header or query you provided requested a function that is not implemented.',
  OperationAborted: 'A conflicting conditional operation is currently in progress against this resource.',
  PreconditionFailed: 'At least one of the preconditions you specified did not hold.',
  SlowDown: 'Reduce your request rate.',
};

/** The codes of answers that a fault makes. */
export const faultCode = (status: number): string =>
  status === 429 || status === 503 ? 'SlowDown' : status >= 500 ? 'InternalError' : 'AccessDenied';

/** The body of an error. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-common */
export const errorXml = (status: number, code: string, resource: string, requestId: string): string =>
  xmlDocument('Error', [
    element('Code', code),
    element('Message', MESSAGES[code] ?? ''),
    element('Resource', resource),
    element('RequestId', requestId),
    element('httpStatusCode', status),
  ]);

/** The path on the host of the location: `/<bucket>/<key>`, as it was sent. */
const resourceOf = (c: Context): string =>
  new URL(c.req.url).pathname.replace(/^(?:\/cos)?\/[^/]*/, '') || '/';

/** An answer with a body, or none for a HEAD; every answer names its request twice. */
function respond(
  c: Context,
  host: CosHost,
  status: number,
  body: string | Buffer | undefined,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const requestId = host.random.uuid();
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const hasContent = content !== undefined && c.req.raw.method !== 'HEAD' && status !== 204 && status !== 304;
  return new Response(hasContent ? Uint8Array.from(content) : null, {
    status,
    headers: {
      'x-amz-request-id': requestId,
      'x-clv-request-id': requestId,
      server: 'Cleversafe/3.17',
      // A HEAD without it closes the connection.
      ...(status === 204 || status === 304 ? {} : { 'content-length': String(content?.length ?? 0) }),
      ...headers,
    },
  });
}

export const respondXml = (c: Context, host: CosHost, status: number, xml: string): Response =>
  respond(c, host, status, xml, { 'content-type': 'application/xml' });

/** What the state decided, on the wire. */
export function respondAnswer(
  c: Context,
  host: CosHost,
  { status, code, object, rootKeyCrn }: CosAnswer,
  options: { readonly content: boolean } = { content: true },
): Response {
  if (code !== undefined) {
    const body = errorXml(status, code, resourceOf(c), host.random.uuid());
    const shown = c.req.raw.method === 'HEAD' ? undefined : body;
    return respond(c, host, status, shown, { 'content-type': 'application/xml' });
  }
  const headers: Record<string, string> = {};
  if (rootKeyCrn !== undefined) {
    headers['ibm-sse-kp-enabled'] = 'True';
    headers['ibm-sse-kp-crk-id'] = rootKeyCrn;
  }
  if (object === undefined) return respond(c, host, status, undefined, headers);
  headers['etag'] = object.etag;
  headers['last-modified'] = new Date(object.lastModified).toUTCString();
  return respond(c, host, status, options.content ? Buffer.from(object.body, 'latin1') : undefined, headers);
}
