import * as z from 'zod';
import { seconds } from '../../../shared/domain/time.ts';
import { json } from '../http.ts';
import { type Project, projectCrn } from './model.ts';
import { type Api, authenticated, badRequest, inProject, mayOn, page, readMembers, refuse } from './rest.ts';
import { runtimesAt } from './runtimes.ts';

/** Per region and account, those counted that were deleted less than seven days ago. */
const MOST_PROJECTS = 20;

const NewProject = z.object({
  name: z.string().min(1).max(128),
  resource_group_id: z.string().min(1).optional(),
  tags: z.array(z.string()).default([]),
});

/** Projects, and what is the same in all of them. @see https://cloud.ibm.com/apidocs/codeengine/v2#list-projects */
export function projectRoutes(api: Api): void {
  const { codeEngine, host, iam } = api;
  const { projects } = codeEngine;
  const route = authenticated(api);
  const inside = inProject(api);
  const body = (project: Project) => projectBody(project, host.now());
  route('listProjects', 'GET', '/v2/projects', (c, caller) => {
    const visible = projects
      .list(caller.accountId)
      .filter((project) => mayOn(api, caller, 'tenant.read', project));
    return page(c, api, 'projects', visible, body);
  });
  route('createProject', 'POST', '/v2/projects', async (c, caller) => {
    const parsed = NewProject.safeParse(await readMembers(c, api));
    if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
    const { name, tags, resource_group_id: group } = parsed.data;
    const { region, projectDelaySeconds, quotaStatus } = host.settings.codeEngine;
    const { accountId } = caller;
    const resourceGroupId = group ?? `default-of-${accountId}`;
    const place = { name, accountId, region, resourceGroupId };
    if (!mayOn(api, caller, 'tenant.create', place))
      throw refuse(403, 'forbidden', 'the caller may not create projects');
    if (projects.blocking(place) !== undefined)
      throw refuse(409, 'resource_already_exists', `a project named "${name}" exists, or was deleted lately`);
    if (projects.counted(accountId, region).length >= MOST_PROJECTS)
      throw refuse(quotaStatus, 'quota_exceeded', `the region has ${MOST_PROJECTS} projects already`);
    const project = projects.add({ ...place, tags, activeAt: host.now() + seconds(projectDelaySeconds) });
    if (group !== undefined) iam.policies.putInResourceGroup(project.id, group);
    return json(202, body(project));
  });
  inside('getProject', 'GET', '', 'tenant.read', (_, project) => json(200, body(project)));
  inside('deleteProject', 'DELETE', '', 'tenant.delete', (_, project) => {
    codeEngine.removeProject(project, host.now() + seconds(host.settings.codeEngine.projectDelaySeconds));
    return new Response(null, { status: 202 });
  });
  inside('getProjectStatusDetails', 'GET', '/status_details', 'tenant.read', (_, project) => {
    const isActive = project.activeAt <= host.now();
    return json(200, { project: isActive ? 'enabled' : 'disabled', domain: isActive ? 'ready' : 'unknown' });
  });
  // Nothing here makes any; who is about to delete a project asks whether there are some.
  for (const [name, path] of [
    ['listApps', 'apps'],
    ['listBuilds', 'builds'],
  ] as const)
    inside(name, 'GET', `/${path}`, 'tenant.entities.read', (c) => page(c, api, path, [], () => ({})));
  route('listFunctionRuntimes', 'GET', '/v2/function_runtimes', () =>
    json(200, { function_runtimes: runtimesAt(host.now()) }),
  );
}

function projectBody(project: Project, now: number) {
  const { id, name, accountId, region, resourceGroupId, createdAt, activeAt, goneAt } = project;
  const isDeleted = goneAt < Number.POSITIVE_INFINITY;
  return {
    id,
    name,
    account_id: accountId,
    crn: projectCrn(project),
    region,
    resource_group_id: resourceGroupId,
    created_at: new Date(createdAt).toISOString(),
    href: `https://api.${region}.codeengine.cloud.ibm.com/v2/projects/${id}`,
    resource_type: 'project_v2',
    status: isDeleted ? 'deleting' : activeAt > now ? 'creating' : 'active',
  };
}
