import { type Target, textOf, type Wanted } from '../resource.ts';

/**
 * The commands that make, change and delete subscriptions: nothing else can, neither REST nor Terraform.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-cli#cli-subscription
 */

/** The word for the kind of subscription. */
const wordOf = (kind: Wanted['kind']): 'cron' | 'cos' => (kind === 'ring' ? 'cos' : 'cron');

/** Only `--output json` can be read, and only without lines that tell of progress. */
const MACHINE = ['--output', 'json', '--quiet'];

/** What goes before each: the subcommand and the name. */
const begin = (verb: string, { kind, name }: Pick<Target, 'kind' | 'name'>): readonly string[] => [
  'ce',
  'sub',
  wordOf(kind),
  verb,
  '--name',
  name,
];

export const listCommand = (kind: Wanted['kind']): readonly string[] => [
  'ce',
  'sub',
  wordOf(kind),
  'list',
  ...MACHINE,
];

export const getCommand = (target: Target): readonly string[] => [...begin('get', target), ...MACHINE];

export const deleteCommand = (target: Pick<Target, 'kind' | 'name'>): readonly string[] => [
  ...begin('delete', target),
  '--force',
  '--ignore-not-found',
];

/** @param verb - `update` cannot move a subscription to another bucket */
export function writeCommand(verb: 'create' | 'update', wanted: Wanted): readonly string[] {
  const { kind, fields } = wanted;
  const flag = (name: string, field: string): readonly string[] =>
    fields[field] === undefined ? [] : [`--${name}`, textOf(fields[field])];
  // The default of either kind is an app, and of a schedule every minute: nothing is left to a default.
  const to = [...flag('destination', 'destination'), ...flag('destination-type', 'destination_type')];
  const own =
    kind === 'ring'
      ? [
          ...(verb === 'create' ? flag('bucket', 'bucket') : []),
          ...flag('event-type', 'event_type'),
          ...flag('prefix', 'prefix'),
        ]
      : [
          ...flag('schedule', 'schedule'),
          ...flag('time-zone', 'timezone'),
          // A change says so where there is to be none any more.
          ...(verb === 'update' && fields['data'] === undefined ? ['--data', ''] : flag('data', 'data')),
          ...flag('content-type', 'content_type'),
        ];
  return [...begin(verb, wanted), ...to, ...own];
}

/** A command line for a POSIX shell. */
export const quoted = (args: readonly string[]): string => args.map(quote).join(' ');

const quote = (text: string): string =>
  /^[A-Za-z0-9_/:=.,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
