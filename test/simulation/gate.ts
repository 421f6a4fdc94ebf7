import type { VirtualClock } from '../../infra/local/clock.ts';
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
export type CallFault = (typeof DEATHS)[number] | (typeof CALL_FAULTS)[number];

/** The process is dead: no code of it runs any further. No part of the product knows this error. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** One process of the keeper; dead for good once it was killed. */
export interface Process {
  dead: boolean;
}

export interface Hooks {
  /** Runs when the process was given its answer, or would have been: the place where invariants are checked. */
  readonly afterCall: (name: string) => void;
  /** Runs before a call is let through: where a planted bug acts. */
  readonly beforeCall?: (name: string, request: HttpRequest | undefined) => void;
  readonly loseLedger: () => void;
}

/** The border of the keeper's process: every external call passes here, is numbered, and may fail as planned. */
export class Gate {
  readonly calls: string[] = [];
  /**
   * Calls after which the same process did nothing outside itself until its next call, at the same instant and with no
   * other call under way: to die after one of them leaves the world as to die before the next.
   */
  readonly settled = new Set<number>();
  #inFlight = 0;
  #last: { readonly process: Process; readonly at: number } | undefined;
  readonly #plan: ReadonlyMap<number, CallFault>;
  readonly #hooks: Hooks;
  readonly #clock: VirtualClock;
  readonly #seen = new Map<string, HttpResponse>();

  constructor(plan: ReadonlyMap<number, CallFault>, clock: VirtualClock, hooks: Hooks) {
    this.#plan = plan;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  transport(process: Process, inner: Transport): Transport {
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
          status: (status) => ({
            status,
            headers: { 'content-type': 'application/json' },
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

  ledger(process: Process, inner: LedgerStore): LedgerStore {
    const pass = <T>(name: string, effect: () => Promise<T>): Promise<T> =>
      this.#pass<T>(process, `ledger ${name}`, undefined, {
        effect,
        stale: () => undefined,
        lost: () => new LedgerUnavailableError('planned: no answer'),
        refused: () => new LedgerUnavailableError('planned: refused'),
        status: undefined,
        html: undefined,
      });
    return {
      read: (key) => pass('read', () => inner.read(key)),
      write: (key, body, tag) => pass('write', () => inner.write(key, body, tag)),
      list: (prefix) => pass('list', () => inner.list(prefix)),
    };
  }

  async #pass<T>(
    process: Process,
    name: string,
    request: HttpRequest | undefined,
    ways: {
      readonly effect: () => Promise<T>;
      readonly stale: () => T | undefined;
      readonly lost: () => Error;
      readonly refused: (kind: 'refused' | 'timeout') => Error;
      readonly status: ((status: number) => T) | undefined;
      readonly html: (() => T) | undefined;
    },
  ): Promise<T> {
    if (process.dead) throw new Killed();
    const number = this.calls.length;
    const fault = this.#plan.get(number);
    this.calls.push(name);
    const isNext = this.#last?.process === process && this.#last.at === this.#clock.now();
    if (isNext && this.#inFlight === 0) this.settled.add(number - 1);
    this.#last = undefined;
    this.#inFlight += 1;
    this.#hooks.beforeCall?.(name, request);
    const done = async (): Promise<T> => {
      const answer = await ways.effect();
      this.#inFlight -= 1;
      if (this.calls.length === number + 1) this.#last = { process, at: this.#clock.now() };
      this.#hooks.afterCall(name);
      return answer;
    };
    switch (fault) {
      case 'die-before':
        process.dead = true;
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
        await this.#clock.sleep(20_000);
        return done();
      case 'status-429':
      case 'status-500':
      case 'status-503':
        if (ways.status === undefined) throw ways.refused('refused');
        return ways.status(Number(fault.slice('status-'.length)));
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
