import pLimit from 'p-limit';
import type { LogpushJob, Zone } from '../domain/logpush.ts';
import { type CisInstance, describeError, isExpected, type SweepContext } from './context.ts';

/** Requests under way at once per instance; the rate budget paces them anyway. */
const PARALLEL_ZONES = 4;

/** One zone with its jobs, or the reason why it could not be read. */
export type ZoneLook =
  | {
      readonly instance: CisInstance;
      readonly zone: Zone;
      readonly jobs: readonly LogpushJob[];
      /** CIS's clock when it answered. */
      readonly answeredAt: number;
    }
  | { readonly instance: CisInstance; readonly zone?: Zone; readonly unreadable: string };

/**
 * Reads the Logpush jobs of every zone of these instances: one call a zone, plus one a page of zones.
 * A zone or an instance that cannot be read is an entry of its own; the others are still read.
 */
export async function* observeFleet(
  context: Pick<SweepContext, 'ports'>,
  instances: readonly CisInstance[],
): AsyncGenerator<ZoneLook> {
  for (const instance of instances) {
    const cis = context.ports.services.cis(instance.account);
    try {
      const limit = pLimit(PARALLEL_ZONES);
      const looks: Promise<ZoneLook>[] = [];
      for await (const zone of cis.listZones(instance.crn)) {
        looks.push(limit(() => observeZone(context, instance, zone)));
      }
      // In the order of the list, so that a report reads the same whichever answer came first.
      for (const look of await Promise.all(looks)) yield look;
    } catch (error) {
      if (!isExpected(error)) throw error;
      yield { instance, unreadable: describeError(error) };
    }
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
    return { instance, zone, unreadable: describeError(error) };
  }
}
