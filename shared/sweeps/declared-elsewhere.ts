import type { Elsewhere } from '../domain/declared/view.ts';
import type { LogpushJob } from '../domain/logpush.ts';
import type { SweepContext } from './context.ts';
import { seenInstance } from './observe.ts';

/**
 * The jobs of all instances, read once and only when a job is to be made in a bucket: its path must be nobody else's, in whatever
 * zone, and a bucket is not of one instance.
 */
export class ElsewhereLook {
  readonly #context: SweepContext;
  #jobs: readonly LogpushJob[] | undefined;
  #unread = 0;

  constructor(context: SweepContext) {
    this.#context = context;
  }

  /** What was read of all other zones; undefined = nothing so far. */
  of(zoneId: string): Elsewhere | undefined {
    if (this.#jobs === undefined) return undefined;
    return { jobs: this.#jobs.filter(({ ref }) => ref.zoneId !== zoneId), unread: this.#unread };
  }

  /** From the last look of `check-logpush` where that is fresh. */
  async read(): Promise<void> {
    if (this.#jobs !== undefined) return;
    const jobs: LogpushJob[] = [];
    for (const instance of this.#context.instances) {
      const seen = await seenInstance(this.#context, instance);
      jobs.push(...seen.jobs.map(({ job }) => job));
      this.#unread += seen.failures;
    }
    this.#jobs = jobs;
  }
}
