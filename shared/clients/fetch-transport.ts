import { type HttpRequest, type HttpResponse, type Transport, TransportError } from '../ports.ts';
import { failureOf } from './transport-failure.ts';

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
        throw new TransportError(ending.signal.aborted ? 'timeout' : failureOf(causeOf(error)));
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
const causeOf = (error: unknown): unknown => (error instanceof Error ? (error.cause ?? error) : error);
