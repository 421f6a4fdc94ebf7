import type { Settings } from '../settings.ts';

/** An answer made from what a function returned, or the platform's own when that makes none. */
export interface FunctionAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The status was the function's own word. */
  readonly byCode: boolean;
  /** Why the platform answers itself. */
  readonly message?: string;
}

export const MAX_BODY_BYTES = 5 * 1024 * 1024;
const DEFAULT_TYPE = 'text/plain; charset=utf-8';
/** What HTTP takes as a header. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The platform's own answer. It has no body. */
export const platformAnswer = (status: number, message: string): FunctionAnswer => ({
  status,
  headers: [],
  body: Buffer.alloc(0),
  byCode: false,
  message,
});

/**
 * Turns the result of a function into an answer: `{statusCode, headers, body}`, the body as its content type asks.
 *
 * @param json - the result as JSON text; undefined where the function returned nothing
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-data-format
 */
export function functionAnswer(json: string | undefined, settings: Settings['functions']): FunctionAnswer {
  const result: unknown = JSON.parse(json ?? '{}');
  if (typeof result !== 'object') return platformAnswer(422, 'the function did not return an object');
  const { statusCode = 200, headers = {}, body } = (result ?? {}) as Readonly<Record<string, unknown>>;
  if (!Number.isInteger(statusCode) || Number(statusCode) < 200 || Number(statusCode) > 599)
    return platformAnswer(422, 'statusCode is not between 200 and 599');
  const named = headersOf(headers);
  if (named === undefined) return platformAnswer(400, 'a header is neither a text nor a list of texts');
  const type = named.findLast(([name]) => name === 'content-type')?.[1];
  const bytes = bodyOf(body, type ?? DEFAULT_TYPE);
  if (bytes === undefined) return platformAnswer(400, 'the body does not fit the content type');
  if (bytes.length > MAX_BODY_BYTES)
    return platformAnswer(settings.oversizeResponse, 'the answer is larger than 5 MB');
  const typed = type === undefined ? [...named, ['content-type', DEFAULT_TYPE] as const] : named;
  return { status: Number(statusCode), headers: typed, body: bytes, byCode: true };
}

/** Names in lower case, the last of equal names, a list as repetition. @returns undefined when they are no headers */
function headersOf(headers: unknown): readonly (readonly [string, string])[] | undefined {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined;
  const byName = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(headers)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.every((one) => ['string', 'number', 'boolean'].includes(typeof one))) return undefined;
    if (!NAME.test(name) || !values.every((one) => VALUE.test(String(one)))) return undefined;
    byName.set(name.toLowerCase(), values.map(String));
  }
  return [...byName].flatMap(([name, values]) => values.map((value) => [name, value] as const));
}

/** @returns undefined when the body is not what the type asks for */
function bodyOf(body: unknown, contentType: string): Buffer | undefined {
  if (body === undefined || body === null || body === '') return Buffer.alloc(0);
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json')
    return typeof body === 'string' ? undefined : Buffer.from(JSON.stringify(body));
  if (typeof body !== 'string') return undefined;
  if (type.startsWith('text/') || type === 'application/x-www-form-urlencoded') return Buffer.from(body);
  return BASE64.test(body) ? Buffer.from(body, 'base64') : undefined;
}
