import type { VirtualClock } from '../../infra/local/clock.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../shared/errors.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type LedgerStore,
  type Transport,
  TransportError,
} from '../../shared/ports.ts';

/** How the process, or its link to the world, can fail at one external call. */
export const DEATHS = ['die-before', 'lost-answer', 'die-after'] as const;
/** What else can go wrong with a call; the rest of the world's faults are events. */
export const CALL_FAULTS = [
  'refused',
  'timeout',
  'slow',
  'status-429',
  'status-500',
  'status-503',
  'stale-read',
  'html',
  'ledger-lost',
] as const;
/** And what takes its time: a request that takes effect when its process is dead, a process that is suspended. */
export const LATE_FAULTS = ['die-during', 'stall', 'status-429-retry-after'] as const;
export type CallFault = (typeof DEATHS)[number] | (typeof CALL_FAULTS)[number] | (typeof LATE_FAULTS)[number];

/** The process is dead: no code of it runs any further. No part of the product knows this error. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** One process of the keeper; dead for good once it was killed. */
export interface Process {
  dead: boolean;
  /** It is suspended, and takes no answer before this instant. */
  stalledUntil?: number;
}

/** One external call of a process, numbered through the whole life. */
export interface GateCall<P extends Process> {
  readonly number: number;
  readonly name: string;
  readonly process: P;
  /** Undefined: a call of the ledger. */
  readonly request: HttpRequest | undefined;
  /** Whether a fault can show at this call. */
  readonly can: (fault: CallFault) => boolean;
}

export interface Hooks<P extends Process> {
  /** Runs when the process was given its answer, or would have been: the place where invariants are checked. */
  readonly afterCall: (name: string) => void;
  /** Runs before a call is let through: where a planted bug acts. */
  readonly beforeCall?: (name: string, request: HttpRequest | undefined) => void;
  readonly loseLedger: () => void;
  /** A fault beside the plan, which knows calls only by their number. */
  readonly faultAt?: (call: GateCall<P>) => CallFault | undefined;
  /** Runs at the instant at which a call takes effect. */
  readonly atEffect?: (call: GateCall<P>) => void;
  /** What else happens before the process goes on. */
  readonly between?: (call: GateCall<P>) => Promise<void>;
  /** How long a request takes to arrive, and how long a suspended process is. */
  readonly latencyMs?: () => number;
  readonly stallMs?: () => number;
}

/** Before the 30 seconds that the keeper waits for an answer. */
const LATE_MS = seconds(20);

/** The border of the keeper's process: every external call passes here, is numbered, and may fail as planned. */
export class Gate<P extends Process = Process> {
  readonly calls: string[] = [];
  /** Requests of dead processes that are still on their way. */
  readonly onTheirWay: Promise<unknown>[] = [];
  /**
   * Calls after which the same process did nothing outside itself until its next call, at the same instant and with no
   * other call under way: to die after one of them leaves the world as to die before the next.
   */
  readonly settled = new Set<number>();
  #inFlight = 0;
  #last: { readonly process: P; readonly at: number } | undefined;
  readonly #plan: ReadonlyMap<number, CallFault>;
  readonly #hooks: Hooks<P>;
  readonly #clock: VirtualClock;
  readonly #seen = new Map<string, HttpResponse>();

  constructor(plan: ReadonlyMap<number, CallFault>, clock: VirtualClock, hooks: Hooks<P>) {
    this.#plan = plan;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  transport(process: P, inner: Transport): Transport {
    return {
      send: async (request) => {
        const name = `${request.method} ${new URL(request.url).pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')}`;
        const key = `${request.method} ${request.url}`;
        return this.#pass(process, name, request, {
          effect: async () => {
            const answer = await inner.send(request);
            if (request.method === 'GET' && !this.#seen.has(key)) this.#seen.set(key, answer);
            return answer;
          },
          stale: () => (request.method === 'GET' ? this.#seen.get(key) : undefined),
          lost: () => new TransportError('reset'),
          refused: (kind) => new TransportError(kind),
          status: (status, headers = {}) => ({
            status,
            headers: { 'content-type': 'application/json', ...headers },
            body: '{"errors":[{"code":"unavailable","message":"planned"}]}',
          }),
          html: () => ({
            status: 200,
            headers: { 'content-type': 'text/html' },
            body: '<html>planned</html>',
          }),
        });
      },
    };
  }

  ledger(process: P, inner: LedgerStore): LedgerStore {
    const pass = <T>(name: string, effect: () => Promise<T>): Promise<T> =>
      this.#pass<T>(process, `ledger ${name}`, undefined, {
        effect,
        stale: () => undefined,
        lost: () => new LedgerUnavailableError('planned: no answer'),
        refused: () => new LedgerUnavailableError('planned: refused'),
        status: undefined,
        html: undefined,
      });
    const now = inner.now?.bind(inner);
    return {
      read: (key) => pass('read', () => inner.read(key)),
      write: (key, body, tag) => pass('write', () => inner.write(key, body, tag)),
      list: (prefix) => pass('list', () => inner.list(prefix)),
      ...(now === undefined ? {} : { now }),
    };
  }

  async #pass<T>(
    process: P,
    name: string,
    request: HttpRequest | undefined,
    ways: {
      readonly effect: () => Promise<T>;
      readonly stale: () => T | undefined;
      readonly lost: () => Error;
      readonly refused: (kind: 'refused' | 'timeout') => Error;
      readonly status: ((status: number, headers?: HttpResponse['headers']) => T) | undefined;
      readonly html: (() => T) | undefined;
    },
  ): Promise<T> {
    if (process.dead) throw new Killed();
    const number = this.calls.length;
    const can = (fault: CallFault): boolean => {
      if (fault === 'stale-read') return ways.stale() !== undefined;
      if (fault.startsWith('status-')) return ways.status !== undefined;
      return fault !== 'html' || ways.html !== undefined;
    };
    const call: GateCall<P> = { number, name, process, request, can };
    this.calls.push(name);
    const isNext = this.#last?.process === process && this.#last.at === this.#clock.now();
    if (isNext && this.#inFlight === 0) this.settled.add(number - 1);
    this.#last = undefined;
    const fault = this.#plan.get(number) ?? this.#hooks.faultAt?.(call);
    this.#inFlight += 1;
    this.#hooks.beforeCall?.(name, request);
    const latencyMs = this.#hooks.latencyMs?.() ?? 0;
    if (latencyMs > 0) await this.#clock.sleep(latencyMs);
    const effect = async (): Promise<T> => {
      this.#hooks.atEffect?.(call);
      const answer = await ways.effect();
      this.#inFlight -= 1;
      if (this.calls.length === number + 1) this.#last = { process, at: this.#clock.now() };
      this.#hooks.afterCall(name);
      return answer;
    };
    const done = async (): Promise<T> => {
      const answer = await effect();
      await this.#hooks.between?.(call);
      const { stalledUntil = 0 } = process;
      if (stalledUntil > this.#clock.now()) await this.#clock.sleep(stalledUntil - this.#clock.now());
      return answer;
    };
    switch (fault) {
      case 'die-before':
        process.dead = true;
        throw new Killed();
      case 'die-during':
        process.dead = true;
        this.onTheirWay.push(
          this.#clock
            .sleep(LATE_MS)
            .then(effect)
            .catch(() => {}),
        );
        throw new Killed();
      case 'die-after':
        await done();
        process.dead = true;
        throw new Killed();
      case 'lost-answer':
        await done();
        throw ways.lost();
      case 'refused':
        throw ways.refused('refused');
      case 'timeout':
        await this.#clock.sleep(request?.timeoutMs ?? 30_000);
        throw ways.refused('timeout');
      case 'slow':
        await this.#clock.sleep(LATE_MS);
        return done();
      case 'stall':
        process.stalledUntil = this.#clock.now() + (this.#hooks.stallMs?.() ?? minutes(10));
        return done();
      case 'status-429':
      case 'status-500':
      case 'status-503':
        if (ways.status === undefined) throw ways.refused('refused');
        return ways.status(Number(fault.slice('status-'.length)));
      case 'status-429-retry-after':
        if (ways.status === undefined) throw ways.refused('refused');
        return ways.status(429, { 'retry-after': '45' });
      case 'html':
        if (ways.html === undefined) throw ways.refused('refused');
        return ways.html();
      case 'stale-read':
        return ways.stale() ?? done();
      case 'ledger-lost':
        this.#hooks.loseLedger();
        return done();
      case undefined:
        return done();
    }
  }
}
