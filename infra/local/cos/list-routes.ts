import type { Context } from 'hono';
import { refused } from './answer.ts';
import type { Caller, Cos, Place } from './cos.ts';
import { listPage, type Page, rankOf } from './listing.ts';
import { type CosHost, respondAnswer, respondXml } from './respond.ts';
import { element, xmlDocument } from './xml.ts';

export const LIST_PARAMETERS: readonly string[] = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'encoding-type',
  'start-after',
  'continuation-token',
  'marker',
  'fetch-owner',
];

const opaque = (rank: string): string => Buffer.from(rank).toString('base64url');
const readOpaque = (token: string): string => Buffer.from(token, 'base64url').toString();

/** `GET /<bucket>`, version 1 or, with `list-type=2`, version 2. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api-bucket-operations */
export function listObjects(c: Context, cos: Cos, host: CosHost, place: Place, caller: Caller): Response {
  const query = (name: string): string => c.req.query(name) ?? '';
  const about = { prefix: query('prefix'), delimiter: query('delimiter') };
  const bucket = cos.admit(place, caller, 'bucket.get', about);
  if ('status' in bucket) return respondAnswer(c, host, bucket);
  const asked = Number(query('max-keys') || 1000);
  if (!Number.isInteger(asked) || asked < 0) return respondAnswer(c, host, refused(400, 'InvalidArgument'));
  const maxKeys = Math.min(asked, 1000);
  const isV2 = query('list-type') === '2';
  const { prefix, delimiter } = about;
  const [token, marker] = [query('continuation-token'), query('marker')];
  const after = isV2 ? readOpaque(token) : marker === '' ? '' : rankOf(marker, cos.sorted);
  const startAfter = isV2 ? query('start-after') : '';
  const page = listPage(
    bucket.objects.values(),
    { prefix, delimiter, startAfter, after: after === '' ? undefined : after, maxKeys },
    cos.sorted,
  );
  const encoding = query('encoding-type');
  const text = (value: string): string => (encoding === 'url' ? encodeURIComponent(value) : value);
  const optional = (name: string, value: string) => (value === '' ? [] : [element(name, value)]);
  const xml = xmlDocument('ListBucketResult', [
    element('Name', bucket.name),
    element('Prefix', text(prefix)),
    ...optional('Delimiter', text(delimiter)),
    element('MaxKeys', maxKeys),
    ...optional('EncodingType', encoding),
    element('IsTruncated', page.next !== undefined),
    ...(isV2
      ? [
          element('KeyCount', page.objects.length + page.commonPrefixes.length),
          ...optional('ContinuationToken', token),
          ...optional('StartAfter', text(startAfter)),
          ...optional('NextContinuationToken', opaque(page.next?.rank ?? '')),
        ]
      : [element('Marker', text(marker)), ...optional('NextMarker', text(page.next?.name ?? ''))]),
    ...contentsOf(page, text),
  ]);
  return respondXml(c, host, 200, xml);
}

const contentsOf = ({ objects, commonPrefixes }: Page, text: (value: string) => string) => [
  ...objects.map(({ key, etag, body, lastModified }) =>
    element('Contents', [
      element('Key', text(key)),
      element('LastModified', new Date(lastModified).toISOString()),
      element('ETag', etag),
      element('Size', body.length),
      element('StorageClass', 'STANDARD'),
      // Newer than many a client: readers must not stumble over what they do not know.
      element('ChecksumAlgorithm', 'CRC64NVME'),
      element('ChecksumType', 'FULL_OBJECT'),
    ]),
  ),
  ...commonPrefixes.map((name) => element('CommonPrefixes', [element('Prefix', text(name))])),
];
