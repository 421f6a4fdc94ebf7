import type { Finding, Severity } from './finding.ts';
import { days } from './time.ts';

/** How urgent: more is worse. */
export const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** A finding that is told under an incident. */
export interface ToldUnder {
  readonly key: string;
  /** How often in a row it was missed. */
  readonly missed: number;
  /** As it was when it was last found; absent in records of before. */
  readonly severity?: Severity;
}

/** What one function knows of an incident. */
export interface Sighting {
  /** 1 when its last runs have not found what it found before, and when the first of those ended. */
  readonly missed: number;
  readonly missedAt?: number;
  /** The findings that it tells under the incident, by key; with those that it missed once. */
  readonly explains: readonly ToldUnder[];
  /**
   * On how many days (UTC) since its last run others ran and it did not, and the last such day, or that of its run, counted
   * from 1970. Days rather than instants: an instant would be written with each run. Absent in records of before.
   */
  readonly idle?: { readonly days: number; readonly on: number };
}

/** An incident that was told and has not closed. */
export interface OpenIncident {
  readonly code: string;
  readonly subject: string;
  /** The worst of its own and of what it explains. */
  readonly severity: Severity;
  /** Its own; absent in records of before. */
  readonly own?: Severity;
  readonly repair: Finding['repair'];
  readonly openedAt: number;
  /** The functions that find it, by name. The first says how severe it is: two may see it differently. */
  readonly foundBy: Readonly<Record<string, Sighting>>;
}

/** What is known of the incidents of a fleet, by the key of the finding. */
export type OpenIncidents = Readonly<Record<string, OpenIncident>>;

/** A key is a code, a space and the subject. */
export const subjectOf = (key: string): string => key.slice(key.indexOf(' ') + 1);

const toldUnder = ({ foundBy }: OpenIncident): readonly ToldUnder[] =>
  Object.values(foundBy).flatMap(({ explains }) => explains);

/** Keys of what an incident explains. */
export const explainedBy = (incident: OpenIncident): readonly string[] =>
  toldUnder(incident).map(({ key }) => key);

/** The subjects that an incident explains, each once, sorted. */
export const subjectsOf = (incident: OpenIncident): readonly string[] =>
  [...new Set(explainedBy(incident).map(subjectOf))].toSorted();

const worst = (severities: readonly Severity[]): Severity =>
  severities.reduce((most, one) => (RANK[one] > RANK[most] ? one : most), 'info');

/** The incident with the severity that its own and what it explains amount to. */
export const withSeverity = (incident: OpenIncident, own: Severity): OpenIncident => ({
  ...incident,
  own,
  severity: worst([own, ...toldUnder(incident).map(({ severity = 'info' }) => severity)]),
});

/** A function that has not run for as many whole days, while others have, looks no more. */
const MOST_IDLE_DAYS = 3;

const dayOf = (at: number): number => Math.floor(at / days(1));

/** The day of a run, as a sighting of its function keeps it. */
export const awakeAt = (at: number): Required<Pick<Sighting, 'idle'>> => ({
  idle: { days: 0, on: dayOf(at) },
});

/** The incident without what functions say of it that do not run any more. */
export function withoutSilent(
  incident: OpenIncident,
  run: { readonly function: string; readonly finishedAt: number },
): OpenIncident {
  const today = dayOf(run.finishedAt);
  const idleOf = (name: string, { idle }: Sighting): Required<Sighting>['idle'] => {
    if (name === run.function || idle === undefined) return { days: 0, on: today };
    return today > idle.on ? { days: idle.days + 1, on: today } : idle;
  };
  const foundBy = Object.entries(incident.foundBy)
    .map(([name, sighting]) => [name, { ...sighting, idle: idleOf(name, sighting) }] as const)
    .filter(([, { idle }]) => idle.days <= MOST_IDLE_DAYS);
  return { ...incident, foundBy: Object.fromEntries(foundBy) };
}
