import type { IamForCodeEngine } from '../host.ts';
import { type FindData, mountedFiles, ownVariables, projectVariables, TOKEN_FILE } from './environment.ts';
import type { JobRun } from './job-run.ts';
import { type Project, projectCrn } from './model.ts';
import type { Container } from './workloads.ts';

/** What a container is made of beside its run. */
export interface ContainerParts {
  readonly iam: Pick<IamForCodeEngine, 'computeResourceToken'>;
  readonly dataOf: (project: Project) => FindData;
}

/**
 * The container of one try of one index. What Code Engine says of itself wins over what an event brings, and that over the
 * variables of run and job.
 *
 * @throws {MissingReference} when a secret or config map, or a key of one, is not there
 */
export function containerOf(
  run: JobRun,
  index: number,
  retry: number,
  { iam, dataOf }: ContainerParts,
  at: number,
): Container {
  const { project, spec, jobName, name, event, variables } = run;
  const find = dataOf(project);
  const token = (): Readonly<Record<string, string>> => ({
    [TOKEN_FILE]: iam.computeResourceToken(
      {
        projectCrn: projectCrn(project),
        projectName: project.name,
        componentType: 'job',
        componentName: jobName ?? name,
      },
      at,
    ),
  });
  return {
    image: spec.image_reference,
    command: [...spec.run_commands, ...spec.run_arguments],
    env: {
      ...ownVariables(spec.run_env_variables, find),
      ...ownVariables(variables, find),
      ...event,
      ...projectVariables(project),
      ...(jobName === undefined ? {} : { CE_JOB: jobName }),
      CE_JOBRUN: name,
      JOB_INDEX: String(index),
      JOB_ARRAY_SIZE: String(run.arraySize ?? run.indices.size),
      JOB_INDEX_RETRY_COUNT: String(retry),
      JOB_RETRY_LIMIT: String(spec.scale_retry_limit),
      JOB_MODE: spec.run_mode,
      HOSTNAME: `${name}-${index}-${retry}`,
    },
    files: {
      ...mountedFiles(spec.run_volume_mounts, find),
      ...(spec.run_compute_resource_token_enabled ? token() : {}),
    },
  };
}
