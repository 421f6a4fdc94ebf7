import { type Finding, findingKey, type Severity } from './finding.ts';
import { type Root, rootsOf } from './finding-roots.ts';
import { type Look, wouldSee } from './notification-sight.ts';
import { omit } from './omit.ts';
import {
  awakeAt,
  explainedBy,
  type OpenIncident,
  type OpenIncidents,
  RANK,
  type Sighting,
  subjectOf,
  subjectsOf,
  type ToldUnder,
  withoutSilent,
  withSeverity,
} from './open-incident.ts';

/**
 * The incident rule. An incident is a finding of at least `minSeverity` that nothing else explains: no other finding of its
 * run, and no open incident. It is told when it opens, when its severity, who mends it or the subjects it explains change,
 * and when it closes: when every function that found it has not found it in two runs in a row that would have seen it, and
 * nothing that was told under it is left, except what is told elsewhere by then. One run is not enough, or what comes and goes
 * would be told each time. A function that runs no more keeps nothing open.
 */
const MISSED_TO_CLOSE = 2;

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
      /** The incident that it is told under from now on; absent = it is gone, or nobody looks. */
      readonly under?: string;
      /** The functions that found it do not run any more: whether it is gone is not known. */
      readonly unlooked: boolean;
      /** Codes of what else the same run finds wrong with its subject. */
      readonly beside: readonly string[];
    };

/** The least severity that is told. Findings of severity `info` never are. */
export type MinSeverity = Exclude<Severity, 'info'>;

/** What the channel itself cannot tell is no incident: the fleet report and the log say it. */
const UNTOLD: ReadonlySet<string> = new Set(['notification-failed']);

/** What one run changes about the incidents, most urgent first, and the incidents after it. */
export function decideIncidents(
  before: OpenIncidents,
  run: ToldRun,
  minSeverity: MinSeverity,
): { readonly after: OpenIncidents; readonly changes: readonly IncidentChange[] } {
  const view = new View(before, run, minSeverity);
  const changes: IncidentChange[] = [];
  // What names a cause comes after the causes: whether they are still open is then known.
  const inOrder = Object.keys(before).toSorted((a, b) => Number(view.isLinked(a)) - Number(view.isLinked(b)));
  for (const key of inOrder) {
    const next = advance(key, before[key] as OpenIncident, view);
    if (next.change !== undefined) changes.push(next.change);
    if (next.incident === undefined) view.open.delete(key);
    else view.open.set(key, next.incident);
  }
  const told = new Set([...view.open.values()].flatMap(explainedBy));
  for (const [key, root] of view.roots) {
    if (view.open.has(key) || view.hostOf(key) !== undefined) continue;
    // What was told under another incident a run ago is still told there, unless it explains what nobody was told.
    if ([key, ...root.explains].every((one) => told.has(one))) continue;
    const incident = opened(root, view);
    view.open.set(key, incident);
    changes.push({ kind: 'opened', finding: root.finding, incident });
  }
  return { after: Object.fromEntries(view.open), changes: changes.toSorted(byUrgency) };
}

/** One run beside the incidents that are open. */
class View {
  readonly run: ToldRun;
  /** What the run finds that is severe enough, by key. */
  readonly found: ReadonlyMap<string, Finding>;
  readonly roots: ReadonlyMap<string, Root>;
  /** As far as it is decided. */
  readonly open: Map<string, OpenIncident>;
  /** By key of what the run finds explained, the key of its root. */
  readonly #rootOf: ReadonlyMap<string, string>;
  /** By key of what was told under incidents before this run, their keys. */
  readonly #tellers = new Map<string, string[]>();

  constructor(before: OpenIncidents, run: ToldRun, minSeverity: MinSeverity) {
    this.run = run;
    this.open = new Map(Object.entries(before));
    const worth = run.findings.filter(({ code, severity }) => severity !== 'info' && !UNTOLD.has(code));
    const all = new Map(worth.map((item) => [findingKey(item), item]));
    const isEnough = (key: string): boolean => RANK[all.get(key)?.severity ?? 'info'] >= RANK[minSeverity];
    const roots = rootsOf(worth)
      .map((root) => ({ ...root, explains: root.explains.filter(isEnough) }))
      .filter(({ finding, explains }) => explains.length > 0 || isEnough(findingKey(finding)));
    this.roots = new Map(roots.map((root) => [findingKey(root.finding), root]));
    this.found = new Map([...all].filter(([key]) => isEnough(key) || this.roots.has(key)));
    this.#rootOf = new Map(
      [...this.roots].flatMap(([key, { explains }]) => explains.map((one) => [one, key])),
    );
    for (const [key, incident] of this.open)
      for (const one of explainedBy(incident))
        this.#tellers.set(one, [...(this.#tellers.get(one) ?? []), key]);
  }

  isLinked(key: string): boolean {
    return this.roots.get(key)?.finding.because !== undefined;
  }

  /** What explains a finding: another one of this run, or else an incident that is open, or what such a one explains. */
  hostOf(key: string): string | undefined {
    return this.#rootOf.get(key) ?? this.#openOf(this.found.get(key)?.because ?? [], key);
  }

  /** Whether what was told under an incident is told elsewhere. */
  isElsewhere(key: string, incident: string): boolean {
    if (this.#rootOf.has(key)) return true;
    return this.#openOf([key, ...(this.found.get(key)?.because ?? [])], incident) !== undefined;
  }

  #openOf(keys: readonly string[], except: string): string | undefined {
    return keys
      .flatMap((key) => [key, ...(this.#tellers.get(key) ?? []).filter((teller) => this.#tells(teller, key))])
      .find((one) => one !== except && this.open.has(one));
  }

  /** What was told under an incident may have left it by now. */
  #tells(teller: string, key: string): boolean {
    const incident = this.open.get(teller);
    return incident !== undefined && explainedBy(incident).includes(key);
  }
}

interface Advanced {
  /** Absent = it has closed. */
  readonly incident?: OpenIncident;
  readonly change?: IncidentChange;
}

function advance(key: string, before: OpenIncident, view: View): Advanced {
  const { run } = view;
  const root = view.roots.get(key);
  const host = view.hostOf(key);
  const incident = withoutSilent(before, run);
  if (root !== undefined && host === undefined) return found(before, incident, root, view);
  if (Object.keys(incident.foundBy).length === 0) return closed(before, view, host, true);
  const sighting = incident.foundBy[run.function];
  if (sighting === undefined) return { incident };
  if (host === undefined && !wouldSee(run, incident.code, incident.subject, subjectsOf(incident)))
    return { incident };
  // Of two runs at once the second proves no more than the first.
  if (sighting.missedAt !== undefined && run.startedAt < sighting.missedAt) return { incident };
  if (host === undefined) {
    const explains = left(sighting, key, view);
    const isHeld = explains.some((one) => !view.isElsewhere(one.key, key));
    if (sighting.missed + 1 < MISSED_TO_CLOSE)
      return { incident: withSighting(incident, run, { missed: 1, missedAt: run.finishedAt, explains }) };
    // It has missed enough by itself: nothing more is counted, or each run would write that down.
    if (isHeld) return { incident: withSighting(incident, run, { ...sighting, explains }) };
  }
  const foundBy = omit(incident.foundBy, run.function);
  if (Object.keys(foundBy).length > 0) return { incident: { ...incident, foundBy } };
  return closed(incident, view, host);
}

function closed(incident: OpenIncident, { run }: View, host: string | undefined, isSilent = false): Advanced {
  const beside = run.findings
    .filter(({ subject, severity }) => subject === incident.subject && severity !== 'info')
    .map(({ code }) => code);
  const how = host === undefined ? { unlooked: isSilent } : { unlooked: false, under: host };
  return { change: { kind: 'closed', incident, beside, ...how } };
}

function found(before: OpenIncident, known: OpenIncident, root: Root, view: View): Advanced {
  const { run } = view;
  const explains = explained(known.foundBy[run.function]?.explains ?? [], root, view);
  const seen = withSighting(known, run, { missed: 0, explains });
  const { severity, repair } = root.finding;
  const [first = run.function] = Object.keys(known.foundBy);
  const incident =
    first === run.function
      ? withSeverity({ ...seen, repair }, severity)
      : withSeverity(seen, known.own ?? known.severity);
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
  foundBy: { ...incident.foundBy, [run.function]: { ...sighting, ...awakeAt(run.finishedAt) } },
});

/** What is explained leaves as slowly as an incident closes. */
function explained(before: Sighting['explains'], root: Root, view: View): Sighting['explains'] {
  const { run } = view;
  const now = under(root, view);
  const rest = before
    .filter(({ key }) => !root.explains.includes(key))
    .map((one) => missedIf(one, seesKey(run, one.key)))
    .filter(({ missed }) => missed < MISSED_TO_CLOSE);
  return [...now, ...rest].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** What is left under an incident that the run does not find: what is found by itself, and what it cannot tell about. */
function left({ explains }: Sighting, incident: string, view: View): Sighting['explains'] {
  return explains
    .map((one) => {
      const item = view.found.get(one.key);
      if (item === undefined || view.isElsewhere(one.key, incident))
        return missedIf(one, seesKey(view.run, one.key));
      return { ...one, missed: 0, severity: item.severity };
    })
    .filter(({ missed }) => missed < MISSED_TO_CLOSE);
}

const missedIf = (one: ToldUnder, isMissed: boolean): ToldUnder =>
  isMissed ? { ...one, missed: one.missed + 1 } : one;

const under = ({ explains }: Root, { found: all }: View): Sighting['explains'] =>
  explains.map((key) => ({ key, missed: 0, severity: all.get(key)?.severity ?? 'info' }));

function seesKey(run: ToldRun, key: string): boolean {
  const [code = ''] = key.split(' ', 1);
  return wouldSee(run, code, subjectOf(key));
}

function opened(root: Root, view: View): OpenIncident {
  const { run } = view;
  const { code, subject, severity, repair } = root.finding;
  const fields = { code, subject, severity, repair, openedAt: run.finishedAt, foundBy: {} };
  return withSeverity(withSighting(fields, run, { missed: 0, explains: under(root, view) }), severity);
}

const KINDS = ['opened', 'changed', 'closed'] as const;

const byUrgency = (a: IncidentChange, b: IncidentChange): number =>
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || RANK[b.incident.severity] - RANK[a.incident.severity];
