import type { CloudLogs } from '../cloud-logs/cloud-logs.ts';
import type { Cos } from '../cos/cos.ts';
import type { WorldFile } from '../world-file.ts';
import type { InstanceCondition, ServiceInstance } from './instance.ts';
import type { ResourceController } from './resource-controller.ts';

const ACTIVE = (): InstanceCondition => ({ state: 'active' });

/** Tells the Resource Controller of every service instance of a world file. COS instances have no names there. */
export function registerInstances(
  resources: ResourceController,
  file: WorldFile,
  { cloudLogs, cos }: { readonly cloudLogs: CloudLogs; readonly cos: Cos },
): void {
  const accountIds = new Map(file.accounts.map(({ name, id }) => [name, id]));
  const register = (
    { guid, name, account }: { readonly guid: string; readonly name: string; readonly account: string },
    more: Pick<ServiceInstance, 'service' | 'region' | 'condition'>,
  ): void => resources.add({ guid, name, accountId: accountIds.get(account) ?? '', ...more });
  for (const instance of file.cis)
    register(instance, { service: 'internet-svcs', region: 'global', condition: ACTIVE });
  for (const instance of file.secretsManagers)
    register(instance, { service: 'secrets-manager', region: instance.region, condition: ACTIVE });
  for (const instance of file.cloudLogs) {
    const condition = (): InstanceCondition => cloudLogs.condition(instance.guid);
    register(instance, { service: 'logs', region: instance.region, condition });
  }
  for (const { instance: guid, account } of file.buckets) {
    const name = `objects-${guid.slice(0, 8)}`;
    const condition = (): InstanceCondition => ({ state: cos.instanceState(guid) });
    register({ guid, name, account }, { service: 'cloud-object-storage', region: 'global', condition });
  }
}
