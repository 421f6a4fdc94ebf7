import type { Finding } from '../domain/finding.ts';
import type { ReportedAction, RunReport } from '../domain/report.ts';
import { clockTime, clockTimes, waitText } from './clock-time.ts';
import { infoLines } from './render-info.ts';
import { renderRotation } from './render-rotations.ts';

const MODE_TEXT: Record<RunReport['mode'], string> = {
  act: 'acting',
  observe: 'observing: changes nothing (set `mode: act` to let it act)',
  plan: 'a plan: changes nothing',
};

const OUTCOME_TEXT: Record<RunReport['outcome'], string> = {
  ok: 'ok',
  findings: 'needs attention',
  partial: 'a part could not be seen or done',
  failed: 'could not run',
};

/** A report for a terminal: findings first, then what was done, then what it waits for. */
export function renderReport(report: RunReport): string {
  const lines = [
    `${report.function}  ${clockTime(report.startedAt)}  run ${report.runId}  ${MODE_TEXT[report.mode]}`,
    ...renderTrigger(report.trigger),
  ];
  const { findings } = report;
  section(lines, 'findings', [
    ...findings.filter(({ severity }) => severity !== 'info').flatMap(renderFinding),
    ...infoLines(findings.filter(({ severity }) => severity === 'info')),
  ]);
  if (findings.length > 0) lines.push('  keeper explain CODE says what one of these means');
  section(lines, report.mode === 'act' ? 'actions' : 'would do', report.actions.map(renderAction));
  section(
    lines,
    'waiting',
    report.waiting.map((item) => `${item.subject}: ${waitText(item.waitsFor, item.until)}`),
  );
  const underWay = report.rotations.filter((rotation) => rotation.endedAt === undefined);
  section(
    lines,
    report.mode === 'act' ? 'rotations under way' : 'rotations would then stand so',
    underWay.flatMap((rotation) => [`binding ${rotation.binding}`, ...renderRotation(rotation)]),
  );
  section(lines, 'jobs', jobLines(report));
  const calls = Object.values(report.calls).reduce((sum, count) => sum + count, 0);
  lines.push('', `${OUTCOME_TEXT[report.outcome]}; ${calls} calls`);
  return lines.map((line) => `${clockTimes(line)}\n`).join('');
}

/** Only an event needs words: it decided what the run was about. */
function renderTrigger(trigger: RunReport['trigger']): readonly string[] {
  if (trigger?.kind !== 'event') return [];
  const { type = '', id, bindings, ignored } = trigger;
  const what = ['started by an event', type, id === undefined ? '' : `(${id})`].filter((word) => word !== '');
  if (ignored !== undefined) return [`${what.join(' ')}: nothing was done, ${ignored}`];
  return [`${what.join(' ')}${bindings === undefined ? '' : `, for ${bindings.join(', ')} alone`}`];
}

function section(lines: string[], title: string, body: readonly string[]): void {
  if (body.length === 0) return;
  lines.push('', title, ...body.map((line) => `  ${line}`));
}

function renderFinding(item: Finding): readonly string[] {
  const since = item.since === undefined ? '' : `, since ${clockTime(item.since)}`;
  return [
    `${item.severity.padEnd(8)}  ${item.code}  ${item.subject}${since}`,
    `          ${item.detail}`,
    `          → ${item.todo}`,
  ];
}

const renderAction = (action: ReportedAction): string =>
  `${clockTime(action.at)}  ${action.kind.padEnd(16)} ${action.subject}: ${action.detail}${action.outcome === 'failed' ? '  FAILED' : ''}`;

function jobLines({ jobs }: RunReport): readonly string[] {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(job.health, (counts.get(job.health) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([health, count]) => `${count} ${health}`);
}
