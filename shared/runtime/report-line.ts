import { omit } from '../domain/omit.ts';
import type { RunReport } from '../domain/report.ts';

/** Cloud Logs cuts a record at about 32 K, and what is left is no JSON any more. */
const LONGEST_BYTES = 30_000;

/** What is left out of a longer report, first what the ledger has in documents of its own, last what needs attention. */
const LISTS = ['jobs', 'rotations', 'waiting', 'actions', 'findings'] as const;

/**
 * A report as one record of Cloud Logs: its level is how bad it is. Of one that is too long the first of each list stay, and
 * `cut` says how many there were; the ledger keeps what was found and done.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-logging
 */
export function reportLine(report: RunReport): string {
  const head = { level: levelOf(report), message: 'report' };
  const whole = JSON.stringify({ ...head, ...report });
  if (!isTooLong(whole)) return whole;
  let [fitting, cut, line] = [omit(report, 'keys'), {}, whole];
  for (const list of LISTS)
    while (isTooLong(line) && fitting[list].length > 0) {
      fitting = { ...fitting, [list]: fitting[list].slice(0, fitting[list].length / 2) };
      cut = { ...cut, [list]: report[list].length };
      line = JSON.stringify({ ...head, ...fitting, cut });
    }
  return line;
}

const isTooLong = (line: string): boolean => Buffer.byteLength(line) > LONGEST_BYTES;

const levelOf = ({ outcome, findings }: RunReport): 'info' | 'warn' | 'error' => {
  if (outcome === 'failed') return 'error';
  return outcome !== 'ok' || findings.some(({ severity }) => severity !== 'info') ? 'warn' : 'info';
};
