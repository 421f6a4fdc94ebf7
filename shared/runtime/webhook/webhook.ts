import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { createFetchTransport } from '../../clients/fetch-transport.ts';
import { HttpClient } from '../../clients/http.ts';
import { ring } from '../../clients/ring.ts';
import { TokenProvider } from '../../clients/tokens.ts';
import { decideRing, type RingKind, ringKey } from '../../domain/ring.ts';
import { ApiError, DeadlineError, SchemaError } from '../../errors.ts';
import type { Clock, Random, Transport } from '../../ports.ts';
import { createLog, redactValues } from '../log.ts';
import type { Environment } from '../prepare.ts';
import { systemClock, systemRandom } from '../system.ts';
import { readRequest } from './request.ts';
import { readSettings, type WebhookSettings } from './settings.ts';

/** What a function must give back. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-work */
export interface FunctionAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the webhook is given in place of the machine's own. */
export interface WebhookOptions {
  /** Asked at each call. */
  readonly env?: () => Environment;
  readonly transport?: Transport;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Reads the token of the compute resource, as text. */
  readonly readFile?: (path: string) => string;
  /** Takes one line of the log, without its end. */
  readonly write?: (line: string) => void;
}

/** What came of a request: the status, and what the log tells of it. */
interface Handled {
  readonly status: number;
  readonly outcome: 'rung' | 'already-rung' | 'refused' | 'not-configured' | 'failed';
  readonly kind?: RingKind;
  readonly reason?: string;
}

/**
 * The entry point of the public function: who knows the secret rings, and nothing else comes of a request. It never rejects
 * and never throws: what the platform makes of that is not documented. One JSON line a request goes to the log, and in it
 * neither headers nor body.
 *
 * Nothing is kept between two calls.
 */
export function defineWebhook(options: WebhookOptions = {}): (args: unknown) => Promise<FunctionAnswer> {
  const { env = () => process.env, write = toStdout, clock = systemClock() } = options;
  return async (args) => {
    let handled: Handled;
    let redact = (text: string): string => text;
    try {
      const { secret, settings, wrong } = readSettings(env());
      if (secret === undefined) handled = notConfigured(wrong);
      else {
        redact = redactValues([secret]);
        const decided = decideRing(readRequest(args, secret));
        if ('refuse' in decided) handled = { status: decided.refuse, outcome: 'refused' };
        else if (settings === undefined) handled = notConfigured(wrong);
        else handled = await ringOnce(decided.ring, settings, { ...options, clock });
      }
    } catch (error) {
      handled = { status: 503, outcome: 'failed', reason: describe(error) };
    }
    const { status, ...told } = handled;
    const log = createLog({ write, clock, redact });
    log[status === 503 ? 'warn' : 'info']('webhook called', { ...told, status });
    return answer(status);
  };
}

const notConfigured = (wrong: readonly string[]): Handled => ({
  status: 503,
  outcome: 'not-configured',
  reason: `not set, or not what it must be: ${wrong.join(', ')}`,
});

/** Every wait ends before the platform's own limit. */
async function ringOnce(
  kind: RingKind,
  { limitMs, iamUrl, profileId, tokenFile, bucketUrl }: WebhookSettings,
  options: WebhookOptions & { readonly clock: Clock },
): Promise<Handled> {
  const { clock, transport = createFetchTransport(), random = systemRandom() } = options;
  const readFile = options.readFile ?? ((path: string): string => readFileSync(path, 'utf8'));
  const startedAt = clock.now();
  // A login, a ring, and time for one of them to be tried again.
  const http = new HttpClient({
    transport,
    clock,
    random,
    deadlineAt: startedAt + limitMs,
    timeoutMs: Math.floor(limitMs / 3),
  });
  const credential = { kind: 'trusted-profile', profileId, tokenFile } as const;
  const tokens = new TokenProvider({ http, clock, iamUrl, account: 'of the rings', credential, readFile });
  try {
    return { status: 202, kind, outcome: await ring(http, tokens, bucketUrl, ringKey(kind, startedAt)) };
  } catch (error) {
    return { status: 503, kind, outcome: 'failed', reason: describe(error) };
  }
}

/** Our own errors are built without secrets; of any other only the kind is told. */
const describe = (error: unknown): string =>
  error instanceof ApiError || error instanceof DeadlineError || error instanceof SchemaError
    ? error.message
    : `unexpected ${error instanceof Error ? error.name : typeof error}`;

/** What a stranger may know: the status, in words. */
const answer = (statusCode: number): FunctionAnswer => ({
  statusCode,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    ...(statusCode === 405 ? { allow: 'POST' } : {}),
  },
  body: `${STATUS_CODES[statusCode] ?? statusCode}\n`,
});

const toStdout = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
