import {
  type HttpRequest,
  type HttpResponse,
  type Transport,
  TransportError,
  type TransportFailure,
} from '../ports.ts';

/** The answers that it is for, of IAM and of a PUT, are a few kilobytes. */
const LARGEST_BODY_BYTES = 256 * 1024;

/**
 * The network with what Node itself has, for code that must stay small: undici alone is ten times what a function may
 * have. No redirects (a redirect is an answer, not a place to go).
 */
export function createFetchTransport(): Transport {
  return {
    async send({ method, url, headers, body, timeoutMs }: HttpRequest): Promise<HttpResponse> {
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(), timeoutMs);
      try {
        const answer = await fetch(url, {
          method,
          headers,
          redirect: 'manual',
          signal: ending.signal,
          ...(body === undefined ? {} : { body: Buffer.from(body) }),
        });
        return {
          status: answer.status,
          headers: Object.fromEntries(answer.headers),
          body: await textOf(answer),
        };
      } catch (error) {
        // Only the kind: messages of the network stack may quote what was sent.
        throw new TransportError(ending.signal.aborted ? 'timeout' : failureOf(error));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A body without end must not fill the memory. */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new TransportError('other');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** `fetch` hides what happened in the cause of its error. */
function failureOf(error: unknown): TransportFailure {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'reset';
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.startsWith('ERR_SSL')) return 'tls';
  return 'other';
}
