import type { Catalogue } from './catalogue.ts';

const SEE = 'Jobs that failures disabled';

/** What `reenable-logpush` does, and why it waits. */
export const REPAIR = {
  'job-enabled-again': {
    severity: 'info',
    repair: 'none',
    means:
      'Its failures had disabled the job, the cause is gone, and the keeper has enabled it. That is no proof yet: `job-recovered` says when it has pushed.',
    todo: 'nothing; the next looks tell whether it pushes',
    see: SEE,
  },
  'job-recovered': {
    severity: 'info',
    repair: 'none',
    means:
      'A job that its failures had disabled has pushed since it was enabled. What it did not push in between is lost for good, because the platform pushes nothing later; the detail has the log minutes, at least and at most.',
    todo: 'nothing; if those lines matter, fetch HTTP logs of the last seven days with Logpull, which has them if log retention was on',
    see: SEE,
  },
  'job-disabled-at-first-look': {
    severity: 'warning',
    repair: 'person',
    means:
      'Its failures disabled this job before the keeper first saw it, or before the ledger was lost. Nothing says that its owner still wants it, so the keeper leaves it off, and it pushes nothing.',
    todo: 'enable it by hand if it should push, or run `keeper reenable-logpush --adopt-disabled`, which switches on all such jobs whose cause is gone',
    see: SEE,
  },
  'repair-held': {
    severity: 'info',
    repair: 'none',
    means:
      'Its failures disabled the job, and a hold or a maintenance window of the configuration keeps it as it is. It pushes nothing until that ends.',
    todo: 'nothing while the hold is meant; take it out of `holds` when it is over',
    see: 'Jobs that are held',
  },
  'repair-quarantined': {
    severity: 'critical',
    repair: 'person',
    means:
      'Three tries within a day did not enable the job, or it was enabled and brought not one push until it was disabled again. The keeper does not try the same thing for ever: it waits for a day, or until the key or the destination has changed. Its logs are lost meanwhile.',
    todo: 'look at the job and at what its destination refuses, and change that; the keeper then tries again by itself',
    see: SEE,
  },
  'repair-waits-for-rotation': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'Its failures disabled the job, and there is no good key for it yet: the one in the secret does not log in, or a rotation of its binding has yet to give it one. Its logs are lost until it has one.',
    todo: 'see what rotate-keys says about the binding and what that waits for; once the job has a good key it is enabled',
    see: SEE,
  },
  'repair-waits-for-cause': {
    severity: 'critical',
    repair: 'person',
    means:
      'Failures disabled this job, and what stopped it is still there: enabled now, it would fail again. Nothing is pushed meanwhile, and nothing will be pushed later.',
    todo: 'see to the cause; then the job is enabled by itself within minutes',
    see: SEE,
  },
  'repair-uncertain': {
    severity: 'warning',
    repair: 'person',
    means:
      'Failures disabled this job. Its key works when the keeper tries it, nobody has seen what stopped it, and a cause may be where the keeper cannot look: Logpush comes from other addresses than the keeper. It stays disabled, and nothing is pushed meanwhile.',
    todo: 'give the keeper the rights that the detail names; or enable the job, by hand or with `reenable-logpush` and `--adopt-disabled`',
    see: SEE,
  },
  'repair-waits-for-destination': {
    severity: 'critical',
    repair: 'person',
    means:
      'Its failures disabled the job. Its key logs in, but the destination refuses what is sent with it, or the firewall of the bucket keeps Logpush out. Enabled now it would only fail again; its logs are lost until that is mended.',
    todo: 'give its service ID Sender on the Cloud Logs instance or Object Writer on the bucket, or open the firewall of the bucket to Cloudflare; then the job is enabled by itself',
    see: SEE,
  },
  'repair-unclear': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'Its failures disabled the job, and whether the cause is gone could not be told: a service did not answer, the secret gives no key, or the destination was changed a moment ago. The job stays off, and its logs are lost, until that can be told.',
    todo: 'nothing yet: the next run tries again; if it says the same for an hour, see the detail for what is in the way',
    see: SEE,
  },
  'repair-waits-its-turn': {
    severity: 'info',
    repair: 'keeper',
    means:
      'The cause is gone, but the job is not enabled in this run: one run enables only some jobs, another job tries first what is not certain, or another run is at work on the same secret.',
    todo: 'nothing: it follows in one of the next runs',
    see: SEE,
  },
  'repair-unbound': {
    severity: 'warning',
    repair: 'person',
    means:
      'Its failures disabled the job, no binding selects it, and CIS hides its key or shows one that does not log in. The keeper has nothing to try and nothing to give it; its logs are lost.',
    todo: 'give it a key that works and enable it by hand, or add a binding that selects it',
    see: SEE,
  },
  'repair-without-key': {
    severity: 'warning',
    repair: 'person',
    means:
      'Its failures disabled this job, which carries no key: it was made with an ownership challenge, and IBM’s own identity (cislogp@us.ibm.com) writes its objects. Nothing but a push shows whether its bucket takes them, so the keeper does not enable it.',
    todo: 'see that cislogp@us.ibm.com is Object Writer of the bucket and that the bucket takes objects, then enable the job by hand',
    see: SEE,
  },
  'repair-overtaken': {
    severity: 'info',
    repair: 'keeper',
    means:
      'Another run wrote down something about the same jobs at the same time and was faster, so this one stopped before it could do anything twice.',
    todo: 'nothing: the next run goes on',
    see: 'More than one keeper',
  },
  'repair-stopped': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'The ledger or CIS did not let this run go on with this instance, or its time was over. Jobs that it did not reach stay disabled until a run does.',
    todo: 'see the detail for the reason: the next run goes on by itself, unless the ledger or a right is missing',
    see: 'A ledger that cannot be used',
  },
  'repair-failed': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'The request that enables the job was refused, or nobody knows what came of it. If the job is still off its logs are lost; the next run sees.',
    todo: 'see the detail: at 403 give the identity of the instance’s account Writer on it; at anything else the next run tries again, three times a day',
    see: SEE,
  },
} as const satisfies Catalogue;
