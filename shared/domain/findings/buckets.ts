import type { Catalogue } from './catalogue.ts';

/** What `verify-buckets` sees. */
export const BUCKETS = {
  'bucket-absent': {
    severity: 'critical',
    repair: 'person',
    todo: 'make the bucket again, or correct the jobs',
  },
  'bucket-elsewhere': {
    severity: 'critical',
    repair: 'person',
    todo: 'the bucket exists in another location than its jobs say, where they cannot write: correct the region of the jobs',
  },
  'bucket-not-found': {
    severity: 'critical',
    repair: 'person',
    means:
      'The location that the jobs name does not know the bucket: it is gone, or it is in another location, and the keeper may not see which. Nothing can be written to it.',
    todo: 'see where the bucket is: make it again, or correct the region of the jobs',
  },
  'bucket-check-refused': {
    severity: 'warning',
    repair: 'person',
    todo: 'the keeper may not look into this bucket, so nothing is known of what arrives: give its service ID Content Reader, and let its address through the firewall of the bucket; it says nothing about what the job may write',
  },
  'bucket-path-shared': {
    severity: 'warning',
    repair: 'person',
    todo: 'give each of these jobs a path of its own: what they push is mixed, and range, firewall and DNS events need their own',
  },
  'bucket-path-nested': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if this is meant: whoever reads the outer path reads what other jobs push as well; daily folders, or a path beside it, keep them apart',
  },
  'bucket-instance-differs': {
    severity: 'warning',
    repair: 'person',
    todo: 'correct the instance of these jobs: the bucket is written by its name alone, but rights are given by instance',
  },
  'bucket-firewall-refuses': {
    severity: 'critical',
    repair: 'person',
    todo: 'let Cloudflare’s ranges (https://www.cloudflare.com/ips/) and the public network through the firewall of the bucket: Logpush comes from there',
  },
  'bucket-firewall-partly': {
    severity: 'warning',
    repair: 'person',
    todo: 'let all of Cloudflare’s ranges (https://www.cloudflare.com/ips/) through the firewall of the bucket: which of them Logpush uses is not told, and it changes',
  },
  'bucket-quota-reached': {
    severity: 'critical',
    repair: 'person',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects: what is pushed is refused',
  },
  'bucket-quota-near': {
    severity: 'warning',
    repair: 'person',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects, before it is full; the counters lag',
  },
  'bucket-root-key-suspected': {
    severity: 'warning',
    repair: 'person',
    todo: 'see in Key Protect whether the key is enabled and COS may use it: without it the bucket is neither read nor written',
  },
  'bucket-limits-unclear': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing while objects arrive: to know it before they do not, give the keeper’s service ID the rights that the detail names',
  },
  'bucket-objects-missing': {
    severity: 'critical',
    repair: 'person',
    todo: 'CIS says that it pushes and the bucket does not show it: compare the job’s bucket and path with those you look into, and look for a rule that expires objects',
  },
  'bucket-job-unbound': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if the job was made with an ownership challenge and carries no key; if it carries one, let a binding select it: nobody rotates that key',
  },
  'bucket-write-not-granted': {
    severity: 'critical',
    repair: 'person',
    todo: 'no policy lets the identity of this job write there: give it Object Writer on the bucket, in the account of the bucket',
  },
  'bucket-write-unclear': {
    severity: 'info',
    repair: 'none',
    todo: 'whether the job’s identity may write there could not be told: see the detail; to read policies the keeper’s service ID needs Viewer on IAM Access Management and IAM Access Groups in the account of the bucket',
  },
  'bucket-unclear': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing yet: what arrives in the bucket could not be told',
  },
} as const satisfies Catalogue;
