import type { Catalogue } from './catalogue.ts';

/** What `ensure-logpush` sees of declared jobs, and why it waits. */
export const DECLARED = {
  'declared-job-created': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing: the job was missing and was made; check-logpush tells from now on whether it pushes',
  },
  'declared-drift': {
    severity: 'warning',
    repair: 'person',
    todo: 'correct the job or the declaration; or run ensure-logpush with --enforce, or write onDrift: enforce, to have the job made as declared',
  },
  'declared-job-differs': {
    severity: 'warning',
    repair: 'person',
    todo: 'no update can change this: correct the declaration, or run ensure-logpush with --enforce to have another job made; the old one is deleted once the new one has pushed',
  },
  'declared-job-replaced': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing: another job pushes in its place, and it was deleted',
  },
  'declared-replacement-unproven': {
    severity: 'info',
    repair: 'person',
    todo: 'delete the old job by hand if it may go: one that is declared disabled pushes nothing that would prove it',
  },
  'declared-ambiguous': {
    severity: 'warning',
    repair: 'person',
    todo: 'see the jobs in the detail: delete those that are too many, or declare them apart; nothing is done before',
  },
  'declared-namesake': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if both are meant: undeclared jobs are left alone; delete the other one if the declared job has taken its place',
  },
  'declared-labels-unknown': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing, if its records bear the declared names in Cloud Logs; else delete the job, and the keeper makes it anew',
  },
  'declared-held': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over',
  },
  'declared-waits-for-rotation': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: a rotation of its key is under way, or another run is at work on its secret; the next run goes on',
  },
  'declared-zone-missing': {
    severity: 'warning',
    repair: 'person',
    todo: 'correct the zone of the declaration, or add the zone to the CIS instance',
  },
  'declared-zone-inactive': {
    severity: 'warning',
    repair: 'person',
    todo: 'activate the zone: nothing is made and nothing is pushed for one that is not active',
  },
  'declared-unselected': {
    severity: 'warning',
    repair: 'person',
    todo: 'let a selector of the binding take the job (for a bucket with auth: key): its key would not be rotated otherwise',
  },
  'declared-key-missing': {
    severity: 'warning',
    repair: 'person',
    todo: 'see that the secret of the binding holds a key in its current version',
  },
  'declared-key-refused': {
    severity: 'warning',
    repair: 'person',
    todo: 'give the service ID of the key Sender on the Cloud Logs instance or Object Writer on the bucket; if IAM does not accept the key, see what rotate-keys says about the binding',
  },
  'declared-quota': {
    severity: 'warning',
    repair: 'person',
    todo: 'delete a job of this zone that is not needed (LogDNA jobs push nothing), or have IBM raise the number of Logpush jobs',
  },
  'declared-plan': {
    severity: 'warning',
    repair: 'person',
    todo: 'Logpush, or this dataset, is not part of the plan of this CIS instance: it takes an Enterprise plan',
  },
  'declared-not-authorized': {
    severity: 'warning',
    repair: 'person',
    todo: 'give the keeper’s service ID Manager on the CIS instance (`internet-svcs.zones.manage`): Writer may change jobs, not make or delete them',
  },
  'declared-retention-refused': {
    severity: 'warning',
    repair: 'person',
    todo: 'switch on log retention of the zone by hand, or give the keeper’s service ID the right to do it: IBM publishes none, Manager on the CIS instance (`internet-svcs.zones.manage`) is the safe assumption',
  },
  'declared-destination-refused': {
    severity: 'warning',
    repair: 'person',
    todo: 'CIS tried the destination and was refused: see its region, instance, bucket and path, the role of the key, and the firewall of the bucket',
  },
  'declared-path-taken': {
    severity: 'warning',
    repair: 'person',
    todo: 'declare a path that no other job has',
  },
  'declared-refused': {
    severity: 'warning',
    repair: 'person',
    todo: 'see what CIS says in the detail, and correct the declaration',
  },
  'declared-create-unclear': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'nothing: whether the job was made is not known, so no other is made before a later look has told',
  },
  'declared-ownership-invalid': {
    severity: 'warning',
    repair: 'person',
    todo: 'give IBM’s own identity (cislogp@us.ibm.com) Object Writer on the bucket; or declare the job with a binding, which needs no proof of ownership since March 2026',
  },
  'declared-token-unreadable': {
    severity: 'warning',
    repair: 'person',
    todo: 'give the keeper’s service ID Content Reader on the bucket (`cloud-object-storage.object.get`): it reads the file that proves ownership',
  },
  'declared-failed': {
    severity: 'warning',
    repair: 'keeper',
    todo: 'see the detail; the next run tries again',
  },
  'declared-overtaken': {
    severity: 'info',
    repair: 'keeper',
    todo: 'nothing: another run was at the same jobs and was faster; the next run goes on',
  },
  'logdna-job': {
    severity: 'warning',
    repair: 'person',
    todo: 'IBM Log Analysis has taken nothing since 30 March 2025: declare a job of this zone and dataset with another destination, or delete it',
  },
} as const satisfies Catalogue;
