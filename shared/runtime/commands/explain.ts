import {
  CODES_BY_FUNCTION,
  catalogued,
  FINDING_CODES,
  type FindingCode,
  isFindingCode,
  MENDED_BY,
  saidBy,
} from '../../domain/finding.ts';
import { didYouMean, quotable } from '../config/words.ts';
import { asJson, type Command, wrongUse } from './command.ts';

const RUNBOOK = 'docs/runbook.md';

/** What a finding's code stands for, or all of them in a list. Needs no configuration and calls nothing. */
export const EXPLAIN: readonly Command[] = [
  {
    words: ['explain'],
    takesArgument: true,
    takes: ['json'],
    run({ options, output }, code) {
      if (!isFindingCode(code)) return wrongUse(output, noSuchCode(code));
      output.out(options.json ? asJson(entryOf(code)) : explain(code));
      return 0;
    },
  },
  {
    words: ['explain'],
    takes: ['json'],
    run({ options, output }) {
      output.out(options.json ? asJson(FINDING_CODES.map(entryOf)) : listed());
      return 0;
    },
  },
];

/** For programs: their monitoring may show it beside a finding. */
const entryOf = (code: FindingCode) => {
  const { severity, repair, means, todo, see } = catalogued(code);
  return { code, severity, repair, saidBy: saidBy(code), means, todo, runbook: `${RUNBOOK}#${code}`, see };
};

function explain(code: FindingCode): string {
  const { severity, repair, means, todo, see } = catalogued(code);
  const more = see === undefined ? `"${code}"` : `"${code}" and "${see}"`;
  return [
    code,
    `${severity}; said by ${saidBy(code).join(', ')}; mended by ${MENDED_BY[repair]}`,
    '',
    means,
    '',
    `To do: ${todo}.`,
    '',
    `More: ${RUNBOOK}, ${more}`,
    '',
  ].join('\n');
}

const listed = (): string =>
  CODES_BY_FUNCTION.map(
    ([name, codes]) =>
      `${name}\n${codes.map((code) => `  ${catalogued(code).severity.padEnd(8)}  ${code}\n`).join('')}\n`,
  ).join('') + 'keeper explain CODE says what one of them means and what to do.\n';

/** A slip of the pen, or a part of the code that somebody remembers. */
function noSuchCode(given: string): string {
  const parts = FINDING_CODES.filter((code) => given.length > 2 && code.includes(given.toLowerCase()));
  const hint =
    didYouMean(given, FINDING_CODES) ??
    (parts.length > 0 ? `there is ${parts.join(', ')}` : '`keeper explain` lists all codes');
  return `there is no finding${quotable(given) ? ` "${given}"` : ' of this name'}: ${hint}`;
}
