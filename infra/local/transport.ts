import type { Hono } from 'hono';
import type { HttpRequest, HttpResponse, Transport } from '../../shared/ports.ts';
import { TransportError } from '../../shared/ports.ts';
import type { VirtualClock } from './clock.ts';
import { NETWORK_HEADER } from './http.ts';

/**
 * Carries requests to the local cloud's routes without a socket, in virtual time.
 * Network faults become what a socket would have shown: a refused connection, a reset, a time-out.
 *
 * @param latencyMs - virtual time that each request takes
 */
export class InProcessTransport implements Transport {
  readonly #app: Hono;
  readonly #clock: VirtualClock;
  readonly #latencyMs: number;

  constructor(app: Hono, clock: VirtualClock, latencyMs = 0) {
    this.#app = app;
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#latencyMs > 0) await this.#clock.sleep(this.#latencyMs);
    const release = this.#clock.hold();
    let answer: HttpResponse;
    try {
      const response = await this.#app.fetch(
        new Request(request.url, {
          method: request.method,
          headers: request.headers,
          ...(request.body === undefined ? {} : { body: request.body }),
        }),
      );
      answer = {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      };
    } finally {
      release();
    }
    const network = answer.headers[NETWORK_HEADER];
    return network === undefined ? answer : this.#disturbed(network, request, answer);
  }

  async #disturbed(network: string, request: HttpRequest, answer: HttpResponse): Promise<HttpResponse> {
    if (network === 'refused' || network === 'reset') throw new TransportError(network);
    const ms = network === 'timeout' ? Number.POSITIVE_INFINITY : Number(network.split(':')[1]);
    await this.#clock.sleep(Math.min(ms, request.timeoutMs));
    if (ms >= request.timeoutMs) throw new TransportError('timeout');
    return answer;
  }
}
