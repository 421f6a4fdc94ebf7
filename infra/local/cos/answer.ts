import type { StoredObject } from './bucket.ts';

/** What an S3 request came to: a status, and the code of the error. */
export interface CosAnswer {
  readonly status: number;
  readonly code?: string;
  readonly object?: StoredObject;
  /** The root key of the bucket, for those who may see it. */
  readonly rootKeyCrn?: string;
}

export const refused = (status: number, code: string): CosAnswer => ({ status, code });

export const DENIED: CosAnswer = refused(403, 'AccessDenied');
export const NO_BUCKET: CosAnswer = refused(404, 'NoSuchBucket');
