import { Hono } from 'hono';
import type { FunctionHost } from './function-host.ts';

/** Functions as a served local cloud reaches them: `/<project id>/<name>`, and anything below. */
export function functionRoutes(functions: FunctionHost): Hono {
  const app = new Hono();
  app.all('*', (c) => functions.fetch(c.req.raw));
  return app;
}
