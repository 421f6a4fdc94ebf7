import type { Finding } from '../domain/finding.ts';
import { clockTime } from './clock-time.ts';

/** More subjects than that with the same text are counted. */
const NAMED = 8;
const BETWEEN = '; ';

type Told = Pick<Finding, 'code' | 'subject' | 'detail' | 'todo' | 'since'>;

/**
 * Findings that are worth knowing and no more, those of one code together: what all of them say once, then what some of them say
 * with whom it is said of. Many differ in nothing but the job.
 */
export const infoLines = (findings: readonly Told[]): readonly string[] =>
  [...Map.groupBy(findings, ({ code }) => code)].flatMap(([code, of]) => groupLines(code, of));

function groupLines(code: string, findings: readonly Told[]): readonly string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const tail = `          → ${first.todo}`;
  const head = `info      ${code}`;
  if (findings.length === 1) {
    const since = first.since === undefined ? '' : `, since ${clockTime(first.since)}`;
    return [`${head}  ${first.subject}${since}`, `          ${first.detail}`, tail];
  }
  const { shared, own } = split(findings);
  const byText = Map.groupBy(own, ({ text }) => text);
  return [
    `${head}  ${findings.length} times`,
    ...(shared === '' ? [] : [`          all of them: ${shared}`]),
    ...[...byText].map(([text, of]) => `          ${subjects(of)}${text === '' ? '' : `: ${text}`}`),
    tail,
  ];
}

/** Whole clauses that all of them begin or end with, and what is left of each. */
function split(findings: readonly Told[]) {
  const all = findings.map(({ subject, detail }) => ({ subject, clauses: detail.split(BETWEEN) }));
  const lists = all.map(({ clauses }) => clauses);
  const before = alike(lists);
  const after = alike(lists.map((clauses) => clauses.slice(before.length).toReversed())).toReversed();
  return {
    shared: [...before, ...after].join(BETWEEN),
    own: all.map(({ subject, clauses }) => ({
      subject,
      text: clauses.slice(before.length, clauses.length - after.length).join(BETWEEN),
    })),
  };
}

/** What all lists begin with. */
function alike(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = []] = lists;
  const end = first.findIndex((clause, i) => lists.some((list) => list[i] !== clause));
  return end === -1 ? first : first.slice(0, end);
}

function subjects(of: readonly { readonly subject: string }[]): string {
  const rest = of.length - NAMED;
  const named = of.slice(0, NAMED).map(({ subject }) => subject);
  return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
