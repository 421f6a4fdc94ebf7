import type { Finding } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';

/**
 * A plain count of incidents from run reports: what opened, changed and closed. It is told apart from the product on
 * purpose, and shares nothing with it but the types.
 */

interface Known {
  severity: string;
  /** What it would be if it explained nothing. */
  plain: string;
  repair: string;
  /**
   * By function: how many runs in a row did not find it, when the first of them ended, and by key, for how many runs in a
   * row what it told under this one was not told there, and how bad that was.
   */
  readonly finders: Map<string, { absent: number; at: number; readonly under: Map<string, Inner> }>;
}

interface Inner {
  readonly absent: number;
  readonly severity: string;
}

/** All that the counter goes by. */
interface Memory {
  readonly known: Map<string, Known>;
  readonly events: string[];
  /** The days on which anything ran, and the last one of each function. */
  readonly days: Set<number>;
  readonly lastDay: Map<string, number>;
}

/** `opened job-failing job 1 (…)` and so on, in the order of the runs. */
export function countIncidents(reports: readonly RunReport[]): readonly string[] {
  const memory: Memory = { known: new Map(), events: [], days: new Set(), lastDay: new Map() };
  for (const report of reports) if (report.mode !== 'plan') count(report, memory);
  return memory.events;
}

const keyOf = ({ code, subject }: Finding): string => `${code} ${subject}`;

function count(report: RunReport, memory: Memory): void {
  const { function: name, startedAt, finishedAt } = report;
  const { known, events } = memory;
  const today = Math.floor(finishedAt / 86_400_000);
  memory.days.add(today);
  memory.lastDay.set(name, today);
  const worth = new Map<string, Finding>();
  for (const item of report.findings)
    if (item.severity !== 'info' && item.code !== 'notification-failed') worth.set(keyOf(item), item);
  const causeOf = causes(worth);
  const topOf = (key: string): string => {
    let top = key;
    for (let next = causeOf.get(top); next !== undefined; next = causeOf.get(top)) top = next;
    return top;
  };
  const innersOf = (key: string): Map<string, Inner> => {
    const inners = new Map<string, Inner>();
    for (const [inner, { severity }] of worth)
      if (inner !== key && topOf(inner) === key) inners.set(inner, { absent: 0, severity });
    return inners;
  };
  const wasUnder = [...known].flatMap(([key, incident]) => underOf(incident).map((inner) => [inner, key]));
  const openFor = (names: readonly string[], but: string): string | undefined => {
    for (const one of names) {
      const tellers = wasUnder.filter(([inner]) => inner === one).map(([, key = '']) => key);
      const still = tellers.filter((key) => known.has(key) && underOf(known.get(key) as Known).includes(one));
      const teller = [one, ...still].find((key) => key !== but && known.has(key));
      if (teller !== undefined) return teller;
    }
    return undefined;
  };
  const reasonsOf = (key: string): readonly string[] => worth.get(key)?.because ?? [];
  const isOwn = (key: string): boolean =>
    worth.has(key) && !causeOf.has(key) && openFor(reasonsOf(key), key) === undefined;
  const isToldBeside = (key: string, incident: string): boolean =>
    causeOf.has(key) || openFor([key, ...reasonsOf(key)], incident) !== undefined;

  const namesNone = (key: string): boolean => causeOf.has(key) || worth.get(key)?.because === undefined;
  const keys = [...known.keys()];
  for (const key of [...keys.filter(namesNone), ...keys.filter((one) => !namesNone(one))]) {
    const incident = known.get(key) as Known;
    const before = stateOf(incident);
    for (const one of incident.finders.keys()) if (daysWithout(one, memory) > 3) incident.finders.delete(one);
    const item = worth.get(key);
    const finder = incident.finders.get(name);
    if (item !== undefined && isOwn(key)) {
      const isTeller = [...incident.finders.keys(), name][0] === name;
      const under = finder?.under ?? new Map<string, Inner>();
      const inners = innersOf(key);
      for (const [inner, { absent, severity }] of under) {
        if (inners.has(inner) || !isSeen(report, inner)) continue;
        if (absent > 0) under.delete(inner);
        else under.set(inner, { absent: 1, severity });
      }
      for (const [inner, fresh] of inners) under.set(inner, fresh);
      incident.finders.set(name, { absent: 0, at: 0, under });
      if (isTeller) {
        incident.plain = item.severity;
        incident.repair = item.repair;
      }
      incident.severity = severityOf(incident);
      if (stateOf(incident) !== before) events.push(`changed ${key}`);
      continue;
    }
    const isExplained = item !== undefined;
    if (incident.finders.size > 0) {
      if (finder === undefined) continue;
      if (!isExplained && !isSeen(report, key, underOf(incident))) continue;
      if (startedAt < finder.at) continue;
      if (!isExplained) {
        let isHeld = false;
        for (const [inner, { absent, severity }] of finder.under) {
          const still = worth.get(inner);
          const isBeside = isToldBeside(inner, key);
          if (still !== undefined && !isBeside)
            finder.under.set(inner, { absent: 0, severity: still.severity });
          else if (isSeen(report, inner))
            if (absent > 0) finder.under.delete(inner);
            else finder.under.set(inner, { absent: 1, severity });
          if (finder.under.has(inner) && !isBeside) isHeld = true;
        }
        if (finder.absent === 0) {
          finder.absent = 1;
          finder.at = finishedAt;
          continue;
        }
        if (isHeld) continue;
      }
      incident.finders.delete(name);
      if (incident.finders.size > 0) continue;
    }
    known.delete(key);
    events.push(`closed ${key}`);
  }
  const told = new Set([...known.values()].flatMap(underOf));
  for (const [key, item] of worth) {
    if (known.has(key) || !isOwn(key)) continue;
    const under = innersOf(key);
    if (told.has(key) && [...under.keys()].every((inner) => told.has(inner))) continue;
    const { severity, repair } = item;
    const finders = new Map([[name, { absent: 0, at: 0, under }]]);
    const incident = { severity, plain: severity, repair, finders };
    incident.severity = severityOf(incident);
    known.set(key, incident);
    events.push(`opened ${key}`);
  }
}

/** On how many days something ran since the function did. */
const daysWithout = (name: string, { days, lastDay }: Memory): number =>
  [...days].filter((day) => day > (lastDay.get(name) ?? 0)).length;

const innersIn = ({ finders }: Known): readonly (readonly [string, Inner])[] =>
  [...finders.values()].flatMap(({ under }) => [...under]);

const underOf = (incident: Known): readonly string[] => innersIn(incident).map(([key]) => key);

const severityOf = (incident: Known): Finding['severity'] =>
  [incident.plain, ...innersIn(incident).map(([, { severity }]) => severity)].includes('critical')
    ? 'critical'
    : 'warning';

const stateOf = (incident: Known): string => {
  const subjects = new Set(underOf(incident).map((key) => key.replace(/^\S+ /, '')));
  return [incident.severity, incident.repair, ...[...subjects].toSorted()].join('|');
};

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
    if (jobs.includes(about) && hides.some((hidden) => hidden === code)) return false;
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
