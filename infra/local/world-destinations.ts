import type { JobDestination } from './cis/destination.ts';
import { type ElsewhereDestination, logdna, parseElsewhere, qradar, splunk } from './cis/elsewhere.ts';
import type { SeededRandom } from './random.ts';
import type { WorldFile, WorldJob } from './world-file.ts';

/** Where the jobs of a world file push. */
export class WorldDestinations {
  readonly #file: WorldFile;
  readonly #keyValue: (name: string) => string;
  readonly #secrets: SeededRandom;

  constructor(file: WorldFile, keyValue: (name: string) => string, random: SeededRandom) {
    this.#file = file;
    this.#keyValue = keyValue;
    this.#secrets = random.fork('destination secrets');
  }

  /** @throws {Error} for a job that names no destination of the file, or two, or a key that does not fit */
  of(job: WorldJob): JobDestination {
    const { apiKey: key, cos, other } = job;
    const named = [job.cloudLogs, cos, other].filter((destination) => destination !== undefined);
    const logs = this.#file.cloudLogs.find(({ name }) => name === job.cloudLogs);
    const bucket = this.#file.buckets.find(({ name }) => name === cos?.bucket);
    if (named.length !== 1 || (logs === undefined && bucket === undefined && other === undefined))
      throw new Error(`job ${job.id} does not name one destination that exists`);
    const carriesKey = other === undefined && cos?.ownership === undefined;
    if ((key !== undefined) !== carriesKey)
      throw new Error(
        `job ${job.id} must ${carriesKey ? 'name the API key that it carries' : 'carry no key'}`,
      );
    if (other !== undefined) return this.#elsewhere(other);
    const apiKey = key === undefined ? {} : { apiKey: this.#keyValue(key) };
    if (logs !== undefined) return { instanceId: logs.guid, region: logs.region, ...apiKey };
    const { path = '', dailySubfolder = true } = cos ?? {};
    return {
      instanceId: cos?.instance ?? bucket?.instance ?? '',
      region: cos?.location ?? bucket?.location ?? '',
      ...apiKey,
      bucket: { name: bucket?.name ?? '', path, dailySubfolder },
    };
  }

  #elsewhere(kind: ElsewhereDestination['elsewhere']): ElsewhereDestination {
    const secret = `TRACER-${this.#secrets.hex(37)}`;
    switch (kind) {
      case 'logdna':
        return logdna('eu-de', 'edge', secret);
      case 'splunk':
        return splunk({
          endpointUrl: 'splunk.example:8088',
          channelId: 'c1d2e3f4-0000-4000-8000-000000000001',
          authToken: `Splunk ${secret}`,
          sourceType: 'cis',
          skipVerify: false,
        });
      case 'qradar':
        return qradar('https://qradar.example', 8088);
      case 'https': {
        const url = `https://collector:${secret}@logs.example/in?header_Authorization=${secret}&tags=edge`;
        const parsed = parseElsewhere(url);
        if (parsed === undefined) throw new Error('the example is no destination');
        return parsed;
      }
    }
  }
}
