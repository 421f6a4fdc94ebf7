import { SeededRandom } from '../../infra/local/random.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { Case } from './case.ts';
import { DEATHS } from './gate.ts';
import { type Aim, type Cell, firstFor, isHappening } from './grid.ts';
import { cellsOf, type Kind, TURNS } from './kinds.ts';
import { live } from './life.ts';
import { HAPPENINGS, newKeyFails } from './outside.ts';
import { ALONE, type RunnerSpec } from './runner.ts';
import type { SmallWorld } from './small-world.ts';

/**
 * Every external call of a life, dying in each way there, and losing the ledger there. A death after a call that leaves the
 * world as the death before the next one does is lived once: a process keeps nothing, so what it did inside itself between
 * the two is gone in both.
 */
export async function everyDeath(
  of: Omit<Case, 'name' | 'faults'>,
  events: () => Case['events'] = () => [],
): Promise<readonly (() => Case)[]> {
  const plain = (): Case => ({ ...of, name: 'undisturbed', faults: new Map(), events: events() ?? [] });
  const { calls, settled } = await live(plain());
  const cases = [plain];
  for (const [number, call] of calls.entries()) {
    for (const fault of [...DEATHS, 'ledger-lost'] as const) {
      if (fault === 'die-after' && settled.has(number)) continue;
      const name = `${fault} at call ${number} (${call})`;
      cases.push(() => ({ ...plain(), name, faults: new Map([[number, fault]]) }));
    }
  }
  return cases;
}

/** At so many calls after it has begun the one that overtakes dies. */
const DIES_AFTER = [3, 9, 17, 29];

/**
 * At every external call of a life another keeper, whose clock is behind, starts and runs to its end before the first goes on:
 * alone, and then the first dies, or the other dies at some call of its own.
 */
export async function everyOvertaking(of: Pick<Case, 'world' | 'kind'>): Promise<readonly (() => Case)[]> {
  const plain = { ...of, name: 'undisturbed', seed: 1, faults: new Map() };
  const { calls } = await live(plain);
  return calls.flatMap((call, number) => {
    const at = (what: string, faults: Case['faults']) => (): Case => ({
      ...plain,
      name: `overtaken at call ${number} (${call})${what}`,
      overtakenAt: number,
      faults,
    });
    const diesAfter = DIES_AFTER[number % DIES_AFTER.length] ?? 1;
    return [
      at('', new Map()),
      at(', then it dies', new Map([[number, 'die-after']])),
      at(`, the other dies ${diesAfter} calls later`, new Map([[number + diesAfter, 'die-after']])),
    ];
  });
}

/** A step that shares no factor with the number of cells walks through all of them. */
const STRIDE = 101;
const GOING_BACK: readonly Cell['phase'][] = ['rolling-back', 'restoring'];

/**
 * A life of two rotations with one fault or two, each aimed at a phase: seeds in a row walk through all cells of phase and
 * fault, for each kind of binding. Everything else is drawn.
 */
export function drawLife(seed: number): Case {
  const random = new SeededRandom(seed).fork('life');
  const kind = at(TURNS, seed);
  const cells = cellsOf(kind);
  const turn = turnOf(kind, seed);
  const wanted = at(cells, turn);
  const first = firstFor(wanted);
  const second = random.below(3) > 0 ? at(cells, turn * STRIDE + 50) : undefined;
  const goesBack = [wanted, second].some((cell) => cell !== undefined && GOING_BACK.includes(cell.phase));
  const after = random.pick([0, 1] as const);
  const aimed = (cell: Cell, mayBeElsewhere: boolean): Aim => ({
    ...cell,
    nth: random.below(4),
    after: mayBeElsewhere ? random.pick([0, 1] as const) : after,
  });
  const aims =
    first === undefined
      ? // There is one way back in a life.
        [wanted, second].flatMap((cell) =>
          cell === undefined ? [] : [aimed(cell, !GOING_BACK.includes(cell.phase))],
        )
      : [aimed(first, false), aimed(wanted, false)];
  const drawn = {
    // Who deletes the last job leaves nothing to look at.
    jobs: random.pick(
      aims.some(({ kind: what }) => what === 'person deletes a job')
        ? ([2, 3] as const)
        : ([1, 2, 2, 3, 4] as const),
    ),
    keysOnRead: random.pick(['clear', 'masked', 'absent'] as const),
    previousKeyWindowMinutes: goesBack ? 0 : random.pick([0, 30, 60]),
    lags: random.pick([false, true]),
    probeOnUpdate: random.pick([true, true, false]),
    destination: random.pick(['cloud-logs', 'cos'] as const),
  };
  const world: SmallWorld = { ...drawn, neighbours: drawn.destination === 'cos' };
  const runners = drawRunners(random);
  return {
    name: [
      kind,
      describe(world),
      runners
        .map(({ name, skewMs, offsetMs }) => `${name} ${skewMs / 1_000}s +${offsetMs / 60_000}min`)
        .join(', '),
      ...aims.map(({ phase, kind, nth, after }) => `${kind} in ${phase}, call ${nth}, rotation ${after + 1}`),
    ].join('; '),
    seed,
    kind,
    world,
    faults: new Map(),
    aims,
    events: goesBack ? [newKeyFails(after)] : [],
    runners,
    rotations: 2,
    lossIsOutside: goesBack || aims.some(({ kind }) => isHappening(kind) && HAPPENINGS[kind].costsLogs),
  };
}

/** How many seeds before this one were of the same kind. */
function turnOf(kind: Kind, seed: number): number {
  const times = (turns: readonly Kind[]): number => turns.filter((one) => one === kind).length;
  return Math.floor(seed / TURNS.length) * times(TURNS) + times(TURNS.slice(0, seed % TURNS.length));
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nothing to walk through');
  return item;
}

/** One alone, several at the same instant, or several some minutes apart; their clocks are off by up to ten minutes. */
function drawRunners(random: SeededRandom): readonly RunnerSpec[] {
  const mode = random.pick(['alone', 'alternating', 'staggered'] as const);
  const skewMs = (): number => Math.floor((random.next() * 2 - 1) * minutes(10));
  if (mode === 'alone') return [{ ...ALONE, skewMs: skewMs() }];
  const offsetMs = (): number => (mode === 'staggered' ? minutes(random.below(15)) : 0);
  return ['A', 'B', 'C', 'D']
    .slice(0, random.pick([2, 2, 3, 4]))
    .map((name) => ({ name, skewMs: skewMs(), offsetMs: offsetMs() }));
}

const describe = (world: SmallWorld): string => {
  const { jobs, keysOnRead, previousKeyWindowMinutes, lags, probeOnUpdate, destination } = world;
  return [
    `${jobs} job(s) on ${destination}, keys ${keysOnRead} on read, previous key ${previousKeyWindowMinutes} min`,
    ...(lags === true ? ['IAM lags'] : []),
    ...(probeOnUpdate === false ? ['CIS tries nothing'] : []),
  ].join(', ');
};
