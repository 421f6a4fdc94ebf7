import { type Context, Hono } from 'hono';
import { operation } from '../http.ts';
import { refused } from './answer.ts';
import { bucketOperation, bucketsXml, getBucket, isAnswer } from './bucket-routes.ts';
import type { Caller, Cos, Place } from './cos.ts';
import { type CosHost, errorXml, faultCode, respondAnswer, respondXml } from './respond.ts';

/**
 * S3, path style, with bearer tokens: `/<location>/<bucket>/<key>`. Every location is a host of its own at IBM.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export function cosRoutes(cos: Cos, host: CosHost): Hono {
  const app = new Hono();
  const error = (status: number): string => errorXml(status, faultCode(status), '', host.random.uuid());
  const register = (
    name: string | ((c: Context) => string),
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    handler: (c: Context, place: Place, caller: Caller) => Response | Promise<Response>,
  ): void =>
    operation(app, host, { service: 'cos', name, method, path, error }, (c) => {
      const place = { name: c.req.param('bucket') ?? '', location: c.req.param('location') ?? '' };
      return handler(c, place, cos.caller(c.req.header('authorization')));
    });
  const answered = respondAnswer;
  const unknown = (c: Context): Response | undefined =>
    Object.keys(c.req.query()).length === 0 ? undefined : answered(c, host, refused(501, 'NotImplemented'));

  register('listBuckets', 'GET', '/:location/', (c, _, caller) => {
    const instanceId = instanceOf(c);
    if (instanceId === undefined) return answered(c, host, refused(400, 'InvalidRequest'));
    const found = cos.buckets(caller, instanceId);
    return isAnswer(found) ? answered(c, host, found) : respondXml(c, host, 200, bucketsXml(found, c));
  });
  register(bucketOperation, 'GET', '/:location/:bucket', (c, place, caller) =>
    getBucket(c, cos, host, place, caller),
  );
  register('createBucket', 'PUT', '/:location/:bucket', async (c, place, caller) => {
    const instanceId = instanceOf(c);
    const constraint = /<LocationConstraint>([^<]*)</.exec(await c.req.text())?.[1];
    if (constraint !== undefined && constraint.replace(/-[^-]*$/, '') !== place.location)
      return answered(c, host, refused(400, 'InvalidLocationConstraint'));
    if (instanceId === undefined) return answered(c, host, refused(400, 'InvalidRequest'));
    return unknown(c) ?? answered(c, host, cos.create(place, caller, instanceId));
  });
  const objectPath = '/:location/:bucket/:key{.+}';
  const readName = (c: Context): string => (c.req.raw.method === 'HEAD' ? 'headObject' : 'getObject');
  register(readName, 'GET', objectPath, (c, place, caller) => {
    const head = c.req.raw.method === 'HEAD';
    return unknown(c) ?? answered(c, host, cos.get(place, caller, keyOf(c), head, conditionsOf(c)));
  });
  register('putObject', 'PUT', objectPath, async (c, place, caller) => {
    const write = {
      key: keyOf(c),
      body: Buffer.from(await c.req.arrayBuffer()).toString('latin1'),
      ...conditionsOf(c),
      md5: c.req.header('content-md5'),
      checksum: Object.keys(c.req.header()).some((name) => /^x-amz-checksum-/i.test(name)),
    };
    return unknown(c) ?? answered(c, host, cos.put(place, caller, write), { content: false });
  });
  register(
    'deleteObject',
    'DELETE',
    objectPath,
    (c, place, caller) => unknown(c) ?? answered(c, host, cos.delete(place, caller, keyOf(c))),
  );
  return app;
}

const conditionsOf = (c: Context) => ({
  ifMatch: c.req.header('if-match'),
  ifNoneMatch: c.req.header('if-none-match'),
});

/** The instance that a request names, by GUID or CRN. */
const instanceOf = (c: Context): string | undefined =>
  c.req
    .header('ibm-service-instance-id')
    ?.split(':')
    .find((part) => /^[0-9a-f-]{36}$/.test(part));

/** Everything after the bucket, decoded; Hono decodes a parameter that is one segment only. */
const keyOf = (c: Context): string => {
  const [, , ...segments] = new URL(c.req.url).pathname
    .replace(/^\/cos\//, '/')
    .split('/')
    .slice(1);
  return segments.map(decodeURIComponent).join('/');
};
