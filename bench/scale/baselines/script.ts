import { minutes } from '../../../shared/domain/time.ts';
import type { Transport } from '../../../shared/ports.ts';
import type { BenchCloud } from '../cloud.ts';
import { every, onSchedule, type Way } from '../way.ts';
import { Api, inTrouble, type ShownJob, sdkRetries } from './api.ts';
import type { Baseline } from './baseline.ts';

/** The default of the API, which the SDK does not change. */
const PER_PAGE = 20;
const RETRIES = 4;

const everyMinutes =
  (period: number): Way['lives'] =>
  (stage) => [
    onSchedule(stage, every(minutes(period)), async () => {
      const { cloud, tell } = stage;
      const startedAt = cloud.clock.now();
      const seen: ShownJob[] = [];
      await overZones(cloud, cloud.transport, async (api, zone, token, jobs) => {
        seen.push(...jobs);
        // Without an error it was a person who disabled it.
        for (const { id, enabled, last_error: error } of jobs)
          if (!enabled && error !== null) await api.enableJob(zone, id, token);
      });
      tell(inTrouble(seen), startedAt);
    }),
  ];

/**
 * A script over IBM's CIS SDK, one request after the other: the SDK's retries, no pace. A client of the SDK is for one zone, and
 * each has an authenticator of its own, so a token is fetched for each zone.
 *
 * @see https://github.com/IBM/networking-node-sdk
 */
export const script: Baseline = {
  name: 'sequential script',
  practice:
    'by cron every 15 minutes; it enables each job that is disabled and shows an error, and tells people, at any hour, of all that show one',
  leavesOut: 'everything but the calls: no state, no report, no check of what it changed',
  look: (cloud, transport) => overZones(cloud, transport, async () => {}),
  async replaceKey(cloud, transport) {
    await overZones(cloud, transport, async (api, zone, token) => {
      for (const job of api.known().get(zone) ?? []) await api.updateJob(job, token);
    });
  },
  lives: everyMinutes(15),
};

/** The same, as often as the keeper looks. */
export const scriptAsOften: Way = {
  name: 'sequential script, as often',
  practice: 'the same every 5 minutes, as often as the keeper looks',
  leavesOut:
    'who else needs the calls: it takes as many as the keeper, and leaves no part of the limit to others',
  lives: everyMinutes(5),
};

async function overZones(
  cloud: BenchCloud,
  transport: Transport,
  work: (api: Api, zone: string, token: string, jobs: readonly ShownJob[]) => Promise<void>,
): Promise<void> {
  const api = new Api(cloud, transport, sdkRetries(RETRIES));
  for (const zone of await api.zones(await api.login(), PER_PAGE)) {
    const token = await api.login();
    const jobs = await api.listJobs(zone, token);
    await work(api, zone, token, jobs);
  }
}
