import type { Catalogue } from './catalogue.ts';

const SHARDS = 'A fleet in shards';

/** What the first instance of an array job says of the others. */
export const SHARDED = {
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
