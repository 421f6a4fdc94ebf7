import type { Context, Hono } from 'hono';
import type { Host, Principal } from '../host.ts';
import { operation, Refusal, type RouteHost } from '../http.ts';
import type { Iam } from './iam.ts';

/** What the routes of IAM need from their world. */
export type IamHost = RouteHost & Host;

/** Diagnostics that answers carry. */
export const contextOf = (operation_: string) => ({
  transaction_id: 'local-cloud',
  operation: operation_,
  url: 'https://iam.cloud.ibm.com/v1/apikeys',
  host: 'local-cloud',
  start_time: '01.01.2026 00:00:00:000 UTC',
  elapsed_time: '0',
});

/** How every part of IAM but the token endpoint words an error. */
export const restError = (status: number, code: string, message: string) => ({
  context: contextOf('iam-identity'),
  status_code: status,
  errors: [{ code, message_code: 'BXNIM0000E', message, details: message }],
  trace: 'local-cloud',
});

export const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, restError(status, code, message));

type Handler = (c: Context, caller: Principal) => Response | Promise<Response>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Registers one operation that needs a valid token. */
export type AuthenticatedRoute = (name: string, method: Method, path: string, handler: Handler) => void;

export const authenticated =
  (app: Hono, iam: Iam, host: IamHost): AuthenticatedRoute =>
  (name, method, path, handler) =>
    operation(app, host, { service: 'iam', name, method, path, error: restError }, (c) => {
      const caller = iam.authenticate(c.req.header('authorization'), host.now());
      if (caller === undefined) throw refuse(401, 'unauthorized', 'Authentication failed');
      return handler(c, caller);
    });

/** IAM writes minutes and an offset without a colon. */
export const wireInstant = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}+0000`;

/** A number in a query, within its bounds. @throws {Refusal} 400 otherwise */
export function queryNumber(
  c: Context,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const value = Number(c.req.query(name) ?? otherwise);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw refuse(400, 'invalid_parameter', `${name} must be between ${least} and ${most}`);
}

/** A query parameter that must be there. @throws {Refusal} 400 otherwise */
export function requiredQuery(c: Context, name: string): string {
  const value = c.req.query(name) ?? '';
  if (value !== '') return value;
  throw refuse(400, 'missing_required_query_parameter', `the query parameter ${name} is required`);
}

/** @throws {Refusal} when the caller has seen something older than what is there */
export function admitTag(c: Context, host: IamHost, tag: string): void {
  const seen = c.req.header('if-match');
  if (seen === undefined) throw refuse(400, 'missing_header', 'the header If-Match is required');
  if (seen !== '*' && seen !== tag)
    throw refuse(host.settings.iam.staleTagStatus, 'conflict', 'it has changed');
}

/** The address of this request with other query parameters; `undefined` takes one away. */
export function linkWith(c: Context, parameters: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(c.req.url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.toString();
}
