import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { SeededRandom } from '../../../infra/local/random.ts';
import { SharedBudget } from '../../../shared/clients/shared-budget.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../../shared/errors.ts';
import type { Clock, LedgerStore } from '../../../shared/ports.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

const START = Date.UTC(2026, 2, 1);

/** A process whose clock is wrong, and that may die. */
interface Process {
  readonly seed: number;
  readonly skewMs: number;
  readonly startsMs: number;
  readonly calls: number;
  /** Longest pause between two calls. */
  readonly pauseMs: number;
  readonly diesAtCall: number;
}

const aProcess = fc.record({
  seed: fc.nat(),
  skewMs: fc.integer({ min: -minutes(10), max: minutes(10) }),
  startsMs: fc.integer({ min: 0, max: seconds(90) }),
  calls: fc.integer({ min: 1, max: 150 }),
  pauseMs: fc.constantFrom(0, 50, 2_000),
  diesAtCall: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 100 })),
});

interface Weather {
  /** Of a hundred requests to the ledger so many fail, half of the writes after they were done. */
  readonly failing: number;
  /** From when on nobody reaches it. */
  readonly gone: number;
}

/** The ledger as one process reaches it: requests take time, fail, and show the store's clock in whole seconds. */
function reached(
  store: LedgerStore,
  clock: VirtualClock,
  own: Clock,
  random: SeededRandom,
  weather: Weather,
) {
  let heard: { readonly date: number; readonly askedAt: number; readonly heardAt: number } | undefined;
  const request = async <T>(work: () => Promise<T>): Promise<T> => {
    const askedAt = own.now();
    await clock.sleep(random.below(300));
    const isGone = clock.now() >= START + weather.gone;
    const fault = isGone
      ? 'failed'
      : random.below(100) >= weather.failing
        ? 'none'
        : random.pick(['failed', 'lost']);
    if (fault === 'failed') throw new LedgerUnavailableError('no answer');
    const date = Math.floor(clock.now() / 1000) * 1000;
    const answer = await work();
    await clock.sleep(random.below(300));
    if (fault === 'lost') throw new LedgerUnavailableError('no answer');
    heard = { date, askedAt, heardAt: own.now() };
    return answer;
  };
  const ledger: LedgerStore = {
    read: (key) => request(() => store.read(key)),
    write: (key, body, tag) => request(() => store.write(key, body, tag)),
    list: (prefix) => store.list(prefix),
    now() {
      if (heard === undefined) throw new LedgerUnavailableError('not heard of yet');
      const { date, askedAt, heardAt } = heard;
      return { atLeast: date + own.now() - heardAt, atMost: date + 1000 + own.now() - askedAt };
    },
  };
  return ledger;
}

/** @returns when calls started, by the true clock */
async function live(processes: readonly Process[], weather: Weather): Promise<readonly number[]> {
  const clock = new VirtualClock(START);
  const store = createMemoryLedger();
  const started: number[] = [];
  const run = async (process: Process, index: number): Promise<void> => {
    const own: Clock = { now: () => clock.now() + process.skewMs, sleep: (ms) => clock.sleep(ms) };
    const random = new SeededRandom(process.seed).fork(`process-${index}`);
    await clock.sleep(process.startsMs);
    const budget = new SharedBudget({
      clock: own,
      random,
      callsPerMinute: 80,
      shared: {
        ledger: reached(store, clock, own, random.fork('ledger'), weather),
        writes: true,
        processes: processes.length,
        identity: async () => 'iam-ServiceId-1',
      },
    });
    for (let call = 1; call <= process.calls && call < process.diesAtCall; call += 1) {
      await budget.take(Number.POSITIVE_INFINITY);
      started.push(clock.now());
      await clock.sleep(random.below(process.pauseMs + 1));
    }
  };
  await clock.run(Promise.all(processes.map(run)));
  return started;
}

function mostInAMinute(started: readonly number[]): number {
  const sorted = started.toSorted((a, b) => a - b);
  return Math.max(
    0,
    ...sorted.map((at, index) => sorted.slice(index).filter((other) => other < at + minutes(1)).length),
  );
}

test('whatever their clocks, deaths and lost answers: in no minute do processes start more calls than the budget', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aProcess, { minLength: 2, maxLength: 5 }),
      fc.constantFrom(0, 5, 15),
      async (processes, failing) => {
        const started = await live(processes, { failing, gone: Number.POSITIVE_INFINITY });
        expect(mostInAMinute(started)).toBeLessThanOrEqual(80);
      },
    ),
    { numRuns: 200 },
  );
});

test('neither do they when all of them lose the ledger', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aProcess, { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 0, max: minutes(2) }),
      async (processes, gone) => {
        const started = await live(processes, { failing: 0, gone });
        expect(mostInAMinute(started)).toBeLessThanOrEqual(80);
      },
    ),
    { numRuns: 100 },
  );
});
