import { Hono } from 'hono';
import * as z from 'zod';
import { operation, type RouteHost } from './http.ts';
import type { SeededRandom } from './random.ts';

/** A message that the receiver took. */
export interface ReceivedMessage {
  readonly at: number;
  readonly text: string;
}

const Message = z.object({ text: z.string().min(1) });

/** Who is told: an incoming webhook that takes messages, and a dead man's switch. Their paths are credentials. */
export class Webhook {
  readonly messages: ReceivedMessage[] = [];
  /** When the dead man's switch was called. */
  readonly beats: number[] = [];
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random.fork('webhook');
  }

  /** The path of the webhook, as secret as a key. */
  get messagePath(): string {
    return `/services/T0KEEPER/B0KEEPER/TRACER${this.#random.fork('message').hex(18)}`;
  }

  get heartbeatPath(): string {
    return `/ping/TRACER${this.#random.fork('heartbeat').hex(26)}`;
  }

  secretValues(): readonly string[] {
    return [this.messagePath, this.heartbeatPath].flatMap((path) => path.split('/').filter(isTracer));
  }
}

const isTracer = (part: string): boolean => part.startsWith('TRACER');

const plain = (status: number, text: string): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/html' } });

/**
 * The routes of the receiver. It answers as Slack does: a word, and never JSON.
 *
 * @see https://api.slack.com/messaging/webhooks
 */
export function webhookRoutes(webhook: Webhook, host: RouteHost): Hono {
  const app = new Hono();
  const common = {
    service: 'webhook',
    error: (_status: number, code: string) => code,
    hidesPath: true,
  } as const;
  operation(
    app,
    host,
    { ...common, name: 'sendMessage', method: 'POST', path: '/services/:team/:app/:token' },
    async (c) => {
      if (!c.req.path.endsWith(webhook.messagePath)) return plain(403, 'invalid_token');
      const body = Message.safeParse(await c.req.json().catch(() => undefined));
      if (!body.success) return plain(400, 'invalid_payload');
      webhook.messages.push({ at: host.now(), text: body.data.text });
      return plain(200, 'ok');
    },
  );
  operation(app, host, { ...common, name: 'heartbeat', method: 'GET', path: '/ping/:token' }, (c) => {
    if (!c.req.path.endsWith(webhook.heartbeatPath)) return plain(404, 'not found');
    webhook.beats.push(host.now());
    return plain(200, 'OK');
  });
  return app;
}
