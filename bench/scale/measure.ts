import { makeNewKeys } from './baselines/api.ts';
import type { Baseline } from './baselines/baseline.ts';
import { commandLine } from './baselines/command-line.ts';
import { script } from './baselines/script.ts';
import { terraform } from './baselines/terraform.ts';
import { BenchCloud, type Figures, type Limit } from './cloud.ts';
import { type Floor, fleetOf, floorOfLook, floorOfMove, floorOfRotation } from './floor.ts';
import { look, rotate } from './ours.ts';
import { benchWorld } from './world.ts';

const BASELINES: readonly Baseline[] = [commandLine, terraform, script];
const OURS = 'logpush-keeper';

/** See every job; give every job another key; all that a rotation is, with its waits and its proofs. */
export type Work = 'look' | 'move' | 'rotation';

/** What one contestant took for some work, and what nobody can be below. */
export interface Row extends Figures {
  readonly work: Work;
  readonly limit: string;
  readonly zones: number;
  readonly jobs: number;
  readonly who: string;
  readonly floor: Floor;
}

export interface Sizes {
  readonly look: readonly number[];
  readonly move: readonly number[];
  readonly rotation: readonly number[];
}

/** Everybody at everything, each in a cloud of its own that the same seed made. */
export async function* measureAll(limits: readonly Limit[], sizes: Sizes, seed: number): AsyncGenerator<Row> {
  for (const limit of limits) {
    for (const zones of sizes.look) {
      yield await measured('look', limit, zones, seed, OURS, look);
      for (const one of BASELINES)
        yield await measured('look', limit, zones, seed, one.name, (cloud) => alone(cloud, one.look));
    }
    for (const zones of sizes.move) {
      const ours = async (cloud: BenchCloud) => (await rotate(cloud, 'moved')).move;
      yield await measured('move', limit, zones, seed, OURS, ours);
      for (const one of BASELINES)
        yield await measured('move', limit, zones, seed, one.name, (cloud) => alone(cloud, one.replaceKey));
    }
    for (const zones of sizes.rotation) {
      const ours = async (cloud: BenchCloud) => (await rotate(cloud, 'complete')).whole;
      yield await measured('rotation', limit, zones, seed, OURS, ours);
    }
  }
}

const FLOORS = { look: floorOfLook, move: floorOfMove, rotation: floorOfRotation };

async function measured(
  work: Work,
  limit: Limit,
  zones: number,
  seed: number,
  who: string,
  run: (cloud: BenchCloud) => Promise<Figures>,
): Promise<Row> {
  const file = benchWorld(zones, { due: work !== 'look' });
  const fleet = fleetOf(file);
  const figures = await run(new BenchCloud(file, limit, seed));
  return { work, limit: limit.name, zones, jobs: fleet.jobs, who, floor: FLOORS[work](fleet), ...figures };
}

/** A baseline, in a cloud that has the keys that it moves jobs to. */
export async function alone(cloud: BenchCloud, run: Baseline['look']): Promise<Figures> {
  makeNewKeys(cloud);
  return (await cloud.clock.run(cloud.counted((transport) => run(cloud, transport)))).figures;
}
