import type { Catalogue } from './catalogue.ts';

/** How the rotations of `rotate-keys` go: what they try, what they wait for, how jobs take the new key. */
export const ROTATION = {
  'rotation-held': {
    severity: 'info',
    repair: 'none',
    means:
      'A hold or a maintenance window keeps this job from getting the new key. The rotation waits with the old key for it. It is a warning when the old key ends less than a day after the hold, and critical once the old key is dead: then the logs of the job are being lost.',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over, and before the old key ends',
    see: 'Jobs that are held',
  },
  'binding-selects-no-job': {
    severity: 'warning',
    repair: 'person',
    means:
      'A rotation of this binding is due, and none of its selectors matches a Logpush job. No key is made for nobody. If jobs do carry its key they push until that ends, and then fail.',
    todo: 'check `jobs` of the binding: destination, instance, region, zone and dataset must be those of the Logpush jobs; take the binding out if its jobs are gone',
    see: 'A rotation that does not begin',
  },
  'binding-failed': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'This run could not go on with the binding: a service refused or did not answer, or a document of the ledger cannot be read. What was done until then stays done, and the other bindings go on.',
    todo: 'see the detail for the reason: the next run tries again by itself; at 403 give the identity of the account the right that is missing, and where a document cannot be read do as the detail says',
    see: 'A rotation that does not begin',
  },
  'attempt-lost': {
    severity: 'info',
    repair: 'keeper',
    means:
      'A new key was made, and its value was lost before it was stored in the secret: the run ended in between, or somebody else rotated the secret. No job was given it, and it is disabled and deleted.',
    todo: 'nothing: another attempt follows',
  },
  'key-died': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'Somebody, or IBM’s leak detection, disabled or deleted the new key while its rotation was under way. Jobs that have it cannot push until the next attempt has given them another one.',
    todo: 'find out who did it, and why: Activity Tracker shows it. If the key leaked, treat the next one as if it could leak the same way',
    see: 'A key is compromised',
  },
  'rotation-outlasts-key': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'The key that this rotation moves jobs to ends within a week, and the rotation is still under way: nothing makes another key before it ends. From then on the jobs that have it fail.',
    todo: 'see what the rotation waits for (a hold, a zone, a job that refuses) and end that; else abandon the rotation and force another, before the key ends',
    see: 'Take a hand in a rotation',
  },
  'qualification-refused': {
    severity: 'critical',
    repair: 'person',
    means:
      'The new key was tried before any job got it: IAM does not accept it, it belongs to another identity, or its destination refuses it and accepts the old one. No job was touched, and they push with the old key until that ends. The keeper tries again after a while.',
    todo: 'see the detail: where the identity is another one, correct `iamId` of the binding or the key that others store; where the same refusal comes again, ask why IAM or the destination does not know the new key',
    see: 'A rotation that does not begin',
  },
  'qualification-unclear': {
    severity: 'info',
    repair: 'keeper',
    means:
      'Whether the new key works could not be told before jobs got it: its destination did not answer, or refuses the old key alike. So one job gets it first, and the others only when that one has pushed.',
    todo: 'nothing yet; if `destination-outage` or `canary-failed` follows, do what that says',
    see: 'The role Sender goes and comes',
  },
  'publish-unclear': {
    severity: 'warning',
    repair: 'person',
    means:
      'The new version of the secret could not be made: somebody else made one during the rotation, or locked the previous one, or Secrets Manager refused. The attempt ended, no job was given its key, and the next one begins after a while.',
    todo: 'see the detail: where somebody else rotates this secret agree on who does it; at 403 give the identity of the account Writer on Secrets Manager',
    see: 'Somebody rotates the secret during a rotation',
  },
  'canary-failed': {
    severity: 'critical',
    repair: 'person',
    means:
      'The first job that got the new key fails with it, and the rotation cannot simply go back: the old key is dead too, somebody else has it, or it could not be tried. The other jobs were not touched. The logs of the first one are being lost.',
    todo: 'see in the detail what the job says; mend the role of the service ID or the destination, and the rotation goes on by itself',
    see: 'No key works',
  },
  'destination-outage': {
    severity: 'critical',
    repair: 'person',
    means:
      'Jobs fail with the new key, and the destination refuses the old one alike: it is not the key. Moving jobs back would not help, so the rotation waits, and their logs are lost until the destination accepts one of the keys.',
    todo: 'look at the Cloud Logs instance or the bucket, and at the role of the service ID there; the rotation goes on by itself',
    see: 'The role Sender goes and comes',
  },
  'rolled-back': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'The new key failed where the old one still delivers, so all jobs have the old one again and push with it. It is said until a rotation succeeds: the old key goes on ageing, and its end is the end of the pushes.',
    todo: 'see in the detail why the new key failed, and mend that (a role that was given to a key’s identity too late, a wrong destination); the next try follows by itself, and `keeper rotate-keys --force NAME` begins it now',
    see: 'A forced rotation',
  },
  'rollback-stuck': {
    severity: 'critical',
    repair: 'person',
    means:
      'Jobs fail with the new key, and there is no old key to go back to: it died, it cannot be read any more, or somebody else has it. The jobs stay where they are, and their logs are lost.',
    todo: 'see in IAM why both keys are refused; if they are dead, abandon the rotation, then run `keeper rotate-keys --force NAME`, which gives all jobs a fresh key',
    see: 'No key works',
  },
  'canary-silent': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'Three jobs got the new key, and for an hour each neither pushed nor failed: nothing proves it. The other jobs keep the old key until one of these pushes, or until the last day of the old key.',
    todo: 'check that the zones of these jobs have traffic; one push is enough',
  },
  'job-move-failed': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'The job could not be given the key: CIS refused it or did not answer, or the job is not as it was seen a moment ago. It keeps the one that it has, and pushes for as long as that is good.',
    todo: 'see the detail: the next run tries again; at 403 give the identity of the CIS account Writer on the instance, at 400 see whether the destination accepts the key’s identity',
    see: 'Jobs that fail',
  },
  'job-destination-changed': {
    severity: 'critical',
    repair: 'person',
    means:
      'CIS was sent a destination for the job, when it was made or together with a key, and now shows a different one. Its logs may go where nobody looks for them, or nowhere. It is not sent again, and no other job is made in its place.',
    todo: 'compare the destination of the job with what it should be, and set it right at CIS; of a declared job that pushes where it should, correct the declaration to what CIS shows',
    saidBy: ['ensure-logpush', 'reenable-logpush', 'rotate-keys'],
  },
  'job-failing-after-move': {
    severity: 'critical',
    repair: 'person',
    means:
      'This job fails since it got the new key. Where other jobs push with that key it is not the key but this job’s destination; where none does, the detail says so, and the keeper finds out whether to go back. Its logs are being lost.',
    todo: 'look at what its destination refuses: the role of the service ID there, the instance, the bucket and its firewall',
    see: 'Jobs that fail',
  },
  'job-key-reverted': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'Something (Terraform, a person) put another key back into this job after it had got the new one. It gets the new one again; until no job is turned back any more the old key cannot be disabled.',
    todo: 'find what puts it back, and let that read the key from Secrets Manager',
    see: 'Terraform puts the old key back',
  },
  'idle-unproven': {
    severity: 'info',
    repair: 'none',
    means:
      'For a day no traffic came since the job got its new key, so nothing proves that it can push with it; nothing speaks against it either. The rotation goes on, and keeps the disabled old key for a week instead of a day.',
    todo: 'nothing; if the zone should have traffic, see why there is none',
  },
  'binding-lost': {
    severity: 'warning',
    repair: 'person',
    means:
      'A rotation is under way for a secret that no binding of the configuration has any more. It is carried on to its end as it began; after that nobody rotates this key, and its jobs fail when it ends.',
    todo: 'put the binding back, or end its rotation with `keeper rotation abandon NAME`',
    see: 'The configuration loses the binding',
  },
} as const satisfies Catalogue;
