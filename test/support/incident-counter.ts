import type { Finding } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';

/**
 * A plain count of incidents from run reports: what opened, changed and closed. It is told apart from the product on
 * purpose, and shares nothing with it but the types.
 */

interface Known {
  severity: string;
  repair: string;
  /**
   * By function: how many runs in a row did not find it, when the last of them ended, and by key, for how many runs in a
   * row what it told under this one was not told there.
   */
  readonly finders: Map<string, { absent: number; at: number; readonly under: Map<string, number> }>;
}

/** `opened job-failing job 1 (…)` and so on, in the order of the runs. */
export function countIncidents(reports: readonly RunReport[]): readonly string[] {
  const known = new Map<string, Known>();
  const events: string[] = [];
  for (const report of reports) if (report.mode !== 'plan') count(report, known, events);
  return events;
}

const keyOf = ({ code, subject }: Finding): string => `${code} ${subject}`;

function count(report: RunReport, known: Map<string, Known>, events: string[]): void {
  const { function: name, startedAt, finishedAt } = report;
  const worth = new Map<string, Finding>();
  for (const item of report.findings)
    if (item.severity !== 'info' && item.code !== 'notification-failed') worth.set(keyOf(item), item);
  const causeOf = causes(worth);
  const topOf = (key: string): string => {
    let top = key;
    for (let next = causeOf.get(top); next !== undefined; next = causeOf.get(top)) top = next;
    return top;
  };
  for (const [key, incident] of known) {
    const item = worth.get(key);
    const finder = incident.finders.get(name);
    if (item !== undefined && !causeOf.has(key)) {
      const isTeller = [...incident.finders.keys()][0] === name;
      const before = `${incident.severity} ${incident.repair} ${subjects(incident)}`;
      const under = finder?.under ?? new Map<string, number>();
      incident.finders.set(name, { absent: 0, at: 0, under });
      if (isTeller) {
        incident.severity = item.severity;
        incident.repair = item.repair;
      }
      for (const [inner, absent] of under) {
        if (worth.has(inner) && topOf(inner) === key && inner !== key) continue;
        if (!isSeen(report, inner)) continue;
        if (absent + 1 >= 2) under.delete(inner);
        else under.set(inner, absent + 1);
      }
      for (const inner of worth.keys()) if (inner !== key && topOf(inner) === key) under.set(inner, 0);
      if (`${incident.severity} ${incident.repair} ${subjects(incident)}` !== before)
        events.push(`changed ${key}`);
      continue;
    }
    if (finder === undefined) continue;
    const isExplained = item !== undefined;
    if (!isExplained && (!isSeen(report, key, underOf(incident)) || startedAt < finder.at)) continue;
    finder.absent += 1;
    finder.at = finishedAt;
    if (!isExplained && finder.absent < 2) continue;
    incident.finders.delete(name);
    if (incident.finders.size > 0) continue;
    known.delete(key);
    events.push(`closed ${key}`);
  }
  const told = new Set([...known.values()].flatMap(underOf));
  for (const [key, item] of worth) {
    if (causeOf.has(key) || known.has(key)) continue;
    const under = new Map(
      [...worth.keys()].filter((inner) => inner !== key && topOf(inner) === key).map((inner) => [inner, 0]),
    );
    if (told.has(key) && [...under.keys()].every((inner) => told.has(inner))) continue;
    const { severity, repair } = item;
    known.set(key, { severity, repair, finders: new Map([[name, { absent: 0, at: 0, under }]]) });
    events.push(`opened ${key}`);
  }
}

const underOf = ({ finders }: Known): readonly string[] =>
  [...finders.values()].flatMap(({ under }) => [...under.keys()]);

const subjects = (incident: Known): string =>
  [...new Set(underOf(incident).map((key) => key.replace(/^\S+ /, '')))].toSorted().join('|');

/** The first cause that was found as well and does not lead back. */
function causes(worth: ReadonlyMap<string, Finding>): Map<string, string> {
  const chosen = new Map<string, string>();
  for (const [key, { because = [] }] of worth)
    for (const cause of because) {
      if (chosen.has(key) || !worth.has(cause)) continue;
      let end = cause;
      for (let next = chosen.get(end); next !== undefined; next = chosen.get(end)) end = next;
      if (end !== key) chosen.set(key, cause);
    }
  return chosen;
}

/** `code of what was found | on what it hides: subject, run, bucket | codes it hides` */
const BLIND = `
instance-unreadable|run|
repair-unclear|subject|
repair-overtaken|subject|
repair-waits-its-turn|subject|
repair-stopped|run|
mode-changed|run|
ledger-rules-unknown|subject|
schedule-unclear|subject|
log-retention-unclear|run|log-retention-off
bucket-check-refused|bucket|bucket-*
bucket-unclear|bucket|bucket-*
bucket-write-unclear|run|bucket-write-not-granted
bucket-limits-unclear|subject|bucket-firewall-refuses bucket-firewall-partly bucket-quota-reached bucket-quota-near bucket-root-key-suspected bucket-instance-differs
`
  .trim()
  .split('\n')
  .map((line) => line.split('|'));

/** A partial run that says one of these, or names no zone that it could not read, has seen nothing. */
const SAW_LITTLE =
  /^(instance-unreadable|binding-failed|repair-stopped|mode-changed|declared-failed|declared-plan|run-failed) /;

function isSeen(report: RunReport, key: string, under: readonly string[] = []): boolean {
  if (report.outcome === 'failed') return false;
  if (report.trigger?.kind === 'event' && report.function === 'rotate-keys') return false;
  const [code = ''] = key.split(' ');
  const subject = key.slice(code.length + 1);
  const jobs = under.map((inner) => inner.replace(/^\S+ /, ''));
  const keys = report.findings.map(keyOf);
  const dark = keys.flatMap((one) => one.match(/(?<=^zone-unreadable zone ).*/) ?? []);
  if (report.outcome === 'partial' && (dark.length === 0 || keys.some((one) => SAW_LITTLE.test(one))))
    return false;
  if (dark.length > 0 && jobs.length === 0 && subject.startsWith('bucket ')) return false;
  for (const about of [subject, ...jobs]) {
    const zone = /^zone (.*)$/.exec(about)?.[1] ?? /^(?:declared )?job .* of (\S+)\)$/.exec(about)?.[1];
    if (zone !== undefined && dark.includes(zone)) return false;
  }
  for (const { subject: about, hides = [] } of report.findings)
    if ((about === 'this run' || jobs.includes(about)) && hides.some((hidden) => hidden === code))
      return false;
  for (const item of report.findings)
    for (const [blind, where, codes = ''] of BLIND) {
      if (blind !== item.code) continue;
      if (
        codes === 'bucket-*' ? !code.startsWith('bucket-') : codes !== '' && !codes.split(' ').includes(code)
      )
        continue;
      if (where === 'run' || item.subject === subject) return false;
      if (where === 'bucket' && item.subject.startsWith('bucket ')) return false;
    }
  return true;
}

/** A message as the counter writes it, from its first line; `folded` and `lost` stand for themselves. */
export function eventOf(text: string): string {
  const [, how = '', code = '', subject = ''] =
    /^\[([^\]]+)\] (\S+?): (.*)$/m.exec(text.split('\n')[0] ?? '') ?? [];
  if (code === '') return text.split('\n')[0] ?? '';
  const kind = how.startsWith('closed') ? 'closed' : how.endsWith('changed') ? 'changed' : 'opened';
  return `${kind} ${code} ${subject}`
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
