import { MAKE_INSTANCE } from '../iam/roles.ts';
import { instanceCrn, type ServiceInstance } from '../resource-controller/instance.ts';
import { Failure, flag, text } from './options.ts';
import { type Command, login, mustAsk, type Shell, table, told } from './shell.ts';

const REGIONS = [
  'us-south',
  'us-east',
  'ca-tor',
  'br-sao',
  'eu-de',
  'eu-gb',
  'eu-es',
  'jp-tok',
  'jp-osa',
  'au-syd',
];
const PLUGINS = ['code-engine', 'container-registry', 'cloud-object-storage', 'cis'];
const OUTPUT = text('output');
const QUIET = flag('quiet', 'q');

/** `login`, `target`, `plugin`, `resource` and `cis`. @see https://cloud.ibm.com/docs/cli?topic=cli-ibmcloud_cli */
export const accountCommands: readonly Command[] = [
  {
    words: 'login',
    flags: [
      text('apikey'),
      text('a'),
      text('r'),
      text('g'),
      text('c'),
      flag('no-region'),
      flag('q', 'quiet'),
    ],
    run: (shell) => {
      const { options, session, files, env } = shell;
      const given = options.text('apikey') ?? env['IBMCLOUD_API_KEY'];
      if (given === undefined) throw new Failure('The local cloud has no other login than --apikey.');
      const path = given.startsWith('@') ? given.slice(1) : undefined;
      const value = path === undefined ? given : files.read(path)?.trim();
      if (value === undefined) throw new Failure(`Could not read the API key file ${path}.`);
      session.apiKey = apiKeyIn(value);
      delete session.projectId;
      aim(shell);
      return `Authenticating...\nOK\n\n${targetText(shell)}\n`;
    },
  },
  {
    words: 'target',
    flags: [text('r'), text('g'), text('c'), OUTPUT, flag('q', 'quiet')],
    run: (shell) => {
      aim(shell);
      const { session, options } = shell;
      const { accountId } = login(shell);
      return options.json
        ? `${JSON.stringify({ account: { guid: accountId }, region: { name: session.region ?? '' }, resource_group: { name: session.resourceGroup ?? '' } }, null, 2)}\n`
        : `${targetText(shell)}\n`;
    },
  },
  {
    words: 'plugin list',
    flags: [OUTPUT, QUIET],
    run: ({ options, session }) => {
      const plugins = [...session.plugins].map((Name) => ({
        Name,
        Version: { Major: 1, Minor: 0, Build: 0 },
      }));
      if (options.json) return `${JSON.stringify(plugins, null, 2)}\n`;
      const rows = plugins.map(({ Name }) => [Name === 'code-engine' ? 'code-engine[ce]' : Name, '1.0.0']);
      return `Listing installed plug-ins...\n\n${table(['Plugin Name', 'Version'], rows)}\n`;
    },
  },
  {
    words: 'plugin install',
    args: 1,
    flags: [flag('f', 'force'), text('r'), text('v'), QUIET],
    run: ({ options, session }) => {
      const [name = ''] = options.args;
      if (!PLUGINS.includes(name)) throw new Failure(`Plug-in '${name}' not found in repository 'IBM Cloud'`);
      session.plugins.add(name);
      return `Installing plug-in '${name}'...\nOK\nPlug-in '${name} 1.0.0' was successfully installed.\n`;
    },
  },
  {
    words: 'resource groups',
    flags: [OUTPUT, QUIET, flag('default')],
    run: (shell) => {
      const groups = groupsOf(shell);
      return told(shell, 'Retrieving all resource groups', {
        text: table(
          ['Name', 'ID', 'Default Group', 'State'],
          groups.map(({ name, id }) => [name, id, String(name === 'Default'), 'ACTIVE']),
        ),
        json: groups,
      });
    },
  },
  {
    words: 'resource group',
    args: 1,
    flags: [OUTPUT, QUIET, flag('id')],
    run: (shell) => {
      const [wanted = ''] = shell.options.args;
      const group = groupsOf(shell).find(({ name, id }) => name === wanted || id === wanted);
      if (group === undefined) throw new Failure(`Resource group '${wanted}' was not found.`);
      if (shell.options.is('id')) return `${group.id}\n`;
      return told(shell, `Retrieving resource group ${wanted}`, {
        text: `Name: ${group.name}\nID: ${group.id}`,
        json: [group],
      });
    },
  },
  {
    words: 'resource service-instance-create',
    args: 4,
    flags: [text('g'), text('d'), text('p'), OUTPUT, QUIET],
    run: (shell) => {
      const [name = '', service = '', plan, region] = shell.options.args;
      if (plan === undefined || region === undefined)
        throw new Failure('Incorrect Usage: NAME SERVICE PLAN LOCATION are needed');
      const { world } = shell;
      const { iamId, accountId } = login(shell);
      if (!world.iam.allows(iamId, MAKE_INSTANCE, { service, accountId }, world.now()))
        throw new Failure('You are not authorized to create this service instance. (403)');
      const guid = world.random.uuid();
      const instance: ServiceInstance = {
        service,
        guid,
        name,
        accountId,
        region,
        condition: () => ({ state: 'active' }),
      };
      world.resourceController.add(instance);
      return told(shell, `Creating service instance ${name}`, {
        text: instanceText(instance),
        json: instanceJson(instance),
      });
    },
  },
  {
    words: 'resource service-instance',
    args: 1,
    flags: [OUTPUT, QUIET, flag('id')],
    run: async (shell) => {
      const [wanted = ''] = shell.options.args;
      const found = (await instances(shell)).filter(({ name, id, guid }) =>
        [name, id, guid].includes(wanted),
      );
      if (found.length === 0) throw new Failure(`No service instance found for '${wanted}'.`);
      const text = found.map(({ id, guid, name }) => `Name: ${name}\nID: ${id}\nGUID: ${guid}`).join('\n\n');
      return told(shell, `Retrieving service instance ${wanted}`, { text, json: found });
    },
  },
  {
    words: 'cis instances',
    flags: [OUTPUT, QUIET],
    run: async (shell) => {
      const found = (await instances(shell)).filter(({ id }) => id.includes(':internet-svcs:'));
      const rows = found.map(({ name, id }) => [name, id]);
      return told(shell, 'Listing CIS instances', { text: table(['Name', 'ID'], rows), json: found });
    },
  },
];

interface ListedInstance {
  readonly id: string;
  readonly guid: string;
  readonly name: string;
}

async function instances(shell: Shell): Promise<readonly ListedInstance[]> {
  const found: ListedInstance[] = [];
  for (let path: string | null = '/v2/resource_instances'; path !== null; ) {
    const page: { readonly resources: readonly ListedInstance[]; readonly next_url: string | null } =
      await mustAsk(shell, 'GET', `/resource-controller${path}`);
    found.push(...page.resources);
    path = page.next_url;
  }
  return found;
}

const instanceJson = (instance: ServiceInstance) => ({
  id: instanceCrn(instance),
  crn: instanceCrn(instance),
  guid: instance.guid,
  name: instance.name,
  region_id: instance.region,
  state: 'active',
});

const instanceText = (instance: ServiceInstance): string =>
  `Name: ${instance.name}\nID: ${instanceCrn(instance)}\nGUID: ${instance.guid}\nState: active`;

/** A key file of IBM is JSON with the key inside; a bare key is taken too. */
function apiKeyIn(content: string): string {
  try {
    const { apikey } = JSON.parse(content) as { readonly apikey?: string };
    return apikey ?? content;
  } catch {
    return content;
  }
}

function aim(shell: Shell): void {
  const { options, session } = shell;
  const region = options.text('r');
  if (region !== undefined && !REGIONS.includes(region))
    throw new Failure(`Region '${region}' was not found.`);
  const group = options.text('g');
  const { accountId } = login(shell);
  const account = options.text('c');
  if (account !== undefined && account !== accountId)
    throw new Failure(`Account '${account}' was not found.`);
  if (group !== undefined && !groupsOf(shell).some(({ name, id }) => name === group || id === group))
    throw new Failure(`Resource group '${group}' was not found.`);
  session.region = region ?? session.region ?? 'us-south';
  session.resourceGroup = group ?? session.resourceGroup ?? 'Default';
}

const targetText = (shell: Shell): string =>
  `API endpoint:     https://cloud.ibm.com\nRegion:           ${shell.session.region}\nAccount:          ${login(shell).accountId}\nResource group:   ${shell.session.resourceGroup}`;

/** Every account has a default group; a world's other groups have no names but their ids. */
export function groupsOf(shell: Pick<Shell, 'session' | 'world'>) {
  const { accountId } = login(shell);
  const account = shell.world.file.accounts.find(({ id }) => id === accountId);
  const others = (account?.resourceGroups ?? []).map(({ id }) => ({ id, name: id }));
  return [{ id: `default-of-${accountId}`, name: 'Default' }, ...others].map((group) => ({
    ...group,
    account_id: accountId,
    state: 'ACTIVE',
  }));
}
