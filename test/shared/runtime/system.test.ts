import { expect, test } from 'vitest';
import { days } from '../../../shared/domain/time.ts';
import { systemClock, systemRandom } from '../../../shared/runtime/system.ts';

test('the clock is ahead of the machine’s by its offset', () => {
  const ahead = systemClock(days(3)).now() - systemClock().now();

  expect(Math.abs(ahead - days(3))).toBeLessThan(1_000);
});

test.each([0, -5, Number.NaN])('waiting for %d ms is over at once', async (ms) => {
  await systemClock().sleep(ms);
});

test('a wait takes at least its time', async () => {
  const clock = systemClock();
  const startedAt = clock.now();

  await clock.sleep(20);

  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(19);
});

test('a wait ends when its signal aborts, and leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const stop = new AbortController();
  const waits = systemClock().sleep(days(1), stop.signal);
  expect(timers()).toBe(before + 1);
  stop.abort();
  await waits;
  await systemClock().sleep(days(1), stop.signal);
  expect(timers()).toBe(before);
});

test('random numbers lie in [0, 1) and fill it', () => {
  const random = systemRandom();
  const drawn = Array.from({ length: 2_000 }, () => random.next());

  expect(drawn.every((n) => n >= 0 && n < 1)).toBe(true);
  expect(new Set(drawn.map((n) => Math.floor(n * 10))).size).toBe(10);
});

test('random digits are hexadecimal, as many as asked for, and differ', () => {
  const random = systemRandom();

  for (const length of [0, 1, 12, 33])
    expect(random.hex(length)).toMatch(new RegExp(`^[0-9a-f]{${length}}$`));
  expect(random.hex(32)).not.toBe(random.hex(32));
});
