import type { Severity } from '../domain/finding.ts';
import { type FindingGroup, groupFindings } from '../domain/fleet-groups.ts';
import type { FleetFinding, FleetReport } from '../domain/fleet-report.ts';
import { count } from '../domain/fleet-verdict.ts';
import { html, type Markup, prose, relative, when } from './html.ts';

/** More subjects than that of one finding are folded. */
const SHOWN = 5;

const GROUPS = [
  { severity: 'critical', title: 'Critical', meaning: 'logs are lost now or soon', open: true },
  { severity: 'warning', title: 'Warnings', meaning: 'a person has to look', open: true },
  { severity: 'info', title: 'Worth knowing', meaning: 'nothing to do now', open: false },
] as const;

/** All findings, most urgent first; what hits many jobs alike stands once, and what another explains stands under it. */
export function renderFindings(report: FleetReport): Markup {
  const all = groupFindings(report);
  const groups = GROUPS.flatMap(({ severity, title, meaning, open }) => {
    const found = all.filter((group) => severityOf(group) === severity);
    if (found.length === 0) return [];
    const cards = byCode(found).map((group) => renderGroup(group, severity, report.at));
    const heading = html`${title} <span class="count">${found.length}</span> <span class="soft">${meaning}</span>`;
    return [
      open
        ? html`<h3>${heading}</h3>${cards}`
        : html`<details><summary><h3>${heading}</h3></summary>${cards}</details>`,
    ];
  });
  const none = html`<p class="none">${nothingFound(report)}</p>`;
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>${groups.length === 0 ? none : groups}</section>`;
}

const nothingFound = ({ runs }: FleetReport): string =>
  runs.some(({ last }) => last !== undefined)
    ? 'The newest runs found nothing.'
    : 'No run has left a report, so nothing can be said.';

/** A cause is as urgent as the worst that it explains. */
const severityOf = ({ finding, explains }: FindingGroup): Severity | undefined =>
  GROUPS.map(({ severity }) => severity).find((severity) =>
    [finding, ...explains].some((item) => item.severity === severity),
  );

/** What hits most comes first. */
const byCode = (groups: readonly FindingGroup[]): readonly (readonly FindingGroup[])[] =>
  [...Map.groupBy(groups, ({ finding }) => finding.code).values()].toSorted((a, b) => b.length - a.length);

const itemOf = ({ subject, detail }: FleetFinding): Markup =>
  html`<strong>${subject}</strong>: ${prose(detail)}`;

function renderExplained(explains: readonly FleetFinding[]): Markup {
  if (explains.length === 0) return html``;
  const items = explains.map((item) => html`<li><code>${item.code}</code> ${itemOf(item)}</li>`);
  return html`<details><summary>explains ${count(explains.length, 'finding')}</summary><ul>${items}</ul></details>`;
}

function renderGroup(groups: readonly FindingGroup[], severity: Severity, now: number): Markup {
  const group = groups.map(({ finding }) => finding);
  const [first] = group;
  if (first === undefined) return html``;
  const sinces = group.flatMap(({ since }) => (since === undefined ? [] : [since]));
  const since =
    sinces.length === 0
      ? html``
      : html`<p class="since">since ${when(Math.min(...sinces), now)}${sinces.length > 1 ? ' at the earliest' : ''}</p>`;
  const items = groups.map(
    ({ finding, explains }) => html`<li>${itemOf(finding)}${renderExplained(explains)}</li>`,
  );
  const rest = items.slice(SHOWN);
  const more =
    rest.length === 0
      ? html``
      : html`<details><summary>${count(rest.length, 'more', 'more')}</summary><ul>${rest}</ul></details>`;
  const runs = [...new Map(group.map((item) => [item.function, item.runAt]))];
  const seen = runs.map(([name, at]) => `${name}, ${relative(at, now)}`).join('; ');
  return html`<article class="finding ${severity}">
<header><span class="badge ${severity}">${severity}</span> <h4><code>${first.code}</code></h4>${group.length > 1 ? html` <span class="count">× ${group.length}</span>` : ''}</header>
<p class="todo"><span class="what">What to do:</span> ${first.todo}</p>
${since}<ul>${items.slice(0, SHOWN)}</ul>${more}
<p class="soft">seen by ${seen}</p>
</article>`;
}
