import type { Catalogue } from './catalogue.ts';

/** What `rotate-keys` sees of keys that Secrets Manager or others make, and that it only carries to the jobs. */
export const CARRIED = {
  'secret-not-reusable': {
    severity: 'critical',
    repair: 'person',
    means:
      'Each read of this `iam_credentials` secret makes another key and deletes the one before, which jobs may carry. So the keeper never reads it, and rotates nothing for this binding.',
    todo: 'make a secret with "Reuse IAM credentials until lease expires", and name that in the binding',
    see: 'The secret does not reuse its key',
  },
  'secret-ttl-too-short': {
    severity: 'critical',
    repair: 'person',
    means:
      'When Secrets Manager replaces the key of this secret, the one before lives only to the end of its own lease: less than the week that is needed to move and prove all jobs. Nothing is rotated for this binding, because jobs would be cut off.',
    todo: 'lengthen the lease of the secret, or let it rotate more often',
    see: 'The lease of the secret is too short',
  },
  'managed-key-due': {
    severity: 'warning',
    repair: 'person',
    means:
      'The key in this secret is due, and only others can make the next one. The jobs push with it until it ends; the detail says when, where that is known.',
    todo: 'ask whoever manages the key to store a new one in the secret; the keeper then carries it to the jobs',
    see: 'The key of others is due',
  },
  'managed-key-dead': {
    severity: 'critical',
    repair: 'person',
    means:
      'The key in this secret is gone, disabled or expired, and only others can make the next one. Its jobs cannot push, and their logs are lost.',
    todo: 'let whoever manages the key store a new one at once; the next run gives it to all jobs',
    see: 'The key of others is dead',
  },
  'job-without-key': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'This job was not given the key that the secret holds: a hold keeps it, or CIS refused. The one that it carries is retired by whoever makes the keys, and may end at any time; then its logs are lost.',
    todo: 'end the hold, or see why CIS refuses. It is tried once a day; while no rotation is under way `keeper rotate-keys --force NAME` tries it now',
    see: 'A hold outlasts the key before',
  },
  'carry-abandoned': {
    severity: 'warning',
    repair: 'person',
    means:
      'A person ended the rotation that carried this secret’s key to the jobs. Those that were not moved keep the key before, which whoever made it may end at any time.',
    todo: 'run `keeper rotate-keys --force NAME`, which gives all jobs the secret’s key, or let a new key be stored in the secret',
    see: 'Its rotation was abandoned',
  },
} as const satisfies Catalogue;
