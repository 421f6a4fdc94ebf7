import { FINDING_CODES, type Finding, type FindingCode } from './finding.ts';
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
/** A bucket that cannot be looked into says nothing about keys, zones and schedules. */
const BUCKET: Hides = { where: 'bucket', codes: FINDING_CODES.filter((code) => code.startsWith('bucket-')) };

const HIDES: Partial<Record<FindingCode, Hides>> = {
  'instance-unreadable': RUN,
  'repair-unclear': SUBJECT,
  'repair-overtaken': RUN,
  'declared-overtaken': RUN,
  'repair-waits-its-turn': SUBJECT,
  'repair-stopped': RUN,
  'mode-changed': RUN,
  'ledger-rules-unknown': SUBJECT,
  'schedule-unclear': SUBJECT,
  'log-retention-unclear': { where: 'run', codes: ['log-retention-off'] },
  'bucket-check-refused': BUCKET,
  'bucket-unclear': BUCKET,
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

/** What makes a run partial beside a zone: it hides nobody knows what. */
const ENDS_MORE: ReadonlySet<string> = new Set([
  'instance-unreadable',
  'binding-failed',
  'repair-stopped',
  'mode-changed',
  'declared-failed',
  'declared-plan',
  'run-failed',
] satisfies readonly FindingCode[]);

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
  if (narrowed || outcome === 'failed') return false;
  const zones = unreadZones(findings);
  // A partial run that names no zone has a reason that its findings do not tell.
  const isBlind = zones.length === 0 || findings.some((item) => ENDS_MORE.has(item.code));
  if (outcome === 'partial' && isBlind) return false;
  const subjects = [subject, ...explains];
  if (zones.some((zone) => isAbout(zone, subjects))) return false;
  return !findings.some((item) => covers(item, code, subject, explains));
}

const ZONE = 'zone ';

/** Names of the zones that could not be read. Without them a run sees all that is not about them. */
const unreadZones = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter((item) => item.code === 'zone-unreadable' && item.subject.startsWith(ZONE))
    .map((item) => item.subject.slice(ZONE.length));

/** Whether something is about a zone. Nothing says in which zones the jobs of a bucket are under which no job was told. */
function isAbout(zone: string, subjects: readonly string[]): boolean {
  if (subjects.length === 1 && subjects.some((subject) => subject.startsWith('bucket '))) return true;
  return subjects.some(
    (subject) =>
      subject === `${ZONE}${zone}` || (/^(declared )?job /.test(subject) && subject.endsWith(` of ${zone})`)),
  );
}

/** Whether a finding hides what has this code on this subject. */
function covers(item: Finding, code: string, subject: string, explains: readonly string[]): boolean {
  if (explains.includes(item.subject) && item.hides?.some((hidden) => hidden === code) === true) return true;
  const hides = HIDES[item.code];
  if (hides === undefined) return false;
  const isWide = hides.where === 'run' || (hides.where === 'bucket' && item.subject.startsWith('bucket '));
  if (!isWide && item.subject !== subject) return false;
  return hides.codes === undefined || hides.codes.some((hidden) => hidden === code);
}
