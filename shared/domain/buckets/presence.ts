import { type Finding, finding } from '../finding.ts';
import { namedJobs } from '../named-jobs.ts';

/** A bucket that the endpoint of its jobs' location does not know. */
interface MissingBucket {
  readonly bucket: { readonly name: string; readonly location: string };
  readonly jobs: readonly string[];
  /** Whether the Resource Configuration API, which knows every location, knows the name; undefined = could not tell. */
  readonly known: boolean | undefined;
  /** Where the listing of its instance has it, `nowhere` if not at all; undefined = it could not be seen. */
  readonly listed: string | undefined;
}

/**
 * Whether a bucket is gone or elsewhere.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-endpoints
 */
export function judgeMissing({ bucket, jobs, known, listed }: MissingBucket): Finding {
  const { name, location } = bucket;
  const subject = `bucket ${name} (${location})`;
  const told = (
    code: 'bucket-absent' | 'bucket-elsewhere' | 'bucket-not-found' | 'bucket-unclear',
    detail: string,
  ): Finding => finding(code, subject, `HEAD bucket is answered 404; ${detail}; ${namedJobs(jobs)}`);
  if (listed === location) return told('bucket-unclear', 'the listing of its instance has it there');
  if (listed !== undefined && listed !== 'nowhere') return told('bucket-elsewhere', `it is in ${listed}`);
  if (listed === 'nowhere')
    return told(
      'bucket-absent',
      `the COS instance of ${known === true ? 'its configuration' : 'its jobs'} does not have it`,
    );
  const right = 'to see where, the keeper needs Reader (cloud-object-storage.account.get_account_buckets)';
  if (known === true)
    return told('bucket-elsewhere', `its configuration is there, so it is elsewhere; ${right}`);
  if (known === false) return told('bucket-absent', 'no configuration is known either');
  return told('bucket-not-found', `whether it is gone or elsewhere could not be told; ${right}`);
}
