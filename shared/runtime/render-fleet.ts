import { type FindingGroup, groupFindings } from '../domain/fleet-groups.ts';
import { type FleetFinding, type FleetJob, type FleetReport, jobsOf } from '../domain/fleet-report.ts';
import { count, keyLevel, levelOf, verdictOf } from '../domain/fleet-verdict.ts';
import { clockTime, clockTimes } from './clock-time.ts';
import { relative } from './html.ts';
import { redactPatterns } from './log.ts';
import { infoLines } from './render-info.ts';
import { renderRotation } from './render-rotations.ts';

/** More subjects than that under one finding are counted. */
const NAMED = 8;

/** The report of the fleet for a terminal: what needs a person first, then why, then what is not fine. */
export function renderFleetText(report: FleetReport): string {
  const { level, sentence } = verdictOf(report);
  const lines = [`${level.toUpperCase()}  ${sentence}`, `as the ledger had it ${clockTime(report.at)}`];
  section(lines, 'could not be read', report.unreadable);
  const groups = groupFindings(report);
  section(lines, 'findings', groups.filter(isGrave).flatMap(renderGroup));
  section(lines, 'worth knowing', infoLines(report.findings.filter(isInfo)));
  section(lines, 'jobs that are not fine', jobsOf(report).flatMap(renderJob));
  const underWay = report.rotations.filter(({ endedAt }) => endedAt === undefined);
  section(
    lines,
    'rotations under way',
    underWay.flatMap((rotation) => [`binding ${rotation.binding}`, ...renderRotation(rotation)]),
  );
  section(lines, 'keys that end soon, or of which nobody knows', keyLines(report));
  section(lines, 'functions', runLines(report));
  return lines.map((line) => `${printable(redactPatterns(clockTimes(line)))}\n`).join('');
}

/** Names and messages of services are not ours: none of them may end a line, move the cursor or turn the text around. */
const printable = (line: string): string => line.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, '\uFFFD');

function section(lines: string[], title: string, body: readonly string[]): void {
  if (body.length > 0) lines.push('', title, ...body.map((line) => `  ${line}`));
}

const isInfo = ({ severity }: FleetFinding): boolean => severity === 'info';

/** What explains something worse stands with it, whatever it is itself. */
const isGrave = ({ finding, explains }: FindingGroup): boolean =>
  [finding, ...explains].some((item) => !isInfo(item));

function renderGroup({ finding, explains }: FindingGroup): readonly string[] {
  const grave = explains.filter((item) => !isInfo(item));
  const rest = grave.length - NAMED;
  const info = [...Map.groupBy(explains.filter(isInfo), ({ code }) => code)];
  return [
    headOf(finding),
    `          ${finding.detail}`,
    `          → ${finding.todo}`,
    ...(explains.length === 0 ? [] : [`          explains ${count(explains.length, 'finding')}:`]),
    ...grave.slice(0, NAMED).map((item) => `            ${item.code}  ${item.subject}: ${item.detail}`),
    ...(rest > 0 ? [`            and ${rest} more`] : []),
    // What they say is told once for all causes.
    ...info.map(([code, of]) => `            ${of.length} ${code}, below`),
  ];
}

const MENDED: Readonly<Record<FleetFinding['repair'], string>> = {
  keeper: ' (the keeper mends it)',
  person: '',
  none: '',
};

const headOf = ({ severity, code, subject, since, repair }: FleetFinding): string =>
  `${severity.padEnd(8)}  ${code}  ${subject}${since === undefined ? '' : `, since ${clockTime(since)}`}${MENDED[repair]}`;

function renderJob(job: FleetJob): readonly string[] {
  const level = levelOf(job);
  if (level === 'ok') return [];
  const { label, health, reason, outdated, lastCompleteAt } = job;
  const why = [outdated, reason].flatMap((text) => (text === undefined ? [] : [clockTimes(text)]));
  const push = lastCompleteAt === undefined ? 'no push known' : `last push ${clockTime(lastCompleteAt)}`;
  const told = why.some((text) => text.includes(push)) ? why : [push, ...why];
  return [`${level.padEnd(8)}  ${label}  ${health}, ${told.join('; ')}`];
}

function keyLines({ keys, at }: FleetReport): readonly string[] {
  return keys.flatMap(({ binding, keys: all }) =>
    all.flatMap(({ keyId, role, expiresAt }) => {
      const level = keyLevel(expiresAt, at);
      if (role === 'old' || level === 'ok') return [];
      const end = typeof expiresAt === 'number' ? `ends ${clockTime(expiresAt)}` : 'its end is not known';
      return [`${level.padEnd(8)}  binding ${binding}: ${role} key ${keyId}, ${end}`];
    }),
  );
}

const runLines = ({ runs, at }: FleetReport): readonly string[] =>
  runs.map(({ function: name, last, stale }) => {
    if (last === undefined) return `${name}: has never run`;
    return `${name}: ${last.outcome}, ${relative(last.finishedAt, at)}, ${last.mode}${stale ? ', OVERDUE' : ''}`;
  });
