import type { Health } from '../health.ts';
import { destinationName, isKeyed, type KeyedDestination, type LogpushJob } from '../logpush.ts';
import { type Declared, sameLabels } from './job.ts';
import type { DeclaredEntry, Made } from './record.ts';

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

/** Whether CIS was sent the declared destination for this job: what it shows otherwise no update would change. */
export const wasSent = ({ wanted }: Declared, { sent }: DeclaredEntry, { ref }: LogpushJob): boolean =>
  sent?.jobId === ref.jobId && sent.destination === destinationName(wanted.destination);

/**
 * What no PUT changes.
 *
 * @param made - what was sent when the keeper made the job; absent = somebody else did
 */
export function unchangeableIn(
  { wanted }: Declared,
  made: Made | undefined,
  { name, destination, destinationKey }: LogpushJob,
): readonly string[] {
  const what: string[] = [];
  // Of a job that the keeper made counts what it sent: CIS may show another name.
  const its = made === undefined ? name : (made.name ?? wanted.name);
  if (its !== wanted.name) what.push(`its name is ${its}`);
  if (made !== undefined && !sameLabels(made.labels, wanted.labels))
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
  declared: Declared,
  entry: DeclaredEntry,
  { job, health }: SeenInZone,
): { readonly change: DeclaredChange; readonly differences: readonly string[] } {
  const { wanted } = declared;
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
    !wasSent(declared, entry, job) &&
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
