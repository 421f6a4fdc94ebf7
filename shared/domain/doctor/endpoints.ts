import { seconds } from '../time.ts';
import type { Exchange } from './exchange.ts';
import type { EndpointReport } from './report.ts';

/** A clock that is further off than this misjudges locks, leases and ages of keys. */
export const CLOCK_TOLERANCE_MS = seconds(60);

/** Every host that was asked, in the order of the services. */
export function endpointsOf(exchanges: readonly Exchange[]): readonly EndpointReport[] {
  const hosts = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const key = `${exchange.service} ${exchange.host}`;
    const known = hosts.get(key) ?? [];
    known.push(exchange);
    hosts.set(key, known);
  }
  return [...hosts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, of]) => {
      const [first] = of;
      if (first === undefined) return [];
      const ahead = clockAhead(of);
      return [
        {
          service: first.service,
          host: first.host,
          reached: of.some(({ status }) => status !== undefined),
          failures: [...new Set(of.flatMap(({ failure }) => failure ?? []))],
          ...(ahead === undefined ? {} : { clockAheadMs: ahead }),
        },
      ];
    });
}

/**
 * How far a server's clock is ahead of ours, at least; negative = behind. `Date` is cut to a whole second and was made some
 * time between the request and the answer; of all answers the one that says least counts.
 */
function clockAhead(exchanges: readonly Exchange[]): number | undefined {
  const bounds = exchanges.flatMap(({ dateAt, sentAt, answeredAt }) =>
    dateAt === undefined ? [] : [{ least: dateAt - answeredAt, most: dateAt + seconds(1) - sentAt }],
  );
  if (bounds.length === 0) return undefined;
  const sure = bounds.map(({ least, most }) => (least > 0 ? least : most < 0 ? most : 0));
  return sure.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a));
}
