import type { Exchange } from '../domain/doctor/exchange.ts';
import { minutes } from '../domain/time.ts';
import type { Clock } from '../ports.ts';
import type { Config } from './config/config.ts';

/** How a person who waits is told how long a look at all zones takes, and how far it is. */
export interface Progress {
  /** How many zones are to be looked at: said once, before the first of them. */
  readonly begins: (zones: number) => void;
  /** Every exchange of the run. */
  readonly observe: (exchange: Exchange) => void;
}

/** What differs between one look and another by hand. */
export interface LookOptions {
  /** Nothing else calls CIS with this identity meanwhile: the whole budget is used, not a process's share of it. */
  readonly alone: boolean;
  /** Where a person reads how far it is. */
  readonly tell: (line: string) => void;
  /** Only how long it will take; a program reads the rest. */
  readonly quiet: boolean;
}

/** A line when it begins, and then one a minute at most. */
export function progressOf(
  { policies: { cis }, instances }: Pick<Config, 'policies' | 'instances'>,
  clock: Clock,
  { alone, tell, quiet }: LookOptions,
): Progress {
  // It writes nothing, so it cannot agree with other processes on more than its share.
  const pace = Math.max(1, Math.floor(cis.callsPerMinute / (alone ? 1 : cis.processes)));
  let [total, seen, saidAt] = [0, 0, 0];
  const minutesFor = (zones: number): string => {
    const n = Math.ceil(zones / pace);
    return n <= 1 ? 'a minute at most' : `about ${n} minutes`;
  };
  return {
    begins(zones) {
      total = zones;
      saidAt = clock.now();
      if (zones === 0) return;
      // Beside its zones each instance takes some calls.
      const long = minutesFor(zones + 4 * instances.length);
      const hint =
        alone || zones <= pace
          ? ''
          : `; --alone uses all ${cis.callsPerMinute}, where no other keeper and nothing else calls CIS with this identity`;
      tell(`${long}: ${zones} zones at ${pace} calls a minute${hint}`);
    },
    observe({ operation, status }) {
      if (operation !== 'listLogpushJobs' || status === undefined || status === 429) return;
      seen += 1;
      if (quiet || seen >= total || clock.now() < saidAt + minutes(1)) return;
      saidAt = clock.now();
      tell(`${seen} of ${total} zones; ${minutesFor(total - seen)} more`);
    },
  };
}
