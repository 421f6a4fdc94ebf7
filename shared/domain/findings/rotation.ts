import type { Catalogue } from './catalogue.ts';

/** What `rotate-keys` does, and what it waits for. */
export const ROTATION = {
  'rotation-held': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing while the hold is meant: the job keeps the old key, which is not retired before it is moved. Take the hold out of `holds` when it is over, or before the old key ends',
  },
  'binding-selects-no-job': {
    severity: 'warning',
    repair: 'person',
    todo: 'check `jobs` of the binding: destination instance and region must be those of the Logpush jobs',
  },
  'binding-failed': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'see the detail for the reason; the next run tries again',
  },
  'secret-unusable': {
    severity: 'critical',
    repair: 'person',
    todo: 'the secret must be active and of a type that goes with `managedBy`: see docs/runbook.md, "Secrets that are refused"',
  },
  'previous-version-locked': {
    severity: 'warning',
    repair: 'person',
    todo: 'somebody holds the previous version: finish what needs it, then remove that lock',
  },
  'identity-mismatch': {
    severity: 'critical',
    repair: 'person',
    todo: 'the key in the secret belongs to another identity than `iamId` of the binding; correct whichever is wrong',
  },
  'secret-expiry-stuck': {
    severity: 'warning',
    repair: 'person',
    todo: 'the secret expires before its new key: move its expiry by hand, or take it away; while the keeper’s lock is on it, it is not destroyed',
  },
  'key-quota-full': {
    severity: 'critical',
    repair: 'person',
    todo: 'delete API keys of this service ID that nobody uses; IAM allows 20',
  },
  'mint-limit': {
    severity: 'critical',
    repair: 'person',
    todo: 'three keys were made within a day: see how the earlier rotations of this secret ended',
  },
  'mint-failed': {
    severity: 'critical',
    repair: 'person',
    todo: 'see the detail; the keeper needs Operator on the IAM identity service to make keys itself, and Writer on Secrets Manager to have it make one',
  },
  'attempt-lost': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: a run ended before the new key was stored, and another attempt follows',
  },
  'key-died': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'somebody, or IBM’s leak detection, took the new key away during its rotation; the next attempt replaces it at once: find out who',
  },
  'stray-key': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: a key that the keeper made and that nothing names is disabled and deleted by it',
  },
  'stray-key-kept': {
    severity: 'warning',
    repair: 'person',
    todo: 'this key was made by the keeper and no version of the secret names it, but it seems to be in use: find out by whom; it is left as it is until nothing uses it',
  },
  'key-compromised': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'see what the rotation of its binding waits for; `--compromised` with `--cut now` disables it at once, whatever that costs',
  },
  'rotation-outlasts-key': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'see what the rotation waits for: a hold, a zone or a job that refuses. End that, or abandon the rotation and force another, before the key ends',
  },
  'job-without-key': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'see why the job is not given the secret’s key (a hold, or CIS refuses it): the one that it carries may end at any time. It is tried once a day; while no rotation is under way `keeper rotate-keys --force NAME` tries it now',
  },
  'key-cut': {
    severity: 'warning',
    repair: 'person',
    todo: 'somebody else has this key, and it works no more: look in the activity log for what was done with it, until its last tokens have ended too',
  },
  'compromised-in-use': {
    severity: 'critical',
    repair: 'person',
    todo: 'no rotation takes this key from the jobs that carry it: give them another key by hand, or run it again with --cut now, which stops them from pushing until they have one',
  },
  'compromised-new-key': {
    severity: 'critical',
    repair: 'person',
    todo: 'run it again with --cut now: the jobs get another key at once, and lose what they push meanwhile',
  },
  'secret-not-reusable': {
    severity: 'critical',
    repair: 'person',
    todo: 'nothing was read, for each read of this secret makes another key and deletes the one that jobs carry: set "Reuse IAM credentials until lease expires" on it, or bind another secret',
  },
  'secret-ttl-too-short': {
    severity: 'critical',
    repair: 'person',
    todo: 'lengthen the lease of the secret, or rotate it more often: when its key is replaced, the one before must live for a week more',
  },
  'carry-abandoned': {
    severity: 'warning',
    repair: 'person',
    todo: 'a person ended this rotation: jobs that were not moved keep the key before, which whoever made it may end. `keeper rotate-keys --force NAME` gives all jobs the secret’s key',
  },
  'rotation-waits-for-neighbour': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'nothing, if the other rotation goes on: members of one secret rotate one after the other. Where that one is held up see why, or this key may end first; a secret of its own for each key needs no waiting',
  },
  'managed-key-due': {
    severity: 'warning',
    repair: 'person',
    todo: 'others make the keys of this secret: ask them to store a new one, which the keeper then carries to the jobs',
  },
  'managed-key-dead': {
    severity: 'critical',
    repair: 'person',
    todo: 'others make the keys of this secret, and this one is dead: let them store a new one at once; the keeper carries it to all jobs with its next run',
  },
  'qualification-refused': {
    severity: 'critical',
    repair: 'person',
    todo: 'the new key may not do what the job needs: give its service ID the role Sender on the Cloud Logs instance',
  },
  'qualification-unclear': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing yet: whether the new key works could not be told, so one job tries it first',
  },
  'publish-unclear': {
    severity: 'warning',
    repair: 'person',
    todo: 'somebody else made a version of this secret during the rotation; agree on who rotates it',
  },
  'canary-failed': {
    severity: 'critical',
    repair: 'person',
    todo: 'the first job fails with the new key; the others were not touched and still use the old key',
  },
  'destination-outage': {
    severity: 'critical',
    repair: 'person',
    todo: 'the destination refuses the old key and the new one alike: look at the Cloud Logs instance and the role of the service ID; the rotation waits',
  },
  'rolled-back': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'the new key failed where the old one works, so all jobs have the old one again: see the detail; the next try follows by itself',
  },
  'rollback-stuck': {
    severity: 'critical',
    repair: 'person',
    todo: 'no key is left to go back to: see docs/runbook.md, "No key works"',
  },
  'canary-silent': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'no job pushed after it got the new key, so nothing proves it; check that the zones have traffic',
  },
  'job-move-failed': {
    severity: 'critical',
    repair: 'keeper',
    todo: 'see the detail; the job keeps the old key, the next run tries again',
  },
  'job-destination-changed': {
    severity: 'critical',
    repair: 'person',
    todo: 'CIS shows another destination than was sent; compare the job with the binding',
  },
  'job-failing-after-move': {
    severity: 'critical',
    repair: 'person',
    todo: 'this job fails with the new key while others push: look at its destination',
  },
  'job-key-reverted': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'something (Terraform, a person) put the old key back: make it read the key from Secrets Manager',
  },
  'idle-unproven': {
    severity: 'info',
    repair: 'none',
    todo: 'no traffic came since the job got its new key, so nothing proves it; nothing speaks against it either',
  },
  'predecessor-unstamped': {
    severity: 'warning',
    repair: 'person',
    todo: 'the old key was not made by the keeper, so it is left as it is: when nothing uses it any more, delete it yourself',
  },
  'predecessor-kept': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if this is meant: the binding adopts this key with `retire: never`; when nothing uses it any more, delete it yourself',
  },
  'predecessor-abandoned': {
    severity: 'warning',
    repair: 'person',
    todo: 'when no job carries it any more, delete it yourself: the keeper leaves the keys of an abandoned rotation alone',
  },
  'secret-rotated-elsewhere': {
    severity: 'warning',
    repair: 'person',
    todo: 'somebody else changed this secret: see docs/runbook.md, "Somebody rotates the secret between two rotations"',
  },
  'binding-lost': {
    severity: 'warning',
    repair: 'person',
    todo: 'its rotation is carried on as it began; put the binding back, or end it with `keeper rotation abandon`',
  },
  'old-key-still-used': {
    severity: 'warning',
    repair: 'person',
    todo: 'something still logs in with the old key: find it and give it the new one; the key is not disabled before',
  },
  'old-key-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'IAM does not show the old key to the keeper, so it is left as it is: give the keeper Operator on the IAM identity service',
  },
  'old-key-needed': {
    severity: 'critical',
    repair: 'person',
    todo: 'a job failed after the old key was disabled, so it was enabled again: find out what still used it',
  },
} as const satisfies Catalogue;
