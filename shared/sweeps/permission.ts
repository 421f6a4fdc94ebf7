import { type Finding, finding } from '../domain/finding.ts';
import { type Hold, holdOf } from '../domain/hold.ts';
import type { LogpushJob, Zone } from '../domain/logpush.ts';
import { NotPermittedError } from '../errors.ts';
import type { Services } from '../ports.ts';
import type { SweepContext } from './context.ts';

/** A job that a hold would keep from being changed. */
interface HoldableJob {
  readonly job: Pick<LogpushJob, 'ref' | 'dataset'>;
  readonly zone: Pick<Zone, 'id' | 'name'>;
}

/**
 * Asked right before a write to IBM Cloud, on every one: since it was decided a maintenance window may have opened, or a
 * person may have changed the configuration.
 *
 * @param held - the job to be changed; absent when a hold says nothing about the write
 * @returns the holds that are configured now if one of them keeps the job: with them the decision is another one
 * @throws {NotPermittedError} when the run may not change anything any more, or when that cannot be told
 */
export async function mayWrite(
  { permission, ports }: Pick<SweepContext, 'permission' | 'ports'>,
  held?: HoldableJob,
): Promise<readonly Hold[] | undefined> {
  const { mode, holds, unknown } = await permission();
  if (mode !== 'act') throw new NotPermittedError(unknown ?? 'the configuration says `mode: observe` by now');
  if (held === undefined || holdOf(holds, held.job, held.zone, ports.clock.now()) === undefined)
    return undefined;
  return holds;
}

/** A hold keeps the job by now. */
export class JobHeldError extends Error {
  override readonly name = 'JobHeldError';
  /** As they are configured now. */
  readonly holds: readonly Hold[];

  constructor(holds: readonly Hold[]) {
    super('a hold keeps this job as it is');
    this.holds = holds;
  }
}

/**
 * The services for one write: the same is asked again before each request of it, because waiting for a turn can take long.
 * What they throw then says nothing of requests before: one of them may have been answered, or not.
 */
export const permitted = (
  context: Pick<SweepContext, 'permission' | 'ports'>,
  held?: HoldableJob,
): Services =>
  context.ports.services.under(async () => {
    const holds = await mayWrite(context, held);
    if (holds !== undefined) throw new JobHeldError(holds);
    return Number.POSITIVE_INFINITY;
  });

export const modeChanged = (error: NotPermittedError): Finding =>
  finding('mode-changed', 'this run', `${error.message}; what was left to do was not done`);
