import pLimit from 'p-limit';
import { hours } from '../../../shared/domain/time.ts';
import { every, onSchedule, type Stage, type Way } from '../way.ts';
import { Api, type KnownJob, sdkRetries } from './api.ts';
import type { Baseline } from './baseline.ts';

/** Both are defaults: of Terraform's walk through its graph, and of the provider's `max_retries`. */
const PARALLEL = 10;
const RETRIES = 10;

/**
 * `ibm_cis_logpush_job`: a refresh reads each job by its id, an apply refreshes, then sends each change and reads what came of it.
 *
 * @see https://registry.terraform.io/providers/IBM-Cloud/ibm/latest/docs/resources/cis_logpush_job
 */
export const terraform: Baseline = {
  name: 'Terraform',
  practice:
    'plan and apply in CI every hour; people hear of what was otherwise than the configuration says, at any hour',
  leavesOut:
    'reads of other resources and data sources; that its state holds the keys; pauses of its own between retries beyond those of the SDK; a check of its own that reads last_error',
  async look(cloud, transport) {
    const api = new Api(cloud, transport, sdkRetries(RETRIES));
    const token = await api.login();
    await each(api, (job) => api.getJob(job, token));
  },
  async replaceKey(cloud, transport) {
    const api = new Api(cloud, transport, sdkRetries(RETRIES));
    const token = await api.login();
    await each(api, (job) => api.getJob(job, token));
    await each(api, async (job) => {
      await api.updateJob(job, token);
      await api.getJob(job, token);
    });
  },
  lives: (stage) => [onSchedule(stage, every(hours(1)), () => apply(stage))],
};

/** The same, where roles and buckets are in the configuration as well. */
export const terraformOfDestinations: Way = {
  name: 'Terraform, destinations too',
  practice:
    'the same, with the roles on the destinations and the firewalls of the buckets in the configuration',
  leavesOut:
    'the time that it takes to read and to change them; keys, which come from a secret that others fill',
  lives: (stage) => [
    onSchedule(stage, every(hours(1)), async () => {
      const startedAt = stage.cloud.clock.now();
      stage.tell(stage.putBack(), startedAt);
      await apply(stage);
    }),
  ],
};

/** Of a job only `enabled` can be otherwise: what CIS says of its health is nothing that a configuration says. */
async function apply({ cloud, tell }: Stage): Promise<void> {
  const startedAt = cloud.clock.now();
  const api = new Api(cloud, cloud.transport, sdkRetries(RETRIES));
  const token = await api.login();
  const drifted: KnownJob[] = [];
  await each(api, async (job) => {
    if (!(await api.getJob(job, token)).enabled) drifted.push(job);
  });
  for (const job of drifted) {
    await api.enableJob(job.zoneId, job.id, token);
    await api.getJob(job, token);
  }
  tell(new Map(drifted.map(({ id }) => [id, 'disabled'])), startedAt);
}

async function each(api: Api, work: (job: KnownJob) => Promise<unknown>): Promise<void> {
  const limit = pLimit(PARALLEL);
  const jobs = [...api.known().values()].flat();
  await Promise.all(jobs.map((job) => limit(() => work(job))));
}
