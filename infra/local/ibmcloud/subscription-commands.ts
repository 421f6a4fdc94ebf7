import { seconds } from '../../../shared/domain/time.ts';
import type { Project } from '../code-engine/model.ts';
import type { Subscription } from '../code-engine/subscriptions.ts';
import { Failure, flag, list, required, text } from './options.ts';
import { selectedProject } from './project-commands.ts';
import { type Command, login, type Shell, table, told } from './shell.ts';
import { specOf } from './subscription-spec.ts';
import { conditions, describe, isReady, objectOf } from './subscription-view.ts';

type Kind = 'cron' | 'cos';

const NAME = required('name', 'n');
const OUTPUT = [text('output', 'o'), flag('quiet', 'q')];
const WAITS = [flag('wait', 'w'), flag('no-wait'), text('wait-timeout', 'wto')];
const CHANGES = [
  text('destination', 'd'),
  text('destination-type', 'dt'),
  list('extension', 'ext'),
  text('path'),
];
const SPECIFIC = {
  cron: [
    text('schedule', 's'),
    text('time-zone', 'tz'),
    text('data'),
    text('data-base64', 'db'),
    text('content-type', 'ct'),
  ],
  cos: [text('event-type', 'e'), text('prefix', 'p'), text('suffix', 's')],
} as const;
/** The bucket of a subscription stays what it was made with. */
const ONLY_ON_CREATE = { cron: [], cos: [required('bucket', 'b')] } as const;

/**
 * `ce subscription cron` and `ce subscription cos`: only the command line knows them. What is made here brings events.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-cli#cli-subscription
 */
export const subscriptionCommands: readonly Command[] = (['cron', 'cos'] as const).flatMap((kind) => {
  const words = `ce|code-engine subscription|sub ${kind}`;
  return [
    {
      words: `${words} create`,
      flags: [
        NAME,
        required('destination', 'd'),
        ...CHANGES.slice(1),
        ...SPECIFIC[kind],
        ...ONLY_ON_CREATE[kind],
        flag('force', 'f'),
        ...WAITS,
        ...OUTPUT,
      ],
      run: (shell: Shell) => create(shell, kind),
    },
    {
      words: `${words} update`,
      flags: [NAME, ...CHANGES, ...SPECIFIC[kind], list('extension-rm'), ...OUTPUT],
      run: (shell: Shell) => update(shell, kind),
    },
    { words: `${words} get`, flags: [NAME, ...OUTPUT], run: (shell: Shell) => get(shell, kind) },
    {
      words: `${words} list`,
      flags: [text('sort-by', 's'), ...OUTPUT],
      run: (shell: Shell) => listAll(shell, kind),
    },
    {
      words: `${words} delete`,
      flags: [NAME, flag('force', 'f'), flag('ignore-not-found', 'inf'), ...WAITS, flag('quiet', 'q')],
      run: (shell: Shell) => remove(shell, kind),
    },
  ];
});

async function create(shell: Shell, kind: Kind): Promise<string> {
  const { options, world } = shell;
  const project = await writable(shell);
  const spec = specOf(options, kind, undefined);
  const { name, destination } = spec;
  if (!options.is('force') && !exists(shell, project, destination))
    throw new Failure(
      `The ${destination.type} '${destination.name}' does not exist. Use '--force' to create the subscription anyway.`,
    );
  const subscription = attempt(() => world.codeEngine.subscriptions.add(project.id, spec));
  if (!options.is('no-wait')) await untilReady(shell, subscription);
  return told(shell, `Creating ${kind} event subscription '${name}'`, {
    text: `Run 'ibmcloud ce subscription ${kind} get -n ${name}' to see more details.`,
    json: objectOf(shell, project, subscription),
  });
}

async function update(shell: Shell, kind: Kind): Promise<string> {
  const { options, world } = shell;
  const project = await writable(shell);
  const before = existing(shell, project, kind);
  const after = attempt(() =>
    world.codeEngine.subscriptions.update(project.id, specOf(options, kind, before)),
  );
  return told(shell, `Updating ${kind} event subscription '${after.name}'`, {
    text: `Run 'ibmcloud ce subscription ${kind} get -n ${after.name}' to see more details.`,
    json: objectOf(shell, project, after),
  });
}

async function get(shell: Shell, kind: Kind): Promise<string> {
  const project = await selectedProject(shell);
  const subscription = existing(shell, project, kind);
  return told(shell, `Getting ${kind} event subscription '${subscription.name}'`, {
    text: describe(shell, project, subscription),
    json: objectOf(shell, project, subscription),
  });
}

async function listAll(shell: Shell, kind: Kind): Promise<string> {
  const project = await selectedProject(shell);
  const found = shell.world.codeEngine.subscriptions
    .list(project.id)
    .filter((one) => one.kind === kind)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = found.map((one) => [
    one.name,
    String(isReady(shell, one)),
    one.destination.type,
    one.destination.name,
  ]);
  return told(shell, `Listing ${kind} event subscriptions`, {
    text: table(['Name', 'Ready', 'Destination Type', 'Destination'], rows),
    json: { apiVersion: 'v1', kind: 'List', items: found.map((one) => objectOf(shell, project, one)) },
  });
}

async function remove(shell: Shell, kind: Kind): Promise<string> {
  const { options, world } = shell;
  const project = await writable(shell);
  const name = options.required('name');
  // Without it the tool asks a person, and nobody is there to answer.
  if (!options.is('force'))
    throw new Failure(`Use '--force' to delete the subscription '${name}' without being asked.`);
  if (
    world.codeEngine.subscriptions.get(project.id, kind, name) === undefined &&
    options.is('ignore-not-found')
  )
    return `Deleting ${kind} event subscription '${name}'...\nOK\n`;
  existing(shell, project, kind);
  world.codeEngine.subscriptions.remove(project.id, kind, name);
  return `Deleting ${kind} event subscription '${name}'...\nOK\n`;
}

function existing({ options, world }: Shell, project: Project, kind: Kind): Subscription {
  const name = options.required('name');
  const found = world.codeEngine.subscriptions.get(project.id, kind, name);
  if (found === undefined)
    throw new Failure(`Resource not found: the ${kind} event subscription '${name}' does not exist.`);
  return found;
}

/** The selected project, for somebody who may change what is in it. */
async function writable(shell: Shell): Promise<Project> {
  const project = await selectedProject(shell);
  const { iamId } = login(shell);
  const target = {
    service: 'codeengine',
    accountId: project.accountId,
    instanceId: project.id,
    region: project.region,
  };
  if (!shell.world.iam.allows(iamId, 'codeengine.tenant.entities.create', target, shell.world.now()))
    throw new Failure('You are not authorized to change subscriptions of this project. (403)');
  return project;
}

function exists({ world }: Shell, { id }: Project, { type, name }: Subscription['destination']): boolean {
  const { jobs, functions } = world.codeEngine;
  if (type === 'app') return false;
  return (type === 'job' ? jobs : functions).get(id, name) !== undefined;
}

/** @throws {Failure} with the words of what refuses */
function attempt<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}

async function untilReady(shell: Shell, subscription: Subscription): Promise<void> {
  if (isReady(shell, subscription)) return;
  const timeout = Number(shell.options.text('wait-timeout') ?? '15');
  await shell.world.clock.sleep(seconds(timeout));
  const ready = conditions(shell, subscription).at(-1);
  if (ready?.status === 'True') return;
  throw new Failure(
    `The ${subscription.kind} event subscription '${subscription.name}' was created, but is not ready after ${timeout} seconds: ${ready?.message ?? ''}`,
  );
}
