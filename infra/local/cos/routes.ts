import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { operation, type RouteHost } from '../http.ts';
import type { SeededRandom } from '../random.ts';
import type { Cos, CosAnswer } from './cos.ts';

type CosHost = RouteHost & { readonly random: SeededRandom };

const MESSAGES: Readonly<Record<string, string>> = {
  AccessDenied: 'Access Denied',
  NoSuchBucket: 'The specified bucket does not exist.',
  NoSuchKey: 'The specified key does not exist.',
  PreconditionFailed: 'At least one of the preconditions you specified did not hold.',
  BadDigest: 'The Content-MD5 you specified did not match what we received.',
  KeyTooLong: 'Your key is too long.',
  NotImplemented: 'A header or query you provided requested a function that is not implemented.',
};

/** Characters. */
const LONGEST_KEY = 1024;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * S3, path style, with bearer tokens: `/<location>/<bucket>/<key>`. Every location is a host of its own at IBM.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export function cosRoutes(cos: Cos, host: CosHost): Hono {
  const app = new Hono();
  const error = (_status: number, code: string, message: string): string =>
    `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const register = (
    name: string,
    method: 'GET' | 'PUT',
    path: string,
    handler: (c: Context, bucket: string, location: string) => Response | Promise<Response>,
  ): void =>
    operation(app, host, { service: 'cos', name, method, path, error }, (c) =>
      handler(c, c.req.param('bucket') ?? '', c.req.param('location') ?? ''),
    );

  register('listObjects', 'GET', '/:location/:bucket', (c, bucket, location) => {
    const principal = cos.principal(c.req.header('authorization'));
    if (c.req.raw.method === 'HEAD') return answer(c, host, cos.head(location, bucket, principal));
    if (c.req.query('list-type') !== '2') return answer(c, host, { status: 501, code: 'NotImplemented' });
    const found = cos.list(location, bucket, principal, c.req.query('prefix') ?? '');
    return 'status' in found ? answer(c, host, found) : listed(c, host, bucket, found);
  });
  register('getObject', 'GET', '/:location/:bucket/:key{.+}', (c, bucket, location) => {
    const head = c.req.raw.method === 'HEAD';
    const principal = cos.principal(c.req.header('authorization'));
    return answer(c, host, cos.get(location, bucket, principal, keyOf(c), head));
  });
  register('putObject', 'PUT', '/:location/:bucket/:key{.+}', async (c, bucket, location) => {
    const [ifMatch, ifNoneMatch] = [c.req.header('if-match'), c.req.header('if-none-match')];
    const [key, body] = [keyOf(c), Buffer.from(await c.req.arrayBuffer())];
    if (key.length > LONGEST_KEY) return answer(c, host, { status: 400, code: 'KeyTooLong' });
    const digest = createHash('md5').update(body).digest('base64');
    if ((c.req.header('content-md5') ?? digest) !== digest)
      return answer(c, host, { status: 400, code: 'BadDigest' });
    const write = {
      key,
      body: body.toString('latin1'),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    };
    const put = cos.put(location, bucket, cos.principal(c.req.header('authorization')), write);
    return answer(c, host, put, { withContent: false });
  });
  return app;
}

/** Everything after the bucket, decoded; Hono decodes a parameter that is one segment only. */
const keyOf = (c: Context): string => {
  const [, , ...segments] = new URL(c.req.url).pathname
    .replace(/^\/cos\//, '/')
    .split('/')
    .slice(1);
  return segments.map(decodeURIComponent).join('/');
};

function answer(
  c: Context,
  host: CosHost,
  { status, code, object }: CosAnswer,
  { withContent }: { readonly withContent: boolean } = { withContent: true },
): Response {
  const headers: Record<string, string> = { 'x-amz-request-id': host.random.uuid() };
  if (status !== 200) {
    const message = MESSAGES[code ?? ''] ?? '';
    const path = new URL(c.req.url).pathname;
    const body = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Error><Code>${code}</Code><Message>${message}</Message><Resource>${escaped(path)}</Resource><RequestId>${headers['x-amz-request-id']}</RequestId><httpStatusCode>${status}</httpStatusCode></Error>`;
    return new Response(c.req.raw.method === 'HEAD' ? null : body, {
      status,
      headers: { ...headers, 'content-type': 'application/xml' },
    });
  }
  if (object === undefined) return new Response(null, { status, headers });
  headers['etag'] = object.etag;
  headers['last-modified'] = new Date(object.lastModified).toUTCString();
  const content = withContent ? Buffer.from(object.body, 'latin1') : null;
  return new Response(content, { status, headers });
}

/** IBM's order means nothing; one page holds at most 1000 keys, and `start-after` skips by name. */
function listed(
  c: Context,
  host: CosHost,
  bucket: string,
  found: Exclude<ReturnType<Cos['list']>, CosAnswer>,
): Response {
  const startAfter = c.req.query('start-after') ?? '';
  const most = Math.min(Number(c.req.query('max-keys') ?? 1000), 1000);
  const from = Number(c.req.query('continuation-token') ?? 0);
  const matching = found.filter(({ key }) => key > startAfter);
  const page = matching.slice(from, from + most);
  const rest = from + page.length < matching.length;
  const contents = page
    .map(
      ({ key, etag, body, lastModified }) =>
        `<Contents><Key>${escaped(key)}</Key><LastModified>${new Date(lastModified).toISOString()}</LastModified><ETag>${escaped(etag)}</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    )
    .join('');
  const next = rest ? `<NextContinuationToken>${from + page.length}</NextContinuationToken>` : '';
  const xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><ListBucketResult><Name>${bucket}</Name><Prefix>${escaped(c.req.query('prefix') ?? '')}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${rest}</IsTruncated>${next}${contents}</ListBucketResult>`;
  return new Response(xml, {
    status: 200,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': host.random.uuid() },
  });
}
