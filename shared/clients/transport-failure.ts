import type { TransportFailure } from '../ports.ts';

const KINDS: readonly (readonly [RegExp, TransportFailure])[] = [
  [/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/, 'refused'],
  [/^(?:UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/, 'timeout'],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'dns'],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'reset'],
  [/^ERR_TLS|CERT|^ERR_SSL/, 'tls'],
];

/** What an error of the network stack says, by its code; its message may quote what was sent. */
export function failureOf(error: unknown): TransportFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return KINDS.find(([codes]) => codes.test(code))?.[1] ?? 'other';
}
