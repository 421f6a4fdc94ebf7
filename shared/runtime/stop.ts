import { seconds } from '../domain/time.ts';
import { DeadlineError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { systemClock } from './system.ts';

/** Who tells a process to stop: the process itself, or that of a test. */
export interface Signals {
  on(name: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(name: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

const NAMES = ['SIGTERM', 'SIGINT'] as const;

/** Ctrl-C reaches a program more than once: from the terminal, and passed on by npm and by who started it. */
const SAME_SIGNAL_MS = seconds(1);

/**
 * Does some work that ends cleanly when the process is told to stop. Told so once more, a second later or after, it does what
 * processes do by default: it ends at once.
 *
 * @param work - is given what aborts at the first SIGTERM or SIGINT
 */
export async function untilStopped<T>(
  work: (stop: AbortSignal) => Promise<T>,
  signals: Signals = process,
  clock: Clock = systemClock(),
): Promise<T> {
  const stop = new AbortController();
  const over = new AbortController();
  const forget = (): void => {
    for (const name of NAMES) signals.off(name, onSignal);
  };
  const onSignal = (): void => {
    if (stop.signal.aborted) return;
    stop.abort();
    void clock.sleep(SAME_SIGNAL_MS, over.signal).then(forget);
  };
  for (const name of NAMES) signals.on(name, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    forget();
    over.abort();
  }
}

/** A clock on which nobody waits any longer once the run is to stop: who would have to is told so by a `DeadlineError`. */
export const stoppable = (clock: Clock, stop: AbortSignal): Clock => ({
  now: () => clock.now(),
  sleep: async (ms) => {
    if (!(await sleepUnlessStopped(clock, ms, stop))) throw new DeadlineError('the run is being stopped');
  },
});

/** @returns whether the time has passed */
export async function sleepUnlessStopped(clock: Clock, ms: number, stop: AbortSignal): Promise<boolean> {
  if (stop.aborted) return false;
  let wake = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    wake = resolve;
    stop.addEventListener('abort', wake);
  });
  try {
    await Promise.race([clock.sleep(ms, stop), stopped]);
  } finally {
    stop.removeEventListener('abort', wake);
  }
  return !stop.aborted;
}
