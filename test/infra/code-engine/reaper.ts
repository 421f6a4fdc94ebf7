import { expect } from 'vitest';
import type { Subprocess } from '../../../infra/code-engine/ports.ts';
import type { Transport } from '../../../shared/ports.ts';
import type { Site, SiteOptions } from './site.ts';

/** The process is gone: nothing catches this. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/** Counts what changes something, and lets the process die right after the n-th of it. */
export class Reaper {
  /** How many effects the next run may have. */
  left = Number.POSITIVE_INFINITY;

  readonly options: Pick<SiteOptions, 'wrapTransport' | 'wrapSubprocess'> = {
    wrapTransport: (inner: Transport): Transport => ({
      send: async (request) => {
        this.#mustLive();
        const answer = await inner.send(request);
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        const changes = !isRead && !request.url.endsWith('/identity/token');
        if (changes) this.#effect();
        return answer;
      },
    }),
    wrapSubprocess: (inner: Subprocess): Subprocess => ({
      run: async (program, args, options) => {
        this.#mustLive();
        const ended = await inner.run(program, args, options);
        if (args.some((word) => ['create', 'update', 'delete'].includes(word))) this.#effect();
        return ended;
      },
    }),
  };

  #effect(): void {
    this.left -= 1;
    this.#mustLive();
  }

  #mustLive(): void {
    if (this.left <= 0) throw new Killed();
  }
}

/**
 * Runs a command again and again, each time a little further, until it ends by itself: dead after what it was about to do was
 * written down, then dead after it was done, of each thing in turn.
 */
export const killedAtEachStep = (site: Site, reaper: Reaper, ...args: readonly string[]): Promise<number> =>
  killedAgain(site, reaper, (runs) => 2 + (runs % 2), args);

/** @param effects - how many of them the n-th run has */
export async function killedAgain(
  site: Site,
  reaper: Reaper,
  effects: (runs: number) => number,
  args: readonly string[],
): Promise<number> {
  for (let runs = 1; ; runs += 1) {
    expect(runs).toBeLessThan(150);
    reaper.left = effects(runs);
    const { code, err } = await site.deploy(...args);
    if (code === 0) return runs;
    expect(err).toContain('unexpected Killed');
  }
}
