import { DeadlineError } from '../errors.ts';
import type { Clock } from '../ports.ts';

/** Who tells a process to stop: the process itself, or that of a test. */
export interface Signals {
  on(name: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(name: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/**
 * Does some work that ends cleanly when the process is told to stop. The second signal does what it does by default: it
 * ends the process at once.
 *
 * @param work - is given what aborts at the first SIGTERM or SIGINT
 */
export async function untilStopped<T>(
  work: (stop: AbortSignal) => Promise<T>,
  signals: Signals = process,
): Promise<T> {
  const controller = new AbortController();
  const forget = (): void => {
    signals.off('SIGTERM', onSignal);
    signals.off('SIGINT', onSignal);
  };
  const onSignal = (): void => {
    forget();
    controller.abort();
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    forget();
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
