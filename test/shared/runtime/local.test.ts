import { expect, test } from 'vitest';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { runSchedules } from '../../../shared/runtime/local.ts';

const START = Date.UTC(2026, 2, 1);

/** A schedule that comes every so often. */
const every = (action: string, ms: number) => ({
  action,
  nextAfter: (at: number): number => (Math.floor(at / ms) + 1) * ms,
});

/** Runs schedules in virtual time until they are stopped; `takes` says how long a run takes. */
async function live(
  schedules: readonly ReturnType<typeof every>[],
  stopAfterMs: number,
  takes: (action: string) => number,
) {
  const clock = new VirtualClock(START);
  const stop = new AbortController();
  const running = new Map<string, number>();
  const lines: string[] = [];
  let [mostOfOne, mostOfAll] = [0, 0];
  const change = (action: string, by: number): void => {
    running.set(action, (running.get(action) ?? 0) + by);
    mostOfOne = Math.max(mostOfOne, ...running.values());
    mostOfAll = Math.max(
      mostOfAll,
      [...running.values()].reduce((a, b) => a + b, 0),
    );
  };
  void clock.sleep(stopAfterMs).then(() => stop.abort());
  await clock.run(
    runSchedules({
      schedules,
      clock: () => clock,
      stop: stop.signal,
      tell: (line) => void lines.push(line),
      run: async (action) => {
        change(action, 1);
        await clock.sleep(takes(action));
        change(action, -1);
        return 'ok';
      },
    }),
  );
  return { lines, mostOfOne, mostOfAll, endedAt: clock.now() - START };
}

test('functions run side by side, and none overlaps itself', async () => {
  const { lines, mostOfOne, mostOfAll } = await live(
    [every('a', minutes(5)), every('b', minutes(5))],
    minutes(31),
    (action) => (action === 'a' ? minutes(12) : seconds(2)),
  );
  expect([mostOfOne, mostOfAll]).toEqual([1, 2]);
  const of = (name: string) => lines.filter((line) => line.includes(`Z ${name}: ok`)).length;
  expect([of('a'), of('b')]).toEqual([2, 6]);
});

test('two schedules of one function are one', async () => {
  const { mostOfOne, lines } = await live([every('a', minutes(5)), every('a', minutes(3))], minutes(16), () =>
    minutes(4),
  );
  expect(mostOfOne).toBe(1);
  expect(lines.filter((line) => line.includes('Z a: ok'))).toHaveLength(3);
});

test('told to stop, it waits for what runs and starts nothing more', async () => {
  const { lines, endedAt } = await live([every('a', minutes(5))], minutes(6), () => minutes(3));
  expect(endedAt).toBe(minutes(8));
  expect(lines).toMatchInlineSnapshot(`
    [
      "a: first start 2026-03-01T00:05:00.000Z",
      "2026-03-01T00:05:00.000Z a: ok, 3 min; stopped",
    ]
  `);
});

test('told to stop while nothing runs, it ends at once', async () => {
  expect((await live([every('a', minutes(5))], minutes(1), () => 0)).endedAt).toBe(minutes(1));
});

test.each([
  ['set forward by an hour', 60, 120, 60],
  ['set back by a day', -24 * 60, 5, 5],
])('a clock that is %s while it waits is followed within a minute', async (_, byMinutes, period, latest) => {
  const clock = new VirtualClock(START);
  const stop = new AbortController();
  let offset = 0;
  const starts: number[] = [];
  void clock.sleep(seconds(30)).then(() => (offset = minutes(byMinutes)));
  await clock.run(
    runSchedules({
      schedules: [every('a', minutes(period))],
      clock: () => ({
        now: () => clock.now() + offset,
        sleep: (ms: number) => clock.sleep(ms),
      }),
      stop: stop.signal,
      tell: () => {},
      run: async () => {
        starts.push(clock.now() - START);
        stop.abort();
        return 'ok';
      },
    }),
  );
  expect(starts).toHaveLength(1);
  expect(starts[0]).toBeGreaterThan(0);
  expect(starts[0]).toBeLessThanOrEqual(minutes(latest + 1));
});
