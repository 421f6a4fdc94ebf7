// Loaded here, because virtual time does not wait for modules that are loaded on the way.
import 'ibm-cos-sdk/clients/s3.js';
import { parseArgs } from 'node:util';
import { BREAKAGES } from '../../infra/local/breakage-kinds.ts';
import { casesOf } from './cases.ts';
import { type Outcome, runCase, type Verdict } from './run.ts';

const USAGE = `usage: npm run diagnose-bench -- [--seed S] [--worlds N] [--only INDEX] [--trace]

Breaks simulated worlds in every way that is documented, with evidence and rights missing, and asks the keeper why jobs do not
push. What the world has on record is the truth. Exit code 1 when fewer than 98 % of the causes are right, when a repair or a
green was wrong, or when it was not said that something could not be told.
`;

const VERDICTS: readonly Verdict[] = ['right', 'could not tell', 'missed', 'not said'];

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      worlds: { type: 'string', default: '312' },
      only: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  const cases = casesOf(Number(values.seed), Number(values.worlds));
  const chosen =
    values.only === undefined ? cases : cases.filter((_, index) => String(index) === values.only);
  const outcomes: Outcome[] = [];
  for (const [index, one] of chosen.entries()) {
    const outcome = await runCase(one);
    outcomes.push(outcome);
    const isWrong =
      wrongs(outcome) > 0 ||
      outcome.pairs.some(({ verdict }) => verdict === 'missed' || verdict === 'not said');
    if (isWrong || values.trace) tell(values.only === undefined ? index : Number(values.only), outcome);
  }
  return summarise(outcomes, Number(values.seed));
}

const wrongs = ({ falseCauses, falseGreens, wrongRepairs, missedRepairs }: Outcome): number =>
  falseCauses.length + falseGreens.length + wrongRepairs.length + missedRepairs.length;

function tell(index: number, outcome: Outcome): void {
  const { case: one, pairs, falseCauses, falseGreens, wrongRepairs, missedRepairs } = outcome;
  const line = { ...one, missing: [...one.missing], index };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  for (const pair of pairs) process.stdout.write(`  ${JSON.stringify(pair)}\n`);
  if (falseCauses.length > 0) process.stdout.write(`  false causes: ${falseCauses.join(', ')}\n`);
  if (falseGreens.length > 0) process.stdout.write(`  false greens: ${falseGreens.join(', ')}\n`);
  if (wrongRepairs.length > 0) process.stdout.write(`  wrong repairs: ${wrongRepairs.join(', ')}\n`);
  if (missedRepairs.length > 0) process.stdout.write(`  missed repairs: ${missedRepairs.join(', ')}\n`);
}

function summarise(outcomes: readonly Outcome[], seed: number): boolean {
  const pairs = outcomes.flatMap((outcome) => outcome.pairs);
  const count = (verdict: Verdict, kind?: string): number =>
    pairs.filter((pair) => pair.verdict === verdict && (kind === undefined || pair.kind === kind)).length;
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, one) => total + of(one), 0);
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  out(`\n${'broken'.padEnd(26)}${VERDICTS.map((verdict) => verdict.padStart(16)).join('')}   named as`);
  for (const kind of BREAKAGES) {
    const cells = VERDICTS.map((verdict) => String(count(verdict, kind)).padStart(16)).join('');
    out(`${kind.padEnd(26)}${cells}   ${namesOf(pairs.filter((pair) => pair.kind === kind))}`);
  }
  const falseCauses = sum((one) => one.falseCauses.length);
  const falseGreens = sum((one) => one.falseGreens.length);
  const wrongRepairs = sum((one) => one.wrongRepairs.length);
  const missedRepairs = sum((one) => one.missedRepairs.length);
  const hidden = pairs.filter((pair) => pair.hidden.length > 0);
  const honest = hidden.filter(({ verdict }) => verdict !== 'not said').length;
  const right = count('right') + count('could not tell');
  const share = right / (pairs.length + falseCauses);
  const several = outcomes.filter(({ case: one }) => one.breakages.length > 1).length;
  out(
    `\nseed ${seed}: ${outcomes.length} broken worlds, ${several} with several causes; ${pairs.length} causes of jobs on record`,
  );
  out(
    `causes right: ${(share * 100).toFixed(2)} % (${count('right')} named, ${count('could not tell')} could not be told, ${count('missed')} missed, ${count('not said')} not said, ${falseCauses} false)`,
  );
  out(`where something was hidden: ${honest} of ${hidden.length} said so or found it all the same`);
  out(
    `false green ${falseGreens}, wrong repair ${wrongRepairs}, right repair ${sum((one) => one.rightRepairs)}, missed repair ${missedRepairs}`,
  );
  return (
    share >= 0.98 &&
    falseGreens === 0 &&
    wrongRepairs === 0 &&
    missedRepairs === 0 &&
    honest === hidden.length
  );
}

/** Which codes jobs with one breakage were explained by, most often first. */
function namesOf(pairs: Outcome['pairs']): string {
  const counts = new Map<string, number>();
  for (const { named } of pairs) for (const code of named) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([code, n]) => `${code} ${n}`)
    .join(', ');
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
