import { createHash } from 'node:crypto';
import { type FleetReport, jobsOf } from '../domain/fleet-report.ts';
import { spanOf } from '../domain/fleet-timeline.ts';
import { type Level, levelOf, verdictOf } from '../domain/fleet-verdict.ts';
import { formatDuration } from '../domain/time.ts';
import { grouped, html, instant, Markup, relative } from './html.ts';
import { renderFindings } from './html-findings.ts';
import { renderJobs } from './html-jobs.ts';
import { renderKeys, renderRotations, renderRuns } from './html-rotations.ts';
import { STYLE } from './html-style.ts';

const VERDICT_TEXT: Readonly<Record<Level, string>> = {
  critical: 'critical',
  warning: 'warning',
  unknown: 'not all is known',
  ok: 'all well',
};

/**
 * The report of the fleet as one HTML page. It needs nothing but itself: no script, no font, no image, no request, and
 * its policy forbids them. Every text is escaped, and what looks like a credential is taken out.
 */
export function renderFleetHtml(report: FleetReport): string {
  const { level, sentence } = verdictOf(report);
  // The style is ours and holds nothing to escape.
  const style = new Markup(STYLE);
  const policy = `default-src 'none'; style-src 'sha256-${styleHash()}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${VERDICT_TEXT[level]} – Logpush fleet</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<div class="top"><h1>Logpush fleet</h1><span class="soft">as the ledger had it ${instant(report.at)}</span></div>
<div class="verdict ${level}" role="status"><span class="badge ${level}">${VERDICT_TEXT[level]}</span><p>${sentence}</p></div>
${renderNumbers(report)}
<nav aria-label="Sections"><ul>${SECTIONS.map((name) => html`<li><a href="#${name.toLowerCase()}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${renderUnreadable(report)}
${renderFindings(report)}
${renderJobs(report)}
${renderRotations(report)}
${renderKeys(report)}
${renderRuns(report)}
</main>
<footer>Made by logpush-keeper. All times are UTC. Unknown is said to be unknown, never fine.</footer>
</body>
</html>
`;
  return page.toString();
}

const SECTIONS = ['Findings', 'Jobs', 'Rotations', 'Keys', 'Runs'] as const;

const styleHash = (): string => createHash('sha256').update(STYLE).digest('base64');

function renderNumbers(report: FleetReport): Markup {
  const jobs = jobsOf(report);
  const of = (...levels: readonly Level[]): string =>
    grouped(jobs.filter((job) => levels.includes(levelOf(job))).length);
  const seen = report.instances.flatMap(({ seenAt }) => (seenAt === undefined ? [] : [seenAt]));
  const oldest = seen.length === 0 ? 'never' : relative(Math.min(...seen), report.at);
  const lastSeen =
    seen.length > 0 && seen.length < report.instances.length ? `${oldest}, in part never` : oldest;
  const numbers = [
    ['jobs that need attention', of('critical', 'warning')],
    ['jobs not known', of('unknown')],
    ['other jobs', of('ok')],
    [
      `log minutes lost in the gaps of the last ${formatDuration(report.at - spanOf(report).from)}`,
      lostOf(report),
    ],
    ['fleet last seen', lastSeen],
  ] as const;
  return html`<dl class="numbers">${numbers.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;
}

/** Log minutes lost in the gaps that reach into the shown time, each counted whole: at least and at most. */
function lostOf(report: FleetReport): string {
  const jobs = jobsOf(report);
  const { from } = spanOf(report);
  const known = jobs.filter(({ outages }) => outages !== undefined);
  if (known.length === 0) return 'not known';
  const gaps = known.flatMap(({ outages = [] }) =>
    outages.filter(({ until }) => until === undefined || until > from),
  );
  const min = gaps.reduce((sum, { lostMinutes }) => sum + (lostMinutes?.min ?? 0), 0);
  const max = gaps.reduce((sum, { lostMinutes }) => sum + (lostMinutes?.max ?? Infinity), 0);
  if (known.length < jobs.length || max === Infinity) return `${grouped(min)} or more`;
  return min === max ? grouped(min) : `${grouped(min)} to ${grouped(max)}`;
}

function renderUnreadable({ unreadable }: FleetReport): Markup {
  if (unreadable.length === 0) return html``;
  return html`<section class="problems" aria-labelledby="unreadable-title"><h2 id="unreadable-title">What could not be read</h2><ul>${unreadable.map((text) => html`<li>${text}</li>`)}</ul></section>`;
}
