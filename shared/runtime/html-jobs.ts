import {
  type FleetIncident,
  type FleetInstance,
  type FleetJob,
  type FleetReport,
  type FleetZone,
  jobsOf,
} from '../domain/fleet-report.ts';
import { type Span, spanOf } from '../domain/fleet-timeline.ts';
import { count, type Level, levelOf } from '../domain/fleet-verdict.ts';
import type { Health } from '../domain/health.ts';
import { html, type Markup, prose, relative, when } from './html.ts';
import { LEGEND, lostText, PATTERNS, renderAxis, renderOutage, renderTimeline } from './html-timeline.ts';

const HEALTH_TEXT: Readonly<Record<Health, string>> = {
  healthy: 'pushing',
  starting: 'starting',
  idle: 'idle',
  failing: 'failing',
  stalled: 'stalled',
  'disabled-by-failures': 'disabled by failures',
  'disabled-unclear': 'disabled, unclear why',
  'disabled-by-hand': 'disabled by hand',
  unknown: 'unknown',
};

const ORDER: readonly Level[] = ['critical', 'warning', 'unknown'];
/** Small fleets are shown whole. */
const FEW = 60;
const ATTENTION_SHOWN = 20;
const GAPS_SHOWN = 3;

/** A line for each job: those that need attention first, then the others by zone. */
export function renderJobs(report: FleetReport): Markup {
  const span = spanOf(report);
  const jobs = jobsOf(report);
  const attention = ORDER.flatMap((level) => jobs.filter((job) => levelOf(job) === level));
  const body =
    jobs.length === 0
      ? html`<p class="none">No Logpush job has been seen. Run check-logpush first.</p>`
      : html`${LEGEND}${renderAttention(attention, span, report.at)}${renderZones(report, span)}`;
  return html`<section id="jobs" aria-labelledby="jobs-title"><h2 id="jobs-title">Jobs</h2>${PATTERNS}${body}</section>`;
}

function renderAttention(jobs: readonly FleetJob[], span: Span, now: number): Markup {
  if (jobs.length === 0) return html`<p class="none">No job needs attention.</p>`;
  const lines = jobs.map((job) => renderJob(job, span, now));
  const rest = lines.slice(ATTENTION_SHOWN);
  return html`<h3>Need attention <span class="count">${jobs.length}</span></h3>
<div class="axis-row">${renderAxis(span)}</div>
<ul class="jobs">${lines.slice(0, ATTENTION_SHOWN)}</ul>
${rest.length === 0 ? '' : html`<details><summary>${rest.length} more that need attention</summary><ul class="jobs">${rest}</ul></details>`}`;
}

function renderZones({ instances, at }: FleetReport, span: Span): Markup {
  const isFine = (job: FleetJob): boolean => levelOf(job) === 'ok';
  const total = instances.reduce(
    (sum, { zones }) => sum + zones.reduce((inner, zone) => inner + zone.jobs.filter(isFine).length, 0),
    0,
  );
  if (total === 0) return html``;
  const of = (instance: FleetInstance): Markup => {
    const zones = instance.zones.flatMap((zone) => {
      const jobs = zone.jobs.filter(isFine);
      return jobs.length === 0 ? [] : [renderZone({ ...zone, jobs }, span, at, total <= FEW)];
    });
    const seen =
      instance.seenAt === undefined ? 'never looked at' : `looked at ${relative(instance.seenAt, at)}`;
    return html`<p class="instance">CIS instance <code>${instance.crn}</code> <span class="soft">${seen}</span></p>${zones}`;
  };
  return html`<h3>The others, by zone <span class="count">${total}</span></h3><div class="axis-row">${renderAxis(span)}</div>${instances.map(of)}`;
}

function renderZone(zone: FleetZone, span: Span, now: number, open: boolean): Markup {
  const healths = new Map<Health, number>();
  for (const { health } of zone.jobs) healths.set(health, (healths.get(health) ?? 0) + 1);
  const states = [...healths].map(([health, n]) => `${n} ${HEALTH_TEXT[health]}`).join(', ');
  const gaps = zone.jobs.reduce((sum, job) => sum + gapsIn(job, span).length, 0);
  const body = html`<ul class="jobs compact">${zone.jobs.map((job) => renderJob(job, span, now, !open))}</ul>`;
  const summary = html`<summary><strong>${zone.name}</strong> <span class="soft">${count(zone.jobs.length, 'job')}: ${states}${gaps > 0 ? `; ${count(gaps, 'gap')}` : ''}</span></summary>`;
  return open
    ? html`<details class="zone" open>${summary}${body}</details>`
    : html`<details class="zone">${summary}${body}</details>`;
}

const gapsIn = (job: FleetJob, span: Span) =>
  (job.outages ?? []).filter(({ until }) => until === undefined || until > span.from);

const aboutOf = ({ name, frequency, destination }: FleetJob): string =>
  [name, frequency === undefined ? undefined : `${frequency} frequency`, destination]
    .filter((text) => text !== undefined)
    .join(' · ');

/** @param isBrief - without what the job is set to: a large fleet is long enough */
function renderJob(job: FleetJob, span: Span, now: number, isBrief = false): Markup {
  const level = levelOf(job);
  const about = isBrief ? '' : aboutOf(job);
  const outdated =
    job.outdated === undefined
      ? ''
      : html`<p class="outdated">Not known how it is now: ${job.outdated}. The state is the last that was seen.</p>`;
  const reason =
    level === 'ok' || job.reason === undefined ? '' : html`<p class="reason">${prose(job.reason)}</p>`;
  const facts = html`<p class="facts">last push ${job.lastCompleteAt === undefined ? 'not known' : when(job.lastCompleteAt, now)}${
    job.lastErrorAt === undefined ? '' : html`; last error ${when(job.lastErrorAt, now)}`
  }; first seen ${when(job.firstSeenAt, now)}</p>`;
  return html`<li class="job ${level}">
<div class="who"><span class="badge ${badgeLevel(job, level)}">${badgeText(job, level)}</span> <span class="label">${job.label}</span>${about === '' ? '' : html`<p class="soft">${about}</p>`}</div>
<div class="line">${renderTimeline(job, span)}${outdated}${reason}${facts}${renderGaps(job, span, now)}</div>
</li>`;
}

/** Only a push is green. */
const badgeLevel = ({ health }: FleetJob, level: Level): string =>
  level === 'ok' && health !== 'healthy' ? 'info' : level;

const badgeText = (job: FleetJob, level: Level): string =>
  level === 'unknown' && job.health !== 'unknown'
    ? `unknown, was: ${HEALTH_TEXT[job.health]}`
    : HEALTH_TEXT[job.health];

function renderGaps(job: FleetJob, span: Span, now: number): Markup {
  const gaps = gapsIn(job, span)
    .toReversed()
    .map((outage) => renderOutage(outage, now));
  const incidents = job.incidents
    .filter(({ endedAt }) => endedAt === undefined || endedAt > span.from)
    .toReversed()
    .map((incident) => renderIncident(incident, now, gaps.length > 0));
  const all = [...incidents, ...gaps];
  if (all.length === 0) return html``;
  const rest = all.slice(GAPS_SHOWN);
  return html`<ul class="gaps">${all.slice(0, GAPS_SHOWN)}</ul>${
    rest.length === 0
      ? ''
      : html`<details><summary>${rest.length} earlier</summary><ul class="gaps">${rest}</ul></details>`
  }`;
}

/** @param hasGaps - the gap beside it says what it cost */
function renderIncident(incident: FleetIncident, now: number, hasGaps: boolean): Markup {
  const { seenAt, enabledAt, enabledBy, cause, endedAt, outcome, lost, tries } = incident;
  const by = enabledBy === 'keeper' ? 'the keeper' : 'somebody else';
  const enabled =
    enabledAt === undefined
      ? html`; not enabled yet${tries > 0 ? `, ${count(tries, 'try', 'tries')}` : ''}`
      : html`; enabled ${when(enabledAt, now)} by ${by}${cause === undefined ? '' : ` (${cause})`}`;
  const endings = { proven: 'proven by a push', 'by-hand': 'then disabled by hand', gone: 'then deleted' };
  const ended =
    endedAt === undefined || outcome === undefined
      ? html``
      : html`; ${endings[outcome]} ${when(endedAt, now)}`;
  return html`<li>disabled by failures, seen ${when(seenAt, now)}${enabled}${ended}${
    lost === undefined || hasGaps ? '' : html`: <strong>${lostText(lost)}</strong>`
  }</li>`;
}
