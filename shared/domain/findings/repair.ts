import type { Catalogue } from './catalogue.ts';

/** What `reenable-logpush` does, and why it waits. */
export const REPAIR = {
  'job-enabled-again': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing: its failures had disabled it, the cause is gone, and it was enabled; the next looks tell whether it pushes',
  },
  'job-recovered': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing: it pushes again; the log minutes of the time between are lost, HTTP logs of the last seven days may still be in Logpull',
  },
  'job-disabled-at-first-look': {
    severity: 'warning',
    repair: 'person',
    todo: 'enable it by hand if it should push, or run reenable-logpush with --adopt-disabled: the keeper switches on only what it has seen enabled',
  },
  'repair-held': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over',
  },
  'repair-quarantined': {
    severity: 'critical',
    repair: 'person',
    todo: 'enabling it failed three times within a day, or brought no push: look at the job and at what its destination refuses. The keeper tries again a day later, or when the cause has changed',
  },
  'repair-waits-for-rotation': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'the key is dead: rotate-keys replaces it, and then the job is enabled; see what rotate-keys says about the binding',
  },
  'repair-waits-for-destination': {
    severity: 'critical',
    repair: 'person',
    todo: 'the destination refuses what a good key sends: give its service ID Sender on the Cloud Logs instance or Object Writer on the bucket, or open the firewall of the bucket to Cloudflare; then the job is enabled',
  },
  'repair-unclear': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'nothing yet: whether the cause is gone could not be told; the next run tries again',
  },
  'repair-waits-its-turn': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: the cause is gone; one run enables only some jobs, and one job tries first what is not certain',
  },
  'repair-unbound': {
    severity: 'warning',
    repair: 'person',
    todo: 'no binding selects this job and CIS hides its key, so nothing can be tried: enable it by hand, or add a binding',
  },
  'repair-without-key': {
    severity: 'warning',
    repair: 'person',
    todo: 'this job carries no key: IBM’s own identity (cislogp@us.ibm.com) writes its objects. See that it is Object Writer of the bucket and that the bucket takes objects, then enable the job by hand',
  },
  'repair-overtaken': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: another run was at the same jobs and was faster; the next run goes on',
  },
  'repair-stopped': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'see the detail for the reason; the next run goes on',
  },
  'repair-failed': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'see the detail; the next run tries again, three times a day',
  },
} as const satisfies Catalogue;
