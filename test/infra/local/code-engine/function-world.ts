import { ServedClock } from '../../../../infra/local/clock.ts';
import { FunctionHost } from '../../../../infra/local/code-engine/function-host.ts';
import { type StartInstance, startWorker } from '../../../../infra/local/code-engine/function-instance.ts';
import type { HostedFunction } from '../../../../infra/local/code-engine/function-pool.ts';
import { SeededRandom } from '../../../../infra/local/random.ts';
import { Settings } from '../../../../infra/local/settings.ts';
import type { Clock } from '../../../../shared/ports.ts';

export const BASE = 'http://fn.example/webhook';

/** One function at `BASE`, and the host that runs it. */
export function aFunction(
  source: string,
  more: {
    readonly settings?: object;
    readonly fn?: Partial<HostedFunction>;
    readonly clock?: Clock;
    readonly start?: StartInstance;
  } = {},
) {
  const fn: HostedFunction = {
    source,
    main: 'main',
    revision: '1',
    env: () => ({ OWN: 'value', CR_TOKEN_FILENAME: '/token' }),
    files: () => ({}),
    concurrency: 1,
    scaleDownDelay: 60,
    maxExecutionTime: 30,
    ...more.fn,
  };
  const settings = Settings.parse({ functions: more.settings ?? {} });
  const find = (url: string) =>
    url.startsWith(BASE) ? { id: 'webhook', path: url.slice(BASE.length) || '/', fn } : undefined;
  const clock = more.clock ?? new ServedClock(Date.UTC(2026, 2, 1));
  const host = new FunctionHost(
    { random: new SeededRandom(1), settings },
    { find },
    { clock, start: more.start ?? startWorker },
  );
  const call = (path = '', init: RequestInit = {}) => host.fetch(new Request(`${BASE}${path}`, init));
  const update = (change: Partial<HostedFunction>) => void Object.assign(fn, change);
  return { host, call, update };
}

/** Answers with what the function was called with. */
export const ECHO = `
  function main(args) {
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: args };
  }
  module.exports.main = main;`;
