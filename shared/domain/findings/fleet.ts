import type { Catalogue } from './catalogue.ts';

/** Every function looks at the fleet itself when the last observation is too old. */
const ALL = ['check-logpush', 'ensure-logpush', 'reenable-logpush', 'rotate-keys', 'verify-buckets'];
const OBSERVERS = ['check-logpush', 'ensure-logpush', 'reenable-logpush', 'verify-buckets'];

/** What is seen of jobs, zones and instances. */
export const FLEET = {
  'job-failing': {
    severity: 'critical',
    repair: 'person',
    means:
      'The job is enabled, and its last error is later than its last push. What it cannot push is tried again for a while and then dropped for good. After 24 hours without one push the platform disables the job.',
    todo: 'find out why the destination refuses (key, role, instance or bucket; the detail has what CIS says of it) before 24 h without a push are over. A dead key of a binding is replaced by rotate-keys: see what that says',
    see: 'Jobs that fail',
  },
  'job-stalled': {
    severity: 'warning',
    repair: 'person',
    means:
      'The job is enabled and shows no error, but has pushed nothing for an hour or more, while another job of its zone pushes. Either there is nothing to push, or logs are lost and CIS does not say so.',
    todo: 'check whether the zone has traffic for this dataset; if it has, check the destination',
    see: 'Jobs that fail',
  },
  'job-disabled-by-failures': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'The job is disabled, and had failed for 23.5 hours or more by its last error: the platform disables a job after 24 hours without a push. Nothing is pushed, and nothing of this time will be pushed later.',
    todo: 'remove the cause that reenable-logpush names, which then enables the job again; where that function may not act, enable it by hand',
    see: 'Jobs that failures disabled',
  },
  'job-disabled-unclear': {
    severity: 'warning',
    repair: 'person',
    means:
      'The job is disabled and was failing when it was last seen enabled, but for less than 23.5 hours: sooner than the platform acts. Somebody may have switched it off on purpose, so the keeper leaves it off, and nothing is pushed.',
    todo: 'ask who disabled it, and enable it if nobody meant to',
    see: 'Jobs that failures disabled',
  },
  'job-disabled-by-hand': {
    severity: 'info',
    repair: 'none',
    means:
      'The job is disabled, and nothing shows that it had failed for so long that the platform did it: a person or a tool did. The keeper never enables such a job, and it pushes nothing until somebody does.',
    todo: 'nothing, if this is meant; enable it if it is not',
    see: 'Jobs that failures disabled',
  },
  'destination-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'Nothing tells whether this job carries the key of a binding: it pushes to a bucket and shows no key, or its destination is one that the keeper cannot read. So it is neither moved nor enabled, and no old key that it may carry is disabled: a rotation of that binding does not end.',
    todo: 'write `auth: key` or `auth: ownership` into the selector of its bucket; if its destination cannot be read, name its id in `exceptJobs` of the binding when it does not carry the key, and make it anew when it does',
    see: 'A job whose key cannot be told',
    saidBy: ['check-logpush', 'reenable-logpush', 'rotate-keys'],
  },
  'zone-inactive': {
    severity: 'info',
    repair: 'none',
    means:
      'The zone has Logpush jobs, but is paused or not active. Nothing is pushed for it as long as that lasts.',
    todo: 'nothing, if this is meant; else activate the zone, or end its pause',
    saidBy: OBSERVERS,
  },
  'zone-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'The jobs of this zone could not be read: the keeper may not, or CIS did not answer. They are unknown, not fine, and a rotation takes the old key from nobody before it has seen them.',
    todo: 'see the detail for the reason: at 403 give the identity of this account the role Reader on the CIS instance (Writer where it shall act); at anything else wait for the next run',
    saidBy: ALL,
  },
  'instance-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'The zones of this CIS instance could not be listed, so nothing is known of any of its jobs: they may fail unseen until this is mended.',
    todo: 'check the CRN, and that the account’s credentials may read this CIS instance (role Reader, and Writer where the keeper shall act); the detail has the reason',
    saidBy: OBSERVERS,
  },
} as const satisfies Catalogue;
