import type { Secret } from '../domain/secret.ts';
import { formatInstant } from '../domain/time.ts';
import {
  ApiError,
  ConfigError,
  DeadlineError,
  LedgerConflictError,
  LedgerUnavailableError,
  SchemaError,
} from '../errors.ts';
import type { Clock, Log } from '../ports.ts';

export interface LogOptions {
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Takes known secrets out of a text. What merely looks like a credential is taken out without it. */
  readonly redact?: (text: string) => string;
  /** The least level that is written. */
  readonly level?: 'info' | 'warn';
}

/**
 * Takes the given secrets out of a text, also as they look in a URL, in base64 and inside JSON. The list is read anew
 * for each text, so a secret that is added to it later counts from then on.
 */
export function redactValues(secrets: readonly Secret[]): (text: string) => string {
  return (text) => {
    const spellings = secrets.flatMap((secret) => spellingsOf(secret.reveal()));
    // Longest first: a short secret inside a longer one must not leave the rest of it behind.
    return spellings
      .toSorted((a, b) => b.length - a.length)
      .reduce((before, spelling) => before.replaceAll(spelling, '[secret]'), text);
  };
}

function spellingsOf(value: string): readonly string[] {
  if (value === '') return [];
  const base64 = Buffer.from(value).toString('base64');
  return [
    value,
    encodeURIComponent(value.toWellFormed()),
    base64.replaceAll('=', ''),
    JSON.stringify(value).slice(1, -1),
  ];
}

/** Bounds of one line: a log is read by people, and a field may hold more than its writer thought. */
const LONGEST_TEXT = 2_000;
const MOST_ENTRIES = 100;
const DEEPEST = 6;

/**
 * A log of JSON lines: `{"level":"info","message":"run finished","at":"2026-03-01T00:00:00.000Z","runId":"…"}`.
 *
 * Every text in a field is redacted. It never throws: a line that cannot be made is replaced by one that says so, and
 * a line that cannot be written is lost, because no log line is worth a rotation that stops half way.
 */
export function createLog({ write, clock, redact = (text) => text, level: least = 'info' }: LogOptions): Log {
  const line = (level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    if (least === 'warn' && level === 'info') return;
    try {
      write(render(level, message, fields, clock, (text) => redactPatterns(redact(text))));
    } catch {
      try {
        write(JSON.stringify({ level: 'warn', message: 'a log line could not be made' }));
      } catch {
        // Nobody is left to tell.
      }
    }
  };
  return {
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
  };
}

function render(
  level: string,
  message: string,
  fields: Readonly<Record<string, unknown>>,
  clock: Clock,
  redact: (text: string) => string,
): string {
  const head = { level, message: redact(message), at: formatInstant(clock.now()) };
  // Twice: the first puts them in front, the second keeps a field of the same name from replacing them.
  return JSON.stringify({ ...head, ...(plain(fields, redact, 0) as object), ...head });
}

/** A copy that holds nothing but redacted text, numbers, truth values, lists and plain records. */
function plain(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return cut(redact(value));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return cut(redact(String(value)));
  if (typeof value !== 'object') return undefined;
  if (depth >= DEEPEST) return '[too deep]';
  if (value instanceof Error) return plain(describe(value), redact, depth);
  const entries = value as { readonly toJSON?: unknown };
  if (typeof entries.toJSON === 'function') return plain(entries.toJSON(), redact, depth + 1);
  const inside = (item: unknown) => plain(item, redact, depth + 1);
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map(inside);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_ENTRIES)
      .map(([key, item]) => [cut(redact(key)), isSecretName(key) ? '[secret]' : inside(item)]),
  );
}

/** Our own errors are built without secrets; of any other only the kind is told, for nobody knows what it says. */
function describe(error: Error): Record<string, unknown> {
  const own = [
    ApiError,
    SchemaError,
    ConfigError,
    DeadlineError,
    LedgerConflictError,
    LedgerUnavailableError,
  ];
  const code = 'code' in error ? { code: error.code } : {};
  const message = own.some((kind) => error instanceof kind) ? { message: error.message } : {};
  return { name: error.name, ...code, ...message };
}

const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);

/** Names under which credentials travel, whatever their spelling: `apiKey`, `api_key`, `Authorization`, … */
const SECRET_NAMES = new Set([
  'apikey',
  'authorization',
  'accesstoken',
  'destinationconf',
  'password',
  'payload',
  'refreshtoken',
  'secretvalue',
  'token',
]);
const isSecretName = (name: string): boolean =>
  SECRET_NAMES.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''));

/** Credentials by their look, for the one that nobody registered. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // IAM tokens are JSON web tokens.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[secret]'],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]{8,}/gi, '$1 [secret]'],
  // A destination string and a form body carry the key as a parameter.
  [
    /((?:api_?key|access_token|refresh_token|cr_token|password|secret-access-key|access-key-id)["']?\s*[=:]\s*["']?)[^\s"'&,;}\]]+/gi,
    '$1[secret]',
  ],
];

/** IBM Cloud API keys have 44 characters as far as anyone has seen; IBM does not document their length. */
const API_KEY_LOOK = /(?<![\w-])[\w-]{44}(?![\w-])/g;

/** Takes out of a text what looks like a credential. */
export function redactPatterns(text: string): string {
  const masked = PATTERNS.reduce((before, [pattern, by]) => before.replaceAll(pattern, by), text);
  // `Profile-` and a UUID make 44 characters too; ids are no secrets, and a key mixes upper and lower case.
  return masked.replaceAll(API_KEY_LOOK, (found) =>
    /[a-z]/.test(found) && /[A-Z]/.test(found) && !/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(found)
      ? '[secret]'
      : found,
  );
}
