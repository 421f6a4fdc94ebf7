import type { RunReport } from '../../shared/domain/report.ts';
import type { Shard } from '../../shared/domain/shard.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import type { VirtualKeeper } from './virtual-keeper.ts';

export const shardsOf = (of: number): readonly Shard[] =>
  Array.from({ length: of }, (_, index) => ({ index, of }));

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
