import type S3 from 'ibm-cos-sdk/clients/s3.js';
import { isEvidence } from '../domain/buckets/arrival.ts';
import { Secret } from '../domain/secret.ts';
import { SchemaError } from '../errors.ts';
import type { BucketRef, BucketsPort } from '../ports.ts';
import type { CallBudget } from './budget.ts';
import { CosAccess } from './cos-access.ts';
import { type Carrier, carry, createS3 } from './cos-carrier.ts';
import { readConfiguration } from './cos-config.ts';
import { looked } from './cos-look.ts';
import { readKeeping } from './cos-settings.ts';
import { cosConfigUrl, cosUrl, type Endpoints } from './endpoints.ts';
import type { HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

const OBJECTS_PER_PAGE = 1000;

/**
 * Looks into buckets with `ibm-cos-sdk`, which builds the requests and reads the answers. Our HTTP client carries them: so
 * that there is one way out, with one deadline, one count and one clock, and no retry and no redirect that we do not know.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-node
 */
export function createBuckets(options: {
  readonly http: HttpClient;
  readonly tokens: TokenProvider;
  readonly endpoints: Endpoints;
  readonly budget: CallBudget;
}): BucketsPort {
  const { http, tokens, endpoints, budget } = options;
  const access = new CosAccess(tokens);
  const carrier: Carrier = { http, access, budget };
  const clients = new Map<string, Promise<S3>>();
  const clientOf = (location: string): Promise<S3> => {
    const known = clients.get(location) ?? createS3(cosUrl(endpoints, location));
    clients.set(location, known);
    return known;
  };
  return {
    configuration: readConfiguration({ http, access, budget, url: cosConfigUrl(endpoints) }),
    async head({ name, location }) {
      return looked('headBucket', async () => {
        const s3 = await clientOf(location);
        // The SDK loses the headers about the root key.
        const { headers } = await carry(carrier, 'headBucket', s3.headBucket({ Bucket: name }));
        const at = Date.parse(headers['date'] ?? '');
        const isProtected = headers['ibm-sse-kp-enabled']?.toLowerCase() === 'true';
        const rootKeyCrn = isProtected ? (headers['ibm-sse-kp-crk-id'] ?? 'a root key') : undefined;
        return {
          verdict: 'yes',
          ...(Number.isNaN(at) ? {} : { answeredAt: at }),
          ...(rootKeyCrn === undefined ? {} : { rootKeyCrn }),
        };
      });
    },
    async keeping({ name, location }) {
      const { retention, objectLock } = await readKeeping(carrier, await clientOf(location), name);
      for (const setting of [retention, objectLock])
        if (typeof setting === 'object') return { verdict: 'unknown', reason: setting.unseen };
      const keeps = retention ?? objectLock;
      return { verdict: 'yes', ...(typeof keeps === 'string' ? { keeps } : {}) };
    },
    async locate({ name, location }, instanceId) {
      return looked('listBuckets', async () => {
        const s3 = await clientOf(location);
        // The typings leave the instance out.
        const query = {
          IBMServiceInstanceId: instanceId,
          Prefix: name,
        } as unknown as S3.ListBucketsExtendedInput;
        const request = s3.listBucketsExtended(query);
        const { data } = await carry(carrier, 'listBuckets', request);
        const found = data.Buckets?.find((bucket) => bucket.Name === name)?.LocationConstraint;
        // `us-south-smart`: the class of the bucket is behind the last dash.
        return { verdict: 'yes', ...(found === undefined ? {} : { location: found.replace(/-[^-]*$/, '') }) };
      });
    },
    async newest(bucket, look) {
      return looked('listObjects', async () =>
        newest(carrier, await clientOf(bucket.location), bucket, look),
      );
    },
    async readText({ name, location }, key) {
      return looked('getObject', async () => {
        const s3 = await clientOf(location);
        const { data } = await carry(carrier, 'getObject', s3.getObject({ Bucket: name, Key: key }));
        const text = data.Body instanceof Uint8Array ? Buffer.from(data.Body).toString('utf8').trim() : '';
        if (text === '') throw new SchemaError('cos', 'getObject', 'unexpected Body');
        return { verdict: 'yes', text: new Secret(text) };
      });
    },
  };
}

/** @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api */
async function newest(
  carrier: Carrier,
  s3: S3,
  bucket: BucketRef,
  { prefix, startAfter, maxPages, except }: Parameters<BucketsPort['newest']>[1],
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
    const { data } = await carry(carrier, 'listObjects', request);
    if (data.KeyCount === undefined) throw new SchemaError('cos', 'listObjects', 'unexpected KeyCount');
    for (const { Key = '', Size = 0, LastModified } of data.Contents ?? []) {
      // IBM promises no order: the newest may be anywhere.
      if (isEvidence(Key, Size) && !except.some((foreign) => Key.startsWith(foreign)))
        newestAt = Math.max(newestAt ?? 0, LastModified?.getTime() ?? 0);
    }
    token = data.IsTruncated === true ? data.NextContinuationToken : undefined;
    if (token === undefined) break;
  }
  const complete = token === undefined && startAfter === undefined;
  return { verdict: 'yes', complete, ...(newestAt === undefined ? {} : { newestAt }) } as const;
}
