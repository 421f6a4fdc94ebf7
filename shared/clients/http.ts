import type * as z from 'zod/mini';
import type { Exchange } from '../domain/doctor/exchange.ts';
import type { RateLimit } from '../domain/rate-limit.ts';
import { seconds } from '../domain/time.ts';
import { ApiError, DeadlineError, type Effect, SchemaError } from '../errors.ts';
import {
  type Clock,
  type Guard,
  type HttpRequest,
  type HttpResponse,
  type Random,
  type Transport,
  TransportError,
} from '../ports.ts';
import type { Pace } from './budget.ts';
import { readWireError } from './errors-on-the-wire.ts';
import { observed } from './observed.ts';

/** One call of one operation. */
export interface Call<T> {
  readonly service: string;
  readonly operation: string;
  readonly method: HttpRequest['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whether doing it twice is the same as doing it once. Only then is it repeated after an unclear answer. */
  readonly repeatable: boolean;
  /** What a good answer's JSON must be, said with either build of zod; absent = the body is ignored. */
  readonly schema?: z.core.$ZodType<T> & Pick<z.ZodMiniType<T>, 'safeParse'>;
  readonly budget?: Pace;
  /** No request of this call starts that could not end by then. */
  readonly endsBy?: number;
  /** How long one answer may take; absent = as the client says. */
  readonly timeoutMs?: number;
  /** Says whether a 2xx answer is a refusal all the same. */
  readonly isRefusal?: (json: unknown) => boolean;
}

/** A good answer. */
export interface Answer<T> {
  readonly value: T;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = seconds(30);
const TRIES = 3;

export interface HttpOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** No call starts that could not end by then. */
  readonly deadlineAt?: number;
  /** When it aborts no call starts any more; what is under way ends. */
  readonly stop?: AbortSignal;
  /** How long an answer may take where the call does not say it; absent = 30 s. */
  readonly timeoutMs?: number;
  /** Comes before each request, and says by when it must have ended. */
  readonly guard?: Guard;
  /** Is told what each exchange showed. */
  readonly observe?: (exchange: Exchange) => void;
}

/** The one way out, to IBM's APIs and to who is told: deadline, pace, retries, counting, checked answers, errors without secrets. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #counts: Map<string, number>;

  constructor(options: HttpOptions, counts: Map<string, number> = new Map()) {
    this.#options = options;
    this.#counts = counts;
  }

  /** The same client, with a guard before each request; after those that it has. */
  under(guard: Guard): HttpClient {
    const { guard: before } = this.#options;
    const both = before === undefined ? guard : async () => Math.min(await before(), await guard());
    return new HttpClient({ ...this.#options, guard: both }, this.#counts);
  }

  /** The same client, with a deadline that is so much later. */
  later(ms: number): HttpClient {
    const { deadlineAt = Infinity } = this.#options;
    return new HttpClient({ ...this.#options, deadlineAt: deadlineAt + ms }, this.#counts);
  }

  /** HTTP attempts by `service operation`. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * @throws {ApiError} refused, or no answer; `effect` says whether it may have been done
   * @throws {SchemaError} the answer is not what is documented
   * @throws {DeadlineError} it could not end before the run's deadline
   */
  async call<T>(call: Call<T>): Promise<Answer<T>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(call);
      } catch (error) {
        if (!(error instanceof ApiError) || tries >= TRIES || !mayRepeat(call, error)) throw error;
        await this.#pause(call, error, tries);
      }
    }
  }

  /** One exchange, whatever the status. @throws {ApiError} without an answer */
  async exchange(call: Omit<Call<unknown>, 'schema' | 'repeatable'>): Promise<HttpResponse> {
    const { transport, clock, guard, observe } = this.#options;
    const endsBy = this.#endOf(call);
    const whose = call.endsBy === endsBy ? 'this call' : 'the run';
    this.#mustEnd(call, endsBy, whose);
    const timeoutMs = this.#timeoutOf(call);
    const isInTime = (await call.budget?.take(endsBy - timeoutMs)) ?? true;
    if (!isInTime) throw tooLate(call, whose);
    this.#mustEnd(call, endsBy, whose);
    // Last, because waiting for a turn may outlast a lease.
    if (guard !== undefined) this.#mustEnd(call, await guard(), 'the lease');
    const name = `${call.service} ${call.operation}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const { method, url, headers, body } = call;
    const sentAt = clock.now();
    const told = (came: HttpResponse | TransportError['kind']): void =>
      observe?.(observed({ ...call, sentAt, answeredAt: clock.now() }, came));
    try {
      const response = await transport.send({
        method,
        url,
        headers,
        timeoutMs,
        ...(body === undefined ? {} : { body }),
      });
      told(response);
      if (response.status === 429) await call.budget?.refused(this.#retryAfterMs(response));
      else await call.budget?.answered(rateLimit(response));
      return response;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      told(error.kind);
      const arrived = error.kind !== 'refused' && error.kind !== 'dns' && error.kind !== 'tls';
      const effect: Effect = arrived && method !== 'GET' ? 'unknown' : 'none';
      throw new ApiError({
        service: call.service,
        operation: call.operation,
        effect,
        reason:
          error.kind === 'timeout' ? `no answer within ${timeoutMs / seconds(1)} s` : NO_ANSWER[error.kind],
      });
    }
  }

  #timeoutOf({
    timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS,
  }: Pick<Call<unknown>, 'timeoutMs'>): number {
    return timeoutMs;
  }

  #endOf({ endsBy = Infinity }: Pick<Call<unknown>, 'endsBy'>): number {
    if (this.#options.stop?.aborted === true) return -Infinity;
    return Math.min(endsBy, this.#options.deadlineAt ?? Infinity);
  }

  /** @throws {DeadlineError} when a call that starts now might not end by then */
  #mustEnd(call: Named, endsBy: number, whose: string): void {
    if (this.#options.stop?.aborted === true)
      throw new DeadlineError(`${call.service} ${call.operation}: the run is being stopped`);
    if (this.#options.clock.now() + this.#timeoutOf(call) > endsBy) throw tooLate(call, whose);
  }

  async #once<T>(call: Call<T>): Promise<Answer<T>> {
    const response = await this.exchange(call);
    const retryAfterMs = this.#retryAfterMs(response);
    if (response.status < 200 || response.status > 299) throw refusal(call, response, retryAfterMs);
    // A page from a proxy on the way is no answer of the service, whatever its status says.
    if (/^text\/html\b/i.test(response.headers['content-type'] ?? ''))
      throw new SchemaError(call.service, call.operation, 'the body is an HTML page');
    if (call.schema === undefined)
      return { value: undefined as T, status: response.status, headers: response.headers };
    const json = parseJson(call, response);
    if (call.isRefusal?.(json) === true) throw refusal(call, response, retryAfterMs);
    const parsed = call.schema.safeParse(json);
    if (!parsed.success) {
      // Only the places: values may be secrets.
      const places = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.') || 'the whole body');
      throw new SchemaError(call.service, call.operation, `unexpected ${places.join(', ')}`);
    }
    return { value: parsed.data, status: response.status, headers: response.headers };
  }

  async #pause(call: Call<unknown>, error: ApiError, tries: number): Promise<void> {
    const { clock, random } = this.#options;
    const backoffMs = seconds(2 ** (tries - 1)) * (1 + random.next() / 2);
    const waitMs = error.retryAfterMs ?? (error.status === 429 ? seconds(60) : backoffMs);
    if (clock.now() + waitMs + this.#timeoutOf(call) > this.#endOf(call)) throw error;
    try {
      await clock.sleep(waitMs);
    } catch {
      // The run is being stopped: what came of the call so far is what is known of it.
      throw error;
    }
  }

  #retryAfterMs({ headers }: HttpResponse): number | undefined {
    const text = headers['retry-after'];
    if (text === undefined) return undefined;
    if (/^\d{1,6}$/.test(text)) return seconds(Number(text));
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : Math.max(0, at - this.#options.clock.now());
  }
}

type Named = Pick<Call<unknown>, 'service' | 'operation' | 'timeoutMs'>;

const tooLate = ({ service, operation }: Named, whose: string): DeadlineError =>
  new DeadlineError(`${service} ${operation}: the deadline of ${whose} is near`);

const NO_ANSWER: Record<Exclude<TransportError['kind'], 'timeout'>, string> = {
  refused: 'the connection was refused',
  dns: 'the host name is unknown',
  tls: 'no trusted connection could be made',
  reset: 'the connection broke before the answer',
  other: 'no answer',
};

function mayRepeat(call: Call<unknown>, error: ApiError): boolean {
  if (error.status === 429) return true;
  const passing = error.status === undefined || error.status >= 500;
  return passing && (call.repeatable || error.effect === 'none');
}

function refusal(call: Call<unknown>, response: HttpResponse, retryAfterMs: number | undefined): ApiError {
  const { code, message, requestId } = readWireError(response.body);
  const id = response.headers['x-correlation-id'] ?? response.headers['transaction-id'] ?? requestId;
  const unclear = response.status >= 500 && call.method !== 'GET';
  return new ApiError({
    service: call.service,
    operation: call.operation,
    status: response.status,
    effect: unclear ? 'unknown' : 'none',
    reason: message ?? STATUS_TEXT[response.status] ?? 'refused',
    ...(code === undefined ? {} : { code }),
    ...(id === undefined ? {} : { requestId: id }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  401: 'the credentials were not accepted',
  403: 'the identity may not do this',
  404: 'not found',
  429: 'too many requests',
};

function parseJson(call: Call<unknown>, response: HttpResponse): unknown {
  try {
    return JSON.parse(response.body);
  } catch {
    throw new SchemaError(call.service, call.operation, 'the body is not JSON');
  }
}

/**
 * `"default";r=50;t=30`: 50 calls left in the next 30 seconds. Its policy, `"burst";q=100;w=60`: of 100 a minute. Of several
 * limits the one with the fewest calls left tells, and of several policies the one of its name.
 */
function rateLimit({ headers }: HttpResponse): RateLimit | undefined {
  const [nearest] = (headers['ratelimit'] ?? '')
    .split(',')
    .flatMap((text) => {
      const [, remaining, reset] = /;\s*r=(\d+);\s*t=(\d+)/.exec(text) ?? [];
      return reset === undefined ? [] : [{ text, remaining: Number(remaining), reset: Number(reset) }];
    })
    .toSorted((a, b) => a.remaining - b.remaining);
  if (nearest === undefined) return undefined;
  const policies = (headers['ratelimit-policy'] ?? '').split(',');
  const own = policies.find((text) => nameIn(text) === nameIn(nearest.text));
  const policy = (policies.length === 1 ? policies[0] : own) ?? '';
  const quota = /;\s*q=(\d+)/.exec(policy)?.[1];
  const windowSeconds = /;\s*w=(\d+)/.exec(policy)?.[1];
  return {
    remaining: nearest.remaining,
    resetMs: seconds(nearest.reset),
    ...(quota === undefined ? {} : { quota: Number(quota) }),
    ...(windowSeconds === undefined ? {} : { windowMs: seconds(Number(windowSeconds)) }),
  };
}

const nameIn = (text: string): string | undefined => text.split(';')[0]?.trim();
