import { Hono } from 'hono';
import * as z from 'zod';
import { type ErrorBody, json, operation, Refusal, type RouteHost } from '../http.ts';
import type { Settings } from '../settings.ts';
import type { CloudLogs } from './cloud-logs.ts';

const error: ErrorBody = (status, code, message) => ({
  errors: [{ code, message }],
  trace: '00000000-0000-4000-8000-000000000000',
  status_code: status,
});

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['unauthenticated', 'the token is missing, malformed or expired'],
  403: ['forbidden', 'the identity may not send logs to this instance'],
  404: ['not_found', 'the instance was not found'],
};

const LogRecord = z.looseObject({
  applicationName: z.string().min(1),
  subsystemName: z.string().min(1),
  text: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  severity: z.number().optional(),
  timestamp: z.number().optional(),
});

/** `POST /<instance>/logs/v1/singles`. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs */
export function cloudLogsRoutes(
  cloudLogs: CloudLogs,
  host: RouteHost & { readonly settings: Settings },
): Hono {
  const app = new Hono();
  const spec = {
    service: 'cloud-logs',
    name: 'sendRecords',
    method: 'POST',
    path: '/:region/:instance/logs/v1/singles',
    error,
  } as const;
  operation(app, host, spec, async (c) => {
    const instance = c.req.param('instance') ?? '';
    const status = cloudLogs.admit(instance, c.req.param('region') ?? '', c.req.header('authorization'));
    if (status !== 200) {
      const [code, reason] = REASONS[status] ?? ['method_internal_error', 'the service cannot answer now'];
      return json(status, error(status, code, reason));
    }
    const text = await c.req.text();
    if (Buffer.byteLength(text) > host.settings.cloudLogs.maxBodyBytes) {
      return json(413, error(413, 'too_large', 'the request body is too large'));
    }
    const records = parseRecords(text);
    const refused = cloudLogs.store(instance, records);
    if (refused === 0) return new Response(host.settings.cloudLogs.acceptedBody, { status: 200 });
    return json(200, { message: `${refused} of ${records.length} records were not accepted` });
  });
  // What a host answers to anything but a POST is not documented.
  operation(app, host, { ...spec, name: 'greet', method: 'GET' }, () =>
    json(405, error(405, 'method_not_allowed', 'only POST is supported')),
  );
  return app;
}

/** @throws {Refusal} 400 */
function parseRecords(text: string): readonly z.infer<typeof LogRecord>[] {
  try {
    return z.array(LogRecord).parse(JSON.parse(text));
  } catch {
    throw new Refusal(
      400,
      error(400, 'bad_request_or_unspecified', 'the body is not an array of log records'),
    );
  }
}
