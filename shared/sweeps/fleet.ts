import pLimit from 'p-limit';
import type { LogpushJob, Zone } from '../domain/logpush.ts';
import { DeadlineError } from '../errors.ts';
import type { Services } from '../ports.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';

/** Requests under way at once per instance; the rate budget paces them anyway. */
const PARALLEL_ZONES = 4;
/** So many zones are read before the first of them has been taken: what else is seen of a large fleet is not held. */
const READ_AHEAD = 32;

/** One zone with its jobs, or the reason why it could not be read. */
export type ZoneLook =
  | {
      readonly instance: CisInstance;
      readonly zone: Zone;
      readonly jobs: readonly LogpushJob[];
      /** CIS's clock when it answered. */
      readonly answeredAt: number;
    }
  | {
      readonly instance: CisInstance;
      readonly zone?: Zone;
      readonly unreadable: string;
      /** There was no time for it. */
      readonly isCut: boolean;
    };

/** Which zones of an instance are read, in which order; absent = all, as CIS lists them. */
export type Choose = (zones: readonly Zone[]) => readonly Zone[];

/**
 * Reads the Logpush jobs of the zones of these instances: one call a zone, plus one a page of zones.
 * A zone or an instance that cannot be read is an entry of its own; the others are still read.
 */
export async function* observeFleet(
  context: Pick<SweepContext, 'ports'>,
  instances: readonly CisInstance[],
  choose: Choose = (zones) => zones,
): AsyncGenerator<ZoneLook> {
  for (const instance of instances) {
    try {
      const cis = context.ports.services.cis(instance.account);
      const zones = choose(await Array.fromAsync(cis.listZones(instance.crn)));
      yield* lookAhead(zones, (zone) => observeZone(context, instance, zone));
    } catch (error) {
      if (!isExpected(error)) throw error;
      yield { instance, unreadable: describeError(error), isCut: error instanceof DeadlineError };
    }
  }
}

/** The same context, whose CIS lists the zones of an instance once: who looks part by part asks no more for it. */
export function listingOnce(context: SweepContext): SweepContext {
  const { services } = context.ports;
  const listed = new Map<string, Promise<readonly Zone[]>>();
  const cis: Services['cis'] = (account) => {
    const port = services.cis(account);
    return {
      ...port,
      async *listZones(crn) {
        const known = listed.get(crn) ?? Array.fromAsync(port.listZones(crn));
        listed.set(crn, known);
        yield* await known;
      },
    };
  };
  return { ...context, ports: { ...context.ports, services: { ...services, cis } } };
}

/** Looks at each, some at once, in their order: a report reads the same whichever answer came first. */
async function* lookAhead(
  zones: readonly Zone[],
  look: (zone: Zone) => Promise<ZoneLook>,
): AsyncGenerator<ZoneLook> {
  const limit = pLimit({ concurrency: PARALLEL_ZONES, rejectOnClear: true });
  const ahead: Promise<ZoneLook>[] = [];
  try {
    for (const zone of zones) {
      const coming = limit(() => look(zone));
      // Its turn to fail comes when it is taken.
      coming.catch(() => {});
      ahead.push(coming);
      if (ahead.length >= READ_AHEAD) yield await (ahead.shift() as Promise<ZoneLook>);
    }
    while (ahead.length > 0) yield await (ahead.shift() as Promise<ZoneLook>);
  } finally {
    // Who stops in between leaves no request behind.
    limit.clearQueue();
    await Promise.allSettled(ahead);
  }
}

async function observeZone(
  context: Pick<SweepContext, 'ports'>,
  instance: CisInstance,
  zone: Zone,
): Promise<ZoneLook> {
  try {
    const { jobs, answeredAt } = await context.ports.services
      .cis(instance.account)
      .listLogpushJobs(instance.crn, zone.id);
    return { instance, zone, jobs, answeredAt };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { instance, zone, unreadable: describeError(error), isCut: error instanceof DeadlineError };
  }
}
