import type { Context, Hono } from 'hono';
import type { FaultResponse, FaultTable } from './faults.ts';

export type ServiceName =
  | 'iam'
  | 'secrets-manager'
  | 'cis'
  | 'cloud-logs'
  | 'cos'
  | 'resource-controller'
  | 'cbr'
  | 'code-engine'
  | 'webhook';

/** One answered call, for budgets and traces. Never holds a header or a body: those carry secrets. */
export interface CallRecord {
  readonly at: number;
  readonly service: ServiceName;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** What the routes of every service share. */
export interface RouteHost {
  now(): number;
  /** Runs everything in the world that is due before this request is looked at. */
  catchUp(): void;
  readonly faults: FaultTable;
  readonly calls: CallRecord[];
}

/** A refusal in the service's own words; routes throw it, `operation` turns it into the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** How a service words an error. */
export type ErrorBody = (status: number, code: string, message: string) => unknown;

/**
 * Marks an answer that must not reach the caller; both transports turn it into a network failure:
 * `reset`, `refused`, `timeout`, or `slow:<ms>`.
 */
export const NETWORK_HEADER = 'x-local-cloud-network';

type Handler = (c: Context) => Response | Promise<Response>;

/**
 * Registers one operation: counts it, applies the fault that is due, runs the handler, stamps `Date`.
 * Handlers hold no faults and no counters.
 */
export function operation(
  app: Hono,
  host: RouteHost,
  spec: {
    readonly service: ServiceName;
    /** A function where a query tells operations of one path apart. */
    readonly name: string | ((c: Context) => string);
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly error: ErrorBody;
    /** Its path is a credential, and is recorded as its pattern. */
    readonly hidesPath?: boolean;
  },
  handler: Handler,
): void {
  app.on(spec.method, spec.path, async (c) => {
    host.catchUp();
    const path = new URL(c.req.url).pathname;
    const name = typeof spec.name === 'string' ? spec.name : spec.name(c);
    const fault = host.faults.draw(spec.service, name, path);
    const stale = fault?.kind === 'stale' ? host.faults.remembered(c.req.url) : undefined;
    const response = stale ?? (await answer(c, spec.error, fault, handler));
    if (spec.method === 'GET' && response.ok) host.faults.remember(c.req.url, response);
    host.calls.push({
      at: host.now(),
      service: spec.service,
      operation: name,
      // A HEAD arrives at the route of its GET.
      method: c.req.raw.method,
      path: spec.hidesPath === true ? spec.path : path,
      status: response.status,
    });
    return stamped(response, host.now());
  });
}

async function answer(
  c: Context,
  error: ErrorBody,
  fault: FaultResponse | undefined,
  handler: Handler,
): Promise<Response> {
  switch (fault?.kind) {
    case undefined:
    // There is nothing older to answer.
    case 'stale':
      return handled(c, handler);
    case 'refused':
      return network('refused');
    case 'timeout':
      return network('timeout');
    case 'lost-answer':
      await handled(c, handler);
      return network('reset');
    case 'slow':
      return network(`slow:${fault.ms}`, await handled(c, handler));
    case 'status-after-effect':
      await handled(c, handler);
      return worded(fault.status, error(fault.status, 'internal_error', 'something went wrong'));
    case 'nonsense':
      return json(200, { unexpected: ['answer', 42] });
    case 'html':
      return new Response(
        '<!DOCTYPE html><html><body>Web server is returning an unknown error</body></html>',
        {
          status: fault.status,
          headers: { 'content-type': 'text/html' },
        },
      );
    case 'status': {
      const headers: Record<string, string> =
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      return worded(
        fault.status,
        error(fault.status, 'unavailable', 'the service cannot answer now'),
        headers,
      );
    }
  }
}

/** An error in the service's own words: JSON, or XML where they are a text. */
const worded = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  typeof body === 'string'
    ? new Response(body, { status, headers: { 'content-type': 'application/xml', ...headers } })
    : json(status, body, headers);

async function handled(c: Context, handler: Handler): Promise<Response> {
  try {
    return await handler(c);
  } catch (error) {
    if (error instanceof Refusal) return json(error.status, error.body, error.headers);
    throw error;
  }
}

function network(what: string, response?: Response): Response {
  const marked = new Response(response?.body ?? null, response ?? { status: 500 });
  marked.headers.set(NETWORK_HEADER, what);
  return marked;
}

function stamped(response: Response, now: number): Response {
  // HTTP dates are whole seconds; clients that compare instants must expect that.
  response.headers.set('date', new Date(now).toUTCString());
  return response;
}

/** An answer with a JSON body. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Reads a JSON body. @throws {Refusal} 400 in the service's own words when it is not JSON */
export async function readJson(c: Context, error: ErrorBody): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch {
    throw new Refusal(400, error(400, 'invalid_body', 'the request body is not valid JSON'));
  }
}
