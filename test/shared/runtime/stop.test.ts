import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { DeadlineError } from '../../../shared/errors.ts';
import { stoppable, untilStopped } from '../../../shared/runtime/stop.ts';

const listeners = (signals: EventEmitter): number =>
  signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT');

test('the first signal stops the work; one Ctrl-C may come more than once; a later signal ends the process', async () => {
  const signals = new EventEmitter();
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const work = untilStopped(
    async (stop) => {
      stop.addEventListener('abort', () => seen.push(`stopped at ${clock.now()}`));
      await clock.sleep(seconds(5));
      signals.emit('SIGINT');
      signals.emit('SIGINT');
      await clock.sleep(seconds(0.9));
      signals.emit('SIGTERM');
      seen.push(`${listeners(signals)} listeners`);
      await clock.sleep(seconds(0.2));
      // Nobody listens any more: the process does with a signal what it does by default.
      seen.push(`${listeners(signals)} listeners`);
      return 'ended';
    },
    signals,
    clock,
  );
  expect(await clock.run(work)).toBe('ended');
  expect(seen).toEqual(['stopped at 5000', '2 listeners', '0 listeners']);
});

test('nobody listens once the work is over, also when it fails', async () => {
  const signals = new EventEmitter();
  await expect(untilStopped(() => Promise.reject(new Error('broken')), signals)).rejects.toThrow('broken');
  expect(listeners(signals)).toBe(0);
});

test('who waits is woken by a stop, and who would wait after it does not', async () => {
  const stop = new AbortController();
  const clock = new VirtualClock(0);
  const stopped = stoppable(clock, stop.signal);
  void clock.sleep(seconds(1)).then(() => stop.abort());
  await expect(clock.run(stopped.sleep(minutes(1)))).rejects.toBeInstanceOf(DeadlineError);
  expect(clock.now()).toBe(seconds(1));
  await expect(stopped.sleep(minutes(1))).rejects.toBeInstanceOf(DeadlineError);
});

test('without a stop a wait is a wait', async () => {
  const clock = new VirtualClock(0);
  await clock.run(stoppable(clock, new AbortController().signal).sleep(minutes(1)));
  expect(clock.now()).toBe(minutes(1));
});
