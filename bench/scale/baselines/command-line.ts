import { minutes } from '../../../shared/domain/time.ts';
import type { Transport } from '../../../shared/ports.ts';
import type { BenchCloud } from '../cloud.ts';
import { every, onSchedule } from '../way.ts';
import { Api, inTrouble, type ShownJob } from './api.ts';
import type { Baseline } from './baseline.ts';

const PER_PAGE = 1_000;

/** A shell script does not read headers: it waits a minute and runs the command again. */
const inALoop = (cloud: BenchCloud, transport: Transport): Api =>
  new Api(cloud, transport, { most: 20, waitMs: () => minutes(1) });

/**
 * `ibmcloud cis` in a shell loop: each command is a process that logs in for itself.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-cli-plugin-cis-cli
 */
export const commandLine: Baseline = {
  name: 'ibmcloud in a loop',
  practice:
    'by cron every 15 minutes; it prints jobs that are disabled or show an error, and cron sends that to people who see it at any hour',
  leavesOut:
    'the time and memory of the processes; the look at a job that a command may take before it changes it',
  async look(cloud, transport) {
    const api = inALoop(cloud, transport);
    for (const zone of await api.zones(await api.login(), PER_PAGE))
      await api.listJobs(zone, await api.login());
  },
  async replaceKey(cloud, transport) {
    const api = inALoop(cloud, transport);
    const known = api.known();
    for (const zone of await api.zones(await api.login(), PER_PAGE)) {
      await api.listJobs(zone, await api.login());
      for (const job of known.get(zone) ?? []) await api.updateJob(job, await api.login());
    }
  },
  lives: (stage) => [
    onSchedule(stage, every(minutes(15)), async () => {
      const { cloud, tell } = stage;
      const startedAt = cloud.clock.now();
      const api = inALoop(cloud, cloud.transport);
      const shown: ShownJob[] = [];
      for (const zone of await api.zones(await api.login(), PER_PAGE))
        shown.push(...(await api.listJobs(zone, await api.login())));
      tell(inTrouble(shown), startedAt);
    }),
  ],
};
