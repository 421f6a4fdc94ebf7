import type { Catalogue } from './catalogue.ts';

/** What is seen of jobs, zones and instances. */
export const FLEET = {
  'job-failing': {
    severity: 'critical',
    repair: 'person',
    todo: 'find out why the destination refuses (key, role, instance); after 24 h without a push the platform disables the job',
  },
  'job-stalled': {
    severity: 'warning',
    repair: 'person',
    todo: 'check whether the zone has traffic for this dataset; if it has, check the destination',
  },
  'job-disabled-by-failures': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'remove the cause, then enable the job again: nothing is pushed, and nothing will be pushed later',
  },
  'job-disabled-unclear': {
    severity: 'warning',
    repair: 'person',
    todo: 'the job was failing, but not long enough for the platform to disable it: ask who did, then enable it if nobody meant to',
  },
  'job-disabled-by-hand': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if this is meant',
  },
  'job-unknown': {
    severity: 'warning',
    repair: 'person',
    todo: 'CIS reports a state that fits no class; look at the job',
  },
  'destination-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'see docs/runbook.md, "A job whose key cannot be told": such a job is not moved, and no old key that it may carry is disabled',
  },
  'zone-inactive': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing is pushed for a zone that is not active or is paused; activate it if it should be',
  },
  'zone-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'see the detail for the reason; the jobs of this zone are unknown, not fine',
  },
  'instance-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'check the CRN and that the account’s credentials may read this CIS instance (role Reader)',
  },
} as const satisfies Catalogue;
