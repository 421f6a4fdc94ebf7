import { createHash } from 'node:crypto';
import { seconds } from '../../../shared/domain/time.ts';
import { isAmong } from '../addresses.ts';
import type { Host, RestrictionsForServices } from '../host.ts';

/** A context-based restriction: a rule, and the network zone that it names. */
export interface RestrictionState {
  readonly id: string;
  readonly accountId: string;
  readonly service: 'logs' | 'cloud-object-storage';
  /** What it is about; what is absent is any. */
  readonly instance?: string | undefined;
  readonly bucket?: string | undefined;
  readonly enforcement: 'enabled' | 'disabled' | 'report';
  /** IPv4 addresses, and ranges such as `192.0.2.0/24`, that it lets through; empty = nobody. */
  readonly addresses: readonly string[];
}

/** A restriction from one change to the next. */
interface Version {
  readonly restriction: RestrictionState;
  readonly since: number;
  until: number;
}

/** Context-based restrictions of all accounts. @see https://cloud.ibm.com/docs/account?topic=account-context-restrictions-whatis */
export class Restrictions implements RestrictionsForServices {
  readonly #host: Host;
  readonly #versions: Version[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Somebody makes a restriction, or changes the one of this id. @param since - since when it is there; now, when absent */
  add(restriction: RestrictionState, since = this.#host.now()): void {
    this.#end(restriction.id);
    this.#versions.push({ restriction, since, until: Infinity });
  }

  /** @throws {Error} for an id that does not exist */
  remove(id: string): void {
    if (!this.#end(id)) throw new Error(`no restriction ${id}`);
  }

  /** Those that are there now, whether they act yet or not. */
  all(): readonly RestrictionState[] {
    return this.#versions.filter(({ until }) => until === Infinity).map(({ restriction }) => restriction);
  }

  refuses(target: Parameters<RestrictionsForServices['refuses']>[0], address: string, at: number): boolean {
    const delayMs = seconds(this.#host.settings.restrictions.delaySeconds);
    return this.#versions.some(
      ({ restriction, since, until }) =>
        at >= since + delayMs &&
        at < until + delayMs &&
        restriction.accountId === target.accountId &&
        keepsOut(restriction, target, address),
    );
  }

  /** @returns whether there was one */
  #end(id: string): boolean {
    const now = this.#host.now();
    const current = this.#versions.find(
      ({ restriction, until }) => restriction.id === id && until === Infinity,
    );
    if (current !== undefined) current.until = now;
    return current !== undefined;
  }
}

/** Whether a restriction, while it acts, keeps an address from a target in its account. */
export const keepsOut = (
  { enforcement, service, instance, bucket, addresses }: Omit<RestrictionState, 'id' | 'accountId'>,
  target: Omit<Parameters<RestrictionsForServices['refuses']>[0], 'accountId'>,
  address: string,
): boolean =>
  enforcement === 'enabled' &&
  service === target.service &&
  (instance ?? target.instanceId) === target.instanceId &&
  (bucket ?? target.bucket) === target.bucket &&
  !isAmong(address, addresses);

/** The id of a restriction's zone. */
export const zoneIdOf = ({ id }: RestrictionState): string =>
  createHash('md5').update(`zone of ${id}`).digest('hex');
