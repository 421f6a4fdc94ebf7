import { jobKey, type LogpushJob } from '../domain/logpush.ts';
import type { SweepContext } from './context.ts';
import { Once } from './once.ts';

/** Jobs with the keys that CIS shows. An observation keeps no key: such a job is read again, once a run. */
export class ShownKeys {
  readonly #context: Pick<SweepContext, 'ports' | 'instances'>;
  readonly #jobs = new Once<LogpushJob>();

  constructor(context: Pick<SweepContext, 'ports' | 'instances'>) {
    this.#context = context;
  }

  async of(job: LogpushJob): Promise<LogpushJob> {
    if (job.destinationKey.state !== 'withheld') return job;
    return this.#jobs.get(jobKey(job.ref), async () => {
      const account = this.#context.instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ?? '';
      return (await this.#context.ports.services.cis(account).getLogpushJob(job.ref)).job ?? job;
    });
  }
}
