import { formatInstant } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import type { CosPort } from '../ports.ts';
import { cosUrl, type Endpoints } from './endpoints.ts';
import type { HttpClient } from './http.ts';

/** What Logpush uploads when a destination is set, `{"content":"tests"}`. Written out: no run loads zlib for these bytes. */
const TEST_CONTENT = Buffer.from('H4sIAAAAAAAAA6tWSs7PK0nNK1GyUipJLS4pVqoFADT22YkTAAAA', 'base64');
const TEST_MD5 = '8qGBnBoKcfwDSW+RWtNCdw==';

/**
 * Writing to Cloud Object Storage with the key of a job. It goes through our own HTTP client, because it is the key that
 * is tried here: one request, no retry, no login but that of the key.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export const createCos = (http: HttpClient, endpoints: Endpoints): CosPort => ({
  async writeTestObject({ region, bucket, path, dailySubfolder }, token, at) {
    const day = dailySubfolder ? formatInstant(at).slice(0, 10).replaceAll('-', '') : '';
    const key = [...path.split('/'), day, 'test.txt.gz'].filter((part) => part !== '');
    const target = [bucket, ...key].map(encodeURIComponent).join('/');
    try {
      const { status } = await http.exchange({
        service: 'cos',
        operation: 'putObject',
        method: 'PUT',
        url: `${cosUrl(endpoints, region)}/${target}`,
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          'content-type': 'application/gzip',
          'content-md5': TEST_MD5,
        },
        body: TEST_CONTENT,
      });
      if (status >= 200 && status <= 299) return { verdict: 'yes' };
      // A bucket that is gone, and one of another location, are refusals as much as a missing role.
      if (status === 403 || status === 404) return { verdict: 'no', status };
      return { verdict: 'unknown', reason: `COS answered ${status}` };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { verdict: 'unknown', reason: error.message };
    }
  },
});
