import { type Binding, claimOf } from '../../domain/binding.ts';
import type { BindingReport } from '../../domain/doctor/report.ts';
import { finding } from '../../domain/finding.ts';
import type { LogpushJob } from '../../domain/logpush.ts';
import { jobLabel } from '../../domain/rotation/move-job.ts';
import type { SelectedJob } from '../../domain/rotation/steps.ts';
import { BindingRun } from '../binding-run.ts';
import { describeError, isExpected, type SweepContext } from '../context.ts';
import type { FleetCache, ZoneJobs } from '../fleet-cache.ts';
import type { Looker } from './looker.ts';
import type { SecretSeen } from './secrets.ts';

type Judged = Pick<BindingReport, 'keys' | 'would' | 'findings' | 'waitsFor' | 'until'>;

/**
 * What the keeper would do for a binding: its jobs, and the very decisions of `rotate-keys`, as a plan.
 *
 * @param context - in the mode `plan`
 */
export async function lookAtBinding(
  context: SweepContext,
  fleet: FleetCache,
  looker: Looker,
  binding: Binding,
  zones: readonly ZoneJobs[],
  secret: SecretSeen,
): Promise<BindingReport> {
  const claimed = (claim: 'key' | 'unclear'): readonly SelectedJob[] =>
    zones.flatMap((look) =>
      'unreadable' in look
        ? []
        : look.jobs
            .filter((job) => claimOf(binding, job, look.zone) === claim)
            .map((job) => ({ job, zone: look.zone })),
    );
  const jobs = claimed('key');
  const { name, managedBy } = binding;
  return {
    name,
    managedBy,
    secret: secret.report,
    jobs: jobs.map(jobLabel),
    unclear: claimed('unclear').map(jobLabel),
    ...(await judged(context, fleet, looker, binding)),
    inStep: await inStep(context, binding, jobs, secret),
  };
}

async function judged(
  context: SweepContext,
  fleet: FleetCache,
  looker: Looker,
  binding: Binding,
): Promise<Judged> {
  const failed = (why: string): Judged => ({
    keys: [],
    would: [],
    findings: [finding('binding-failed', `binding ${binding.name}`, why)],
  });
  for (const account of [binding.account, binding.secret.account])
    if (!looker.canLogIn(account)) return failed(`account ${account} could not log in`);
  const run = new BindingRun(context, fleet, binding);
  try {
    const { waitsFor, until } = await run.toRest();
    return {
      keys: run.keys,
      would: run.actions.map(({ kind, subject }) => `${kind} ${subject}`),
      findings: run.findings,
      waitsFor,
      ...(until === undefined ? {} : { until }),
    };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { ...failed(describeError(error)), keys: run.keys };
  }
}

/** The value is compared here; IAM is asked only which key it is that a job shows instead. */
async function inStep(
  { ports: { services } }: SweepContext,
  { account }: Binding,
  jobs: readonly SelectedJob[],
  { value, whyNoValue }: SecretSeen,
): Promise<BindingReport['inStep']> {
  const shown = jobs.filter(({ job }) => keyOf(job) !== undefined);
  if (shown.length === 0) return { verdict: 'unknown', detail: 'no job shows its key' };
  if (value === undefined) return { verdict: 'unknown', detail: `the secret: ${whyNoValue}` };
  const others = shown.filter(({ job }) => keyOf(job)?.equals(value) === false);
  const [first] = others;
  const key = first === undefined ? undefined : keyOf(first.job);
  if (first === undefined || key === undefined) {
    const hidden = jobs.length - shown.length;
    return hidden === 0
      ? { verdict: 'yes', detail: `${shown.length} jobs show the key in the secret` }
      : {
          verdict: 'unknown',
          detail: `${shown.length} of ${jobs.length} show the key in the secret; of ${hidden} it cannot be told`,
        };
  }
  const more = others.length === 1 ? '' : ` and ${others.length - 1} more`;
  let named = 'one that could not be looked up';
  try {
    named = (await services.iam(account).findApiKey(key))?.id ?? 'one that IAM does not know';
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
  return {
    verdict: 'no',
    detail: `job ${jobLabel(first)}${more} carries another key than the one in the secret: ${named}`,
  };
}

const keyOf = ({ destinationKey }: LogpushJob) =>
  destinationKey.state === 'visible' ? destinationKey.key : undefined;
