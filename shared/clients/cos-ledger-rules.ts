import type { AWSError, Request } from 'ibm-cos-sdk';
import type S3 from 'ibm-cos-sdk/clients/s3.js';
import type { Finding } from '../domain/finding.ts';
import { judgeLedgerRules, type LifecycleRule, type Unseen } from '../domain/ledger-rules.ts';
import { type Carrier, carry } from './cos-carrier.ts';
import { codeOf, looked, statusOf } from './cos-look.ts';

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
  const bucket = { Bucket: place.bucket };
  const read = async <D, T>(
    operation: string,
    request: Request<D, AWSError>,
    rulesOf: (data: D) => T,
  ): Promise<T | undefined | Unseen> => {
    const look = await looked(operation, async () => {
      try {
        const { data } = await carry(carrier, operation, request);
        return { verdict: 'yes', rules: rulesOf(data) } as const;
      } catch (error) {
        // That nothing is configured is an answer of its own kind.
        if (statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket')
          return { verdict: 'yes', rules: undefined } as const;
        throw error;
      }
    });
    if (look.verdict === 'yes') return look.rules;
    return { unseen: look.verdict === 'no' ? `status ${look.status}` : look.reason };
  };
  const [lifecycle, retention, objectLock] = await Promise.all([
    read('getBucketLifecycle', client.getBucketLifecycleConfiguration(bucket), ({ Rules = [] }) =>
      Rules.flatMap(toRule),
    ),
    read(
      'getBucketProtection',
      client.getBucketProtectionConfiguration(bucket),
      ({ Status, DefaultRetention }) =>
        Status === undefined || DefaultRetention?.Days === 0 ? undefined : spanOf(DefaultRetention),
    ),
    read('getObjectLock', client.getObjectLockConfiguration(bucket), ({ ObjectLockConfiguration: lock }) =>
      lock?.Rule?.DefaultRetention === undefined ? undefined : spanOf(lock.Rule.DefaultRetention),
    ),
  ]);
  return judgeLedgerRules(place, { lifecycle: lifecycle ?? [], retention, objectLock });
}

const spanOf = (span: { readonly Days?: number; readonly Years?: number } | undefined): string => {
  if (span?.Years !== undefined) return `${span.Years} years`;
  return span?.Days === undefined ? 'a time that is not told' : `${span.Days} days`;
};

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
