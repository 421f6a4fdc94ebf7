import type { AWSError, Request } from 'ibm-cos-sdk';
import type S3 from 'ibm-cos-sdk/clients/s3.js';
import type { Unseen } from '../domain/ledger-rules.ts';
import { type Carrier, carry } from './cos-carrier.ts';
import { codeOf, looked, statusOf } from './cos-look.ts';

/** What a bucket is set to. @returns undefined when nothing is set; why, when it is not shown */
export async function readSetting<D, T>(
  carrier: Carrier,
  operation: string,
  request: Request<D, AWSError>,
  settingOf: (data: D) => T,
): Promise<T | undefined | Unseen> {
  const look = await looked(operation, async () => {
    try {
      const { data } = await carry(carrier, operation, request);
      return { verdict: 'yes', setting: settingOf(data) } as const;
    } catch (error) {
      // That nothing is configured is an answer of its own kind.
      if (statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket')
        return { verdict: 'yes', setting: undefined } as const;
      throw error;
    }
  });
  if (look.verdict === 'yes') return look.setting;
  return { unseen: look.verdict === 'no' ? `status ${look.status}` : look.reason };
}

/**
 * For how long a bucket keeps each object as it is, by retention and by object lock: uploads to it must carry a checksum.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-immutable
 */
export async function readKeeping(carrier: Carrier, client: S3, name: string) {
  const bucket = { Bucket: name };
  const [retention, objectLock] = await Promise.all([
    readSetting(
      carrier,
      'getBucketProtection',
      client.getBucketProtectionConfiguration(bucket),
      ({ Status, DefaultRetention }) =>
        Status === undefined || DefaultRetention?.Days === 0 ? undefined : spanOf(DefaultRetention),
    ),
    readSetting(
      carrier,
      'getObjectLock',
      client.getObjectLockConfiguration(bucket),
      ({ ObjectLockConfiguration: lock }) =>
        lock?.Rule?.DefaultRetention === undefined ? undefined : spanOf(lock.Rule.DefaultRetention),
    ),
  ]);
  return { retention, objectLock };
}

const spanOf = (span: { readonly Days?: number; readonly Years?: number } | undefined): string => {
  if (span?.Years !== undefined) return `${span.Years} years`;
  return span?.Days === undefined ? 'a time that is not told' : `${span.Days} days`;
};
