import type { Context } from 'hono';
import * as z from 'zod';
import { seconds } from '../../../shared/domain/time.ts';
import { json, Refusal } from '../http.ts';
import { JobBody, JobRunBody } from './bodies.ts';
import type { JobRun } from './job-run.ts';
import { LARGEST_DEFINITION } from './job-runs.ts';
import type { JobSpec, Project } from './model.ts';
import { type Api, badRequest, inProject, notFound, page, readMembers, refuse } from './rest.ts';
import { jobRunBody } from './wire.ts';

/** Job runs: made, shown and deleted, never changed. @see https://cloud.ibm.com/apidocs/codeengine/v2#list-job-runs */
export function runRoutes(api: Api): void {
  const { codeEngine, host } = api;
  const { runs } = codeEngine;
  const route = inProject(api);
  const found = (c: Context, project: Project): JobRun => {
    const run = runs.get(project.id, c.req.param('name') ?? '');
    if (run === undefined) throw notFound('the job run');
    return run;
  };
  route('listJobRuns', 'GET', '/job_runs', 'tenant.entities.read', (c, project) => {
    const job = c.req.query('job_name');
    const listed = runs.list(project.id).filter(({ jobName }) => job === undefined || jobName === job);
    return page(c, api, 'job_runs', listed, jobRunBody);
  });
  route('createJobRun', 'POST', '/job_runs', 'tenant.entities.create', async (c, project) => {
    const parsed = JobRunBody.safeParse(await readMembers(c, api));
    if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
    const {
      name,
      job_name: jobName,
      scale_array_size_variable_override: arraySize,
      ...changes
    } = parsed.data;
    if (name !== undefined && runs.get(project.id, name) !== undefined)
      throw refuse(409, 'resource_already_exists', `the job run "${name}" exists`);
    const { run_env_variables: variables = [], ...others } = changes;
    const spec = specOf(api, project, jobName, others);
    const run = runs.start({ project, name, jobName, spec, variables, arraySize, origin: 'manual' });
    if (run === 'size') throw badRequest(`the definition has more than ${LARGEST_DEFINITION} characters`);
    if (run === 'quota')
      throw refuse(
        host.settings.codeEngine.quotaStatus,
        'quota_exceeded',
        'the project keeps as many job runs as it may',
      );
    return json(202, jobRunBody(run));
  });
  route('getJobRun', 'GET', '/job_runs/:name', 'tenant.entities.read', (c, project) =>
    json(200, jobRunBody(found(c, project))),
  );
  route('deleteJobRun', 'DELETE', '/job_runs/:name', 'tenant.entities.delete', (c, project) => {
    const goneAt = host.now() + seconds(host.settings.codeEngine.deleteDelaySeconds);
    runs.remove(found(c, project), goneAt);
    return new Response(null, { status: 202 });
  });
}

/** The body of a job, with what a run changes of it. */
function specOf(
  { codeEngine }: Api,
  project: Project,
  jobName: string | undefined,
  changes: object,
): JobSpec {
  const job = jobName === undefined ? undefined : codeEngine.jobs.get(project.id, jobName);
  if (jobName !== undefined && job === undefined) throw notFound(`jobs "${jobName}"`);
  const parsed = JobBody.safeParse({ ...job?.spec, ...changes });
  if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
  if (parsed.data.run_mode === 'daemon') throw new Refusal(501, { error: 'the local cloud runs tasks only' });
  return parsed.data;
}
