import { formatDuration, formatInstant } from '../domain/time.ts';
import { redactPatterns } from './log.ts';

/** Text that is HTML already. Only `html` makes it, so no other text can pass for it. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Piece = Markup | string | number | undefined | readonly Piece[];

/** An HTML fragment: every value is escaped unless it is such a fragment itself; absent ones leave nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Piece[]): Markup =>
  new Markup(String.raw({ raw: parts }, ...values.map(markupOf)));

function markupOf(value: Piece): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

// Controls that HTML does not allow, and those that turn the direction of the text around them.
const CONTROLS = /(?![\t\n])\p{Cc}|[\p{Bidi_Control}\uFFFE\uFFFF]/gu;

/** A text as it may stand between tags and in quoted attributes, without anything that looks like a credential. */
const escapeHtml = (text: string): string =>
  redactPatterns(text.toWellFormed())
    .replaceAll(CONTROLS, '\uFFFD')
    .replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');

/** What `Date` can tell. */
const LATEST_AT = 8.64e15;
const isInstant = (at: number): boolean => Math.abs(at) <= LATEST_AT;

/** An instant: `2026-03-01 00:15 UTC`. */
export function instant(at: number): Markup {
  if (!isInstant(at)) return html`<span>unknown time</span>`;
  const text = formatInstant(at);
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z/g;

/** A sentence whose instants read like all others on the page. */
export function prose(text: string): Markup {
  const instants = [...text.matchAll(INSTANT)].map(([found]) => instant(Date.parse(found)));
  return html`${text.split(INSTANT).map((piece, index) => html`${piece}${instants[index]}`)}`;
}

/** An instant, and how long ago or in how long. */
export const when = (at: number, now: number): Markup =>
  html`${instant(at)} <span class="ago">(${relative(at, now)})</span>`;

/** `4 min ago`, `in 3 d 2 h`. */
export function relative(at: number, now: number): string {
  if (!isInstant(at)) return 'unknown';
  if (Math.abs(at - now) < 1_000) return 'now';
  return at < now ? `${formatDuration(now - at)} ago` : `in ${formatDuration(at - now)}`;
}

/** `1,560`: the same on every machine. */
export const grouped = (n: number): string => n.toLocaleString('en-US');
