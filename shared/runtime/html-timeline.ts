import type { FleetJob, Outage } from '../domain/fleet-report.ts';
import { type Segment, type Span, timelineOf } from '../domain/fleet-timeline.ts';
import type { LostMinutes } from '../domain/outage.ts';
import { days, formatDuration, hours } from '../domain/time.ts';
import { grouped, html, instant, type Markup } from './html.ts';

/** Each state differs from the others in shape and pattern, not only in colour. */
const SHAPES: Readonly<Record<Segment['state'], { readonly y: number; readonly height: number }>> = {
  pushing: { y: 7, height: 8 },
  quiet: { y: 10, height: 2 },
  gap: { y: 1, height: 20 },
  disabled: { y: 1, height: 20 },
  unknown: { y: 7, height: 8 },
  unseen: { y: 10.5, height: 1 },
};

const NAMES: Readonly<Record<Segment['state'], string>> = {
  pushing: 'pushing',
  quiet: 'quiet: no error, nothing to push',
  gap: 'failing or silent',
  disabled: 'disabled',
  unknown: 'not known',
  unseen: 'not seen yet',
};

/** The patterns that all time lines of the page use, once. */
export const PATTERNS: Markup = html`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="p-gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="gap-ground" width="6" height="6"/><rect class="gap-stripe" width="2" height="6"/></pattern>
<pattern id="p-off" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="off-ground" width="5" height="5"/><path class="off-line" d="M0 0L5 5M5 0L0 5"/></pattern>
<pattern id="p-unknown" width="6" height="8" patternUnits="userSpaceOnUse"><rect class="unknown-dash" width="3" height="8"/></pattern>
</defs></svg>`;

/** What the shapes mean. */
export const LEGEND: Markup = html`<ul class="legend" aria-label="What the time lines show">${(
  ['pushing', 'quiet', 'gap', 'disabled', 'unknown', 'unseen'] as const
).map(
  (state) =>
    html`<li><svg width="32" height="22" aria-hidden="true" focusable="false">${shape(state, '0', '100%')}</svg> ${NAMES[state]}</li>`,
)}</ul>`;

function shape(state: Segment['state'], x: string, width: string): Markup {
  const { y, height } = SHAPES[state];
  return html`<rect class="${state}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

/** The time line of one job, for the eye and as text. */
export function renderTimeline(job: FleetJob, span: Span): Markup {
  const length = span.until - span.from;
  const percent = (at: number): number => (100 * (at - span.from)) / length;
  const segments = timelineOf(job, span);
  const shapes = segments.map(({ state, from, until }) =>
    shape(state, `${percent(from).toFixed(2)}%`, `${(percent(until) - percent(from)).toFixed(2)}%`),
  );
  const ticks = midnights(span).map((at) => {
    const x = `${percent(at).toFixed(2)}%`;
    return html`<line class="tick" x1="${x}" x2="${x}" y1="0" y2="22"/>`;
  });
  return html`<svg class="timeline" width="100%" height="22" role="img" aria-label="${describe(segments)}">${ticks}${shapes}</svg>`;
}

/** The longest first: `pushing 6 d 20 h, failing or silent 3 h 5 min`. */
function describe(segments: readonly Segment[]): string {
  const sums = new Map<Segment['state'], number>();
  for (const { state, from, until } of segments) sums.set(state, (sums.get(state) ?? 0) + until - from);
  return [...sums]
    .toSorted((a, b) => b[1] - a[1])
    .map(([state, ms]) => `${NAMES[state]} ${formatDuration(ms)}`)
    .join(', ');
}

function midnights({ from, until }: Span): readonly number[] {
  const all: number[] = [];
  for (let at = Math.ceil(from / days(1)) * days(1); at < until && all.length < 8; at += days(1))
    all.push(at);
  return all;
}

/** Where the time lines begin and end. */
export function renderAxis(span: Span): Markup {
  const length = span.until - span.from;
  const labels = midnights(span)
    // Labels at the ends would run into those of the ends.
    .filter((at) => at - span.from > length / 8 && span.until - at > length / 8)
    .map((at) => {
      const x = `${((100 * (at - span.from)) / length).toFixed(2)}%`;
      return html`<text x="${x}" y="12" text-anchor="middle">${new Date(at).toISOString().slice(5, 10)}</text>`;
    });
  const begin =
    length < hours(36)
      ? new Date(span.from).toISOString().slice(11, 16)
      : new Date(span.from).toISOString().slice(5, 10);
  return html`<svg class="axis" width="100%" height="16" aria-hidden="true" focusable="false"><text x="0" y="12">${begin}</text>${labels}<text x="100%" y="12" text-anchor="end">now</text></svg>`;
}

/** `1,560 to 1,567 log minutes lost`. */
export function lostText({ min, max }: LostMinutes): string {
  if (max === undefined) return `at least ${grouped(min)} log minutes lost`;
  return min === max
    ? `${grouped(min)} log minutes lost`
    : `${grouped(min)} to ${grouped(max)} log minutes lost`;
}

/** A gap in words. */
export function renderOutage(outage: Outage, now: number): Markup {
  const { from, until, lostMinutes } = outage;
  const end = until === undefined ? html`now` : instant(until);
  const length = formatDuration((until ?? now) - from);
  const lost = lostMinutes === undefined ? 'log minutes lost: not known' : lostText(lostMinutes);
  return html`<li>${until === undefined ? 'open gap' : 'gap'} ${instant(from)} to ${end} (${length}): <strong>${lost}</strong></li>`;
}
