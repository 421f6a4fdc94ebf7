import { readFileSync, writeFileSync } from 'node:fs';
import {
  CODES_BY_FUNCTION,
  catalogued,
  type FindingCode,
  MENDED_BY,
  saidBy,
} from '../shared/domain/finding.ts';
import { NEEDS, type Need } from '../shared/domain/needs.ts';
import { RIGHTS, type RightName, rightOf, SCOPE_WORDS } from '../shared/domain/rights.ts';

/**
 * `npm run docs`: writes what the code says into the pages, between marker comments: the findings into docs/runbook.md, the
 * rights into docs/security.md. A test sees to it that nobody forgets.
 */

const RUNBOOK = new URL('../docs/runbook.md', import.meta.url);
const SECURITY = new URL('../docs/security.md', import.meta.url);
const FINDINGS = [
  '<!-- findings: written by `npm run docs` from shared/domain/findings -->',
  '<!-- end of findings -->',
] as const;
const RIGHTS_TABLE = [
  '<!-- rights: written by `npm run docs` from shared/domain/rights.ts -->',
  '<!-- end of rights -->',
] as const;
const FUNCTIONS = [
  '<!-- functions: written by `npm run docs` from shared/domain/needs.ts -->',
  '<!-- end of functions -->',
] as const;

/** The page with other text between its markers. @throws {Error} when a marker is missing, or there twice */
function between(page: string, [begin, end]: readonly [string, string], text: string): string {
  const [before, rest, ...others] = page.split(begin);
  const [, after, ...more] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || others.length + more.length > 0)
    throw new Error(`the page must have each of these markers once: ${begin} ${end}`);
  return `${before}${begin}\n\n${text}\n\n${end}${after}`;
}

/** How GitHub names the anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** The runbook with the chapter of all findings as the catalogue has it. */
export function withFindings(page: string): string {
  const sections = CODES_BY_FUNCTION.flatMap(([name, codes]) => [
    `Said by ${name === 'any function' ? name : `\`${name}\``}: ${codes.map((code) => `[${code}](#${code})`).join(' · ')}`,
    ...codes.map(section),
  ]);
  return between(page, FINDINGS, sections.join('\n\n'));
}

function section(code: FindingCode): string {
  const { severity, repair, means, todo, see } = catalogued(code);
  const more = see === undefined ? [] : [`More: [${see}](#${anchorOf(see)}).`];
  const said = saidBy(code).map((name) => (name === 'any function' ? name : `\`${name}\``));
  return [
    `### \`${code}\``,
    `**${severity}**, said by ${said.join(', ')}, mended by ${MENDED_BY[repair]}.`,
    means,
    `You do: ${todo}.`,
    ...more,
  ].join('\n\n');
}

/** The page with what each right is, and what each function needs of them. */
export function withRights(page: string): string {
  const named = (Object.keys(RIGHTS) as RightName[]).filter((name) => !UNUSED.includes(name));
  const rights = [
    ['Right', 'Role', 'Actions, for a custom role', 'On', 'Without it'],
    ...named.map(rightRow),
  ];
  const functions = Object.entries<readonly Need[]>(NEEDS).flatMap(([name, needs]) => [
    `### \`${name}\``,
    table([['Right', 'Needed'], ...needs.filter(({ right }) => !UNUSED.includes(right)).map(needRow)]),
  ]);
  return between(between(page, RIGHTS_TABLE, table(rights)), FUNCTIONS, functions.join('\n\n'));
}

/** Nothing that these open is read by this version. */
const UNUSED: readonly RightName[] = ['logs-query', 'publish'];

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

function rightRow(name: RightName): readonly string[] {
  const { scope, parts, without } = rightOf(name);
  const services = new Map<string, string[]>();
  for (const { roles, service } of parts) {
    const words = roles.map((role) => `\`${role}\``).join(' and ');
    services.set(words, [...(services.get(words) ?? []), service]);
  }
  const roles = [...services].map(([words, of]) => `${words} on ${code(of)}`).join('; ');
  const actions = [...new Set(parts.flatMap(({ actions }) => actions))];
  return [`\`${name}\``, roles, code(actions), SCOPE_WORDS[scope], without];
}

function needRow({ right, required, keysMadeBy }: Need): readonly string[] {
  const bindings = keysMadeBy === undefined ? '' : `, where keys are managed by ${code(keysMadeBy)}`;
  return [`\`${right}\``, `${required ? 'yes' : 'optional'}${bindings}`];
}

/** A table as the formatter leaves it: each column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [first = '', ...rest] = rows.map(line);
  return [first, rule, ...rest].join('\n');
}

if (import.meta.main) {
  writeFileSync(RUNBOOK, withFindings(readFileSync(RUNBOOK, 'utf8')));
  writeFileSync(SECURITY, withRights(readFileSync(SECURITY, 'utf8')));
}
