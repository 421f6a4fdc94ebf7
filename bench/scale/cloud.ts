// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { VirtualClock } from '../../infra/local/clock.ts';
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
  /** Calls by service, refused ones included. */
  readonly calls: Readonly<Record<string, number>>;
  /** Changes of Logpush jobs among them. */
  readonly puts: number;
  readonly refused: number;
  /** Bodies and addresses, there and back; no headers. */
  readonly bytes: number;
  readonly ms: number;
}

/** One simulated cloud for one contestant: every answer takes `LATENCY_MS`. */
export class BenchCloud {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly seed: number;
  /** A way into the cloud that nobody counts. */
  readonly transport: Transport;

  constructor(file: WorldFile, limit: Limit, seed: number) {
    const { perMinute, perFiveMinutes } = limit;
    file.settings.cis.rateLimits = { perMinute, perFiveMinutes };
    this.seed = seed;
    this.clock = new VirtualClock(file.startsAt);
    this.world = new World(file, { clock: this.clock, seed });
    this.transport = new InProcessTransport(this.world.app, this.clock, LATENCY_MS);
  }

  /** A way into the cloud that is counted, whatever else happens at the same time. */
  async counted<T>(
    work: (transport: Transport) => Promise<T>,
  ): Promise<{ readonly value: T; readonly figures: Figures }> {
    const startedAt = this.clock.now();
    const calls: Record<string, number> = {};
    let [puts, refused, bytes] = [0, 0, 0];
    const send = async (request: HttpRequest): Promise<HttpResponse> => {
      const answer = await this.transport.send(request);
      const { pathname } = new URL(request.url);
      const service = pathname.split('/')[1] ?? '';
      calls[service] = (calls[service] ?? 0) + 1;
      if (request.method === 'PUT' && JOB_PATH.test(pathname)) puts += 1;
      if (answer.status === TOO_MANY) refused += 1;
      bytes += sizeOf(request.url) + sizeOf(request.body ?? '') + sizeOf(answer.body);
      return answer;
    };
    const value = await work({ send });
    return { value, figures: { calls, puts, refused, bytes, ms: this.clock.now() - startedAt } };
  }

  /** Time goes by, and the world with it. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.world.catchUp();
  }
}

const TOO_MANY = 429;
const JOB_PATH = /\/logpush\/jobs\/\d+$/;

const sizeOf = (text: string | Uint8Array): number => Buffer.byteLength(text);
