import type { World } from '../world.ts';
import { accountCommands } from './account-commands.ts';
import { buildCommands } from './build-commands.ts';
import { cosCommands } from './cos-commands.ts';
import { iamCommands } from './iam-commands.ts';
import { Failure, parseOptions } from './options.ts';
import { projectCommands } from './project-commands.ts';
import { registryCommands } from './registry-commands.ts';
import type { Command, Machine, Registry, Session, ToolFiles } from './shell.ts';
import { subscriptionCommands } from './subscription-commands.ts';
import { workloadCommands } from './workload-commands.ts';

/** One call of the tool, as a shell makes it. */
export interface ToolCall {
  /** Without the name of the program. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: ToolFiles;
}

export interface ToolEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMANDS: readonly Command[] = [
  ...accountCommands,
  ...iamCommands,
  ...projectCommands,
  ...subscriptionCommands,
  ...workloadCommands,
  ...buildCommands,
  ...registryCommands,
  ...cosCommands,
];

/** What is shorter in a secret of Code Engine is a name: a user's, or that of a host. */
const SHORTEST_SECRET = 16;

/** Which plug-in brings a command, by its first word. */
const PLUGIN_OF: Readonly<Record<string, string>> = {
  ce: 'code-engine',
  'code-engine': 'code-engine',
  cr: 'container-registry',
  'container-registry': 'container-registry',
  cos: 'cloud-object-storage',
  cis: 'cis',
};

/** Job runs of a world in process leave nothing. */
const IN_PROCESS: Machine = { built: () => {}, logsOf: () => undefined };

/**
 * IBM's command line tool, as much of it as a deployment uses, on this world instead of IBM Cloud. What it keeps between
 * calls it keeps for each `IBMCLOUD_HOME`; a home of one's own begins without plug-ins, as a new one does.
 *
 * @see https://cloud.ibm.com/docs/cli?topic=cli-ibmcloud_cli
 */
export class IbmCloud {
  /** Commands that were given a secret as an argument, up to that argument: every process of the machine could have read it. */
  readonly leaks: string[] = [];
  readonly #world: World;
  readonly #sessions = new Map<string, Session>();
  readonly #registry: Registry = new Set();
  readonly #machine: Machine;

  constructor(world: World, machine: Machine = IN_PROCESS) {
    this.#world = world;
    this.#machine = machine;
  }

  /** Runs one command to its end. */
  async run({ argv, env, files }: ToolCall): Promise<ToolEnd> {
    try {
      this.#refuseSecrets(argv);
      const session = this.#session(env['IBMCLOUD_HOME']);
      const { command, rest } = commandOf(argv, session);
      const options = parseOptions(rest, command.flags, { args: command.args ?? 0 });
      this.#world.catchUp();
      const own = { world: this.#world, registry: this.#registry, machine: this.#machine };
      const shell = { options, session, env, files, ...own };
      return { code: 0, stdout: await command.run(shell), stderr: '' };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { code: 1, stdout: '', stderr: `FAILED\n${error.message}\n` };
    }
  }

  #session(home = ''): Session {
    let session = this.#sessions.get(home);
    if (session === undefined) {
      session = { plugins: new Set(home === '' ? Object.values(PLUGIN_OF) : []) };
      this.#sessions.set(home, session);
    }
    return session;
  }

  #refuseSecrets(argv: readonly string[]): void {
    const secrets = this.#world.secretValues().filter(({ length }) => length >= SHORTEST_SECRET);
    const at = argv.findIndex((word) => secrets.some((secret) => word.includes(secret)));
    if (at === -1) return;
    this.leaks.push(argv.slice(0, at).join(' '));
    throw new Failure('A secret stands in the arguments, where every process of this machine can read it.');
  }
}

/** @throws {Failure} for a command that there is not, or whose plug-in is not installed */
function commandOf(argv: readonly string[], { plugins }: Session) {
  const [first = ''] = argv;
  const plugin = PLUGIN_OF[first];
  if (plugin !== undefined && !plugins.has(plugin))
    throw new Failure(
      `'${first}' is not a registered command. Install its plug-in: ibmcloud plugin install ${plugin}`,
    );
  for (const command of COMMANDS) {
    const names = command.words.split(' ');
    if (names.every((name, at) => name.split('|').includes(argv[at] ?? '')))
      return { command, rest: argv.slice(names.length) };
  }
  const said = argv.slice(0, 4).filter((word) => !word.startsWith('-'));
  throw new Failure(`'${said.join(' ')}' is not a registered command.`);
}
