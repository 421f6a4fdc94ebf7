import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Hono } from 'hono';
import * as z from 'zod';
import type { IbmCloud } from './ibmcloud.ts';
import type { ToolFiles } from './shell.ts';

const Call = z.strictObject({
  argv: z.array(z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
});

/** Where the executable sends each call. It belongs to the simulator, not to IBM Cloud. */
export function toolRoutes(tool: IbmCloud): Hono {
  const app = new Hono();
  app.post('/', async (c) => {
    // A page in a browser cannot send this type: it would have to ask first, and is not answered.
    if (c.req.header('content-type') !== 'application/json') return c.json({ error: 'send JSON' }, 415);
    const call = Call.safeParse(await c.req.json().catch(() => undefined));
    if (!call.success) return c.json({ error: 'send {"argv": [], "cwd": "", "env": {}}' }, 400);
    const { argv, cwd, env } = call.data;
    return c.json(await tool.run({ argv, env, files: filesOf(cwd) }));
  });
  return app;
}

/**
 * The program `ibmcloud`: hands its call to a served local cloud, and ends as that says. Written so that it is right with
 * and without module syntax: what folder it stands in is not known.
 */
export const executable = (url: string): string => `#!${process.execPath}
const { IBMCLOUD_HOME, IBMCLOUD_API_KEY } = process.env;
const body = JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), env: { IBMCLOUD_HOME, IBMCLOUD_API_KEY } });
fetch('${url}', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  .then((response) => response.json())
  .then(({ code, stdout, stderr }) => {
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = code;
  })
  .catch(() => {
    process.stderr.write('FAILED\\nThe local cloud does not answer.\\n');
    process.exitCode = 1;
  });
`;

/** The files of this machine, as somebody in a folder names them. */
const filesOf = (cwd: string): ToolFiles => ({
  read: (path) => attempt(() => readFileSync(resolve(cwd, path), 'utf8')),
  write: (path, content) => writeFileSync(resolve(cwd, path), content, { mode: 0o600 }),
  list: (path) => attempt(() => readdirSync(resolve(cwd, path))),
  absolute: (path) => resolve(cwd, path),
});

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
