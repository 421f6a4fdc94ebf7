/** How urgent a finding is: `critical` loses logs now or soon, `warning` needs a person, `info` is worth knowing. */
export type Severity = 'info' | 'warning' | 'critical';

/**
 * Every finding the keeper can make. The code is stable: people write rules and runbooks on it.
 * `todo` is what a person does about it.
 */
const FINDINGS = {
  'job-failing': {
    severity: 'critical',
    todo: 'find out why the destination refuses (key, role, instance); after 24 h without a push the platform disables the job',
  },
  'job-stalled': {
    severity: 'warning',
    todo: 'check whether the zone has traffic for this dataset; if it has, check the destination',
  },
  'job-disabled-by-failures': {
    severity: 'critical',
    todo: 'remove the cause, then enable the job again: nothing is pushed, and nothing will be pushed later',
  },
  'job-disabled-unclear': {
    severity: 'warning',
    todo: 'the job was failing, but not long enough for the platform to disable it: ask who did, then enable it if nobody meant to',
  },
  'job-disabled-by-hand': { severity: 'info', todo: 'nothing, if this is meant' },
  'job-unknown': { severity: 'warning', todo: 'CIS reports a state that fits no class; look at the job' },
  'job-enabled-again': {
    severity: 'info',
    todo: 'nothing: its failures had disabled it, the cause is gone, and it was enabled; the next looks tell whether it pushes',
  },
  'job-recovered': {
    severity: 'info',
    todo: 'nothing: it pushes again; the log minutes of the time between are lost, HTTP logs of the last seven days may still be in Logpull',
  },
  'job-disabled-at-first-look': {
    severity: 'warning',
    todo: 'enable it by hand if it should push, or run reenable-logpush with --adopt-disabled: the keeper switches on only what it has seen enabled',
  },
  'repair-held': {
    severity: 'info',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over',
  },
  'repair-quarantined': {
    severity: 'critical',
    todo: 'enabling it failed three times within a day, or brought no push: look at the job and at what its destination refuses. The keeper tries again a day later, or when the cause has changed',
  },
  'repair-waits-for-rotation': {
    severity: 'critical',
    todo: 'the key is dead: rotate-keys replaces it, and then the job is enabled; see what rotate-keys says about the binding',
  },
  'repair-waits-for-destination': {
    severity: 'critical',
    todo: 'the destination refuses what a good key sends: give its service ID Sender on the Cloud Logs instance or Object Writer on the bucket, or open the firewall of the bucket to Cloudflare; then the job is enabled',
  },
  'repair-unclear': {
    severity: 'warning',
    todo: 'nothing yet: whether the cause is gone could not be told; the next run tries again',
  },
  'repair-waits-its-turn': {
    severity: 'info',
    todo: 'nothing: the cause is gone; one run enables only some jobs, and one job tries first what is not certain',
  },
  'repair-unbound': {
    severity: 'warning',
    todo: 'no binding selects this job and CIS hides its key, so nothing can be tried: enable it by hand, or add a binding',
  },
  'repair-without-key': {
    severity: 'warning',
    todo: 'this job carries no key: IBM’s own identity (cislogp@us.ibm.com) writes its objects. See that it is Object Writer of the bucket and that the bucket takes objects, then enable the job by hand',
  },
  'repair-overtaken': {
    severity: 'info',
    todo: 'nothing: another run was at the same jobs and was faster; the next run goes on',
  },
  'repair-stopped': {
    severity: 'warning',
    todo: 'see the detail for the reason; the next run goes on',
  },
  'repair-failed': {
    severity: 'critical',
    todo: 'see the detail; the next run tries again, three times a day',
  },
  'bucket-absent': {
    severity: 'critical',
    todo: 'the bucket is gone, or it is in another location than the job says; unless the detail tells which, they look alike: make it again, or correct the jobs',
  },
  'bucket-elsewhere': {
    severity: 'critical',
    todo: 'the bucket exists in another location than its jobs say, where they cannot write: correct the region of the jobs',
  },
  'bucket-check-refused': {
    severity: 'warning',
    todo: 'the keeper may not look into this bucket, so nothing is known of what arrives: give its service ID Content Reader, and let its address through the firewall of the bucket; it says nothing about what the job may write',
  },
  'bucket-path-shared': {
    severity: 'warning',
    todo: 'give each of these jobs a path of its own: what they push is mixed, and range, firewall and DNS events need their own',
  },
  'bucket-path-nested': {
    severity: 'info',
    todo: 'nothing, if this is meant: whoever reads the outer path reads what other jobs push as well; daily folders, or a path beside it, keep them apart',
  },
  'bucket-instance-differs': {
    severity: 'warning',
    todo: 'correct the instance of these jobs: the bucket is written by its name alone, but rights are given by instance',
  },
  'bucket-firewall-refuses': {
    severity: 'critical',
    todo: 'let Cloudflare’s ranges (https://www.cloudflare.com/ips/) and the public network through the firewall of the bucket: Logpush comes from there',
  },
  'bucket-firewall-partly': {
    severity: 'warning',
    todo: 'let all of Cloudflare’s ranges (https://www.cloudflare.com/ips/) through the firewall of the bucket: which of them Logpush uses is not told, and it changes',
  },
  'bucket-quota-reached': {
    severity: 'critical',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects: what is pushed is refused',
  },
  'bucket-quota-near': {
    severity: 'warning',
    todo: 'raise the hard quota of the bucket, or let a rule expire old objects, before it is full; the counters lag',
  },
  'bucket-root-key-suspected': {
    severity: 'warning',
    todo: 'see in Key Protect whether the key is enabled and COS may use it: without it the bucket is neither read nor written',
  },
  'bucket-limits-unclear': {
    severity: 'info',
    todo: 'nothing while objects arrive: to know it before they do not, give the keeper’s service ID the rights that the detail names',
  },
  'bucket-objects-missing': {
    severity: 'critical',
    todo: 'CIS says that it pushes and the bucket does not show it: compare the job’s bucket and path with those you look into, and look for a rule that expires objects',
  },
  'bucket-job-unbound': {
    severity: 'info',
    todo: 'nothing, if the job was made with an ownership challenge and carries no key; if it carries one, let a binding select it: nobody rotates that key',
  },
  'bucket-write-not-granted': {
    severity: 'critical',
    todo: 'no policy lets the identity of this job write there: give it Object Writer on the bucket, in the account of the bucket',
  },
  'bucket-write-unclear': {
    severity: 'info',
    todo: 'whether the job’s identity may write there could not be told: see the detail; to read policies the keeper’s service ID needs Viewer on IAM Access Management and IAM Access Groups in the account of the bucket',
  },
  'bucket-unclear': { severity: 'info', todo: 'nothing yet: what arrives in the bucket could not be told' },
  'destination-unreadable': {
    severity: 'warning',
    todo: 'see docs/runbook.md, "A job whose key cannot be told": such a job is not moved, and no old key that it may carry is disabled',
  },
  'zone-inactive': {
    severity: 'info',
    todo: 'nothing is pushed for a zone that is not active or is paused; activate it if it should be',
  },
  'zone-unreadable': {
    severity: 'warning',
    todo: 'see the detail for the reason; the jobs of this zone are unknown, not fine',
  },
  'instance-unreadable': {
    severity: 'warning',
    todo: 'check the CRN and that the account’s credentials may read this CIS instance (role Reader)',
  },
  'run-failed': { severity: 'critical', todo: 'see the detail; nothing was changed by this run' },
  'ledger-unwritable': {
    severity: 'warning',
    todo: 'check that the ledger can be written; what was seen is reported, but the next run knows less',
  },
  'event-unreadable': {
    severity: 'warning',
    todo: 'see what sends it: only Event Notifications should start rotate-keys with an event. Nothing is lost, the schedule does the work',
  },
  'mode-changed': {
    severity: 'info',
    todo: 'nothing, if this is meant: the run had begun to act and stopped; the first run that may act goes on',
  },
  'rotation-held': {
    severity: 'info',
    todo: 'nothing while the hold is meant: the job keeps the old key, which is not retired before it is moved. Take the hold out of `holds` when it is over, or before the old key ends',
  },
  'ledger-expires': {
    severity: 'critical',
    todo: 'take the prefix of the ledger out of this rule, or give the ledger a bucket of its own: documents would vanish, or could not be read any more',
  },
  'ledger-retained': {
    severity: 'critical',
    todo: 'give the ledger a bucket without retention and without object lock: its documents are replaced all the time',
  },
  'ledger-rules-unknown': {
    severity: 'info',
    todo: 'nothing, if you know that no rule expires, archives or retains what is in the bucket of the ledger; to let the keeper see it, give the service ID of the ledger Reader on the bucket',
  },
  'binding-selects-no-job': {
    severity: 'warning',
    todo: 'check `jobs` of the binding: destination instance and region must be those of the Logpush jobs',
  },
  'binding-failed': { severity: 'warning', todo: 'see the detail for the reason; the next run tries again' },
  'secret-unusable': {
    severity: 'critical',
    todo: 'the secret must be active and of a type that goes with `managedBy`: see docs/runbook.md, "Secrets that are refused"',
  },
  'previous-version-locked': {
    severity: 'warning',
    todo: 'somebody holds the previous version: finish what needs it, then remove that lock',
  },
  'identity-mismatch': {
    severity: 'critical',
    todo: 'the key in the secret belongs to another identity than `iamId` of the binding; correct whichever is wrong',
  },
  'secret-expiry-stuck': {
    severity: 'warning',
    todo: 'the secret expires before its new key: move its expiry by hand, or take it away; while the keeper’s lock is on it, it is not destroyed',
  },
  'key-quota-full': {
    severity: 'critical',
    todo: 'delete API keys of this service ID that nobody uses; IAM allows 20',
  },
  'mint-limit': {
    severity: 'critical',
    todo: 'three keys were made within a day: see how the earlier rotations of this secret ended',
  },
  'mint-failed': {
    severity: 'critical',
    todo: 'see the detail; the keeper needs Operator on the IAM identity service to make keys itself, and Writer on Secrets Manager to have it make one',
  },
  'attempt-lost': {
    severity: 'info',
    todo: 'nothing: a run ended before the new key was stored, and another attempt follows',
  },
  'key-died': {
    severity: 'critical',
    todo: 'somebody, or IBM’s leak detection, took the new key away during its rotation; the next attempt replaces it at once: find out who',
  },
  'stray-key': {
    severity: 'info',
    todo: 'nothing: a key that the keeper made and that nothing names is disabled and deleted by it',
  },
  'stray-key-kept': {
    severity: 'warning',
    todo: 'this key was made by the keeper and no version of the secret names it, but it seems to be in use: find out by whom; it is left as it is until nothing uses it',
  },
  'key-compromised': {
    severity: 'critical',
    todo: 'see what the rotation of its binding waits for; `--compromised` with `--cut now` disables it at once, whatever that costs',
  },
  'rotation-outlasts-key': {
    severity: 'critical',
    todo: 'see what the rotation waits for: a hold, a zone or a job that refuses. End that, or abandon the rotation and force another, before the key ends',
  },
  'job-without-key': {
    severity: 'critical',
    todo: 'see why the job is not given the secret’s key (a hold, or CIS refuses it): the one that it carries may end at any time. It is tried once a day; while no rotation is under way `keeper rotate-keys --force NAME` tries it now',
  },
  'key-cut': {
    severity: 'warning',
    todo: 'somebody else has this key, and it works no more: look in the activity log for what was done with it, until its last tokens have ended too',
  },
  'compromised-in-use': {
    severity: 'critical',
    todo: 'no rotation takes this key from the jobs that carry it: give them another key by hand, or run it again with --cut now, which stops them from pushing until they have one',
  },
  'compromised-new-key': {
    severity: 'critical',
    todo: 'run it again with --cut now: the jobs get another key at once, and lose what they push meanwhile',
  },
  'secret-not-reusable': {
    severity: 'critical',
    todo: 'nothing was read, for each read of this secret makes another key and deletes the one that jobs carry: set "Reuse IAM credentials until lease expires" on it, or bind another secret',
  },
  'secret-ttl-too-short': {
    severity: 'critical',
    todo: 'lengthen the lease of the secret, or rotate it more often: when its key is replaced, the one before must live for a week more',
  },
  'carry-abandoned': {
    severity: 'warning',
    todo: 'a person ended this rotation: jobs that were not moved keep the key before, which whoever made it may end. `keeper rotate-keys --force NAME` gives all jobs the secret’s key',
  },
  'rotation-waits-for-neighbour': {
    severity: 'warning',
    todo: 'nothing, if the other rotation goes on: members of one secret rotate one after the other. Where that one is held up see why, or this key may end first; a secret of its own for each key needs no waiting',
  },
  'managed-key-due': {
    severity: 'warning',
    todo: 'others make the keys of this secret: ask them to store a new one, which the keeper then carries to the jobs',
  },
  'managed-key-dead': {
    severity: 'critical',
    todo: 'others make the keys of this secret, and this one is dead: let them store a new one at once; the keeper carries it to all jobs with its next run',
  },
  'qualification-refused': {
    severity: 'critical',
    todo: 'the new key may not do what the job needs: give its service ID the role Sender on the Cloud Logs instance',
  },
  'qualification-unclear': {
    severity: 'info',
    todo: 'nothing yet: whether the new key works could not be told, so one job tries it first',
  },
  'publish-unclear': {
    severity: 'warning',
    todo: 'somebody else made a version of this secret during the rotation; agree on who rotates it',
  },
  'canary-failed': {
    severity: 'critical',
    todo: 'the first job fails with the new key; the others were not touched and still use the old key',
  },
  'destination-outage': {
    severity: 'critical',
    todo: 'the destination refuses the old key and the new one alike: look at the Cloud Logs instance and the role of the service ID; the rotation waits',
  },
  'rolled-back': {
    severity: 'critical',
    todo: 'the new key failed where the old one works, so all jobs have the old one again: see the detail; the next try follows by itself',
  },
  'rollback-stuck': {
    severity: 'critical',
    todo: 'no key is left to go back to: see docs/runbook.md, "No key works"',
  },
  'canary-silent': {
    severity: 'warning',
    todo: 'no job pushed after it got the new key, so nothing proves it; check that the zones have traffic',
  },
  'job-move-failed': {
    severity: 'critical',
    todo: 'see the detail; the job keeps the old key, the next run tries again',
  },
  'job-destination-changed': {
    severity: 'critical',
    todo: 'CIS shows another destination than was sent; compare the job with the binding',
  },
  'job-failing-after-move': {
    severity: 'critical',
    todo: 'this job fails with the new key while others push: look at its destination',
  },
  'job-key-reverted': {
    severity: 'warning',
    todo: 'something (Terraform, a person) put the old key back: make it read the key from Secrets Manager',
  },
  'idle-unproven': {
    severity: 'info',
    todo: 'no traffic came since the job got its new key, so nothing proves it; nothing speaks against it either',
  },
  'predecessor-unstamped': {
    severity: 'warning',
    todo: 'the old key was not made by the keeper, so it is left as it is: when nothing uses it any more, delete it yourself',
  },
  'predecessor-kept': {
    severity: 'info',
    todo: 'nothing, if this is meant: the binding adopts this key with `retire: never`; when nothing uses it any more, delete it yourself',
  },
  'predecessor-abandoned': {
    severity: 'warning',
    todo: 'when no job carries it any more, delete it yourself: the keeper leaves the keys of an abandoned rotation alone',
  },
  'secret-rotated-elsewhere': {
    severity: 'warning',
    todo: 'somebody else changed this secret: see docs/runbook.md, "Somebody rotates the secret between two rotations"',
  },
  'binding-lost': {
    severity: 'warning',
    todo: 'its rotation is carried on as it began; put the binding back, or end it with `keeper rotation abandon`',
  },
  'old-key-still-used': {
    severity: 'warning',
    todo: 'something still logs in with the old key: find it and give it the new one; the key is not disabled before',
  },
  'old-key-unreadable': {
    severity: 'warning',
    todo: 'IAM does not show the old key to the keeper, so it is left as it is: give the keeper Operator on the IAM identity service',
  },
  'old-key-needed': {
    severity: 'critical',
    todo: 'a job failed after the old key was disabled, so it was enabled again: find out what still used it',
  },
} as const satisfies Record<string, { severity: Severity; todo: string }>;

export type FindingCode = keyof typeof FINDINGS;

/** Something wrong, or worth knowing, as data. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What it is about, for example `binding edge-logs` or `job 700123 (http_requests of shop.example)`. */
  readonly subject: string;
  /** What was seen. Never holds a secret. */
  readonly detail: string;
  readonly todo: string;
  /** Since when it has been so, as far as the evidence goes. */
  readonly since?: number;
}

/** Makes a finding with the severity and advice its code stands for. */
export function finding(code: FindingCode, subject: string, detail: string, since?: number): Finding {
  const { severity, todo } = FINDINGS[code];
  return { code, severity, subject, detail, todo, ...(since === undefined ? {} : { since }) };
}
