import { accepts } from './binding.ts';
import type { LogpushJob, Zone } from './logpush.ts';

/** Jobs that a person wants left as they are. Whatever is `*` is any. */
export interface Hold {
  readonly instance: string;
  readonly zone: string;
  readonly dataset: string;
  /** A job id; absent = every job. */
  readonly job?: number;
  readonly reason: string;
  /** Absent = until it is taken out of the configuration. */
  readonly until?: number;
}

/** The hold that keeps this job as it is now, if any. */
export const holdOf = (
  holds: readonly Hold[],
  job: Pick<LogpushJob, 'ref' | 'dataset'>,
  zone: Pick<Zone, 'id' | 'name'>,
  now: number,
): Hold | undefined =>
  holds.find(
    (hold) =>
      (hold.until === undefined || now < hold.until) &&
      (hold.job === undefined || hold.job === job.ref.jobId) &&
      accepts(hold.instance, job.ref.instanceCrn) &&
      (accepts(hold.zone, zone.id) || accepts(hold.zone, zone.name)) &&
      accepts(hold.dataset, job.dataset),
  );
