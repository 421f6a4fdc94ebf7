import pLimit from 'p-limit';
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
  leavesOut:
    'reads of other resources and data sources; that its state holds the keys; pauses of its own between retries beyond those of the SDK',
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
};

async function each(api: Api, work: (job: KnownJob) => Promise<unknown>): Promise<void> {
  const limit = pLimit(PARALLEL);
  const jobs = [...api.known().values()].flat();
  await Promise.all(jobs.map((job) => limit(() => work(job))));
}
