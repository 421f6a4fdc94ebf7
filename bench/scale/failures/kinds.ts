import { type BreakageKind, HOW } from '../../../infra/local/breakage-kinds.ts';
import type { JobState } from '../../../infra/local/cis/state.ts';
import type { World } from '../../../infra/local/world.ts';

/** One kind of failure: what breaks, how it shows, and who can mend it. */
export interface Kind {
  readonly name: string;
  /** What happens to the world; failures of a kind take turns at them. */
  readonly breakages: readonly BreakageKind[];
  /** What CIS shows of its jobs. */
  readonly shows: string;
  /**
   * What ends it: another key in the jobs; whoever owns the destination, once told; or its end on its own, after which jobs that the
   * platform has disabled only want to be enabled.
   */
  readonly endsBy: 'another-key' | 'owner' | 'itself';
  /** The same, for people. */
  readonly endedBy: string;
}

/** @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
export const KINDS: readonly Kind[] = [
  {
    name: 'the key expires',
    breakages: ['key-expired'],
    shows: 'enabled, with last_error and error_message once the last token has ended',
    endsBy: 'another-key',
    endedBy: 'another key in the jobs ends it',
  },
  {
    name: 'somebody disables or deletes the key',
    breakages: ['key-disabled', 'key-deleted'],
    shows: 'the same; that it was done shows at IAM alone',
    endsBy: 'another-key',
    endedBy: 'another key in the jobs ends it',
  },
  {
    name: 'the role on the destination goes',
    breakages: ['sender-removed', 'writer-removed'],
    shows: 'enabled, with last_error and error_message from the next push on',
    endsBy: 'owner',
    endedBy: 'its owner ends it, once told',
  },
  {
    name: 'the firewall of the bucket shuts Logpush out',
    breakages: ['bucket-firewall'],
    shows: 'the same, word for word: COS answers 403 to both',
    endsBy: 'owner',
    endedBy: 'its owner ends it, once told',
  },
  {
    name: 'the platform has disabled the job',
    breakages: ['logs-outage', 'bucket-quota'],
    shows: 'disabled, with last_error and error_message of the last push',
    endsBy: 'itself',
    endedBy: 'its cause is gone by then, the job wants to be enabled',
  },
];

const OF_BUCKETS: ReadonlySet<BreakageKind> = new Set(['writer-removed', 'bucket-firewall', 'bucket-quota']);
const OF_LOGS: ReadonlySet<BreakageKind> = new Set(['sender-removed', 'logs-outage']);

/** Whether a breakage can be done to a job. What jobs of buckets and of Cloud Logs both have is done to two of these and two of those in turn. */
export function fits(breakage: BreakageKind, { destination }: JobState, turn: number): boolean {
  const toBucket = OF_BUCKETS.has(breakage) || (!OF_LOGS.has(breakage) && turn % 4 >= 2);
  return toBucket === (destination.bucket !== undefined);
}

/** Breaks what a job needs. @returns the jobs that it hits, and how it is mended */
export function breakNow(world: World, breakage: BreakageKind, job: JobState) {
  world.catchUp();
  const { hits, mend } = HOW[breakage](world, job);
  return { jobs: [...world.cis.jobs()].filter(hits), mend };
}
