import type { Host, IamForServices, Principal } from '../host.ts';
import { SEE_INSTANCE } from '../iam/roles.ts';
import { instanceCrn, type ServiceInstance } from './instance.ts';

/** The service instances of all accounts. @see https://cloud.ibm.com/apidocs/resource-controller/resource-controller */
export class ResourceController {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #instances = new Map<string, ServiceInstance>();

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
  }

  add(instance: ServiceInstance): void {
    this.#instances.set(instance.guid, instance);
  }

  authenticate(authorization: string | undefined): Principal | undefined {
    return this.#iam.authenticate(authorization, this.#host.now());
  }

  /** @param id - a GUID, or a CRN */
  find(id: string): ServiceInstance | undefined {
    return (
      this.#instances.get(id) ??
      [...this.#instances.values()].find((instance) => instanceCrn(instance) === id)
    );
  }

  /** Those of the caller's account that it may see, in one of these states. */
  visible(caller: Principal, states: readonly string[]): readonly ServiceInstance[] {
    return [...this.#instances.values()].filter(
      (instance) =>
        instance.accountId === caller.accountId &&
        states.includes(instance.condition().state) &&
        this.maySee(caller, instance),
    );
  }

  maySee({ iamId }: Principal, { service, accountId, guid, region }: ServiceInstance): boolean {
    const target = { service, accountId, instanceId: guid, region };
    return this.#iam.allows(iamId, SEE_INSTANCE, target, this.#host.now());
  }
}
