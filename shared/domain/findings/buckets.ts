import type { Catalogue } from './catalogue.ts';

const SEE = 'Buckets that would refuse';
/** A job that fails is looked into at once, and a bucket every hour. */
const BOTH = ['check-logpush', 'verify-buckets'];

/** What `verify-buckets` sees of the buckets of jobs. */
export const BUCKETS = {
  'bucket-absent': {
    severity: 'critical',
    repair: 'person',
    means:
      'The bucket is not known in the location that its jobs say (404), and not in any other: it is gone. What these jobs push is lost until they have a bucket.',
    todo: 'make the bucket again, or let its jobs push to another one',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-not-found': {
    severity: 'critical',
    repair: 'person',
    means:
      'The bucket is not known in the location that its jobs say (404): it is gone, or it is in another location, and the keeper may not see which. What these jobs push is lost.',
    todo: 'see where the bucket is: make it again, or correct the region of its jobs',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-elsewhere': {
    severity: 'critical',
    repair: 'person',
    means:
      'The bucket exists, but not in the location that its jobs say: there it is not known (404), and they cannot write. What they push is lost.',
    todo: 'correct the region of the jobs; the location of a bucket never changes',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-check-refused': {
    severity: 'warning',
    repair: 'person',
    means:
      'The keeper may not look into this bucket, so nothing is known of what arrives there. It says nothing about what the jobs may write: a missing role of the keeper, a firewall that keeps the keeper out and a root key that is off are answered alike.',
    todo: 'give the keeper’s service ID Content Reader on the bucket, and let its address through the firewall of the bucket',
    see: SEE,
  },
  'bucket-path-shared': {
    severity: 'warning',
    repair: 'person',
    means:
      'These jobs push to the same path of the same bucket. Nothing is lost, but their records are mixed, and nothing tells whether each of them arrives; range, firewall and DNS events need paths of their own.',
    todo: 'give each of these jobs a path of its own',
    see: SEE,
  },
  'bucket-path-nested': {
    severity: 'info',
    repair: 'none',
    means:
      'The path of one job lies below that of another one without daily folders: whoever reads the outer path reads what the inner job pushes as well.',
    todo: 'nothing, if this is meant; daily folders, or a path beside it, keep them apart',
    see: SEE,
  },
  'bucket-instance-differs': {
    severity: 'warning',
    repair: 'person',
    means:
      'The jobs name another COS instance than the one that the bucket belongs to. Objects are written by the name of the bucket alone, so they arrive; but rights that are given by instance are given on the wrong one.',
    todo: 'correct the instance of these jobs',
    see: SEE,
  },
  'bucket-firewall-refuses': {
    severity: 'critical',
    repair: 'person',
    means:
      'The firewall of the bucket lets none of Cloudflare’s addresses in, or not the public network, from where Logpush comes, and no object arrives. What is pushed is refused and lost.',
    todo: 'let Cloudflare’s ranges (https://www.cloudflare.com/ips/) and the public network through the firewall of the bucket',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-firewall-partly': {
    severity: 'warning',
    repair: 'person',
    means:
      'The firewall of the bucket lets only a part of Cloudflare’s addresses in, or none of the published ones although objects arrive. Which of them Logpush uses is not told, and it changes: pushes may be refused at any time.',
    todo: 'let all of Cloudflare’s ranges (https://www.cloudflare.com/ips/) through the firewall of the bucket',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-quota-reached': {
    severity: 'critical',
    repair: 'person',
    means:
      'The bucket holds as much as its hard quota allows, or more. What is pushed is refused and lost; a quota of one byte is how IBM freezes a bucket.',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-quota-near': {
    severity: 'warning',
    repair: 'person',
    means:
      'Nine tenths or more of the hard quota of the bucket are used; the detail says when it will be full. The counters lag, so it may be sooner. From then on what is pushed is lost.',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects, before it is full',
    see: SEE,
  },
  'bucket-root-key-suspected': {
    severity: 'warning',
    repair: 'person',
    means:
      'Jobs that push to this bucket fail, and it is encrypted with a root key whose state the keeper does not see. A root key that is off, or that COS may not use, makes the bucket refuse reads and writes; it may also be something else.',
    todo: 'see in Key Protect whether the key is enabled and COS may use it',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-limits-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'The bucket shows no firewall, no quota or no root key, and nothing tells whether there is none or the keeper is not shown it; or what it shows cannot be judged. As long as objects arrive that does not matter.',
    todo: 'nothing while objects arrive: to know it before they do not, give the keeper’s service ID the rights that the detail names',
    see: SEE,
  },
  'bucket-objects-missing': {
    severity: 'critical',
    repair: 'person',
    means:
      'CIS says that the job pushes, and its folder, which was seen whole, holds no object of the last ten to fifteen minutes. Its logs go somewhere else, or something takes them away.',
    todo: 'compare the bucket and path of the job with those that you read from, and look for a rule that expires or archives objects',
    see: SEE,
  },
  'bucket-job-unbound': {
    severity: 'info',
    repair: 'none',
    means:
      'The job shows no key, and no binding selects it. If it was made with an ownership challenge it has none; if it has one, nobody rotates it, and the job fails when that key ends.',
    todo: 'nothing, if it carries no key; if it carries one, let a binding select it',
    see: 'A job whose key cannot be told',
  },
  'bucket-write-not-granted': {
    severity: 'critical',
    repair: 'person',
    means:
      'No fresh object of this job was seen, and no policy lets the identity of its key write there, neither its own nor that of a group. A change of the last ten minutes would have been waited for. What the job pushes is refused and lost.',
    todo: 'give that identity Object Writer on the bucket, in the account of the bucket',
    see: SEE,
    saidBy: BOTH,
  },
  'bucket-write-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'No fresh object was seen, and whether the identity of the job’s key may write there could not be told: the keeper may not read all policies, or one depends on what it cannot judge.',
    todo: 'see the detail for what is in the way; to read policies the keeper’s service ID needs Viewer on IAM Access Management and IAM Access Groups in the account of the bucket',
    see: SEE,
  },
  'bucket-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'What arrives in the bucket could not be told: COS did not answer, or there was more in the folder than the keeper lists. It is unknown, not fine.',
    todo: 'nothing yet: the next run looks again; daily folders keep listings short',
    see: SEE,
  },
} as const satisfies Catalogue;
