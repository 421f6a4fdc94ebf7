import type { Context, Hono } from 'hono';
import { type ErrorBody, operation, Refusal, type RouteHost, readJson } from '../http.ts';
import { Denied, errorBody, invalid } from './errors.ts';
import type { Action, SecretsManager } from './secrets-manager.ts';
import type { Secret } from './state.ts';
import type { Instance } from './wire.ts';

/** What a handler has once the caller is let in. */
export interface Admitted {
  readonly c: Context;
  readonly at: number;
  readonly instance: Instance;
  readonly iamId: string;
  /** A part of the path. */
  param(name: string): string;
  query(): Readonly<Record<string, string>>;
  body(): Promise<unknown>;
  /** The secret that the path names. @throws {Denied} 404 */
  secret(): Secret;
}

/** Registers one operation below `/:instance/api/v2`; the caller must hold `action`. */
export type Register = (
  name: string,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  action: Action,
  handler: (call: Admitted) => Response | Promise<Response>,
) => void;

/** Registers operations of one app: lets the caller in first, and words every refusal as Secrets Manager does. */
export function registrar(app: Hono, sm: SecretsManager, host: RouteHost): Register {
  const error = errorBody(() => sm.newTrace());
  return (name, method, path, action, handler) => {
    const spec = {
      service: 'secrets-manager',
      name,
      method,
      path: `/:instance/api/v2${path}`,
      error,
    } as const;
    operation(app, host, spec, async (c) => {
      try {
        const at = host.now();
        const param = (part: string): string => c.req.param(part) ?? '';
        const caller = sm.admit(c.req.header('authorization'), param('instance'), action, at, param('id'));
        return await handler({
          c,
          at,
          ...caller,
          param,
          query: () => c.req.query(),
          body: () => readBody(c, method, error),
          secret: () => sm.secret(caller.instance, param('id'), at),
        });
      } catch (denied) {
        if (!(denied instanceof Denied)) throw denied;
        throw new Refusal(denied.status, error(denied.status, denied.code, denied.message));
      }
    });
  };
}

/** A PATCH must say that it is a merge patch. */
async function readBody(c: Context, method: string, error: ErrorBody): Promise<unknown> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (method === 'PATCH' && type !== 'application/merge-patch+json') {
    throw invalid('The Content-Type of a PATCH must be application/merge-patch+json.');
  }
  return readJson(c, error);
}
