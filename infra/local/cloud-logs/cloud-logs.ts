import { hours } from '../../../shared/domain/time.ts';
import type { CloudLogsForEngine, Host, IamForServices } from '../host.ts';

interface Instance {
  readonly guid: string;
  readonly region: string;
  readonly accountId: string;
  /** Answers this status to everybody: an outage. */
  refusesWith?: number;
  readonly records: unknown[];
}

/** How many records of a client are kept for tests to look at. */
const KEPT_RECORDS = 1_000;
const SEND = 'logs.data-ingress.send';

/** IBM Cloud Logs, as far as sending goes. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs */
export class CloudLogs implements CloudLogsForEngine {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #instances = new Map<string, Instance>();

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
  }

  addInstance(instance: {
    readonly guid: string;
    readonly region: string;
    readonly accountId: string;
  }): void {
    this.#instances.set(instance.guid, { ...instance, records: [] });
  }

  /** Makes an instance answer a status to every sender; undefined ends the outage. */
  refuse(guid: string, status: number | undefined): void {
    const instance = this.#instances.get(guid);
    if (instance === undefined) throw new Error(`no Cloud Logs instance ${guid}`);
    if (status === undefined) delete instance.refusesWith;
    else instance.refusesWith = status;
  }

  /** What clients sent over HTTP, newest last. */
  records(guid: string): readonly unknown[] {
    return this.#instances.get(guid)?.records ?? [];
  }

  ingest(guid: string, region: string, token: string, _records: readonly unknown[], at: number) {
    const instance = this.#instances.get(guid);
    if (instance === undefined || instance.region !== region)
      return { status: 404, message: 'no such instance' };
    return { status: this.#authorize(instance, `Bearer ${token}`, at) };
  }

  /** The HTTP route's decision: who may send, and what of it is stored. */
  receive(guid: string, authorization: string | undefined, records: readonly Record<string, unknown>[]) {
    const instance = this.#instances.get(guid);
    const now = this.#host.now();
    if (instance === undefined) return { status: 404 };
    const status = this.#authorize(instance, authorization, now);
    if (status !== 200) return { status };
    const inTime = records.filter((record) => isInTime(record['timestamp'], now));
    instance.records.push(...inTime);
    instance.records.splice(0, instance.records.length - KEPT_RECORDS);
    // Not an error: what is too old or too new is left out, and the 200 says so.
    if (inTime.length < records.length) return { status, message: 'some records were not accepted' };
    return { status };
  }

  #authorize(instance: Instance, authorization: string | undefined, at: number): number {
    if (instance.refusesWith !== undefined) return instance.refusesWith;
    const principal = this.#iam.authenticate(authorization, at);
    if (principal === undefined) return 401;
    const { guid, region, accountId } = instance;
    const target = { service: 'logs', accountId, instanceId: guid, region };
    return this.#iam.allows(principal.iamId, SEND, target, at) ? 200 : 403;
  }
}

const isInTime = (timestamp: unknown, now: number): boolean =>
  timestamp === undefined ||
  (typeof timestamp === 'number' && timestamp >= now - hours(24) && timestamp <= now + hours(4));
