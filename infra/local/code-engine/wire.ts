import type { CodeEngine } from './code-engine.ts';
import { projectVariables } from './environment.ts';
import { type IndexState, type JobRun, statusOf } from './job-run.ts';
import type {
  Component,
  ConfigMapSpec,
  FunctionSpec,
  JobSpec,
  Project,
  SecretFormat,
  SecretSpec,
} from './model.ts';

const hrefOf = ({ id, region }: Project, kind: string, name: string): string =>
  `https://api.${region}.codeengine.cloud.ibm.com/v2/projects/${id}/${kind}/${name}`;

const common = (project: Project, kind: string, type: string, one: Component<unknown>) => ({
  id: one.id,
  name: one.name,
  project_id: project.id,
  region: project.region,
  href: hrefOf(project, kind, one.name),
  created_at: new Date(one.createdAt).toISOString(),
  entity_tag: one.entityTag,
  resource_type: type,
});

const computed = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).map(([name, value]) => ({ type: 'literal', name, value }));

export const configMapBody = (project: Project, one: Component<ConfigMapSpec>) => ({
  ...common(project, 'config_maps', 'config_map_v2', one),
  ...one.spec,
});

/** Those that do not follow their format. */
const SECRET_TYPES: Partial<Record<SecretFormat, string>> = {
  ssh_auth: 'secret_auth_ssh_v2',
  service_operator: 'secret_operator_v2',
};

/** With its values: who may read a project may read them. */
export const secretBody = (project: Project, one: Component<SecretSpec>) => ({
  ...common(project, 'secrets', SECRET_TYPES[one.spec.format] ?? `secret_${one.spec.format}_v2`, one),
  ...one.spec,
});

export const jobBody = (project: Project, one: Component<JobSpec>) => ({
  ...common(project, 'jobs', 'job_v2', one),
  ...one.spec,
  computed_env_variables: computed({ ...projectVariables(project), CE_JOB: one.name }),
});

export function functionBody(project: Project, one: Component<FunctionSpec>, codeEngine: CodeEngine) {
  const { status, reason } = codeEngine.deployments.statusOf(one);
  return {
    ...common(project, 'functions', 'function_v2', one),
    ...one.spec,
    computed_env_variables: computed({ ...projectVariables(project), CE_FUNCTION: one.name }),
    endpoint: codeEngine.endpointOf(project, one),
    endpoint_internal: `http://${one.name}.${project.subdomain}.function.cluster.local`,
    status,
    status_details: { reason },
  };
}

export function jobRunBody(run: JobRun) {
  const { project, spec, id, name, jobName, createdAt, entityTag } = run;
  return {
    id,
    name,
    ...(jobName === undefined ? {} : { job_name: jobName }),
    project_id: project.id,
    region: project.region,
    href: hrefOf(project, 'job_runs', name),
    created_at: new Date(createdAt).toISOString(),
    entity_tag: entityTag,
    resource_type: 'job_run_v2',
    ...spec,
    run_env_variables: [...spec.run_env_variables, ...run.variables, ...computed(run.event)],
    computed_env_variables: computed({ ...projectVariables(project), CE_JOBRUN: name }),
    status: statusOf(run),
    status_details: statusDetails(run),
  };
}

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#get-job-run */
function statusDetails({ indices, startedAt, completedAt }: JobRun) {
  const of = (wanted: IndexState['status']): readonly number[] =>
    [...indices].filter(([, { status }]) => status === wanted).map(([index]) => index);
  const [pending, running, succeeded, failed] = [of('pending'), of('running'), of('succeeded'), of('failed')];
  return {
    requested: indices.size,
    pending: pending.length,
    running: running.length,
    succeeded: succeeded.length,
    failed: failed.length,
    unknown: 0,
    pending_indices: listed(pending),
    running_indices: listed(running),
    succeeded_indices: listed(succeeded),
    failed_indices: listed(failed),
    ...(startedAt === undefined ? {} : { start_time: new Date(startedAt).toISOString() }),
    ...(completedAt === undefined ? {} : { completion_time: new Date(completedAt).toISOString() }),
    indices_details: Object.fromEntries([...indices].map(([index, state]) => [index, indexDetails(state)])),
  };
}

const listed = (indices: readonly number[]): string => indices.join(',');

const indexDetails = ({ status, retries, startedAt, finishedAt, lastFailureReason }: IndexState) => ({
  status,
  retries,
  ...(startedAt === undefined ? {} : { started_at: new Date(startedAt).toISOString() }),
  ...(finishedAt === undefined ? {} : { finished_at: new Date(finishedAt).toISOString() }),
  ...(lastFailureReason === undefined ? {} : { last_failure_reason: lastFailureReason }),
});
