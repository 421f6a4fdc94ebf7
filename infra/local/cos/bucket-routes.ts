import type { Context } from 'hono';
import { type CosAnswer, refused } from './answer.ts';
import type { Bucket, LifecycleRule } from './bucket.ts';
import type { Caller, Cos, Place } from './cos.ts';
import { LIST_PARAMETERS, listObjects } from './list-routes.ts';
import { type CosHost, respondAnswer, respondXml } from './respond.ts';
import { element, xmlDocument } from './xml.ts';

/** What `GET /<bucket>?…` asks for, by its sub-resource: the operation, its action, its answer. */
const SUB_RESOURCES: Readonly<
  Record<
    string,
    {
      readonly name: string;
      readonly action: string;
      /** Undefined where nothing is configured, which is a 404 of its own. */
      readonly xml: (bucket: Bucket) => string | undefined;
      readonly absent?: string;
    }
  >
> = {
  location: {
    name: 'getBucketLocation',
    action: 'bucket.get_location',
    xml: ({ location }) => xmlDocument('LocationConstraint', `${location}-standard`),
  },
  versioning: {
    name: 'getBucketVersioning',
    action: 'bucket.get_versioning',
    xml: () => xmlDocument('VersioningConfiguration', []),
  },
  protection: {
    name: 'getBucketProtectionConfiguration',
    action: 'bucket.get_protection',
    xml: ({ retentionDays }) =>
      xmlDocument(
        'ProtectionConfiguration',
        retentionDays === undefined
          ? []
          : [
              element('Status', 'Retention'),
              ...['MinimumRetention', 'MaximumRetention', 'DefaultRetention'].map((name) =>
                element(name, [element('Days', retentionDays)]),
              ),
            ],
      ),
  },
  'object-lock': {
    name: 'getObjectLockConfiguration',
    action: 'bucket.get_object_lock_configuration',
    xml: ({ objectLockDays }) => (objectLockDays === undefined ? undefined : lockXml(objectLockDays)),
    absent: 'ObjectLockConfigurationNotFoundError',
  },
  lifecycle: {
    name: 'getBucketLifecycleConfiguration',
    action: 'bucket.get_lifecycle',
    xml: ({ lifecycle = [] }) =>
      lifecycle.length === 0 ? undefined : xmlDocument('LifecycleConfiguration', lifecycle.map(ruleXml)),
    absent: 'NoSuchLifecycleConfiguration',
  },
};

const lockXml = (days: number): string =>
  xmlDocument('ObjectLockConfiguration', [
    element('ObjectLockEnabled', 'Enabled'),
    element('Rule', [element('DefaultRetention', [element('Mode', 'COMPLIANCE'), element('Days', days)])]),
  ]);

const ruleXml = ({ id, prefix, enabled, expireDays, archiveDays }: LifecycleRule) =>
  element('Rule', [
    element('ID', id),
    element('Filter', [element('Prefix', prefix)]),
    element('Status', enabled ? 'Enabled' : 'Disabled'),
    ...(expireDays === undefined ? [] : [element('Expiration', [element('Days', expireDays)])]),
    ...(archiveDays === undefined
      ? []
      : [element('Transition', [element('Days', archiveDays), element('StorageClass', 'GLACIER')])]),
  ]);

const subResourceOf = (c: Context): string | undefined =>
  Object.keys(c.req.query()).find((name) => !LIST_PARAMETERS.includes(name));

/** The operation behind a GET or HEAD of a bucket. */
export function bucketOperation(c: Context): string {
  if (c.req.raw.method === 'HEAD') return 'headBucket';
  const sub = subResourceOf(c);
  return sub === undefined ? 'listObjects' : (SUB_RESOURCES[sub]?.name ?? sub);
}

/** `GET` and `HEAD` of a bucket. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api-bucket-operations */
export function getBucket(c: Context, cos: Cos, host: CosHost, place: Place, caller: Caller): Response {
  if (c.req.raw.method === 'HEAD') return respondAnswer(c, host, cos.head(place, caller));
  const sub = subResourceOf(c);
  if (sub === undefined) return listObjects(c, cos, host, place, caller);
  const asked = SUB_RESOURCES[sub];
  if (asked === undefined) return respondAnswer(c, host, refused(501, 'NotImplemented'));
  const bucket = cos.admit(place, caller, asked.action);
  if ('status' in bucket) return respondAnswer(c, host, bucket);
  const xml = asked.xml(bucket);
  return xml === undefined
    ? respondAnswer(c, host, refused(404, asked.absent ?? 'NoSuchConfiguration'))
    : respondXml(c, host, 200, xml);
}

/** The buckets of an instance, with their locations where `?extended` asks for them. */
export function bucketsXml(buckets: readonly Bucket[], c: Context): string {
  const isExtended = c.req.query('extended') !== undefined;
  const [prefix, marker] = [c.req.query('prefix') ?? '', c.req.query('marker') ?? ''];
  const most = Math.min(Number(c.req.query('max-keys') ?? 1000), 1000);
  const found = buckets
    .filter(({ name }) => name.startsWith(prefix) && name > marker)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const page = isExtended ? found.slice(0, most) : found;
  return xmlDocument('ListAllMyBucketsResult', [
    element('Owner', [element('ID', buckets[0]?.instanceId ?? ''), element('DisplayName', '')]),
    ...(isExtended ? [element('IsTruncated', page.length < found.length)] : []),
    element(
      'Buckets',
      page.map(({ name, location, createdAt }) =>
        element('Bucket', [
          element('Name', name),
          element('CreationDate', new Date(createdAt).toISOString()),
          ...(isExtended ? [element('LocationConstraint', `${location}-standard`)] : []),
        ]),
      ),
    ),
  ]);
}

export const isAnswer = (value: CosAnswer | readonly Bucket[]): value is CosAnswer => 'status' in value;
