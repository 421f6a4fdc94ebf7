import type { Catalogue } from './catalogue.ts';

/** Why jobs cannot push, as far as it can be told. */
export const DIAGNOSIS = {
  'log-retention-off': {
    severity: 'critical',
    repair: 'person',
    means:
      'Log retention is off for this zone. IBM asks for it before Logpush is used: without it nothing is pushed, and no error shows.',
    todo: 'switch log retention on for the zone, or declare its jobs: ensure-logpush then does it',
  },
  'log-retention-unclear': {
    severity: 'warning',
    repair: 'person',
    means:
      'Jobs of these zones push nothing and show no error. That is how it looks where log retention is off, and the keeper may not see whether it is.',
    todo: 'give the keeper’s service ID the role that shows log retention (Reader on the CIS instance, or Manager: IBM does not say), or look there yourself',
  },
  'key-unknown': {
    severity: 'critical',
    repair: 'person',
    means:
      'IAM does not know the API key of these jobs: it was deleted, with its service ID perhaps. Nothing is pushed once tokens made with it have ended, an hour at most.',
    todo: 'give the jobs a key that works; where a binding selects them rotate-keys does',
  },
  'key-disabled': {
    severity: 'critical',
    repair: 'person',
    means:
      'The API key of these jobs is disabled at IAM, by a person or because it was found where it should not be. It gets no tokens any more.',
    todo: 'find out who disabled it: a key that leaked must stay so. Give the jobs another key; where a binding selects them rotate-keys does',
  },
  'key-expired': {
    severity: 'critical',
    repair: 'person',
    means: 'The API key of these jobs has expired. It gets no tokens any more.',
    todo: 'give the jobs a key that lives; where a binding selects them rotate-keys does',
  },
  'sender-not-granted': {
    severity: 'critical',
    repair: 'person',
    means:
      'No policy lets the identity of these jobs send to their Cloud Logs instance. What it may do was seen whole: its policies, its access groups, and that the keeper may read both.',
    todo: 'give the service ID the role Sender on the Cloud Logs instance, in the account of the instance; it acts within ten minutes',
  },
  'logs-instance-absent': {
    severity: 'critical',
    repair: 'person',
    means:
      'The Cloud Logs instance that these jobs name does not exist. A deleted instance can be restored for seven days.',
    todo: 'restore the instance, or let the jobs push to another one',
  },
  'logs-instance-elsewhere': {
    severity: 'critical',
    repair: 'person',
    means:
      'The Cloud Logs instance is in another region than these jobs say, so the host that they push to is not its own.',
    todo: 'correct the region of the jobs',
  },
  'logs-instance-inactive': {
    severity: 'critical',
    repair: 'person',
    means: 'The Cloud Logs instance is not active: it is being deleted, or its account is suspended.',
    todo: 'restore the instance while that is possible (seven days after its deletion), or let the jobs push to another one',
  },
  'logs-instance-private': {
    severity: 'critical',
    repair: 'person',
    means:
      'The Cloud Logs instance takes records from private networks alone. Logpush comes from public addresses.',
    todo: 'open the public endpoint of the instance, or let the jobs push to another one',
  },
  'logs-region-unproven': {
    severity: 'warning',
    repair: 'person',
    means:
      'Nothing else was found, and the region of these jobs is none in which Cloud Logs is known to take what Logpush pushes: of eu-fr2 it was reported that the test record arrives when a job is made, and nothing after it.',
    todo: 'ask IBM whether Logpush reaches this region, or use an instance in another one',
  },
  'cos-instance-inactive': {
    severity: 'critical',
    repair: 'person',
    means:
      'The COS instance of these jobs is not active: it is being deleted, or its account is suspended. Its buckets are neither read nor written.',
    todo: 'restore the instance while that is possible (seven days after its deletion), or let the jobs push to a bucket of another one',
  },
  'bucket-keeps-objects': {
    severity: 'warning',
    repair: 'person',
    means:
      'Nothing else was found, and the bucket keeps each object for a time (retention, or object lock). Uploads to such a bucket must carry a checksum, and IBM does not say whether those of Logpush do.',
    todo: 'let the jobs push to a bucket without retention and copy from there, or ask IBM',
  },
  'restriction-refuses': {
    severity: 'critical',
    repair: 'person',
    means:
      'A context-based restriction lets none of the addresses in that Logpush comes from (those of Cloudflare). Whatever the key may do, it is refused with 403.',
    todo: 'add Cloudflare’s ranges (https://www.cloudflare.com/ips/) to a network zone of the restriction; it acts within ten minutes',
  },
  'restriction-partly': {
    severity: 'warning',
    repair: 'person',
    means:
      'A context-based restriction lets in a part of the addresses that Logpush comes from (those of Cloudflare): some pushes may arrive and others not.',
    todo: 'add all of Cloudflare’s ranges (https://www.cloudflare.com/ips/) to a network zone of the restriction',
  },
  'cause-unclear': {
    severity: 'info',
    repair: 'person',
    means:
      'The job cannot push, and none of the causes that the keeper can see is there. What it could not see is named, with the right that would show it, and so is what CIS says, which is a hint and no proof.',
    todo: 'give the keeper the rights that the detail names, or look there yourself',
  },
  'cause-partly-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'The job cannot push, a cause was found, and there may be more: a part of what it takes to push could not be seen.',
    todo: 'nothing, if the job pushes once the known cause is gone; else see the detail for what to look at',
  },
} as const satisfies Catalogue;
