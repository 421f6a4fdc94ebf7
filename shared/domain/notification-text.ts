import type { Finding, Severity } from './finding.ts';
import type { IncidentChange } from './notify.ts';
import { type OpenIncident, subjectsOf } from './open-incident.ts';
import { formatDuration, formatInstant } from './time.ts';

/** What messages say beside the incident. */
export interface TextOptions {
  readonly function: string;
  readonly at: number;
  /** Where the page of the fleet is. */
  readonly link?: string;
}

const LONGEST_DETAIL = 600;
/** More subjects than that are counted. */
const NAMED = 5;

const REPAIR_TEXT: Readonly<Record<Finding['repair'], string>> = {
  keeper: 'mends it by itself where it may act (mode: act, no hold); until then it looks again with each run',
  person: 'does not mend this; it looks again with each run, and says when it is gone',
  none: 'has nothing to mend; it says when it is gone',
};

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A text of at most so many code points: half of a character is none that a channel takes. */
export function cut(text: string, longest: number): string {
  const points = Array.from(text);
  return points.length > longest ? `${points.slice(0, longest - 1).join('')}…` : text;
}

/** One change of an incident for people: what and where, then the evidence, since when, who does what about it. */
export function changeText(change: IncidentChange, options: TextOptions): string {
  const { code, subject, severity } = change.incident;
  const head = (how: string): string => `[${how}] ${code}: ${subject}`;
  switch (change.kind) {
    case 'opened':
      return lines([head(severity), ...about(change.finding, change.incident, options)]);
    case 'changed':
      return lines([
        head(`${severity}, changed`),
        ...differences(change.before, change.incident),
        ...about(change.finding, change.incident, options),
      ]);
    case 'closed':
      return lines([head(`closed, was ${severity}`), ...ending(change, options), ...linked(options)]);
  }
}

function about(
  { detail, since, todo, code }: Finding,
  incident: OpenIncident,
  options: TextOptions,
): readonly string[] {
  const subjects = subjectsOf(incident);
  return [
    cut(detail, LONGEST_DETAIL),
    `${since === undefined ? '' : `since ${formatInstant(since)}, `}found by ${options.function}`,
    ...(subjects.length === 0 ? [] : [`it explains what is found on ${namesOf(subjects)}`]),
    `the keeper ${REPAIR_TEXT[incident.repair]}`,
    `you: ${todo}`,
    `more: keeper explain ${code}`,
    ...linked(options),
  ];
}

function differences(before: OpenIncident, now: OpenIncident): readonly string[] {
  const [had, has] = [subjectsOf(before), subjectsOf(now)];
  const more = has.filter((subject) => !had.includes(subject));
  const gone = had.filter((subject) => !has.includes(subject));
  return [
    ...(before.severity === now.severity ? [] : [`severity: ${before.severity} → ${now.severity}`]),
    ...(before.repair === now.repair ? [] : [`mended by: ${before.repair} → ${now.repair}`]),
    ...(more.length === 0 ? [] : [`it explains as well: ${namesOf(more)}`]),
    ...(gone.length === 0 ? [] : [`it explains no longer: ${namesOf(gone)}`]),
  ];
}

function ending(
  { incident, under, unlooked, beside }: Extract<IncidentChange, { kind: 'closed' }>,
  { at, function: name }: TextOptions,
): readonly string[] {
  const open = `it was open for ${formatDuration(at - incident.openedAt)}`;
  if (under !== undefined) return [`its cause was found, and it is told there from now on: ${under}`, open];
  if (unlooked) {
    const names = Object.keys(incident.foundBy).join(' and ');
    return [`${names} found it and has not run for three days: whether it is gone is not known; ${open}`];
  }
  return [
    `two runs of ${name} have not found it any more; ${open}`,
    ...(beside.length === 0 ? [] : [`still found on it: ${[...new Set(beside)].join(', ')}`]),
  ];
}

/** What one run would tell beyond its limit, in one message. */
export function foldedText(changes: readonly IncidentChange[], options: TextOptions): string {
  const counts = new Map<string, number>();
  for (const { kind, incident } of changes) {
    const what = `${incident.code} ${kind}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const severity: Severity = changes.some(
    ({ kind, incident }) => kind !== 'closed' && incident.severity === 'critical',
  )
    ? 'critical'
    : 'warning';
  return lines([
    `[${severity}, folded] ${plural(changes.length, 'more change')} in one run of ${options.function}, told in this one message`,
    ...[...counts].map(([what, n]) => `${n} × ${what}`),
    `on ${namesOf(changes.map(({ incident }) => incident.subject))}`,
    'all of them: keeper report',
    ...linked(options),
  ]);
}

/** What was never told, because the webhook did not take it. */
export const lostText = ({ count, from, until }: { count: number; from: number; until: number }): string =>
  lines([
    `[warning] ${plural(count, 'notification')} could not be delivered and ${count === 1 ? 'was' : 'were'} given up`,
    `made between ${formatInstant(from)} and ${formatInstant(until)}`,
    'what is open now: keeper report',
  ]);

const namesOf = (subjects: readonly string[]): string => {
  const rest = subjects.length - NAMED;
  const names = subjects.slice(0, NAMED).join(', ');
  return rest > 0 ? `${plural(subjects.length, 'subject')}: ${names} and ${rest} more` : names;
};

const linked = ({ link }: TextOptions): readonly string[] => (link === undefined ? [] : [`page: ${link}`]);

const lines = (parts: readonly string[]): string => parts.join('\n');
