import { Agent } from 'undici';
import { type HttpRequest, type HttpResponse, type Transport, TransportError } from '../ports.ts';
import { failureOf } from './transport-failure.ts';

/** More than any answer of IBM's; a body without end must not fill the memory. */
const LARGEST_BODY_BYTES = 8 * 1024 * 1024;

/** The network: one pool of kept connections per origin, no redirects (a redirect is an answer, not a place to go). */
export function createUndiciTransport(): Transport & { close(): Promise<void> } {
  const agent = new Agent({
    connections: 8,
    connect: { timeout: 10_000 },
    maxResponseSize: LARGEST_BODY_BYTES,
  });
  return {
    async send(sent: HttpRequest): Promise<HttpResponse> {
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(), sent.timeoutMs);
      try {
        const { origin, pathname, search } = new URL(sent.url);
        const answer = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: sent.method,
          headers: sent.headers,
          signal: ending.signal,
          headersTimeout: sent.timeoutMs,
          bodyTimeout: sent.timeoutMs,
          ...(sent.body === undefined ? {} : { body: sent.body }),
        });
        const body = await answer.body.text();
        return { status: answer.statusCode, headers: flat(answer.headers), body };
      } catch (error) {
        // Only the kind: messages of the network stack may quote what was sent.
        throw new TransportError(ending.signal.aborted ? 'timeout' : failureOf(error));
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => agent.close(),
  };
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
