import { seconds } from '../../../shared/domain/time.ts';
import { Failure, flag, list, type Options, required, text } from './options.ts';
import { selectedProject } from './project-commands.ts';
import { type Command, codeEngine, type Shell, table, told } from './shell.ts';

const NAME = required('name', 'n');
const OUTPUT = [text('output', 'o'), flag('quiet', 'q')];
/** How often a run that is waited for is looked at. */
const GLANCE_SECONDS = 1;

const KINDS = [
  { words: 'job', path: 'jobs', called: 'job' },
  { words: 'function|fn', path: 'functions', called: 'function' },
] as const;

/** `ce job`, `ce jobrun` and `ce fn`. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-cli */
export const workloadCommands: readonly Command[] = [
  ...KINDS.flatMap(({ words, path, called }): readonly Command[] => [
    {
      words: `ce|code-engine ${words} get`,
      flags: [NAME, ...OUTPUT],
      run: (shell) => show(shell, path, called),
    },
    {
      words: `ce|code-engine ${words} list`,
      flags: [text('sort-by'), ...OUTPUT],
      run: (shell) => showAll(shell, path, called),
    },
  ]),
  {
    words: 'ce|code-engine jobrun|jr submit',
    flags: [
      required('job', 'j'),
      text('name', 'n'),
      list('env', 'e'),
      list('argument', 'a'),
      text('array-indexes', 'array-indices', 'ai'),
      flag('wait', 'w'),
      flag('no-wait'),
      text('wait-timeout', 'wto'),
      ...OUTPUT,
    ],
    run: submit,
  },
  {
    words: 'ce|code-engine jobrun|jr get',
    flags: [NAME, ...OUTPUT],
    run: (shell) => show(shell, 'job_runs', 'job run'),
  },
  {
    words: 'ce|code-engine jobrun|jr list',
    flags: [text('job', 'j'), text('sort-by', 's'), ...OUTPUT],
    run: (shell) => {
      const job = shell.options.text('job');
      return showAll(shell, 'job_runs', 'job run', ({ job_name: of }) => job === undefined || of === job);
    },
  },
  {
    words: 'ce|code-engine jobrun|jr logs',
    flags: [NAME, flag('follow', 'f'), flag('quiet', 'q')],
    run: logs,
  },
];

interface Item {
  readonly name: string;
  readonly status?: string;
  readonly job_name?: string;
}

async function show(shell: Shell, path: string, called: string): Promise<string> {
  const name = shell.options.required('name');
  const item = await one(shell, path, name);
  return told(shell, `Getting ${called} '${name}'`, { text: describe(item), json: item });
}

async function showAll(
  shell: Shell,
  path: string,
  called: string,
  wanted: (item: Item) => boolean = () => true,
): Promise<string> {
  const items = (await all(shell, path)).filter(wanted);
  const rows = items.map(({ name, status }) => [name, status ?? 'ready']);
  return told(shell, `Listing ${called}s`, { text: table(['Name', 'Status'], rows), json: { items } });
}

async function submit(shell: Shell): Promise<string> {
  const { options } = shell;
  const args = options.list('argument');
  const run = await codeEngine(shell, 'POST', await inProject(shell, '/job_runs'), {
    job_name: options.required('job'),
    ...optional('name', options.text('name')),
    ...optional('scale_array_spec', options.text('array-indexes')),
    ...(args.length === 0 ? {} : { run_arguments: args }),
    run_env_variables: Object.entries(options.pairs('env')).map(([name, value]) => ({
      type: 'literal',
      name,
      value,
    })),
  });
  const last = options.is('wait') ? await ended(shell, run.name, options) : run;
  return told(shell, `Submitting job run '${run.name}'`, { text: describe(last), json: last });
}

async function ended(shell: Shell, name: string, options: Options): Promise<Item> {
  const until = shell.world.now() + seconds(Number(options.text('wait-timeout') ?? '600'));
  for (;;) {
    const run = await one(shell, 'job_runs', name);
    if (run.status === 'completed') return run;
    if (run.status === 'failed') throw new Failure(`Job run '${name}' failed.`);
    if (shell.world.now() >= until) throw new Failure(`Job run '${name}' did not end in time.`);
    await shell.world.clock.sleep(seconds(GLANCE_SECONDS));
  }
}

async function logs(shell: Shell): Promise<string> {
  const name = shell.options.required('name');
  const { status } = await one(shell, 'job_runs', name);
  const written =
    shell.machine.logsOf(name) ?? `Nobody keeps what job runs write here; this one is ${status}.\n`;
  return `Getting logs for all instances of job run '${name}'...\nOK\n\n${written}`;
}

const optional = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

const inProject = async (shell: Shell, path: string): Promise<string> =>
  `/${(await selectedProject(shell)).id}${path}`;

const one = async (shell: Shell, path: string, name: string): Promise<Item> =>
  codeEngine(shell, 'GET', await inProject(shell, `/${path}/${encodeURIComponent(name)}`));

async function all(shell: Shell, path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  const base = await inProject(shell, `/${path}`);
  for (let start: string | undefined = ''; start !== undefined; ) {
    const page: Readonly<Record<string, any>> = await codeEngine(
      shell,
      'GET',
      `${base}?limit=100${start === '' ? '' : `&start=${encodeURIComponent(start)}`}`,
    );
    items.push(...(page[path] as readonly Item[]));
    const next: string | undefined = page['next']?.start ?? undefined;
    start = next;
  }
  return items;
}

const describe = ({ name, status }: Item): string => `Name:     ${name}\nStatus:   ${status ?? 'ready'}`;
