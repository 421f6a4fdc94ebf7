import type { Catalogue } from './catalogue.ts';

const LEDGER = 'A ledger that cannot be used';

/** What a run itself meets, whatever it is for. */
export const RUNS = {
  'run-failed': {
    severity: 'critical',
    repair: 'person',
    means:
      'The function could do nothing at all: mostly the ledger could not be read or written. This run changed nothing at IBM Cloud. Until one can run again nothing of what it sees to is looked after.',
    todo: 'see the detail for what stands in the way, and mend that; the next run on the schedule then works',
    see: LEDGER,
  },
  'ledger-unwritable': {
    severity: 'warning',
    repair: 'person',
    means:
      'What was seen of the fleet could not be kept in the ledger. It is reported all the same; but the next run knows less of how long a job has failed, and the other functions must look themselves.',
    todo: 'check that the ledger can be written: the bucket, the role Object Writer, or the folder and its rights',
    see: LEDGER,
    saidBy: ['check-logpush', 'reenable-logpush', 'verify-buckets'],
  },
  'event-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'An event started this run and is no notification of Secrets Manager, so the run did nothing. Nothing is lost: the schedule does the work.',
    todo: 'see what sends it: only Event Notifications should start rotate-keys with an event',
    see: 'The event cannot be read',
    saidBy: ['rotate-keys'],
  },
  'mode-changed': {
    severity: 'info',
    repair: 'none',
    means:
      'The run had begun to act, and then the configuration said `mode: observe`, or could not be read any more. It stopped before its next request; what it had done stays done.',
    todo: 'nothing, if this is meant: the first run that may act again goes on',
    see: 'A run that may not act any more',
    saidBy: ['reenable-logpush', 'rotate-keys', 'ensure-logpush'],
  },
  'ledger-expires': {
    severity: 'critical',
    repair: 'person',
    means:
      'A lifecycle rule of the bucket expires or archives what is below the prefix of the ledger. Its documents vanish, or cannot be read any more: the history of jobs and rotations is lost, and a rotation under way has to be rebuilt.',
    todo: 'take the prefix of the ledger out of this rule, or give the ledger a bucket of its own',
    see: LEDGER,
    saidBy: ['verify-buckets'],
  },
  'ledger-retained': {
    severity: 'critical',
    repair: 'person',
    means:
      'The bucket of the ledger has a retention policy, which refuses that a document is replaced, or object lock, which keeps every replaced version. The keeper replaces its documents all the time: it cannot work, or fills the bucket.',
    todo: 'give the ledger a bucket without retention and without object lock',
    see: LEDGER,
    saidBy: ['verify-buckets'],
  },
  'ledger-rules-unknown': {
    severity: 'info',
    repair: 'none',
    means:
      'The keeper may not read the rules of the bucket of the ledger, so it cannot tell whether one of them expires, archives or retains its documents.',
    todo: 'nothing, if you know that no rule does; to let the keeper see it, give the service ID of the ledger Reader on the bucket',
    see: LEDGER,
    saidBy: ['verify-buckets'],
  },
} as const satisfies Catalogue;
