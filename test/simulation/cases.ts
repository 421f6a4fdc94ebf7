import { SeededRandom } from '../../infra/local/random.ts';
import { CALL_FAULTS, type CallFault, DEATHS } from './gate.ts';
import { type Case, live } from './life.ts';
import { chance, HAPPENINGS } from './outside.ts';
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

const CALLS_OF_A_LIFE = 140;
const LATER_CALLS = 80;
const FAULTS: readonly CallFault[] = [...DEATHS, ...CALL_FAULTS];
const CHANCES = [
  'somebody disables the new key',
  'somebody deletes the new key',
  'somebody disables the old key',
  'somebody deletes the old key',
  'a person disables a job',
  'a person deletes a job',
  'Terraform puts the old key back',
  'the role Sender goes',
] as const satisfies readonly (keyof typeof HAPPENINGS)[];

/** A death at any call and one more fault at a later one, all drawn from the seed. */
export function pair(seed: number): Case {
  const random = new SeededRandom(seed).fork('pair');
  const drawn = {
    jobs: random.pick([1, 2, 3, 4] as const),
    keysOnRead: random.pick(['clear', 'masked', 'absent'] as const),
    previousKeyWindowMinutes: random.pick([0, 30, 60]),
    lags: random.pick([false, true]),
    probeOnUpdate: random.pick([true, true, false]),
    destination: random.pick(['cloud-logs', 'cos'] as const),
  };
  const world: SmallWorld = { ...drawn, neighbours: drawn.destination === 'cos' };
  const first = random.below(CALLS_OF_A_LIFE);
  const death = random.pick(DEATHS);
  const second = first + 1 + random.below(LATER_CALLS);
  const later = random.pick([...FAULTS, ...CHANCES]);
  const isOutside = isChance(later);
  const faults = new Map<number, CallFault>([[first, death]]);
  if (!isOutside) faults.set(second, later);
  return {
    name: `${describe(world)}: ${death} at call ${first}, then ${later} at call ${second}`,
    seed,
    world,
    faults,
    events: isOutside ? chance(later, second) : [],
    lossIsOutside: isOutside,
  };
}

const isChance = (fault: CallFault | (typeof CHANCES)[number]): fault is (typeof CHANCES)[number] =>
  (CHANCES as readonly string[]).includes(fault);

const describe = (world: SmallWorld): string => {
  const { jobs, keysOnRead, previousKeyWindowMinutes, lags, probeOnUpdate, destination } = world;
  return [
    `${jobs} job(s) on ${destination}, keys ${keysOnRead} on read, previous key ${previousKeyWindowMinutes} min`,
    ...(lags === true ? ['IAM lags'] : []),
    ...(probeOnUpdate === false ? ['CIS tries nothing'] : []),
  ].join(', ');
};
