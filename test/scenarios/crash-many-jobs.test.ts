import { expect, test } from 'vitest';
import { SeededRandom } from '../../infra/local/random.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { Case, Life } from '../simulation/case.ts';
import { type CallFault, DEATHS } from '../simulation/gate.ts';
import { live } from '../simulation/life.ts';
import { type Event, isMove, newKeyFails } from '../simulation/outside.ts';
import { ALONE } from '../simulation/runner.ts';
import type { SmallWorld } from '../simulation/small-world.ts';
import { survive } from '../simulation/survive.ts';

/** Keys of so many jobs that several moves are noted together. */
const MANY = { jobs: 4, crowd: 97 } as const satisfies SmallWorld;
const TOGETHER = 3;
const FEWER = { jobs: 4, crowd: 48 } as const satisfies SmallWorld;
const TOGETHER_OF_FEWER = 2;

const movesOf = (calls: readonly string[]): readonly number[] =>
  calls.flatMap((call, number) => (isMove(call) ? [number] : []));

/** The calls of one batch of moves, drawn from those of a life: each move, and the write that notes them. */
function batchAt(
  { calls }: Life,
  drawn: readonly number[],
  together: number,
  seed: number,
): readonly number[] {
  const random = new SeededRandom(seed).fork('batch');
  const first = random.below(Math.floor(drawn.length / together) - 1) * together;
  const moves = drawn.slice(first, first + together);
  const note = calls.findIndex((call, number) => number > (moves.at(-1) ?? 0) && call === 'ledger write');
  return [...moves, note];
}

/** Each way to die at each of these calls; equal ones once. */
const deathsAt = (of: Omit<Case, 'name' | 'faults'>, { calls, settled }: Life, numbers: readonly number[]) =>
  numbers.flatMap((number) =>
    DEATHS.filter((death) => death !== 'die-after' || !settled.has(number)).map(
      (fault) => (): Case => ({
        ...of,
        name: `${fault} at call ${number} (${calls[number]})`,
        faults: new Map<number, CallFault>([[number, fault]]),
      }),
    ),
  );

test('101 jobs, whose moves are noted in threes: whatever call of three it dies at, at most three are moved twice', async () => {
  const of = { world: MANY, seed: 1 };
  const plain = await live({ ...of, name: 'undisturbed', faults: new Map() });
  expect(plain.violations).toEqual([]);
  const moves = movesOf(plain.calls);
  expect(moves).toHaveLength(101);
  // The first of all is a canary's, and noted alone.
  const numbers = batchAt(plain, moves.slice(1), TOGETHER, 1);
  const cases = deathsAt(of, plain, numbers);
  expect(cases.length).toBeGreaterThanOrEqual(2 * (TOGETHER + 1));
  for (const one of cases) {
    const { violations, calls, trace, record } = await live(one());
    expect(violations, [one().name, ...trace].join('\n')).toEqual([]);
    expect(movesOf(calls).length, one().name).toBeGreaterThanOrEqual(101);
    expect(movesOf(calls).length, one().name).toBeLessThanOrEqual(101 + TOGETHER);
    expect(record?.history.at(-1)?.jobs).toEqual({ proven: 100, 'moved-while-disabled': 1 });
  }
});

/** The key fails when most jobs have it, and none of them shows which key it carries. */
const goesBack = () => ({
  world: { ...FEWER, keysOnRead: 'masked' as const },
  seed: 1,
  lossIsOutside: true,
  events: [
    {
      ...newKeyFails(),
      afterCall: (name: string, { rotation }: Parameters<Event['afterCall']>[1]) =>
        isMove(name) && Object.keys(rotation?.jobs ?? {}).length > 40,
    },
  ],
});

test('on the way back of 52 jobs, which are noted in twos: whatever call of two it dies at, all go back', async () => {
  const plain = await live({ ...goesBack(), name: 'undisturbed', faults: new Map() });
  expect(plain.violations).toEqual([]);
  const back = movesOf(plain.calls).slice(52, 104);
  expect(back).toHaveLength(52);
  const lived = await survive(
    batchAt(plain, back, TOGETHER_OF_FEWER, 1).flatMap((number) => deathsAt(goesBack(), plain, [number])),
  );
  expect(lived).toBeGreaterThanOrEqual(2 * (TOGETHER_OF_FEWER + 1));
});

test('a run that is suspended between two moves until another has its lease: both move, and nothing is lost', async () => {
  const of = { world: FEWER, seed: 3, runners: [ALONE, { ...ALONE, name: 'B', offsetMs: minutes(7) }] };
  const plain = await live({ ...of, name: 'undisturbed', faults: new Map() });
  const [first, second] = batchAt(plain, movesOf(plain.calls).slice(1), TOGETHER_OF_FEWER, 2);
  const moves: number[] = [];
  for (const number of [first, second]) {
    const faults = new Map<number, CallFault>([[number ?? 0, 'stall']]);
    const name = `suspended at call ${number}`;
    const { violations, calls, trace } = await live({ ...of, name, faults });
    expect(violations, [name, ...trace].join('\n')).toEqual([]);
    moves.push(movesOf(calls).length);
  }
  // How long it is suspended is drawn: at least once it is longer than the lease, and the other one moves as well.
  expect(Math.min(...moves)).toBeGreaterThanOrEqual(52);
  expect(Math.max(...moves)).toBeGreaterThan(52);
});
