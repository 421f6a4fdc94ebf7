import type { World } from '../world.ts';
import { Failure, type Flag, type Options } from './options.ts';

/** What the tool keeps between two calls, for one `IBMCLOUD_HOME`. */
export interface Session {
  readonly plugins: Set<string>;
  apiKey?: string;
  region?: string;
  resourceGroup?: string;
  /** Id of the Code Engine project that is selected. */
  projectId?: string;
  registryRegion?: string;
  /** CRN of the COS instance that `cos` commands are about. */
  cosInstance?: string;
}

/** Files of the machine that the tool is called on. */
export interface ToolFiles {
  /** @returns undefined where there is no such file */
  read(path: string): string | undefined;
  write(path: string, content: string): void;
  /** Names in a folder; undefined where there is no such folder. */
  list(path: string): readonly string[] | undefined;
  /** A path that means the same wherever one stands. */
  absolute(path: string): string;
}

/** What a served cloud has beside its world: job runs that are processes. */
export interface Machine {
  /** A folder stands for an image from now on. */
  built(image: string, folder: string): void;
  /** What a job run has written; undefined where nobody has kept it. */
  logsOf(jobRun: string): string | undefined;
}

/** One call of one command. */
export interface Shell {
  readonly options: Options;
  readonly session: Session;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: ToolFiles;
  readonly world: World;
  readonly registry: Registry;
  readonly machine: Machine;
}

/** Namespaces of IBM's container registry, as `<account>/<namespace>`. */
export type Registry = Set<string>;

/** A command: the words that call it (`a|b` for an alias), its flags, and what it prints. */
export interface Command {
  readonly words: string;
  readonly flags: readonly Flag[];
  /** Most arguments that are no flags; 0 when absent. */
  readonly args?: number;
  run(shell: Shell): string | Promise<string>;
}

/** What IBM's services answered to the tool, which calls them as any program does. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: any;
}

/** Who is logged in. @throws {Failure} when nobody is, or the key is refused */
export function login({ session, world }: Pick<Shell, 'session' | 'world'>) {
  if (session.apiKey === undefined) throw new Failure("Not logged in. Use 'ibmcloud login' to log in.");
  const granted = world.iam.grantToken(session.apiKey, world.now());
  if (!granted.ok)
    throw new Failure(
      `Unable to authenticate.\nCode: ${granted.code}\nMessage: Provided API key could not be found.`,
    );
  return { bearer: `Bearer ${granted.token}`, ...granted.principal };
}

/** Calls a service of the local cloud, and takes any answer. */
export async function ask(
  shell: Pick<Shell, 'session' | 'world'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const response = await shell.world.app.request(path, {
    method,
    headers: {
      authorization: login(shell).bearer,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  try {
    return { status: response.status, body: JSON.parse(answer) };
  } catch {
    return { status: response.status, body: answer };
  }
}

/** The same, and what is no success is a failure of the command. @throws {Failure} */
export async function mustAsk(...call: Parameters<typeof ask>): Promise<any> {
  const { status, body } = await ask(...call);
  if (status >= 200 && status < 300) return body;
  const said = body?.errors?.[0]?.message ?? body?.message ?? body?.error ?? `it answered ${status}`;
  throw new Failure(`${call[1]} ${call[2].replace(/\?.*$/, '')}: ${said} (${status})`);
}

/** Code Engine's REST API, in the project that is selected. */
export const codeEngine = (shell: Shell, method: string, path: string, body?: unknown): Promise<any> =>
  mustAsk(
    shell,
    method,
    `/code-engine/v2/projects${path}${path.includes('?') ? '&' : '?'}version=2025-07-10`,
    body,
  );

/** What a command prints: what it does, unless it is to be quiet, and then what came of it. */
export function told(
  { options }: Pick<Shell, 'options'>,
  doing: string,
  result: { readonly text: string; readonly json?: unknown },
): string {
  const noise = options.is('quiet') ? '' : `${doing}...\nOK\n\n`;
  return options.json ? `${noise}${JSON.stringify(result.json, null, 2)}\n` : `${noise}${result.text}\n`;
}

/** Lines of a table, as wide as they must be. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
