import type { Wanted } from '../resource.ts';
import { deleteCommand, quoted, writeCommand } from './commands.ts';

/** The project and where it is, for the commands that come before. */
interface Where {
  readonly project: string;
  readonly region: string;
  readonly resourceGroup: string | undefined;
}

/** Commands for a POSIX shell that make subscriptions so, whether they are there or not. */
export function printedCommands(where: Where, wanted: readonly Wanted[]): readonly string[] {
  if (wanted.length === 0) return [];
  return [...entrance(where), ...wanted.map(ensure)];
}

/** Commands for a POSIX shell that delete subscriptions. */
export const printedRemovals = (
  where: Where,
  targets: readonly Pick<Wanted, 'kind' | 'name'>[],
): readonly string[] =>
  targets.length === 0 ? [] : [...entrance(where), ...targets.map((one) => line(deleteCommand(one)))];

const line = (args: readonly string[]): string => quoted(['ibmcloud', ...args]);

/** The key is read from a file, so that no list of processes shows it. */
const entrance = ({ project, region, resourceGroup }: Where): readonly string[] => [
  line([
    'login',
    '--apikey',
    '@KEYFILE',
    '-r',
    region,
    ...(resourceGroup === undefined ? [] : ['-g', resourceGroup]),
  ]),
  line(['ce', 'project', 'select', '--name', project]),
];

/** A subscription of Object Storage keeps its bucket for life: it is made anew. */
function ensure(wanted: Wanted): string {
  const create = line(writeCommand('create', wanted));
  if (wanted.kind === 'ring') return `${line(deleteCommand(wanted))} && ${create}`;
  const there = `${line(['ce', 'sub', 'cron', 'get', '--name', wanted.name])} >/dev/null 2>&1`;
  return `if ${there}; then ${line(writeCommand('update', wanted))}; else ${create}; fi`;
}
