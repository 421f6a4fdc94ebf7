import type { RunReport } from '../../shared/domain/report.ts';
import { shardsOf } from '../../shared/domain/shard.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { type MergedObservation, splitByAge } from '../../shared/sweeps/observation-parts.ts';
import type { VirtualKeeper } from './virtual-keeper.ts';

/** Whether the looks of all shards may stand for a look of now. */
export const isFresh = (observation: MergedObservation, now: number): boolean =>
  observation.looks.length > 0 && splitByAge(observation, now).behind.length === 0;

/** Runs the instances of an array job one after the other, the first one last: it then knows of all others. */
export async function runShards(
  keeper: Pick<VirtualKeeper, 'run'>,
  name: FunctionName,
  of: number,
  isAlive: (index: number) => boolean = () => true,
): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const shard of shardsOf(of).toReversed())
    if (isAlive(shard.index)) reports.unshift(await keeper.run(name, { shard }));
  return reports;
}
