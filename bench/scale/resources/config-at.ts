import { keeperConfig, type LocalEndpoints } from '../../../infra/local/keeper-config.ts';
import { benchWorld } from '../world.ts';

const SERVICES = [
  'iam',
  'cis',
  'secretsManager',
  'cloudLogs',
  'cos',
  'cosConfig',
  'resourceController',
  'cbr',
  'codeEngine',
] as const satisfies readonly (keyof LocalEndpoints)[];

/** A keeper's configuration for instances behind a port of this machine, with the environment that it takes. */
export function configAt(port: number, guids: readonly string[], ledger: string) {
  const file = benchWorld(1, { due: false });
  const [instance] = file.cis;
  if (instance === undefined) throw new Error('the fleet has an instance');
  file.cis = guids.map((guid) => ({ ...instance, name: guid, guid }));
  // Its one declared job would have to name its instance.
  delete file.keeper.logpushJobs;
  const at = (service: string): string => `http://127.0.0.1:${port}/${service}`;
  const endpoints = Object.fromEntries(SERVICES.map((name) => [name, at(name)] as const));
  const text = keeperConfig(
    file,
    endpoints as Record<(typeof SERVICES)[number], string>,
    () => ({ env: 'APIKEY' }),
    `file:${ledger}`,
  );
  return { text, env: { APIKEY: '0'.repeat(44) } };
}
