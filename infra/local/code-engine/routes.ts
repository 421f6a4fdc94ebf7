import { Hono } from 'hono';
import type { IamForCodeEngine } from '../host.ts';
import type { CodeEngine } from './code-engine.ts';
import { componentRoutes } from './component-routes.ts';
import { projectRoutes } from './project-routes.ts';
import type { ApiHost } from './rest.ts';
import { runRoutes } from './run-routes.ts';

/** REST API v2, as far as jobs and functions use it. @see https://cloud.ibm.com/apidocs/codeengine/v2 */
export function codeEngineRoutes(codeEngine: CodeEngine, iam: IamForCodeEngine, host: ApiHost): Hono {
  const api = { app: new Hono(), codeEngine, iam, host };
  projectRoutes(api);
  componentRoutes(api);
  runRoutes(api);
  return api.app;
}
