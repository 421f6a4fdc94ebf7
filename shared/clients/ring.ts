import { ApiError } from '../errors.ts';
import { callAuthorized } from './authorized.ts';
import type { HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

/**
 * Rings: one object, written only if it is not there, which starts what is subscribed to its bucket. Twice is once, so it
 * is repeated like a read.
 *
 * @param bucket - its URL at the S3 endpoint of its location
 * @throws {ApiError} refused, or no answer
 * @throws {SchemaError} when the answer is not one of COS
 * @throws {DeadlineError} when it could not end in time
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export async function ring(
  http: HttpClient,
  tokens: TokenProvider,
  bucket: string,
  key: string,
): Promise<'rung' | 'already-rung'> {
  try {
    await callAuthorized(http, tokens, {
      service: 'cos',
      operation: 'putObject',
      method: 'PUT',
      url: `${bucket}/${key}`,
      headers: { 'if-none-match': '*', 'content-type': 'text/plain' },
      body: 'rung\n',
      repeatable: true,
    });
    return 'rung';
  } catch (error) {
    // 412: it is there. 409: somebody else is writing it.
    if (error instanceof ApiError && error.service === 'cos' && [409, 412].includes(error.status ?? 0))
      return 'already-rung';
    throw error;
  }
}
