import type { Secret } from '../../../shared/domain/secret.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports.ts';
import { type Ended, NoProgramError, type Subprocess } from '../ports.ts';
import {
  describe,
  type Fields,
  type Handler,
  idOf,
  type Live,
  type Target,
  type Wanted,
} from '../resource.ts';
import { deleteCommand, getCommand, listCommand, writeCommand } from './commands.ts';
import { namesIn, type Shown, subscriptionIn } from './parse.ts';

const PROGRAM = 'ibmcloud';
const TIMEOUT_MS = minutes(3);
/** How long a new subscription may take until it gets events. */
const PAUSE_MS = seconds(10);
const MOST_PAUSES = 60;

/** The command line tool could not do it. */
export class DriverError extends Error {
  override readonly name = 'DriverError';
}

export interface CliOptions {
  readonly subprocess: Subprocess;
  /** A folder of its own for the tool: neither another login nor another target is in it. */
  readonly home: () => string;
  readonly apiKey: Secret;
  readonly region: string;
  /** Id of the group that the project is in: the tool finds projects in the group that it is aimed at. */
  readonly resourceGroup: () => Promise<string | undefined>;
  readonly project: string;
  readonly clock: Clock;
  /** What else the tool is to see of the environment: other hosts, say. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Subscriptions through IBM's command line, the only documented way. The key is in the environment of the tool and nowhere else.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron
 */
export class CliDriver {
  readonly #options: CliOptions;
  #home: string | undefined;
  #isAimed = false;

  constructor(options: CliOptions) {
    this.#options = options;
  }

  /** Cron subscriptions, or those of the ring bucket. */
  handler(kind: 'cron' | 'ring'): Handler {
    return {
      look: async (targets) => {
        const found = new Map<string, Live>();
        for (const [target, shown] of await this.look(kind, targets))
          found.set(idOf(target), liveOf(target, shown));
        return found;
      },
      create: (wanted) => this.#write('create', wanted),
      update: (wanted) => this.#write('update', wanted),
      remove: async (target) => {
        await this.#run([...deleteCommand(target), '--quiet']);
      },
    };
  }

  /** What is there of these, as it is printed. */
  async look(
    kind: 'cron' | 'ring',
    targets: readonly Target[],
  ): Promise<readonly (readonly [Target, Shown])[]> {
    if (targets.length === 0) return [];
    const names = namesIn((await this.#run(listCommand(kind))).stdout);
    const found: (readonly [Target, Shown])[] = [];
    for (const target of targets)
      if (names.includes(target.name))
        found.push([target, subscriptionIn((await this.#run(getCommand(target))).stdout)]);
    return found;
  }

  async #write(verb: 'create' | 'update', wanted: Wanted): Promise<Live> {
    await this.#run([...writeCommand(verb, wanted), ...(verb === 'create' ? ['--no-wait'] : []), '--quiet']);
    for (let pauses = 0; ; pauses += 1) {
      const shown = subscriptionIn((await this.#run(getCommand(wanted))).stdout);
      // Rights that are minutes old may not be known everywhere yet.
      if (shown.ready !== false || pauses === MOST_PAUSES) return settled(wanted, shown);
      await this.#options.clock.sleep(PAUSE_MS);
    }
  }

  /**
   * Logs in. Called before anything is changed, so that what cannot be finished is not begun.
   *
   * @throws {DriverError} when the tool is not there, or refuses
   */
  async enter(): Promise<void> {
    if (this.#home !== undefined) return;
    const { region, home } = this.#options;
    this.#home = home();
    await this.#spawn(['login', '-r', region, '--quiet']);
    // A home of its own begins without plug-ins.
    await this.#spawn(['plugin', 'install', 'code-engine', '-f', '--quiet']);
  }

  async #run(args: readonly string[]): Promise<Ended> {
    await this.enter();
    if (!this.#isAimed) {
      const { resourceGroup, project } = this.#options;
      const id = await resourceGroup();
      if (id !== undefined) await this.#spawn(['target', '-g', id, '--quiet']);
      await this.#spawn(['ce', 'project', 'select', '--name', project, '--quiet']);
      this.#isAimed = true;
    }
    return this.#spawn(args);
  }

  async #spawn(args: readonly string[]): Promise<Ended> {
    const { subprocess, apiKey, env } = this.#options;
    const surroundings = { ...env, IBMCLOUD_HOME: this.#home ?? '', IBMCLOUD_API_KEY: apiKey.reveal() };
    let ended: Ended;
    try {
      ended = await subprocess.run(PROGRAM, args, { env: surroundings, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof NoProgramError)) throw error;
      throw new DriverError(`${error.message}: ${FIXES[error.why]}`, { cause: error });
    }
    if (ended.code === 0) return ended;
    throw new DriverError(
      `${PROGRAM} ${nameOf(args)} ended with ${ended.code}: ${lastLine(ended.stderr, apiKey)}`,
    );
  }
}

/** @throws {DriverError} when it is there and gets no events */
function settled(wanted: Wanted, shown: Shown): Live {
  if (shown.ready !== false) return liveOf(wanted, shown);
  throw new DriverError(
    `${describe(wanted)} is there and does not become ready: see why with ibmcloud ${getCommand(wanted).slice(0, 6).join(' ')}, then apply again`,
  );
}

const FIXES = {
  absent:
    'install the IBM Cloud CLI and its plug-in code-engine, or use --driver print and run the commands that it prints',
  timeout: 'try again, or use --driver print and run the commands that it prints',
  other: 'see whether it can be run by hand, or use --driver print',
} as const;

/** A flag that carries the configured text says more than anybody needs. */
const nameOf = (args: readonly string[]): string => {
  const name = args[args.indexOf('--name') + 1];
  const words = args.slice(
    0,
    Math.max(
      1,
      args.findIndex((word) => word.startsWith('-')),
    ),
  );
  return [...words, ...(args.includes('--name') ? [name] : [])].join(' ');
};

const lastLine = (text: string, apiKey: Secret): string =>
  text.replaceAll(apiKey.reveal(), '[secret]').trim().split('\n').at(-1)?.slice(0, 300) ?? '';

/** What could not be read counts as it is wanted: nothing shows that it is otherwise. */
function liveOf(target: Target, { id, fields }: Shown): Live {
  const wanted = target.fields ?? {};
  const unread = Object.entries(wanted).filter(([name]) => fields[name] === undefined && name !== 'data');
  const known: Fields = Object.fromEntries(
    Object.entries(fields).filter(([name]) => name === 'data' || Object.hasOwn(wanted, name)),
  );
  return { id: id ?? target.name, fields: { ...Object.fromEntries(unread), ...known } };
}
