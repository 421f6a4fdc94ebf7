import type { IamForCodeEngine } from '../host.ts';
import type { CodeEngine } from './code-engine.ts';
import { ownVariables, projectVariables, TOKEN_FILE } from './environment.ts';
import type { FoundFunction, FunctionDirectory } from './function-host.ts';
import { type Component, type FunctionSpec, type Project, projectCrn } from './model.ts';

/** IBM's host names, and the address that a served local cloud gives a function. */
const OWN_HOST = /^https?:\/\/([^./]+)\.([^./]+)\.[^./]+\.codeengine\.appdomain\.cloud(?::\d+)?(\/.*)?$/;
const HERE = /^https?:\/\/[^/]+\/code-engine\/fn\/([^/]+)\/([^/]+)(\/.*)?$/;

/**
 * The functions of Code Engine by their public addresses. One that is not public has none.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-work
 */
export function functionDirectory(
  codeEngine: CodeEngine,
  iam: Pick<IamForCodeEngine, 'computeResourceToken'>,
  now: () => number,
): FunctionDirectory {
  const found = (project: Project, component: Component<FunctionSpec>, path = '/'): FoundFunction => {
    const spec = codeEngine.deployments.servedBy(component);
    const source = spec === undefined ? undefined : inlineCode(spec);
    const id = component.id;
    if (spec === undefined || source === undefined) return { id, path };
    const fn = {
      source,
      main: spec.code_main,
      revision: spec,
      concurrency: spec.scale_concurrency,
      scaleDownDelay: spec.scale_down_delay,
      maxExecutionTime: spec.scale_max_execution_time,
      env: () => environment(codeEngine, project, component.name, spec),
      files: () => (spec.run_compute_resource_token_enabled ? { [TOKEN_FILE]: token() } : {}),
    };
    const token = (): string =>
      iam.computeResourceToken(
        {
          projectCrn: projectCrn(project),
          projectName: project.name,
          componentType: 'function',
          componentName: component.name,
        },
        now(),
      );
    return { id, path, fn };
  };
  return {
    find: (url) => {
      const [, ownName, subdomain, ownPath] = OWN_HOST.exec(url) ?? [];
      const [, projectId, localName, localPath] = HERE.exec(url) ?? [];
      for (const component of codeEngine.functions.all()) {
        const project = codeEngine.projects.get(component.projectId);
        if (project === undefined || component.spec.managed_domain_mappings !== 'local_public') continue;
        if (component.name === ownName && project.subdomain === subdomain)
          return found(project, component, ownPath);
        if (component.name === localName && project.id === projectId)
          return found(project, component, localPath);
      }
      return undefined;
    },
  };
}

/** Text that stands in the function itself; a code bundle is in a registry, which here holds none. */
function inlineCode({ code_reference: code }: FunctionSpec): string | undefined {
  const base64 = /^data:text\/plain;base64,(.*)$/.exec(code)?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}

/** What Code Engine says of itself wins over the function's own variables. */
const environment = (codeEngine: CodeEngine, project: Project, name: string, spec: FunctionSpec) => ({
  HOME: '/home/nobody',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  PWD: '/nodejsAction',
  ...ownVariables(spec.run_env_variables, codeEngine.dataOf(project)),
  ...projectVariables(project),
  CE_ALLOW_CONCURRENT: String(spec.scale_concurrency > 1),
  CE_EXECUTION_ENV: `ibm/action-${spec.runtime}`,
  CE_FUNCTION: name,
});
