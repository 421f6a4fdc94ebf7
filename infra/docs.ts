import { readFileSync, writeFileSync } from 'node:fs';
import {
  CODES_BY_FUNCTION,
  catalogued,
  type FindingCode,
  MENDED_BY,
  saidBy,
} from '../shared/domain/finding.ts';

/**
 * `npm run docs`: writes what the catalogue of findings says into docs/runbook.md, between two marker comments. A test
 * sees to it that nobody forgets.
 */

const RUNBOOK = new URL('../docs/runbook.md', import.meta.url);
const BEGIN = '<!-- findings: written by `npm run docs` from shared/domain/findings -->';
const END = '<!-- end of findings -->';

/** How GitHub names the anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** The page with the chapter of all findings as the catalogue has it. @throws {Error} when a marker is missing */
export function withFindings(page: string): string {
  const [before, rest, ...others] = page.split(BEGIN);
  const [, after, ...more] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || others.length + more.length > 0)
    throw new Error(`docs/runbook.md must have each of these markers once: ${BEGIN} ${END}`);
  const sections = CODES_BY_FUNCTION.flatMap(([name, codes]) => [
    `Said by ${name === 'any function' ? name : `\`${name}\``}: ${codes.map((code) => `[${code}](#${code})`).join(' · ')}`,
    ...codes.map(section),
  ]);
  return `${before}${BEGIN}\n\n${sections.join('\n\n')}\n\n${END}${after}`;
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

if (import.meta.main) writeFileSync(RUNBOOK, withFindings(readFileSync(RUNBOOK, 'utf8')));
