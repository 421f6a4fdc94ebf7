import type { FleetKeys, FleetReport, FleetRun } from '../domain/fleet-report.ts';
import { count, keyLevel, type Level } from '../domain/fleet-verdict.ts';
import type { KeyReport, Outcome, RotationReport, RunReport } from '../domain/report.ts';
import { PHASES } from '../domain/rotation/record.ts';
import { formatDuration } from '../domain/time.ts';
import { html, instant, type Markup, relative, when } from './html.ts';
import { ROTATED_JOB_TEXT, ROTATION_STATE_TEXT } from './render-rotations.ts';

/** The phases of a rotation that goes well, in order. */
const FORWARD: readonly string[] = PHASES.slice(0, PHASES.indexOf('rolling-back'));
const JOBS_SHOWN = 6;

/** Rotations under way with their phases and waits, then those that ended. */
export function renderRotations({ rotations, at, unreadable }: FleetReport): Markup {
  const underWay = rotations.filter(({ endedAt }) => endedAt === undefined);
  const ended = rotations.filter(({ endedAt }) => endedAt !== undefined);
  const past = ended.map((rotation) => renderEnded(rotation, at));
  return html`<section id="rotations" aria-labelledby="rotations-title"><h2 id="rotations-title">Rotations</h2>
${underWay.length === 0 ? html`<p class="none">No rotation ${unreadable.length > 0 ? 'is known of, and a part of the ledger cannot be read' : 'is under way'}.</p>` : underWay.map((rotation) => renderUnderWay(rotation, at))}
${past.length === 0 ? '' : html`<h3>Last ended</h3><ul class="ended">${past}</ul>`}</section>`;
}

const keysText = ({ oldKeyId = 'none', newKeyId = 'none yet' }: RotationReport): Markup =>
  html`<p>key <code>${oldKeyId}</code> → <code>${newKeyId}</code></p>`;

function renderUnderWay(rotation: RotationReport, now: number): Markup {
  const { binding, state, reason, attempt, runId, startedAt, waitsFor, until, phases } = rotation;
  const halted = state === 'halted';
  const last = phases.at(-1)?.phase ?? state;
  const done = phases.map(
    ({ phase, at }, index) =>
      html`<li class="${index === phases.length - 1 ? 'now' : 'done'}"${index === phases.length - 1 ? html` aria-current="step"` : ''}><strong>${phase}</strong> <span class="soft">${instant(at)}</span></li>`,
  );
  const place = FORWARD.lastIndexOf(last);
  const next =
    place === -1 ? [] : FORWARD.slice(place + 1).map((phase) => html`<li class="next">${phase}</li>`);
  const waits = html`<p class="waits">${halted ? 'Halted: a person must decide.' : `Waits for ${waitsFor ?? 'the next run'}`}${
    until === undefined ? '' : html`, until ${when(until, now)}`
  }</p>`;
  return html`<article class="rotation${halted ? ' halted' : ''}"><h3>${binding} <span class="badge ${halted ? 'critical' : 'info'}">${state}</span></h3>
<p class="soft">${reason}; run ${runId}, attempt ${attempt}; began ${when(startedAt, now)}</p>
${waits}${keysText(rotation)}<ol class="phases">${done}${next}</ol>${renderRotatedJobs(rotation, now)}</article>`;
}

function renderRotatedJobs({ jobs }: RotationReport, now: number): Markup {
  if (jobs.length === 0) return html``;
  const states = new Map<string, number>();
  for (const { state } of jobs) states.set(state, (states.get(state) ?? 0) + 1);
  const counts = [...states].map(([state, n]) => `${n} ${state}`).join(', ');
  const items = jobs.map(
    ({ label, state, movedAt, lastCompleteAt }) =>
      html`<li>${label}: ${ROTATED_JOB_TEXT[state] ?? state}; moved ${when(movedAt, now)}${lastCompleteAt === undefined ? '' : html`, last push ${instant(lastCompleteAt)}`}</li>`,
  );
  const body = html`<summary>${count(jobs.length, 'job')} moved: ${counts}</summary><ul>${items}</ul>`;
  return jobs.length <= JOBS_SHOWN ? html`<details open>${body}</details>` : html`<details>${body}</details>`;
}

function renderEnded(rotation: RotationReport, now: number): Markup {
  const { binding, state, startedAt, endedAt = startedAt, reason, detail, jobCounts = {} } = rotation;
  const jobs = Object.entries(jobCounts).map(([name, n]) => `${n} ${name}`);
  return html`<li><strong>${binding}</strong>: ${ROTATION_STATE_TEXT[state] ?? state} ${when(endedAt, now)}, after ${formatDuration(endedAt - startedAt)} (${reason})${jobs.length === 0 ? '' : `; jobs: ${jobs.join(', ')}`}${detail === undefined ? '' : html`<br>${detail}`}</li>`;
}

const KEY_TEXT: Readonly<Record<Level, string>> = {
  critical: 'expired',
  warning: 'ends soon',
  unknown: 'end not known',
  ok: 'good',
};
const ROLE_TEXT: Readonly<Record<KeyReport['role'], string>> = {
  current: 'in the secret',
  old: 'old key of the rotation',
  new: 'new key of the rotation',
};

/** How old each key is and when it ends; never a value. */
export function renderKeys({ keys, at, unreadable }: FleetReport): Markup {
  const rows = keys.flatMap((binding) => renderBinding(binding, at));
  const table = html`<table><thead><tr><th scope="col">Binding</th><th scope="col">Key id</th><th scope="col">Role</th><th scope="col">Made</th><th scope="col">Ends</th><th scope="col">State</th></tr></thead><tbody>${rows}</tbody></table>`;
  return html`<section id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>${
    keys.length === 0
      ? html`<p class="none">${unreadable.length > 0 ? 'A part of the ledger cannot be read.' : 'The configuration has no binding.'}</p>`
      : wide('Keys', table)
  }</section>`;
}

function renderBinding(
  { binding, keys, configured, secretId, member }: FleetKeys,
  now: number,
): readonly Markup[] {
  const head = html`<th scope="row">${binding}${configured ? '' : html` <span class="soft">(not configured any more)</span>`}<br><span class="soft">secret <code>${secretId}</code>${member === undefined ? '' : html`, member <code>${member}</code>`}</span></th>`;
  if (keys.length === 0)
    return [
      html`<tr>${head}<td colspan="4">No key has been looked at: rotate-keys looks at it when it runs.</td><td><span class="badge unknown">unknown</span></td></tr>`,
    ];
  return keys.map(({ keyId, role, createdAt, expiresAt, disabled }) => {
    const level = role === 'old' || disabled === true ? 'info' : keyLevel(expiresAt, now);
    const text = disabled === true ? 'disabled' : level === 'info' ? 'being replaced' : KEY_TEXT[level];
    const ends =
      expiresAt === undefined ? 'not known' : expiresAt === 'never' ? 'never' : when(expiresAt, now);
    return html`<tr>${head}<td><code>${keyId}</code></td><td>${ROLE_TEXT[role]}</td><td>${createdAt === undefined ? 'not known' : when(createdAt, now)}</td><td>${ends}</td><td><span class="badge ${level}">${text}</span></td></tr>`;
  });
}

const OUTCOME_TEXT: Readonly<Record<Outcome, string>> = {
  ok: 'ok',
  findings: 'found something',
  partial: 'a part could not be seen or done',
  failed: 'could not run',
};
const OUTCOME_LEVEL: Readonly<Record<Outcome, string>> = {
  ok: 'ok',
  findings: 'info',
  partial: 'warning',
  failed: 'critical',
};
const MODE_TEXT: Readonly<Record<RunReport['mode'], string>> = {
  act: 'acts',
  observe: 'observes, changes nothing',
  plan: 'plans, changes nothing',
};

/** When each function ran last; one that is overdue is flagged. */
export function renderRuns({ runs, at }: FleetReport): Markup {
  const table = html`<table><thead><tr><th scope="col">Function</th><th scope="col">Last report</th><th scope="col">Schedule</th><th scope="col">Mode</th><th scope="col">Outcome</th></tr></thead><tbody>${runs.map((run) => renderRun(run, at))}</tbody></table>`;
  return html`<section id="runs" aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2>${wide('Runs', table)}
<p class="soft">A run that finds the same as the one before renews its report every 15 minutes.</p></section>`;
}

function renderRun({ function: name, last, everyMs, stale }: FleetRun, now: number): Markup {
  const every = everyMs === undefined ? 'not known' : `every ${formatDuration(everyMs)}`;
  const head = html`<th scope="row">${name}</th>`;
  if (last === undefined)
    return html`<tr>${head}<td>never</td><td>${every}</td><td></td><td><span class="badge unknown">no report yet</span></td></tr>`;
  const badge = stale
    ? html`<span class="badge warning">overdue</span> last: ${OUTCOME_TEXT[last.outcome]}`
    : html`<span class="badge ${OUTCOME_LEVEL[last.outcome]}">${OUTCOME_TEXT[last.outcome]}</span>`;
  return html`<tr>${head}<td>ran ${relative(last.finishedAt, now)} <span class="soft">${instant(last.finishedAt)}</span></td><td>${every}</td><td>${MODE_TEXT[last.mode]}</td><td>${badge}</td></tr>`;
}

/** A table that scrolls alone where the page is narrow, by keyboard as well. */
const wide = (name: string, table: Markup): Markup =>
  html`<div class="wide" role="region" aria-label="${name}" tabindex="0">${table}</div>`;
