import { seconds } from '../../../shared/domain/time.ts';
import type { Project } from '../code-engine/model.ts';
import type { CosSpec, CronSpec, Subscription, SubscriptionSpec } from '../code-engine/subscriptions.ts';
import { Failure, flag, list, type Options, required, text } from './options.ts';
import { selectedProject } from './project-commands.ts';
import { type Command, login, type Shell, table, told } from './shell.ts';

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
const DESTINATIONS = { cron: ['app', 'function', 'job'], cos: ['app', 'job'] } as const;

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

/** What the options say, over what was there before. */
function specOf(options: Options, kind: Kind, before: Subscription | undefined): SubscriptionSpec {
  const type = options.text('destination-type') ?? before?.destination.type ?? 'app';
  const allowed: readonly string[] = DESTINATIONS[kind];
  if (!allowed.includes(type))
    throw new Failure(`Invalid destination type '${type}': it is one of ${allowed.join(', ')}.`);
  if (options.text('path') !== undefined && type !== 'app') throw new Failure("Only an app takes '--path'.");
  const extensions = Object.fromEntries(
    Object.entries({ ...before?.extensions, ...options.pairs('extension') }).filter(
      ([name]) => !options.list('extension-rm').includes(name),
    ),
  );
  const common = {
    name: options.required('name'),
    destination: {
      type: type as 'app' | 'function' | 'job',
      name: options.text('destination') ?? before?.destination.name ?? '',
    },
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  };
  return kind === 'cron'
    ? { ...common, ...cronOf(options, before?.kind === 'cron' ? before : undefined) }
    : { ...common, ...cosOf(options, before?.kind === 'cos' ? before : undefined) };
}

type Own<Spec> = Omit<Spec, 'name' | 'destination' | 'extensions'>;

function cronOf(options: Options, before: CronSpec | undefined): Own<CronSpec> {
  const encoded = options.text('data-base64');
  if (encoded !== undefined && options.text('data') !== undefined)
    throw new Failure("'--data' and '--data-base64' exclude each other.");
  const data = encoded === undefined ? options.text('data') : Buffer.from(encoded, 'base64').toString('utf8');
  return {
    kind: 'cron',
    schedule: options.text('schedule') ?? before?.schedule ?? '* * * * *',
    timezone: options.text('time-zone') ?? before?.timezone ?? 'UTC',
    data: data ?? before?.data,
    contentType: options.text('content-type') ?? before?.contentType,
  };
}

function cosOf(options: Options, before: CosSpec | undefined): Own<CosSpec> {
  const eventType = options.text('event-type') ?? before?.eventType ?? 'all';
  if (eventType !== 'all' && eventType !== 'write' && eventType !== 'delete')
    throw new Failure(`Invalid event type '${eventType}': it is one of all, write, delete.`);
  return {
    kind: 'cos',
    bucket: before?.bucket ?? options.required('bucket'),
    eventType,
    prefix: options.text('prefix') ?? before?.prefix,
    suffix: options.text('suffix') ?? before?.suffix,
  };
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

const conditions = ({ world }: Shell, subscription: Subscription) =>
  world.codeEngine.events.conditions(subscription);

const isReady = (shell: Shell, subscription: Subscription): boolean =>
  conditions(shell, subscription).at(-1)?.status === 'True';

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

/** As the Kubernetes object behind it, as far as anybody knows that. */
function objectOf(shell: Shell, project: Project, subscription: Subscription) {
  const { kind, name, id, extensions, destination, createdAt } = subscription;
  const spec =
    subscription.kind === 'cron'
      ? {
          schedule: subscription.schedule,
          timezone: subscription.timezone,
          data: subscription.data,
          contentType: subscription.contentType,
          ...(extensions === undefined ? {} : { ceOverrides: { extensions } }),
        }
      : {
          bucket: subscription.bucket,
          eventType: subscription.eventType,
          prefix: subscription.prefix,
          suffix: subscription.suffix,
          ...(extensions === undefined ? {} : { ceOverrides: { extensions } }),
        };
  return {
    apiVersion: kind === 'cron' ? 'sources.knative.dev/v1' : 'sources.codeengine.cloud.ibm.com/v1alpha1',
    kind: kind === 'cron' ? 'PingSource' : 'CosSource',
    metadata: {
      name,
      namespace: project.subdomain,
      uid: id,
      creationTimestamp: new Date(createdAt).toISOString(),
    },
    spec: { ...spec, sink: { ref: { ...SINKS[destination.type], name: destination.name } } },
    status: { conditions: conditions(shell, subscription) },
  };
}

const SINKS = {
  app: { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  function: { apiVersion: 'codeengine.cloud.ibm.com/v1beta1', kind: 'Function' },
  job: { apiVersion: 'codeengine.cloud.ibm.com/v1beta1', kind: 'JobDefinition' },
} as const;

function describe(shell: Shell, project: Project, subscription: Subscription): string {
  const { name, id, destination } = subscription;
  const own =
    subscription.kind === 'cron'
      ? [
          ['Schedule', subscription.schedule],
          ['Time Zone', subscription.timezone],
        ]
      : [
          ['Bucket', subscription.bucket],
          ['EventType', subscription.eventType],
        ];
  const lines = [
    ['Name', name],
    ['ID', id],
    ['Project Name', project.name],
    ['Destination Type', destination.type],
    ['Destination', destination.name],
    ...own,
    ['Ready', String(isReady(shell, subscription))],
  ];
  return lines.map(([label = '', value = '']) => `${`${label}:`.padEnd(19)}${value}`).join('\n');
}
