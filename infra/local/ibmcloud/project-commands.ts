import { seconds } from '../../../shared/domain/time.ts';
import type { Project } from '../code-engine/model.ts';
import { groupsOf } from './account-commands.ts';
import { Failure, flag, required, text } from './options.ts';
import { type Command, codeEngine, login, type Shell, table, told } from './shell.ts';

const OUTPUT = [text('output', 'o'), flag('quiet', 'q')];
const BY_NAME_OR_ID = [text('name', 'n'), text('id'), ...OUTPUT];
/** How long a new project is waited for. */
const CREATES_WITHIN = 600;

/** `ce project`. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-cli#cli-project */
export const projectCommands: readonly Command[] = [
  {
    words: 'ce|code-engine project|proj create',
    flags: [required('name', 'n'), flag('no-select'), flag('no-wait'), ...OUTPUT],
    run: create,
  },
  {
    words: 'ce|code-engine project|proj select',
    flags: [...BY_NAME_OR_ID, flag('kubecfg', 'k')],
    run: (shell) => {
      const project = found(shell);
      shell.session.projectId = project.id;
      return `Selecting project '${project.name}'...\nOK\n`;
    },
  },
  {
    words: 'ce|code-engine project|proj get',
    flags: BY_NAME_OR_ID,
    run: (shell) => {
      const project = found(shell);
      return told(shell, `Getting project '${project.name}'`, {
        text: describe(shell, project),
        json: bodyOf(shell, project),
      });
    },
  },
  {
    words: 'ce|code-engine project|proj current',
    flags: OUTPUT,
    run: async (shell) => {
      const project = await selectedProject(shell);
      return told(shell, 'Getting the current project context', {
        text: describe(shell, project),
        json: bodyOf(shell, project),
      });
    },
  },
  {
    words: 'ce|code-engine project|proj list',
    flags: OUTPUT,
    run: async (shell) => {
      const projects = listed(shell);
      const rows = projects.map((project) => [
        project.name,
        project.id,
        statusOf(shell, project),
        'true',
        project.region,
      ]);
      return told(shell, 'Getting projects', {
        text: table(['Name', 'ID', 'Status', 'Enabled', 'Region'], rows),
        json: projects.map((project) => bodyOf(shell, project)),
      });
    },
  },
];

async function create(shell: Shell): Promise<string> {
  const { options, session, world } = shell;
  const name = options.required('name');
  const { region } = world.settings.codeEngine;
  if (session.region !== region)
    throw new Failure(`The Code Engine of the local cloud is in ${region}, not in ${session.region}.`);
  const group = groupsOf(shell).find(({ name: named, id }) =>
    [named, id].includes(session.resourceGroup ?? ''),
  );
  const { id } = await codeEngine(shell, 'POST', '', { name, resource_group_id: group?.id });
  for (let waited = 0; !options.is('no-wait') && waited <= CREATES_WITHIN; waited += 5) {
    if ((await codeEngine(shell, 'GET', `/${id}`)).status === 'active') break;
    await world.clock.sleep(seconds(5));
  }
  if (!options.is('no-select')) session.projectId = id;
  return `Creating project '${name}'...\nID for project '${name}' is '${id}'.\nWaiting for project '${name}' to be active...\nNow selecting project '${name}'.\nOK\n`;
}

/** Those of the region that is targeted, which is the only one that the tool talks to. */
function listed(shell: Shell): readonly Project[] {
  const { accountId, iamId } = login(shell);
  const { world, session } = shell;
  return world.codeEngine.projects
    .list(accountId)
    .filter(
      ({ id, region }) =>
        region === session.region &&
        world.iam.allows(
          iamId,
          'codeengine.tenant.read',
          { service: 'codeengine', accountId, instanceId: id, region },
          world.now(),
        ),
    );
}

function found(shell: Shell): Project {
  const [name, id] = [shell.options.text('name'), shell.options.text('id')];
  if (name === undefined && id === undefined) throw new Failure("Required option '--name' is not specified.");
  const project = listed(shell).find((one) => (id === undefined ? one.name === name : one.id === id));
  if (project === undefined)
    throw new Failure(`Project '${name ?? id}' was not found in region ${shell.session.region}.`);
  return project;
}

/** @throws {Failure} when none is, or it is gone, or in another region than is targeted now */
export async function selectedProject(shell: Shell): Promise<Project> {
  const { projectId } = shell.session;
  const project = listed(shell).find(({ id }) => id === projectId);
  if (project === undefined)
    throw new Failure("No project is selected. Use 'ibmcloud ce project select' to select one.");
  return project;
}

const statusOf = ({ world }: Shell, { activeAt }: Project): string =>
  activeAt <= world.now() ? 'active' : 'creating';

const bodyOf = (shell: Shell, project: Project) => ({
  name: project.name,
  id: project.id,
  guid: project.id,
  region: project.region,
  resource_group_id: project.resourceGroupId,
  subdomain: project.subdomain,
  status: statusOf(shell, project),
});

const describe = (shell: Shell, project: Project): string =>
  [
    `Name:               ${project.name}`,
    `ID:                 ${project.id}`,
    `Status:             ${statusOf(shell, project)}`,
    `Subdomain:          ${project.subdomain}`,
    `Region:             ${project.region}`,
  ].join('\n');
