import type { Catalogue } from './catalogue.ts';

const SHARDS = 'A fleet in shards';

/** Who looks at the fleet. */
const OBSERVERS = ['check-logpush', 'ensure-logpush', 'reenable-logpush', 'verify-buckets'];

/** What is said of a fleet that is too large for one run, and of the instances that it is split among. */
export const SHARDED = {
  'look-cut': {
    severity: 'warning',
    repair: 'person',
    means:
      'The time of a run was over before all zones were read. The next one begins with those that have waited longest, so each zone is seen; but less often than the function runs. Until then its jobs count as unknown, and a rotation waits for them: where every run is cut, no key is replaced.',
    todo: 'if this comes again and again, let more instances of `check-logpush` share the fleet, or give its job a longer `timeout`; if it came once, CIS was slow or refused calls for their rate',
    see: SHARDS,
    saidBy: OBSERVERS,
  },
  'shard-missed': {
    severity: 'warning',
    repair: 'person',
    means:
      'One instance of an array job has left no report for three periods of its function: it does not run, or it cannot. Its part of the fleet is not looked after, and what is open there stays open.',
    todo: 'see what the job run says of this index, and what the log of that instance ends with; where the quota of the project for instances is used up, the last indices wait',
    see: SHARDS,
  },
  'shard-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'Whether one instance of an array job still runs could not be told, because what it keeps in the ledger cannot be read. What it has found is missing from the report of its function.',
    todo: 'nothing while you know that it runs; else see why its document cannot be read',
    see: SHARDS,
  },
} as const satisfies Catalogue;
