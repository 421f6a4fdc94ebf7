import type { Catalogue } from './catalogue.ts';

const SEE = 'Declared jobs';

/** What `ensure-logpush` sees of declared jobs, and why it waits. */
export const DECLARED = {
  'declared-job-created': {
    severity: 'info',
    repair: 'none',
    means:
      'The job was missing and was made; the detail has its id. `check-logpush` tells from now on whether it pushes.',
    todo: 'nothing: the job was missing and was made; check-logpush tells from now on whether it pushes',
    see: SEE,
  },
  'declared-drift': {
    severity: 'warning',
    repair: 'person',
    means:
      'The job is there and shows something else than declared, which an update can change: whether it is enabled, its frequency, its `logpullOptions`, or a destination of the same kind. A person or another tool changed it, or the declaration is newer.',
    todo: 'correct the job or the declaration; or run ensure-logpush with --enforce, or write onDrift: enforce, to have the job made as declared',
    see: SEE,
  },
  'declared-job-differs': {
    severity: 'warning',
    repair: 'person',
    means:
      'The job differs in what no update can change: name, labels, dataset, Cloud Logs or bucket. With `--enforce` a new job is made, both push until the new one has pushed once, and a later run deletes the old one. A bucket job cannot be replaced in its own path.',
    todo: 'correct the declaration, or run `ensure-logpush` with `--enforce`; in a bucket declare another path and delete the old job by hand. If both jobs are meant, give the declared one a name of its own',
    see: SEE,
  },
  'declared-job-replaced': {
    severity: 'info',
    repair: 'none',
    means: 'The new job has pushed, and the old one was deleted.',
    todo: 'nothing: another job pushes in its place, and it was deleted',
    see: SEE,
  },
  'declared-replacement-unproven': {
    severity: 'info',
    repair: 'person',
    means:
      'The new job is declared disabled, so it never pushes, and the old one is not deleted on its word.',
    todo: 'delete the old job by hand if it may go: one that is declared disabled pushes nothing that would prove it',
    see: SEE,
  },
  'declared-ambiguous': {
    severity: 'warning',
    repair: 'person',
    means:
      'Several jobs could be the declared one, or one job could be meant by several declarations, or a job is declared twice, with the id of its zone and with its name. Nothing is done.',
    todo: 'see the jobs in the detail: delete those that are too many, or declare them apart; nothing is done before',
    see: SEE,
  },
  'declared-namesake': {
    severity: 'info',
    repair: 'none',
    means:
      'Beside the declared job there is another one of its name. If the ledger was lost while the keeper replaced it, it is the old one. Undeclared jobs are left alone.',
    todo: 'nothing, if both are meant: undeclared jobs are left alone; delete the other one if the declared job has taken its place',
    see: SEE,
  },
  'declared-labels-unknown': {
    severity: 'info',
    repair: 'none',
    means:
      'CIS does not show the labels of a job (`applicationName`, `subsystemName`), and the keeper did not make this one.',
    todo: 'nothing, if its records bear the declared names in Cloud Logs; else delete the job, and the keeper makes it anew',
    see: SEE,
  },
  'declared-held': {
    severity: 'info',
    repair: 'none',
    means: 'A hold keeps the job from being made, changed or deleted.',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over',
    see: SEE,
  },
  'declared-waits-for-rotation': {
    severity: 'info',
    repair: 'keeper',
    means:
      'The key of the job rotates, or another run is at work on its secret. A job that got the key now might carry one that is about to retire. The next run goes on.',
    todo: 'nothing: a rotation of its key is under way, or another run is at work on its secret; the next run goes on',
    see: SEE,
  },
  'declared-zone-missing': {
    severity: 'warning',
    repair: 'person',
    means: 'The CIS instance has no such zone, or it was deleted a moment ago.',
    todo: 'correct the zone of the declaration, or add the zone to the CIS instance',
    see: SEE,
  },
  'declared-zone-inactive': {
    severity: 'warning',
    repair: 'person',
    means: 'The zone is pending, moved or deactivated: nothing is pushed for it, and nothing is made.',
    todo: 'activate the zone: nothing is made and nothing is pushed for one that is not active',
    see: SEE,
  },
  'declared-unselected': {
    severity: 'warning',
    repair: 'person',
    means:
      'No selector of the binding takes the job in this zone, so its key would not be rotated. The configuration cannot tell it where one names the zone by id and the other by name.',
    todo: 'let a selector of the binding take the job (for a bucket with auth: key): its key would not be rotated otherwise',
    see: SEE,
  },
  'declared-key-missing': {
    severity: 'warning',
    repair: 'person',
    means: 'The secret of the binding has no current version with a key in it.',
    todo: 'see that the secret of the binding holds a key in its current version',
    see: SEE,
  },
  'declared-key-refused': {
    severity: 'warning',
    repair: 'person',
    means:
      'The key was tried as the job would use it, and was refused: by IAM (see what `rotate-keys` says of the binding) or by the destination. Nothing was made.',
    todo: 'give the service ID of the key Sender on the Cloud Logs instance or Object Writer on the bucket; if IAM does not accept the key, see what rotate-keys says about the binding',
    see: SEE,
  },
  'declared-quota': {
    severity: 'warning',
    repair: 'person',
    means:
      'The zone has as many jobs as it may have. IBM publishes no number; four a zone and one a dataset is what is known.',
    todo: 'delete a job of this zone that is not needed (LogDNA jobs push nothing), or have IBM raise the number of Logpush jobs',
    see: SEE,
  },
  'declared-plan': {
    severity: 'warning',
    repair: 'person',
    means: 'The plan of the instance has no Logpush, or not for this dataset: it takes an Enterprise plan.',
    todo: 'change the plan of the CIS instance, or take the declaration out',
    see: SEE,
  },
  'declared-not-authorized': {
    severity: 'warning',
    repair: 'person',
    means:
      'The keeper’s service ID lacks a role: making and deleting jobs takes `Manager` on the CIS instance (`internet-svcs.zones.manage`), changing them `Writer`.',
    todo: 'give the keeper’s service ID Manager on the CIS instance (`internet-svcs.zones.manage`): Writer may change jobs, not make or delete them',
    see: SEE,
  },
  'declared-retention-refused': {
    severity: 'warning',
    repair: 'person',
    means:
      'Log retention of the zone is off, or could not be seen, and could not be switched on. IBM does not say which role may; `Manager` is the safe assumption. No job is made in the zone, for it might push nothing.',
    todo: 'switch on log retention of the zone by hand, or give the keeper’s service ID the right to do it: IBM publishes none, Manager on the CIS instance (`internet-svcs.zones.manage`) is the safe assumption',
    see: SEE,
  },
  'declared-destination-refused': {
    severity: 'warning',
    repair: 'person',
    means:
      'The keeper’s own try passed, and CIS refuses the destination. CIS comes from other addresses: a firewall of the bucket may keep it out (`verify-buckets`). Region, instance and path are the other candidates.',
    todo: 'correct the declared destination, or open the firewall of the bucket to Cloudflare',
    see: SEE,
  },
  'declared-path-taken': {
    severity: 'warning',
    repair: 'person',
    means: 'Another job pushes to this bucket and path, whatever its dataset.',
    todo: 'declare a path that no other job has',
    see: SEE,
  },
  'declared-refused': {
    severity: 'warning',
    repair: 'person',
    means: 'CIS refuses the job for another reason. The detail says what it says, without credentials.',
    todo: 'see what CIS says in the detail, and correct the declaration',
    see: SEE,
  },
  'declared-create-unclear': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'The request that makes the job went out, and no answer came, or none that can be read. The job was looked for and not found so far. No other is made before a look at least 15 minutes later has shown that there is none.',
    todo: 'nothing: whether the job was made is not known, so no other is made before a later look has told',
    see: SEE,
  },
  'declared-ownership-invalid': {
    severity: 'warning',
    repair: 'person',
    means:
      'Only with `legacyOwnership`: CIS could not write its token into the bucket, or does not accept it.',
    todo: 'give IBM’s own identity (cislogp@us.ibm.com) Object Writer on the bucket; or declare the job with a binding, which needs no proof of ownership since March 2026',
    see: SEE,
  },
  'declared-token-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'Only with `legacyOwnership`: the file with the token is there, and the keeper may not read it. The detail names the account whose rights were used: that of a binding that selects the job, else that of the CIS instance.',
    todo: 'give the keeper’s service ID Content Reader on the bucket (`cloud-object-storage.object.get`): it reads the file that proves ownership',
    see: SEE,
  },
  'declared-failed': {
    severity: 'warning',
    repair: 'keeper',
    means: 'A service did not answer, or said something unexpected. The next run tries again.',
    todo: 'see the detail; the next run tries again',
    see: SEE,
  },
  'declared-overtaken': {
    severity: 'info',
    repair: 'keeper',
    means: 'Another run was at the same jobs. The next one goes on.',
    todo: 'nothing: another run was at the same jobs and was faster; the next run goes on',
    see: SEE,
  },
  'logdna-job': {
    severity: 'warning',
    repair: 'person',
    means:
      'IBM Log Analysis has taken nothing since 30 March 2025. If a declared job has the same zone and dataset, it is made, and this one is deleted once that one has pushed. A job that shows pushes of a later time is not touched.',
    todo: 'declare a job of this zone and dataset with another destination, or delete it',
    see: SEE,
    saidBy: ['check-logpush', 'ensure-logpush'],
  },
} as const satisfies Catalogue;
