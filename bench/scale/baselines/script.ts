import type { Transport } from '../../../shared/ports.ts';
import type { BenchCloud } from '../cloud.ts';
import { Api, sdkRetries } from './api.ts';
import type { Baseline } from './baseline.ts';

/** The default of the API, which the SDK does not change. */
const PER_PAGE = 20;
const RETRIES = 4;

/**
 * A script over IBM's CIS SDK, one request after the other: the SDK's retries, no pace. A client of the SDK is for one zone, and
 * each has an authenticator of its own, so a token is fetched for each zone.
 *
 * @see https://github.com/IBM/networking-node-sdk
 */
export const script: Baseline = {
  name: 'sequential script',
  leavesOut: 'everything but the calls: no state, no report, no check of what it changed',
  look: (cloud, transport) => overZones(cloud, transport, async () => {}),
  async replaceKey(cloud, transport) {
    await overZones(cloud, transport, async (api, zone, token) => {
      for (const job of api.known().get(zone) ?? []) await api.updateJob(job, token);
    });
  },
};

async function overZones(
  cloud: BenchCloud,
  transport: Transport,
  work: (api: Api, zone: string, token: string) => Promise<void>,
): Promise<void> {
  const api = new Api(cloud, transport, sdkRetries(RETRIES));
  for (const zone of await api.zones(await api.login(), PER_PAGE)) {
    const token = await api.login();
    await api.listJobs(zone, token);
    await work(api, zone, token);
  }
}
