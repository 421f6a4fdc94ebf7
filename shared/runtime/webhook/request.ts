import { createHash, timingSafeEqual } from 'node:crypto';
import type { RingRequest } from '../../domain/ring.ts';
import type { Secret } from '../../domain/secret.ts';

/** Where CIS puts the secret of a webhook. */
const SECRET_HEADER = 'cf-webhook-auth';

/**
 * A request as a function is called with it, as far as a doorbell needs it. Of its keys only those count that the platform
 * itself sets: whoever calls may add any other by a query or a body.
 *
 * @param secret - what it must carry
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-work
 */
export function readRequest(args: unknown, secret: Secret): RingRequest {
  const { __ce_method, __ce_path, __ce_headers, __ce_body, body } = recordOf(args);
  const headers = recordOf(__ce_headers);
  const isKnown = isSame(headerOf(headers, SECRET_HEADER) ?? '', secret);
  const contentType = headerOf(headers, 'content-type');
  return {
    isKnown,
    method: typeof __ce_method === 'string' ? __ce_method.toUpperCase() : '',
    path: typeof __ce_path === 'string' ? __ce_path : '',
    ...(contentType === undefined ? {} : { contentType }),
    // One of IBM's pages calls it `body`. Nobody measures what a stranger sends.
    bytes: isKnown ? Math.max(bytesOf(__ce_body ?? body), lengthIn(headers)) : 0,
  };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * The only value of a header, whatever the case of its name. Undefined when it is absent or doubled: which one counts
 * nobody could tell.
 */
function headerOf(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value);
  const [only] = values;
  return values.length === 1 && typeof only === 'string' ? only : undefined;
}

/** In a time that tells nothing of the secret: digests have one length, and are compared to their end. */
const isSame = (given: string, secret: Secret): boolean =>
  timingSafeEqual(digestOf(given), digestOf(secret.reveal()));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The platform hands JSON over in base64, and text as it is. */
function bytesOf(body: unknown): number {
  if (typeof body !== 'string') return 0;
  const isBase64 = body.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(body);
  return Buffer.byteLength(body, isBase64 ? 'base64' : 'utf8');
}

function lengthIn(headers: Readonly<Record<string, unknown>>): number {
  const text = headerOf(headers, 'content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
