import { createHash } from 'node:crypto';
import type { Settings } from '../settings.ts';
import { type CosAnswer, refused } from './answer.ts';
import type { StoredObject } from './bucket.ts';

/** Under which conditions: the tag that must be there, or must not be; `*` for any. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

const PRECONDITION = refused(412, 'PreconditionFailed');

const misses = (object: StoredObject | undefined, ifMatch: string | undefined): boolean =>
  ifMatch !== undefined && (object === undefined || (ifMatch !== '*' && ifMatch !== object.etag));

const meets = (object: StoredObject | undefined, ifNoneMatch: string | undefined): boolean =>
  ifNoneMatch !== undefined && object !== undefined && (ifNoneMatch === '*' || ifNoneMatch === object.etag);

/** What a write that has lost its condition is answered. */
export function lostWrite(
  existing: StoredObject | undefined,
  { ifMatch, ifNoneMatch }: Conditions,
  { ignoreConditions, lostCondition, ifMatchMissing }: Settings['cos'],
): CosAnswer | undefined {
  if (ignoreConditions) return undefined;
  if (existing === undefined && ifMatch !== undefined)
    return ifMatchMissing === 404 ? refused(404, 'NoSuchKey') : PRECONDITION;
  if (!misses(existing, ifMatch) && !meets(existing, ifNoneMatch)) return undefined;
  return lostCondition === 409 ? refused(409, 'OperationAborted') : PRECONDITION;
}

/** What a read that has lost its condition is answered. */
export function lostRead(object: StoredObject, { ifMatch, ifNoneMatch }: Conditions): CosAnswer | undefined {
  if (misses(object, ifMatch)) return PRECONDITION;
  return meets(object, ifNoneMatch) ? { status: 304 } : undefined;
}

/** @param md5 - what `Content-MD5` says, in Base64 */
export function wrongDigest(body: string, md5: string | undefined): CosAnswer | undefined {
  if (md5 === undefined) return undefined;
  const claimed = Buffer.from(md5, 'base64');
  if (claimed.length !== 16 || claimed.toString('base64') !== md5) return refused(400, 'InvalidDigest');
  return createHash('md5').update(body, 'latin1').digest().equals(claimed)
    ? undefined
    : refused(400, 'BadDigest');
}
