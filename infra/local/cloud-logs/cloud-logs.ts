import { hours } from '../../../shared/domain/time.ts';
import type { CloudLogsForEngine, Host, IamForServices, Principal } from '../host.ts';

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
/** A longer record does not reach the pipeline. */
const MAX_RECORD_BYTES = 32 * 1024;
const SEND = 'logs.data-ingress.send';

/** IBM Cloud Logs, as far as sending goes. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs */
export class CloudLogs implements CloudLogsForEngine {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #instances = new Map<string, Instance>();
  #settle: () => void = () => {};

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
  }

  /** For the engine: `settle` does every push that was due before now, and runs before each change. */
  beforeEachChange(settle: () => void): void {
    this.#settle = settle;
  }

  addInstance(instance: {
    readonly guid: string;
    readonly region: string;
    readonly accountId: string;
  }): void {
    this.#instances.set(instance.guid, { ...instance, records: [] });
  }

  /** Makes an instance answer a status to every sender from now on; undefined ends the outage. */
  refuse(guid: string, status: number | undefined): void {
    const instance = this.#instances.get(guid);
    if (instance === undefined) throw new Error(`no Cloud Logs instance ${guid}`);
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
    at: number,
  ): ReturnType<CloudLogsForEngine['ingest']> {
    const instance = this.#instances.get(guid);
    if (instance === undefined || instance.region !== region)
      return { status: 404, message: 'no such instance' };
    return { status: this.#authorize(instance, this.#iam.principalOf(token, at), at) };
  }

  /** Whether a request may be looked at: 200, 401, 403, 404, or what an outage answers. */
  admit(guid: string, authorization: string | undefined): number {
    const instance = this.#instances.get(guid);
    const now = this.#host.now();
    return instance === undefined
      ? 404
      : this.#authorize(instance, this.#iam.authenticate(authorization, now), now);
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

  #authorize(instance: Instance, principal: Principal | undefined, at: number): number {
    if (instance.refusesWith !== undefined) return instance.refusesWith;
    if (principal === undefined) return 401;
    const { guid, region, accountId } = instance;
    const target = { service: 'logs', accountId, instanceId: guid, region };
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
