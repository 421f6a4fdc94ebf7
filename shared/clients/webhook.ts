import type { Secret } from '../domain/secret.ts';
import { seconds } from '../domain/time.ts';
import { ApiError, DeadlineError } from '../errors.ts';
import type { HttpResponse, Messenger } from '../ports.ts';
import type { Call, HttpClient } from './http.ts';

/** What a run may lose to a host that does not answer. */
const TIMEOUT_MS = seconds(8);

type Verdict = Awaited<ReturnType<Messenger['send']>>;

/**
 * An incoming webhook as Slack made them common: one POST of `{"text": …}`. Nothing is repeated here and no redirect is
 * followed: the URL is a credential, and where it leads to is nobody's to change.
 *
 * @see https://api.slack.com/messaging/webhooks
 */
export const createWebhook = (http: HttpClient, url: Secret): Messenger => ({
  send: (text) =>
    judged(http, {
      operation: 'sendMessage',
      method: 'POST',
      url: url.reveal(),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: escaped(text) }),
    }),
});

/** Tells a dead man's switch that the keeper lives: one GET. Never throws for an answer, nor for none. */
export const sendHeartbeat = (http: HttpClient, url: Secret): Promise<Verdict> =>
  judged(http, { operation: 'heartbeat', method: 'GET', url: url.reveal(), headers: {} });

/** Names of zones and messages of services are not ours: without this they could call everybody of a channel. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

async function judged(
  http: HttpClient,
  call: Pick<Call<unknown>, 'operation' | 'method' | 'url' | 'headers' | 'body'>,
): Promise<Verdict> {
  try {
    const answer = await http.exchange({ service: 'notify', timeoutMs: TIMEOUT_MS, ...call });
    const reason = refusal(answer);
    if (reason === undefined) return { verdict: 'yes' };
    return { verdict: 'no', reason, ...(isOfText(answer) ? ({ fault: 'message' } as const) : {}) };
  } catch (error) {
    if (error instanceof ApiError) return { verdict: 'no', reason: error.reason };
    if (error instanceof DeadlineError) return { verdict: 'no', reason: 'the deadline of the run is near' };
    throw error;
  }
}

/** Nothing of the body is told: it may quote the address. */
function refusal({ status, body }: HttpResponse): string | undefined {
  if (status >= 300 && status < 400) return `it answered ${status}, a redirect, and none is followed`;
  if (status < 200 || status > 299) return `it answered ${status}`;
  // Slack itself says "ok" as text/html, so the type tells nothing.
  return /^\s*<(?:!doctype|html)\b/i.test(body) ? `it answered ${status} with a page` : undefined;
}

/** Refusals that say nothing about what was sent: who sends, where to, through what, and how often. */
const OF_CHANNEL: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 410, 429]);

const isOfText = ({ status }: HttpResponse): boolean =>
  status >= 400 && status < 500 && !OF_CHANNEL.has(status);
