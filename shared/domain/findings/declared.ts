import type { Catalogue } from './catalogue.ts';

const SEE = 'Declared jobs';

/** What `ensure-logpush` sees of declared jobs, and why it waits. */
export const DECLARED = {
  'declared-job-created': {
    severity: 'info',
    repair: 'none',
    means:
      'The job was missing and was made; the detail has its id, and that of a job which is deleted once this one has pushed. `check-logpush` tells from now on whether it pushes.',
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
      'The job differs in what no update can change: name, labels, dataset, Cloud Logs or bucket, or the region of a Cloud Logs instance. A job that the keeper did not make is never replaced for that, unless the declaration names it; one that the keeper made is, with `--enforce`: a new job is made, both push until the new one has pushed, and a later run deletes the old one. A bucket job cannot be replaced in its own path.',
    todo: 'correct the declaration; or write `replaces: JOB_ID` into it, with the id in the detail, to have a new job made and that one deleted once it has pushed (of a job that the keeper made, `--enforce` does); in a bucket declare another path as well',
    see: SEE,
  },
  'declared-job-replaced': {
    severity: 'warning',
    repair: 'none',
    means:
      'A job was deleted, because the declared one has pushed in its place. The detail says which: its id, its name, its dataset and where it pushed.',
    todo: 'see that the job in the detail was the one that was meant, and take `replaces` out of the declaration; if it was not, declare it, and it is made anew',
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
      'Several jobs could be the declared one, or one job could be meant by several declarations, or a job is declared twice, with the id of its zone and with its name; or a job that was to be deleted is another one by now. Nothing is done.',
    todo: 'see the jobs in the detail: delete those that are too many, or declare them apart; nothing is done before',
    see: SEE,
  },
  'declared-namesake': {
    severity: 'warning',
    repair: 'person',
    means:
      'Another job of the zone has the name and the dataset of the declared one, and pushes elsewhere. Either both are meant, or the declared one takes its place. Jobs that nobody declares are left alone, so both push.',
    todo: 'if the declared job takes its place, write `replaces: JOB_ID` into the declaration: that job is deleted once the declared one has pushed; if both are meant, declare both, or give the declared one another name',
    see: SEE,
  },
  'declared-labels-unknown': {
    severity: 'info',
    repair: 'none',
    means:
      'CIS does not show the labels of a job (`applicationName`, `subsystemName`), and the keeper did not make this one.',
    todo: 'nothing, if its records bear the declared names in Cloud Logs: leave the labels out of the declaration, and this is not said any more; else write `replaces: JOB_ID` into it, and a new job takes its place without a gap, or delete it and run ensure-logpush at once: until then nothing is pushed',
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
  'declared-paths-unread': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'A bucket job is missing, and is not made: not all zones of all instances could be read, and a job there may push to its bucket and path. What the two write would be mixed.',
    todo: 'see what check-logpush says of the zones and instances that it cannot read; the next run tries again',
    see: SEE,
  },
  'declared-unknown': {
    severity: 'warning',
    repair: 'person',
    means:
      'The declared job is not to be seen, and a job of its zone and dataset has a destination that cannot be read. It may be this one, so no other is made.',
    todo: 'see at CIS where the job in the detail pushes: give it a destination that can be read, or delete it; or write `replaces: JOB_ID` into the declaration',
    see: SEE,
  },
  'declared-name-shown-otherwise': {
    severity: 'info',
    repair: 'none',
    means:
      'The keeper made the job under the declared name, and CIS shows another one. Nothing is done about it.',
    todo: 'nothing, if CIS writes names in its own way; else correct the declaration to the name that it shows',
    see: SEE,
  },
  'declared-not-reached': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'The run had no time left for these declared jobs; CIS takes only so many calls a minute. The next run begins with them.',
    todo: 'run ensure-logpush again until this is not said any more; if it is said every day, let ensure-logpush run more often (`manifest.yml`)',
    see: SEE,
  },
  'declared-fields-refused': {
    severity: 'warning',
    repair: 'person',
    means:
      'The plan of the instance does not allow some fields that `logpullOptions` names, such as those of Bot Management. The detail has what CIS says of them.',
    todo: 'take the fields that CIS names in the detail out of `logpullOptions`, or have IBM add what they belong to',
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
      'IBM Log Analysis has taken nothing since 30 March 2025. If a declared job has the same zone and dataset and says `onDrift: enforce`, or names this one under `replaces`, this one is deleted once that one has pushed. A job that shows pushes of a later time is not touched, unless it is named.',
    todo: 'declare a job of this zone and dataset with another destination, and name this one under `replaces`; or delete it',
    see: SEE,
    saidBy: ['check-logpush', 'ensure-logpush'],
  },
} as const satisfies Catalogue;
