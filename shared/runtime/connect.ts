import type { HttpClient } from '../clients/http.ts';
import { createServices } from '../clients/services.ts';
import type { Exchange } from '../domain/doctor/exchange.ts';
import type { Clock, LedgerStore, Log, Ports, Random, Transport } from '../ports.ts';
import type { Config } from './config/config.ts';
import { stoppable } from './stop.ts';

/** Reads a file whole, or throws as `node:fs` does. */
export type ReadFile = (path: string) => Uint8Array;

/** What differs between a real run, a served local cloud and a virtual world. */
export interface Surroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ledger: LedgerStore;
  /** No request starts that could not end by then. */
  readonly deadlineAt?: number;
  /** When it aborts no request starts any more, and nobody waits; the ledger can still be written. */
  readonly stop?: AbortSignal;
  /** Reads the token file of a trusted profile; absent = the machine's files. */
  readonly readFile?: ReadFile;
}

/** The ports of one run: the IBM services as the configuration reaches them, in the given surroundings. */
export function connect(
  config: Config,
  surroundings: Surroundings,
  options: {
    readonly plan: boolean;
    readonly observe?: (exchange: Exchange) => void;
    /** Nothing else uses the identities: a plan need not keep to a share of the budget. */
    readonly alone?: boolean;
  },
): {
  readonly ports: Ports;
  readonly http: HttpClient;
  readonly counts: () => Readonly<Record<string, number>>;
} {
  const { plan, observe, alone = false } = options;
  const { cis } = config.policies;
  const { transport, random, log, ledger, deadlineAt, stop, readFile } = surroundings;
  const clock = stop === undefined ? surroundings.clock : stoppable(surroundings.clock, stop);
  const { services, http, counts } = createServices({
    transport,
    clock,
    random,
    endpoints: config.endpoints,
    accounts: new Map(Object.entries(config.accounts)),
    cisCallsPerMinute: cis.callsPerMinute,
    shared: { ledger, writes: !plan, processes: alone ? 1 : cis.processes },
    log,
    ...(observe === undefined ? {} : { observe }),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(stop === undefined ? {} : { stop }),
    ...(readFile === undefined ? {} : { readFile: textReader(readFile) }),
  });
  return { ports: { clock, random, log, ledger, services }, http, counts };
}

/** The same for files that are text. */
export const textReader =
  (readFile: ReadFile) =>
  (path: string): string =>
    new TextDecoder().decode(readFile(path));
