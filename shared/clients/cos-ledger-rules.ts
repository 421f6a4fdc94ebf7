import type S3 from 'ibm-cos-sdk/clients/s3.js';
import type { Finding } from '../domain/finding.ts';
import { judgeLedgerRules, type LifecycleRule } from '../domain/ledger-rules.ts';
import type { Carrier } from './cos-carrier.ts';
import { readKeeping, readSetting } from './cos-settings.ts';

/**
 * Reads what the bucket of a ledger does by itself to the objects in it: lifecycle, retention, object lock.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api-bucket-operations
 */
export async function readLedgerRules(
  carrier: Carrier,
  s3: () => Promise<S3>,
  place: { readonly bucket: string; readonly prefix: string },
): Promise<readonly Finding[]> {
  const client = await s3();
  const [lifecycle, kept] = await Promise.all([
    readSetting(
      carrier,
      'getBucketLifecycle',
      client.getBucketLifecycleConfiguration({ Bucket: place.bucket }),
      ({ Rules = [] }) => Rules.flatMap(toRule),
    ),
    readKeeping(carrier, client, place.bucket),
  ]);
  return judgeLedgerRules(place, { lifecycle: lifecycle ?? [], ...kept });
}

/** The documents of a ledger carry no tags: what acts on tagged objects only does not touch them. */
function toRule({
  ID,
  Status,
  Prefix,
  Filter,
  Expiration,
  Transitions = [],
}: S3.LifecycleRule): LifecycleRule[] {
  const filter = Filter as S3.LifecycleRuleFilter | undefined;
  const needsTag = filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0;
  if (Status !== 'Enabled' || needsTag) return [];
  const about = { id: ID ?? '', prefix: filter?.Prefix ?? filter?.And?.Prefix ?? Prefix ?? '' };
  const expires = Expiration?.Days !== undefined || Expiration?.Date !== undefined;
  return [
    ...(expires ? [{ ...about, does: 'expires' } as const] : []),
    ...(Transitions.length > 0 ? [{ ...about, does: 'archives' } as const] : []),
  ];
}
