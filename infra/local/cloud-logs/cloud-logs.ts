import { hours } from '../../../shared/domain/time.ts';
import type {
  CloudLogsForEngine,
  Host,
  IamForServices,
  Principal,
  RestrictionsForServices,
} from '../host.ts';
import type { InstanceCondition, InstanceState } from '../resource-controller/instance.ts';

/** What people may change about an instance. */
interface Changing {
  state: InstanceState;
  /** Its public host, which is the only one here, takes nothing. */
  privateOnly: boolean;
}

interface Instance extends Changing {
  readonly guid: string;
  readonly region: string;
  readonly accountId: string;
  /** Answers this status to everybody: an outage. */
  refusesWith?: number;
  readonly records: unknown[];
}

/** How many records of a client are kept for tests to look at. */
const KEPT_RECORDS = 1_000;
/** A longer record does not reach the pipeline. */
const MAX_RECORD_BYTES = 32 * 1024;
const SEND = 'logs.data-ingress.send';

/** IBM Cloud Logs, as far as sending goes. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs */
export class CloudLogs implements CloudLogsForEngine {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #restrictions: RestrictionsForServices;
  readonly #instances = new Map<string, Instance>();
  #settle: () => void = () => {};

  constructor(host: Host, iam: IamForServices, restrictions: RestrictionsForServices) {
    this.#host = host;
    this.#iam = iam;
    this.#restrictions = restrictions;
  }

  /** For the engine: `settle` does every push that was due before now, and runs before each change. */
  beforeEachChange(settle: () => void): void {
    this.#settle = settle;
  }

  addInstance(instance: Pick<Instance, 'guid' | 'region' | 'accountId'> & Partial<Changing>): void {
    this.#instances.set(instance.guid, { state: 'active', privateOnly: false, ...instance, records: [] });
  }

  /** Somebody changes an instance. @throws {Error} for one that does not exist */
  change(guid: string, change: (instance: Changing) => void): void {
    const instance = this.#known(guid);
    this.#settle();
    change(instance);
  }

  /** @throws {Error} for an instance that does not exist */
  condition(guid: string): InstanceCondition {
    const { state, privateOnly } = this.#known(guid);
    return { state, privateOnly };
  }

  #known(guid: string): Instance {
    const instance = this.#instances.get(guid);
    if (instance === undefined) throw new Error(`no Cloud Logs instance ${guid}`);
    return instance;
  }

  /** Makes an instance answer a status to every sender from now on; undefined ends the outage. */
  refuse(guid: string, status: number | undefined): void {
    const instance = this.#known(guid);
    this.#settle();
    if (status === undefined) delete instance.refusesWith;
    else instance.refusesWith = status;
  }

  /** What clients sent over HTTP, newest last. */
  records(guid: string): readonly unknown[] {
    return this.#instances.get(guid)?.records ?? [];
  }

  ingest(
    guid: string,
    region: string,
    token: string,
    _records: readonly unknown[],
    address: string,
    at: number,
  ): ReturnType<CloudLogsForEngine['ingest']> {
    const instance = this.#instances.get(guid);
    if (instance === undefined || instance.region !== region)
      return { status: 404, message: 'no such instance' };
    return { status: this.#authorize(instance, this.#iam.principalOf(token, at), address, at) };
  }

  /** Whether a request to the host of an instance in a region may be looked at: 200, 401, 403, 404, or what an outage answers. */
  admit(guid: string, region: string, authorization: string | undefined): number {
    const instance = this.#instances.get(guid);
    const now = this.#host.now();
    const { callerAddress } = this.#host.settings.cos;
    return instance === undefined || instance.region !== region
      ? 404
      : this.#authorize(instance, this.#iam.authenticate(authorization, now), callerAddress, now);
  }

  /** Stores records of a sender that was let in. @returns how many of them were not accepted */
  store(guid: string, records: readonly Readonly<Record<string, unknown>>[]): number {
    const now = this.#host.now();
    const accepted = records.filter((record) => isAccepted(record, now));
    const kept = this.#instances.get(guid)?.records ?? [];
    kept.push(...accepted);
    kept.splice(0, kept.length - KEPT_RECORDS);
    return records.length - accepted.length;
  }

  /** A missing role, a restriction and a public host that is shut look alike from outside. */
  #authorize(instance: Instance, principal: Principal | undefined, address: string, at: number): number {
    if (instance.refusesWith !== undefined) return instance.refusesWith;
    if (instance.state !== 'active') return this.#host.settings.cloudLogs.inactiveStatus;
    if (principal === undefined) return 401;
    const { guid, region, accountId, privateOnly } = instance;
    const target = { service: 'logs', accountId, instanceId: guid, region };
    if (privateOnly || this.#restrictions.refuses(target, address, at)) return 403;
    return this.#iam.allows(principal.iamId, SEND, target, at) ? 200 : 403;
  }
}

/** Too old, too new, too large, or of no severity: left out, while the answer stays a 200. */
function isAccepted(record: Readonly<Record<string, unknown>>, now: number): boolean {
  const { timestamp = now, severity = 1 } = record;
  if (typeof timestamp !== 'number' || timestamp < now - hours(24) || timestamp > now + hours(4))
    return false;
  if (typeof severity !== 'number' || !Number.isInteger(severity) || severity < 1 || severity > 6)
    return false;
  return Buffer.byteLength(JSON.stringify(record)) <= MAX_RECORD_BYTES;
}
