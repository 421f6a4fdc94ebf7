import type { KeyedDestination, LogpushJob, LogpushJobRef, Zone } from '../logpush.ts';

/** The labels of a job's records in Cloud Logs; what is absent is Cloud Logs' own. CIS does not show them. */
export interface RecordLabels {
  readonly applicationName?: string;
  readonly subsystemName?: string;
}

/** A Logpush job that the configuration wants to be there. */
export interface DeclaredJob {
  /** CRN of a configured instance. */
  readonly instance: string;
  /** Id or name of a zone. */
  readonly zone: string;
  readonly name: string;
  readonly dataset: string;
  readonly enabled: boolean;
  readonly frequency: 'high' | 'low';
  /** As CIS stores and shows it, letter by letter. */
  readonly logpullOptions: string;
  readonly destination: KeyedDestination;
  readonly labels: RecordLabels;
  /** Name of the binding whose key it carries; absent = it is made with an ownership challenge and carries none. */
  readonly binding?: string;
  /** Id of the job in whose place it comes: that one is deleted once this one has pushed. */
  readonly replaces?: number;
  /** What is done where the job is other than declared. A job that is missing is made in any case. */
  readonly onDrift: 'report' | 'enforce';
}

/** A job that is to be made: everything that a create says, but for what proves the right to push there. */
export type NewLogpushJob = Pick<
  DeclaredJob,
  'name' | 'enabled' | 'dataset' | 'frequency' | 'logpullOptions' | 'destination' | 'labels'
>;

/** A declaration and the zone that it means. */
export interface Declared {
  readonly wanted: DeclaredJob;
  readonly zone: Pick<Zone, 'id' | 'name'>;
}

/** Where a job pushes, as one word: the same for two jobs only if CIS would take both for one destination. */
export function placeOf(destination: KeyedDestination): string {
  const { instanceId, region } = destination;
  if (destination.kind === 'cloud-logs') return `cloud-logs ${instanceId} ${region}`;
  return `cos ${instanceId} ${region} ${destination.bucket}/${destination.path}`;
}

/** Names a declaration for good: its zone, dataset and destination. No two have the same. */
export const declaredKey = ({ wanted, zone }: Declared): string =>
  `${zone.id} ${wanted.dataset} ${placeOf(wanted.destination)}`;

/** For people: `job edge-http (http_requests of shop.example)`. */
export const declaredName = ({ wanted, zone }: Declared): string =>
  `job ${wanted.name} (${wanted.dataset} of ${zone.name})`;

/** Whether a job of the declared zone is the declared one: by dataset and destination, for names are not unique. */
export const isMatch = ({ wanted }: Declared, { dataset, destination }: LogpushJob): boolean =>
  dataset === wanted.dataset &&
  (destination.kind === 'cloud-logs' || destination.kind === 'cos') &&
  placeOf(destination) === placeOf(wanted.destination);

/** A job that is not there yet, as holds and selectors see it. CIS gives no job the id 0. */
export function jobToBe({ wanted, zone }: Declared): LogpushJob {
  const ref: LogpushJobRef = { instanceCrn: wanted.instance, zoneId: zone.id, jobId: 0 };
  const { name, dataset, enabled, frequency, destination } = wanted;
  // Masked: what a selector says of it must not depend on whether CIS will show its key.
  return { ref, name, dataset, enabled, frequency, destination, destinationKey: { state: 'masked' } };
}

export const sameLabels = (a: RecordLabels, b: RecordLabels): boolean =>
  a.applicationName === b.applicationName && a.subsystemName === b.subsystemName;

export const hasLabels = (labels: RecordLabels): boolean => !sameLabels(labels, {});
