import { keeperConfig } from '../../infra/local/keeper-config.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import { ENDPOINTS } from '../../infra/story/tell.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { summed } from '../../shared/domain/shard-report.ts';
import { minutes } from '../../shared/domain/time.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import { type FunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import type { BenchCloud, Figures } from './cloud.ts';
import { LONGEST_ROTATION_MS } from './floor.ts';
import { LEDGER } from './world.ts';

type Keeper = (name: FunctionName) => Promise<{ readonly value: RunReport; readonly figures: Figures }>;

/** A keeper in the cloud, its ledger in a bucket of the same one: runs one function once, as a process of its own would. */
export function keeperIn(cloud: BenchCloud): Keeper {
  const { world, clock, seed } = cloud;
  const config = configOf(world.file, world.keyValue('keeper-key'));
  const random = new SeededRandom(seed).fork('keeper');
  return (name) =>
    cloud.counted(async (transport) => {
      const surroundings = { transport, clock, random, log: { info: () => {}, warn: () => {} } };
      const ledger = createLedger(config, surroundings);
      return runFunction(name, config, { ...surroundings, ledger }, { plan: false });
    });
}

/** The same, where a run that did not get through would be a cheap one. */
function wholeIn(cloud: BenchCloud): Keeper {
  const keeper = keeperIn(cloud);
  return async (name) => {
    const run = await keeper(name);
    const { outcome } = run.value;
    if (outcome === 'failed' || outcome === 'partial')
      throw new Error(`the run of ${name} that was to be measured was ${outcome}`);
    return run;
  };
}

function configOf(file: Parameters<typeof keeperConfig>[0], key: string): Config {
  const text = keeperConfig(file, ENDPOINTS, () => ({ env: 'APIKEY' }), LEDGER);
  return loadConfig({ text, source: 'keeper.yml', env: { APIKEY: key } });
}

/** Sees the state of every Logpush job, as it does every five minutes: it has seen them before. */
export async function look(cloud: BenchCloud): Promise<Figures> {
  const keeper = wholeIn(cloud);
  await cloud.clock.run(keeper('check-logpush'));
  cloud.pass(EVERY_MS);
  return (await cloud.clock.run(keeper('check-logpush'))).figures;
}

export interface RotationFigures {
  /** What `rotate-keys` took in all, and how long it was from the start of its first run to the end of its last. */
  readonly whole: Figures;
  /** The run in which all jobs but the canaries move. */
  readonly move: Figures;
}

/** By `manifest.yml`. */
const EVERY_MS = minutes(5);
const ROTATES_EVERY_MS = minutes(15);

/**
 * Rotates the keys of the fleet. Of the runs of `check-logpush` only those take place that a run of `rotate-keys` starts from, five
 * minutes earlier: the others change nothing, and none is counted.
 *
 * @param until - `moved`: every job has its new key; `complete`: the old keys are gone
 */
export async function rotate(cloud: BenchCloud, until: 'moved' | 'complete'): Promise<RotationFigures> {
  const keeper = wholeIn(cloud);
  const { clock } = cloud;
  const startsAt = clock.now() + EVERY_MS;
  const runs: Figures[] = [];
  for (let at = startsAt; at < startsAt + LONGEST_ROTATION_MS; at += ROTATES_EVERY_MS) {
    cloud.pass(Math.max(0, at - EVERY_MS - clock.now()));
    await clock.run(keeper('check-logpush'));
    cloud.pass(Math.max(0, at - clock.now()));
    const { value, figures } = await clock.run(keeper('rotate-keys'));
    runs.push(figures);
    if (value.rotations.every(({ state }) => (until === 'moved' ? isMoved(state) : state === 'complete'))) {
      const move = runs.reduce((a, b) => (b.puts > a.puts ? b : a));
      return { whole: { ...runs.reduce(sumOf), ms: clock.now() - startsAt }, move };
    }
  }
  throw new Error('the rotation does not come to its end');
}

const isMoved = (state: string): boolean => state === 'draining' || state === 'proving';

const sumOf = (a: Figures, b: Figures): Figures => ({
  calls: summed([a.calls, b.calls]),
  puts: a.puts + b.puts,
  refused: a.refused + b.refused,
  bytes: a.bytes + b.bytes,
  ms: a.ms + b.ms,
});
