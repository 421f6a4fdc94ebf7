import type { Health } from '../health.ts';
import { destinationName, isKeyed, type KeyedDestination, type LogpushJob } from '../logpush.ts';
import { type Declared, sameLabels } from './job.ts';
import type { DeclaredEntry } from './record.ts';

/** What a PUT changes of a job. */
export interface DeclaredChange {
  readonly enabled?: boolean;
  readonly frequency?: string;
  readonly logpullOptions?: string;
  /** It goes with the key of the binding. */
  readonly destination?: KeyedDestination;
}

/** A job of the zone as CIS shows it now, and the state it is in. */
export interface SeenInZone {
  readonly job: LogpushJob;
  readonly health: Health;
}

/** What no PUT changes. */
export function unchangeableIn(
  { wanted }: Declared,
  { made }: DeclaredEntry,
  { ref, name, destination, destinationKey }: LogpushJob,
): readonly string[] {
  const what: string[] = [];
  if (name !== wanted.name) what.push('it has another name');
  if (made?.jobId === ref.jobId && !sameLabels(made.labels, wanted.labels))
    what.push('it was made with other labels');
  if (wanted.binding === undefined && destinationKey.state === 'visible')
    what.push('it carries a key, and is declared without one');
  const isOfDay = ({ dailySubfolder }: { readonly dailySubfolder: boolean }): string =>
    dailySubfolder ? 'daily folders' : 'no daily folders';
  const { destination: declared } = wanted;
  if (wanted.binding === undefined && declared.kind === 'cos' && destination.kind === 'cos')
    if (declared.dailySubfolder !== destination.dailySubfolder) what.push(`it has ${isOfDay(destination)}`);
  return what;
}

/** What a PUT can set right. What failures disabled is `reenable-logpush`'s. */
export function driftOf(
  { wanted }: Declared,
  { job, health }: SeenInZone,
): { readonly change: DeclaredChange; readonly differences: readonly string[] } {
  const differences: string[] = [];
  const isTheirs = health === 'disabled-by-failures';
  const isOtherwise = job.enabled !== wanted.enabled && !(wanted.enabled && isTheirs);
  if (isOtherwise) differences.push(job.enabled ? 'it is enabled' : 'it is disabled');
  const frequency = job.frequency === wanted.frequency ? {} : { frequency: wanted.frequency };
  if ('frequency' in frequency) differences.push(`its frequency is ${job.frequency}`);
  const { logpullOptions: shown } = job;
  const options = shown === wanted.logpullOptions ? {} : { logpullOptions: wanted.logpullOptions };
  if ('logpullOptions' in options) differences.push('it has other logpull_options');
  const hasOtherFolders =
    wanted.binding !== undefined &&
    isKeyed(job.destination) &&
    destinationName(job.destination) !== destinationName(wanted.destination);
  if (hasOtherFolders) differences.push(`it pushes to ${destinationName(job.destination)}`);
  // A job that was off may carry a key that has ended: what enables it brings the key along.
  const isSwitchedOn = isOtherwise && wanted.enabled && wanted.binding !== undefined;
  return {
    differences,
    change: {
      ...(isOtherwise ? { enabled: wanted.enabled } : {}),
      ...frequency,
      ...options,
      ...(hasOtherFolders || isSwitchedOn ? { destination: wanted.destination } : {}),
    },
  };
}
