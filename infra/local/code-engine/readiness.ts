import type { CosForCodeEngine, IamForCodeEngine } from '../host.ts';
import type { Components } from './components.ts';
import { type FunctionSpec, type JobSpec, type Project, projectCrn } from './model.ts';
import type { CosSpec, Subscription } from './subscriptions.ts';

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-ts-subscription */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly message?: string;
}

export interface ReadinessParts {
  readonly iam: Pick<IamForCodeEngine, 'isAuthorized'>;
  readonly cos: Pick<CosForCodeEngine, 'configured'>;
  readonly jobs: Components<JobSpec>;
  readonly functions: Components<FunctionSpec>;
}

/** The conditions of a subscription as `get` shows them; the last is `Ready`, and says why not. */
export function conditionsOf(
  subscription: Subscription,
  project: Project,
  parts: ReadinessParts,
): readonly Condition[] {
  const sink = condition('SinkProvided', sinkProblem(subscription, project, parts));
  if (subscription.kind === 'cron') return withReady([sink]);
  const bucket = condition('CosConfigured', bucketProblem(subscription, project, parts));
  const events = bucket.status === 'True' ? undefined : 'the bucket is not configured for events';
  return withReady([bucket, condition('ReadyForEvents', events), sink]);
}

const condition = (type: string, message: string | undefined): Condition =>
  message === undefined ? { type, status: 'True' } : { type, status: 'False', message };

function withReady(conditions: readonly Condition[]): readonly Condition[] {
  const first = conditions.find(({ status }) => status === 'False');
  return [...conditions, condition('Ready', first === undefined ? undefined : first.message)];
}

function sinkProblem(
  { destination: { type, name } }: Subscription,
  { id }: Project,
  { jobs, functions }: ReadinessParts,
): string | undefined {
  if (type === 'job' && jobs.get(id, name) !== undefined) return undefined;
  if (type === 'function' && functions.get(id, name) !== undefined) return undefined;
  return `Sink not found: ${type} "${name}"`;
}

/** A bucket of a region, in the region of its project, in an instance that the project may ask for notifications. */
function bucketProblem(
  { bucket: name }: Subscription<CosSpec>,
  project: Project,
  { cos, iam }: ReadinessParts,
): string | undefined {
  const bucket = cos.configured(name);
  if (bucket === undefined) return `Bucket "${name}" does not exist`;
  if (bucket.location !== project.region)
    return `Bucket "${name}" is not a regional bucket in ${project.region}`;
  const { instanceId } = bucket;
  const authorized = iam.isAuthorized(
    'codeengine',
    projectCrn(project),
    'cloud-object-storage',
    instanceId,
    'Notifications Manager',
  );
  return authorized
    ? undefined
    : `The project lacks the role Notifications Manager on the Cloud Object Storage instance of "${name}"`;
}
