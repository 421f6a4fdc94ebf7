import { keeperConfig, localEndpoints } from '../../../infra/local/keeper-config.ts';
import { benchWorld } from '../world.ts';

/**
 * A keeper's configuration for instances behind a port of this machine, with the environment that it takes.
 *
 * @param ledger - as a configuration names it
 */
export function configAt(port: number, guids: readonly string[], ledger: string) {
  const file = benchWorld(1, { due: false });
  const [instance] = file.cis;
  if (instance === undefined) throw new Error('the fleet has an instance');
  file.cis = guids.map((guid) => ({ ...instance, name: guid, guid }));
  // Its one declared job would have to name its instance.
  delete file.keeper.logpushJobs;
  const text = keeperConfig(
    file,
    localEndpoints(`http://127.0.0.1:${port}`),
    () => ({ env: 'APIKEY' }),
    ledger,
  );
  return { text, env: { APIKEY: '0'.repeat(44) } };
}
