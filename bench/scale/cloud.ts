// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { VirtualClock } from '../../infra/local/clock.ts';
import type { CallRecord } from '../../infra/local/http.ts';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../shared/ports.ts';

/** How long one answer takes. */
export const LATENCY_MS = 80;

/** A limit that IBM publishes for one identity. @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues */
export interface Limit {
  readonly name: string;
  readonly perMinute: number | null;
  readonly perFiveMinutes: number | null;
}

/** Each of the two alone, so that a figure tells which of them it is under. */
export const LIMITS: readonly Limit[] = [
  { name: '100 a minute', perMinute: 100, perFiveMinutes: null },
  { name: '1,200 in 5 minutes', perMinute: null, perFiveMinutes: 1200 },
];

/** What some work took. */
export interface Figures {
  /** Answered calls by service. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls to CIS by operation, refused ones included. */
  readonly cis: Readonly<Record<string, number>>;
  readonly refused: number;
  /** Bodies and addresses, there and back; no headers. */
  readonly bytes: number;
  readonly ms: number;
}

/** One simulated cloud for one contestant: every answer takes `LATENCY_MS`, and what it is asked is counted. */
export class BenchCloud {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly transport: Transport;
  readonly seed: number;
  #bytes = 0;

  constructor(file: WorldFile, limit: Limit, seed: number) {
    const { perMinute, perFiveMinutes } = limit;
    file.settings.cis.rateLimits = { perMinute, perFiveMinutes };
    this.seed = seed;
    this.clock = new VirtualClock(file.startsAt);
    this.world = new World(file, { clock: this.clock, seed });
    const inner = new InProcessTransport(this.world.app, this.clock, LATENCY_MS);
    this.transport = { send: (request) => this.#counted(inner, request) };
  }

  /** Lets the work run to its end, and says what it took. */
  async measure<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly figures: Figures }> {
    const [from, bytes, startedAt] = [this.world.calls.length, this.#bytes, this.clock.now()];
    const value = await this.clock.run(work());
    const calls = this.world.calls.slice(from);
    return {
      value,
      figures: { ...countsOf(calls), bytes: this.#bytes - bytes, ms: this.clock.now() - startedAt },
    };
  }

  /** Time goes by, and the world with it. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.world.catchUp();
  }

  async #counted(inner: Transport, request: HttpRequest): Promise<HttpResponse> {
    const answer = await inner.send(request);
    this.#bytes += sizeOf(request.url) + sizeOf(request.body ?? '') + sizeOf(answer.body);
    return answer;
  }
}

const sizeOf = (text: string | Uint8Array): number => Buffer.byteLength(text);

function countsOf(calls: readonly CallRecord[]): Pick<Figures, 'calls' | 'cis' | 'refused'> {
  const byService: Record<string, number> = {};
  const cis: Record<string, number> = {};
  for (const { service, operation } of calls) {
    byService[service] = (byService[service] ?? 0) + 1;
    if (service === 'cis') cis[operation] = (cis[operation] ?? 0) + 1;
  }
  return { calls: byService, cis, refused: calls.filter(({ status }) => status === 429).length };
}
