import type { Settings } from '../settings.ts';

/** A request as it arrives at a function, its body read. */
export interface FunctionRequest {
  readonly method: string;
  /** Below the function's own address, `/` at its root, as it was sent. */
  readonly path: string;
  /** Without `?`, as it was sent. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the function is called with, or the status with which the platform refuses without calling it. */
export type ArgsOutcome =
  | { readonly ok: true; readonly args: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly status: number; readonly message: string };

/** Of the connection, and not of the request. */
const HOP_BY_HOP = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'];
const RESERVED = '__ce_';
/** Go, which reads it at the platform, stops at 10 000; what is that deep could not be written again here. */
const DEEPEST = 1_000;
const BINARY = /^(?:application\/octet-stream|(?:image|audio|video|font|model|example)\/.*)$/;

type Encoding = 'json' | 'base64' | 'plain' | 'form' | 'refused';

/**
 * Builds `args` of a function: the request under `__ce_` names, and the members of a JSON object and of the query
 * unfolded beside them. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-data-format
 */
export function functionArgs(request: FunctionRequest, settings: Settings['functions']): ArgsOutcome {
  const encoding = encodingOf(request.headers['content-type'], settings);
  const hasBody = request.body.length > 0;
  if (hasBody && encoding === 'refused') return refusal(400, 'the content type is not supported');
  const query = [...new URLSearchParams(request.query)];
  const json = hasBody && encoding === 'json' ? parseJson(request.body) : undefined;
  if (json === 'broken') return refusal(400, 'the body is not what its content type says');
  const form = hasBody && encoding === 'form' && settings.formUnfold === 'on' ? formOf(request.body) : [];
  const unfolded = [...query, ...form, ...membersOf(json?.value)];
  const reserved = unfolded.find(([name]) => name.startsWith(RESERVED));
  if (reserved !== undefined) return refusal(400, 'a parameter begins with __ce_');
  // Not assigned one by one: a member called __proto__ is one like any other.
  const args = Object.fromEntries<unknown>([
    ...unfolded,
    ['__ce_method', request.method],
    ['__ce_path', settings.path === 'decoded' ? decoded(request.path) : request.path],
    ['__ce_headers', canonicalHeaders(request.headers)],
    ...(request.query === '' && settings.emptyQuery === 'absent' ? [] : [['__ce_query', request.query]]),
    ...(hasBody ? [['__ce_body', encoded(request.body, encoding, settings)]] : []),
  ] as readonly (readonly [string, unknown])[]);
  return { ok: true, args };
}

const refusal = (status: number, message: string): ArgsOutcome => ({ ok: false, status, message });

function encodingOf(contentType: string | undefined, settings: Settings['functions']): Encoding {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '') return settings.missingType;
  if (type === 'application/json') return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type.startsWith('text/')) return 'plain';
  if (type.startsWith('multipart/')) return settings.multipart === 'reject' ? 'refused' : 'base64';
  if (BINARY.test(type)) return 'base64';
  return settings.unlistedType;
}

function encoded(body: Buffer, encoding: Encoding, settings: Settings['functions']): string {
  const plain = encoding === 'form' || (encoding === 'plain' && settings.textBody === 'plain');
  return body.toString(plain ? 'utf8' : 'base64');
}

function parseJson(body: Buffer): { readonly value: unknown } | 'broken' {
  try {
    // As Go reads JSON, which takes no byte order mark.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return depthOf(text) > DEEPEST ? 'broken' : { value: JSON.parse(text) };
  } catch {
    return 'broken';
  }
}

/** How deep brackets are nested, those in texts left out. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (mark === '[' || mark === '{') deepest = Math.max(deepest, ++depth);
    else if (mark === ']' || mark === '}') depth -= 1;
  }
  return deepest;
}

const formOf = (body: Buffer) => [...new URLSearchParams(body.toString('utf8'))];

/** What there is to unfold: nothing in a list, a text or a number. */
const membersOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Names as Go writes them: `content-type` is `Content-Type`. */
const canonicalHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !HOP_BY_HOP.includes(name))
      .map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()), value]),
  );
