import type { Binding, JobSelector } from '../binding.ts';
import { omit } from '../omit.ts';
import type { Rotation } from './record.ts';

/**
 * The binding that a run works with. A rotation under way is carried on for the identity, the account and the secret it
 * began with. It moves the jobs that the binding selected then and those that it selects now: a job of either may
 * carry the old key.
 *
 * @param configured - the binding as it is configured now; undefined when the configuration has lost it
 */
export function carryOn(configured: Binding | undefined, rotation: Rotation): Binding {
  const { binding } = rotation;
  if (configured === undefined) return binding;
  const jobs = new Map<string, JobSelector>();
  // What a selector declares about keys counts as it is configured now: that is how a person answers a finding.
  for (const selector of [...binding.jobs, ...configured.jobs]) jobs.set(placeOf(selector), selector);
  const { name, qualify, rotation: policy, exceptJobs } = configured;
  return {
    ...omit(binding, 'exceptJobs'),
    name,
    qualify,
    rotation: policy,
    jobs: [...jobs.values()],
    ...(exceptJobs === undefined ? {} : { exceptJobs }),
  };
}

const placeOf = ({ destination, ...where }: JobSelector): string =>
  JSON.stringify([
    where,
    destination.kind === 'cloud-logs' ? destination : { ...destination, auth: undefined },
  ]);
