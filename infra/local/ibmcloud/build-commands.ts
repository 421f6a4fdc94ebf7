import type { Project } from '../code-engine/model.ts';
import { Failure, flag, list, required, text } from './options.ts';
import { selectedProject } from './project-commands.ts';
import { namespaceOf } from './registry-commands.ts';
import { type Command, codeEngine, login, type Shell, type ToolFiles, told } from './shell.ts';

const OUTPUT = [text('output', 'o'), flag('quiet', 'q')];
const WAITS = [flag('wait', 'w'), flag('no-wait'), text('wait-timeout', 'wto')];

/** `ce secret create` and `ce buildrun submit`. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-cli */
export const buildCommands: readonly Command[] = [
  {
    words: 'ce|code-engine secret create',
    flags: [
      required('name', 'n'),
      text('format', 'f'),
      text('server', 's'),
      text('username', 'u'),
      text('password', 'p'),
      text('password-from-file', 'pf'),
      text('email'),
      list('from-literal', 'l'),
      list('from-file'),
      list('from-env-file'),
      ...OUTPUT,
    ],
    run: createSecret,
  },
  {
    words: 'ce|code-engine buildrun|br submit',
    flags: [
      text('name', 'n'),
      required('source', 'src'),
      text('strategy', 'str'),
      required('image', 'i'),
      text('registry-secret', 'rs'),
      text('dockerfile', 'df'),
      text('context-dir', 'cdr'),
      text('size', 'sz'),
      text('timeout', 'to'),
      ...WAITS,
      ...OUTPUT,
    ],
    run: build,
  },
];

async function createSecret(shell: Shell): Promise<string> {
  const { options } = shell;
  const name = options.required('name');
  const format = options.text('format') ?? 'generic';
  const data = format === 'registry' ? registryData(shell) : genericData(shell);
  const { id } = await selectedProject(shell);
  const secret = await codeEngine(shell, 'POST', `/${id}/secrets`, { name, format, data });
  return told(shell, `Creating ${format} secret '${name}'`, {
    text: '',
    json: { metadata: { name: secret.name } },
  });
}

function registryData(shell: Shell): Readonly<Record<string, string>> {
  const { options } = shell;
  const file = options.text('password-from-file');
  const password = file === undefined ? options.required('password') : read(shell, file).trim();
  return {
    username: options.text('username') ?? 'iamapikey',
    password,
    server: options.required('server'),
    email: options.text('email') ?? '',
  };
}

function genericData(shell: Shell): Readonly<Record<string, string>> {
  const { options } = shell;
  const fromFiles = options
    .list('from-file')
    .map((path) => [path.split('/').at(-1) ?? path, read(shell, path)]);
  const fromEnvFiles = options
    .list('from-env-file')
    .flatMap((path) => read(shell, path).split('\n'))
    .flatMap((line) => {
      const [, key, value] = /^([^#=\s]+)=(.*)$/.exec(line.trim()) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    });
  return { ...Object.fromEntries([...fromFiles, ...fromEnvFiles]), ...options.pairs('from-literal') };
}

function read({ files }: Shell, path: string): string {
  const content = files.read(path);
  if (content === undefined) throw new Failure(`Could not read the file ${path}.`);
  return content;
}

/** Builds an image from a folder with a Dockerfile. What that says is not done: what the image can run is read off the folder. */
async function build(shell: Shell): Promise<string> {
  const { options, files, world, registry, machine } = shell;
  const project = await selectedProject(shell);
  const [source, image] = [options.required('source'), options.required('image')];
  const name = options.text('name') ?? `buildrun-${world.random.hex(6)}`;
  const fail = (why: string): Failure => new Failure(`Build run '${name}' failed: ${why}`);
  if ((options.text('strategy') ?? 'dockerfile') !== 'dockerfile')
    throw new Failure('The local cloud builds with the strategy dockerfile only.');
  const dockerfile = options.text('dockerfile') ?? 'Dockerfile';
  if (files.list(source) === undefined) throw new Failure(`The source '${source}' is not a folder.`);
  if (!isIn(files, source, dockerfile)) throw fail(`there is no ${dockerfile} in the source`);
  const { accountId } = login(shell);
  const namespace = namespaceOf(image);
  if (namespace !== undefined && !registry.has(`${accountId}/${namespace}`))
    throw fail(`denied: the namespace ${namespace} does not exist in the registry`);
  if (namespace !== undefined && options.text('registry-secret') === undefined)
    await keepRegistrySecret(shell, project);
  const { folder, programs } = contentOf(files, source);
  world.codeEngine.images.register(
    image,
    programs.map((program) => `node ${program}/main.js`),
  );
  machine.built(image, files.absolute(folder));
  return told(shell, `Submitting build run '${name}'`, {
    text: `Build run '${name}' succeeded.`,
    json: { metadata: { name }, status: { reason: 'Succeeded', output: { image } } },
  });
}

/** A build that is told no secret for IBM's registry makes one, and jobs may name it: `ce-auto-icr-private-us-south`. */
async function keepRegistrySecret(shell: Shell, project: Pick<Project, 'id' | 'region'>): Promise<void> {
  const name = `ce-auto-icr-private-${project.region}`;
  if (shell.world.codeEngine.secrets.get(project.id, name) !== undefined) return;
  const data = {
    server: 'icr.io',
    username: 'iamapikey',
    password: `TRACER-${shell.world.random.hex(37)}`,
    email: '',
  };
  await codeEngine(shell, 'POST', `/${project.id}/secrets`, { name, format: 'registry', data });
}

const isIn = (files: ToolFiles, folder: string, name: string): boolean =>
  files.list(folder)?.includes(name) ?? false;

/** Programs are `<name>/main.js`: those that were built already, in the folder or in its `out`, or those of `functions/<name>.ts`. */
function contentOf(files: ToolFiles, source: string) {
  const builtIn = (folder: string): readonly string[] =>
    (files.list(folder) ?? []).filter((name) => isIn(files, `${folder}/${name}`, 'main.js'));
  const out = `${source}/out`;
  const here = builtIn(source);
  if (here.length > 0) return { folder: source, programs: here };
  const functions = (files.list(`${source}/functions`) ?? []).flatMap(
    (file) => /^(.+)\.ts$/.exec(file)?.[1] ?? [],
  );
  return { folder: out, programs: [...new Set([...builtIn(out), ...functions])] };
}
