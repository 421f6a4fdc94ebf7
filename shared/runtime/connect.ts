import type { HttpClient } from '../clients/http.ts';
import { createServices } from '../clients/services.ts';
import type { Exchange } from '../domain/doctor/exchange.ts';
import type { Clock, LedgerStore, Log, Ports, Random, Transport } from '../ports.ts';
import type { Config } from './config/config.ts';

/** What differs between a real run, a served local cloud and a virtual world. */
export interface Surroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ledger: LedgerStore;
  /** No request starts that could not end by then. */
  readonly deadlineAt?: number;
}

/** The ports of one run: the IBM services as the configuration reaches them, in the given surroundings. */
export function connect(
  config: Config,
  surroundings: Surroundings,
  { plan, observe }: { readonly plan: boolean; readonly observe?: (exchange: Exchange) => void },
): {
  readonly ports: Ports;
  readonly http: HttpClient;
  readonly counts: () => Readonly<Record<string, number>>;
} {
  const { transport, clock, random, log, ledger, deadlineAt } = surroundings;
  const { services, http, counts } = createServices({
    transport,
    clock,
    random,
    endpoints: config.endpoints,
    accounts: new Map(Object.entries(config.accounts)),
    cisCallsPerMinute: config.policies.cis.callsPerMinute,
    shared: { ledger, writes: !plan, processes: config.policies.cis.processes },
    log,
    ...(observe === undefined ? {} : { observe }),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
  });
  return { ports: { clock, random, log, ledger, services }, http, counts };
}
