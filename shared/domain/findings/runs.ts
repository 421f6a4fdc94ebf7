import type { Catalogue } from './catalogue.ts';

/** What a run itself meets, whatever it is for. */
export const RUNS = {
  'run-failed': {
    severity: 'critical',
    repair: 'person',
    todo: 'see the detail; nothing was changed by this run',
  },
  'ledger-unwritable': {
    severity: 'warning',
    repair: 'person',
    todo: 'check that the ledger can be written; what was seen is reported, but the next run knows less',
  },
  'event-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'see what sends it: only Event Notifications should start rotate-keys with an event. Nothing is lost, the schedule does the work',
  },
  'mode-changed': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if this is meant: the run had begun to act and stopped; the first run that may act goes on',
  },
  'ledger-expires': {
    severity: 'critical',
    repair: 'person',
    todo: 'take the prefix of the ledger out of this rule, or give the ledger a bucket of its own: documents would vanish, or could not be read any more',
  },
  'ledger-retained': {
    severity: 'critical',
    repair: 'person',
    todo: 'give the ledger a bucket without retention and without object lock: its documents are replaced all the time',
  },
  'ledger-rules-unknown': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if you know that no rule expires, archives or retains what is in the bucket of the ledger; to let the keeper see it, give the service ID of the ledger Reader on the bucket',
  },
} as const satisfies Catalogue;
