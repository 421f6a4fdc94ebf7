import { type Finding, findingKey, type Severity } from './finding.ts';
import { type Root, rootsOf } from './finding-roots.ts';
import { type Look, wouldSee } from './notification-sight.ts';
import { omit } from './omit.ts';

/**
 * The incident rule. An incident is a finding of at least `minSeverity` that no other finding of its run explains. It is
 * told when it opens, when its severity, who mends it or the subjects it explains change, and when it closes: when every
 * function that found it has not found it in two runs in a row that would have seen it. One run is not enough, or what
 * comes and goes would be told each time.
 */
const MISSED_TO_CLOSE = 2;

/** What one function knows of an incident. */
interface Sighting {
  /** How often in a row it has not found what it found before, and when the last run of those ended. */
  readonly missed: number;
  readonly missedAt?: number;
  /** Keys of the findings that it tells under the incident, sorted; with those that it missed once. */
  readonly explains: readonly { readonly key: string; readonly missed: number }[];
}

/** An incident that was told and has not closed. */
export interface OpenIncident {
  readonly code: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly repair: Finding['repair'];
  readonly openedAt: number;
  /** The functions that find it, by name. The first says how severe it is: two may see it differently. */
  readonly foundBy: Readonly<Record<string, Sighting>>;
}

/** What is known of the incidents of a fleet, by the key of the finding. */
export type OpenIncidents = Readonly<Record<string, OpenIncident>>;

/** One run, as far as it is told about. */
export interface ToldRun extends Look {
  readonly function: string;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Something that happened to an incident, and calls for a message. */
export type IncidentChange =
  | { readonly kind: 'opened'; readonly finding: Finding; readonly incident: OpenIncident }
  | {
      readonly kind: 'changed';
      readonly finding: Finding;
      readonly incident: OpenIncident;
      readonly before: OpenIncident;
    }
  | {
      readonly kind: 'closed';
      readonly incident: OpenIncident;
      /** The incident that it is told under from now on; absent = it is gone. */
      readonly under?: string;
      /** Codes of what else the same run finds wrong with its subject. */
      readonly beside: readonly string[];
    };

/** The least severity that is told. Findings of severity `info` never are. */
export type MinSeverity = Exclude<Severity, 'info'>;

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** What the channel itself cannot tell is no incident: the fleet report and the log say it. */
const UNTOLD: ReadonlySet<string> = new Set(['notification-failed']);

/** What one run changes about the incidents, most urgent first, and the incidents after it. */
export function decideIncidents(
  before: OpenIncidents,
  run: ToldRun,
  minSeverity: MinSeverity,
): { readonly after: OpenIncidents; readonly changes: readonly IncidentChange[] } {
  const roots = new Map(
    rootsOf(
      run.findings.filter(({ code, severity }) => RANK[severity] >= RANK[minSeverity] && !UNTOLD.has(code)),
    ).map((root) => [findingKey(root.finding), root]),
  );
  const after = new Map(Object.entries(before));
  const changes: IncidentChange[] = [];
  for (const [key, incident] of Object.entries(before)) {
    const next = advance(incident, roots.get(key), run, () => underOf(key, roots));
    if (next.change !== undefined) changes.push(next.change);
    if (next.incident === undefined) after.delete(key);
    else after.set(key, next.incident);
  }
  const told = new Set([...after.values()].flatMap(explainedBy));
  for (const [key, root] of roots) {
    if (after.has(key)) continue;
    // What was told under another incident a run ago is still told there, unless it explains what nobody was told.
    if ([key, ...root.explains].every((one) => told.has(one))) continue;
    const incident = opened(root, run);
    after.set(key, incident);
    changes.push({ kind: 'opened', finding: root.finding, incident });
  }
  return { after: Object.fromEntries(after), changes: changes.toSorted(byUrgency) };
}

interface Advanced {
  /** Absent = it has closed. */
  readonly incident?: OpenIncident;
  readonly change?: IncidentChange;
}

function advance(
  incident: OpenIncident,
  root: Root | undefined,
  run: ToldRun,
  underOf: () => string | undefined,
): Advanced {
  if (root !== undefined) return found(incident, root, run);
  const sighting = incident.foundBy[run.function];
  if (sighting === undefined) return { incident };
  const under = underOf();
  if (under === undefined && !wouldSee(run, incident.code, incident.subject, subjectsOf(incident)))
    return { incident };
  // Of two runs at once the second proves no more than the first.
  if (sighting.missedAt !== undefined && run.startedAt < sighting.missedAt) return { incident };
  const missed = sighting.missed + 1;
  if (under === undefined && missed < MISSED_TO_CLOSE)
    return { incident: withSighting(incident, run, { ...sighting, missed, missedAt: run.finishedAt }) };
  const foundBy = omit(incident.foundBy, run.function);
  if (Object.keys(foundBy).length > 0) return { incident: { ...incident, foundBy } };
  const beside = run.findings
    .filter(({ subject, severity }) => subject === incident.subject && severity !== 'info')
    .map(({ code }) => code);
  return {
    change: { kind: 'closed', incident, beside, ...(under === undefined ? {} : { under }) },
  };
}

/** The incident that a finding is told under, by the findings of this run. */
const underOf = (key: string, roots: ReadonlyMap<string, Root>): string | undefined =>
  [...roots].find(([, { explains }]) => explains.includes(key))?.[0];

function found(before: OpenIncident, root: Root, run: ToldRun): Advanced {
  const known = before.foundBy[run.function]?.explains ?? [];
  const seen = withSighting(before, run, { missed: 0, explains: explained(known, root, run) });
  const { severity, repair } = root.finding;
  const isFirst = Object.keys(before.foundBy)[0] === run.function;
  const incident = isFirst ? { ...seen, severity, repair } : seen;
  const isNews =
    incident.severity !== before.severity ||
    incident.repair !== before.repair ||
    subjectsOf(incident).join('\n') !== subjectsOf(before).join('\n');
  return {
    incident,
    ...(isNews ? { change: { kind: 'changed', finding: root.finding, incident, before } as const } : {}),
  };
}

const withSighting = (incident: OpenIncident, run: ToldRun, sighting: Sighting): OpenIncident => ({
  ...incident,
  foundBy: { ...incident.foundBy, [run.function]: sighting },
});

/** What is explained leaves as slowly as an incident closes. */
function explained(
  before: Sighting['explains'],
  { explains: now }: Root,
  run: ToldRun,
): Sighting['explains'] {
  const rest = before
    .filter(({ key }) => !now.includes(key))
    .map(({ key, missed }) => ({ key, missed: missed + (seesKey(run, key) ? 1 : 0) }))
    .filter(({ missed }) => missed < MISSED_TO_CLOSE);
  return [...now.map((key) => ({ key, missed: 0 })), ...rest].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function seesKey(run: ToldRun, key: string): boolean {
  const [code = ''] = key.split(' ', 1);
  return wouldSee(run, code, subjectOf(key));
}

const opened = ({ finding, explains }: Root, run: ToldRun): OpenIncident => ({
  code: finding.code,
  subject: finding.subject,
  severity: finding.severity,
  repair: finding.repair,
  openedAt: run.finishedAt,
  foundBy: {
    [run.function]: { missed: 0, explains: explains.map((key) => ({ key, missed: 0 })) },
  },
});

/** A key is a code, a space and the subject. */
const subjectOf = (key: string): string => key.slice(key.indexOf(' ') + 1);

const explainedBy = ({ foundBy }: OpenIncident): readonly string[] =>
  Object.values(foundBy).flatMap(({ explains }) => explains.map(({ key }) => key));

/** The subjects that an incident explains, each once, sorted. */
export const subjectsOf = (incident: OpenIncident): readonly string[] =>
  [...new Set(explainedBy(incident).map(subjectOf))].toSorted();

const KINDS = ['opened', 'changed', 'closed'] as const;

const byUrgency = (a: IncidentChange, b: IncidentChange): number =>
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || RANK[b.incident.severity] - RANK[a.incident.severity];
