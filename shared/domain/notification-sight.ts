import type { FindingCode } from './finding.ts';
import type { RunReport } from './report.ts';

/** A run, as far as it tells what is so and what is not. */
export type Look = Pick<RunReport, 'outcome' | 'findings'> & {
  /** It was about a part of what the configuration names. */
  readonly narrowed: boolean;
};

/** What a finding keeps a run from seeing. */
interface Hides {
  /**
   * `subject`: findings on the same subject. `run`: on any. `bucket`: told of a bucket it is about its jobs as well, and
   * nothing says which those are, so on any; told of a job, on that job.
   */
  readonly where: 'subject' | 'run' | 'bucket';
  /** Absent = of any code. */
  readonly codes?: readonly FindingCode[];
}

const SUBJECT: Hides = { where: 'subject' };
const RUN: Hides = { where: 'run' };

const HIDES: Partial<Record<FindingCode, Hides>> = {
  'repair-unclear': SUBJECT,
  'repair-overtaken': SUBJECT,
  'repair-waits-its-turn': SUBJECT,
  'repair-stopped': RUN,
  'mode-changed': RUN,
  'ledger-rules-unknown': SUBJECT,
  'schedule-unclear': SUBJECT,
  'log-retention-unclear': { where: 'run', codes: ['log-retention-off'] },
  'bucket-check-refused': { where: 'bucket' },
  'bucket-unclear': { where: 'bucket' },
  'bucket-write-unclear': { where: 'run', codes: ['bucket-write-not-granted'] },
  // It stays for as long as the keeper has a small role, so it hides no more than it is about.
  'bucket-limits-unclear': {
    where: 'subject',
    codes: [
      'bucket-firewall-refuses',
      'bucket-firewall-partly',
      'bucket-quota-reached',
      'bucket-quota-near',
      'bucket-root-key-suspected',
      'bucket-instance-differs',
    ],
  },
};

/**
 * Whether a run that does not find something has seen that it is gone. What could not be seen is not gone.
 *
 * @param explains - subjects of what was told under it
 */
export function wouldSee(
  look: Look,
  code: string,
  subject: string,
  explains: readonly string[] = [],
): boolean {
  const { outcome, narrowed, findings } = look;
  if (narrowed || outcome === 'partial' || outcome === 'failed') return false;
  return !findings.some((item) => {
    if (item.hides?.some((hidden) => hidden === code) === true && explains.includes(item.subject))
      return true;
    const hides = HIDES[item.code];
    if (hides === undefined) return false;
    const isWide = hides.where === 'run' || (hides.where === 'bucket' && item.subject.startsWith('bucket '));
    if (!isWide && item.subject !== subject) return false;
    return hides.codes === undefined || hides.codes.some((hidden) => hidden === code);
  });
}
