import { keeperConfig } from '../../infra/local/keeper-config.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import { ENDPOINTS } from '../../infra/story/tell.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import type { Surroundings } from '../../shared/runtime/connect.ts';
import { type FunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import type { BenchCloud } from './cloud.ts';
import { LEDGER } from './world.ts';

/** A keeper in the cloud, its ledger in a bucket of the same one: runs one function once. */
export type Keeper = (name: FunctionName) => Promise<RunReport>;

export function keeperIn({ world, clock, transport, seed }: BenchCloud): Keeper {
  const config = configOf(world.file, world.keyValue('keeper-key'));
  const random = new SeededRandom(seed).fork('keeper');
  const surroundings = {
    transport,
    clock,
    random,
    log: { info: () => {}, warn: () => {} },
  } satisfies Omit<Surroundings, 'ledger'>;
  return async (name) => {
    // As in a process of its own: nothing of the run before is left.
    const ledger = createLedger(config, surroundings);
    const report = await runFunction(name, config, { ...surroundings, ledger }, { plan: false });
    if (report.outcome === 'failed' || report.outcome === 'partial')
      throw new Error(`the run of ${name} that was to be measured was ${report.outcome}`);
    return report;
  };
}

function configOf(file: Parameters<typeof keeperConfig>[0], key: string): Config {
  const text = keeperConfig(file, ENDPOINTS, () => ({ env: 'APIKEY' }), LEDGER);
  return loadConfig({ text, source: 'keeper.yml', env: { APIKEY: key } });
}
