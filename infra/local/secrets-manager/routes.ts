import { Hono } from 'hono';
import type { RouteHost } from '../http.ts';
import { registerLockRoutes } from './lock-routes.ts';
import { registrar } from './register.ts';
import { registerSecretRoutes } from './secret-routes.ts';
import type { SecretsManager } from './secrets-manager.ts';
import { registerVersionRoutes } from './version-routes.ts';

/** The routes of every instance, each below `/<instance>/api/v2`. */
export function secretsManagerRoutes(sm: SecretsManager, host: RouteHost): Hono {
  const app = new Hono();
  const register = registrar(app, sm, host);
  registerSecretRoutes(register, sm);
  registerVersionRoutes(register, sm);
  registerLockRoutes(register, sm);
  return app;
}
