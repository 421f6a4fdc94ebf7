import { BUCKETS } from './findings/buckets.ts';
import { CARRIED } from './findings/carried.ts';
import type { CatalogueEntry, Repair, Severity } from './findings/catalogue.ts';
import { COMPROMISED } from './findings/compromised.ts';
import { DECLARED } from './findings/declared.ts';
import { DIAGNOSIS } from './findings/diagnosis.ts';
import { FLEET } from './findings/fleet.ts';
import { KEYS } from './findings/keys.ts';
import { NOTIFY } from './findings/notify.ts';
import { REPAIR } from './findings/repair.ts';
import { ROTATION } from './findings/rotation.ts';
import { RUNS } from './findings/runs.ts';
import { SHARDED } from './findings/shards.ts';

export { type CatalogueEntry, MENDED_BY, type Severity } from './findings/catalogue.ts';

/** What each function says; a code that others say as well names them in `saidBy`. */
const CHAPTERS = {
  'check-logpush': { ...FLEET, ...DIAGNOSIS },
  'reenable-logpush': REPAIR,
  'rotate-keys': { ...ROTATION, ...KEYS, ...CARRIED, ...COMPROMISED },
  'verify-buckets': BUCKETS,
  'ensure-logpush': DECLARED,
  'any function': { ...RUNS, ...SHARDED, ...NOTIFY },
};

type Chapters = typeof CHAPTERS;

/**
 * Every finding the keeper can make. The code is stable: people write rules and runbooks on it.
 */
export type FindingCode = { [Name in keyof Chapters]: keyof Chapters[Name] }[keyof Chapters];

/** The codes by the function that says them, in the order of the runbook; what any may say comes last. */
export const CODES_BY_FUNCTION: readonly (readonly [string, readonly FindingCode[]])[] = Object.entries(
  CHAPTERS,
).map(([name, codes]) => [name, Object.keys(codes) as FindingCode[]]);

export const FINDING_CODES: readonly FindingCode[] = CODES_BY_FUNCTION.flatMap(([, codes]) => codes);

const FINDINGS = Object.fromEntries(
  Object.values(CHAPTERS).flatMap((codes) => Object.entries<CatalogueEntry>(codes)),
) as Readonly<Record<FindingCode, CatalogueEntry>>;

/** What a code stands for, whatever it was found on. */
export const catalogued = (code: FindingCode): CatalogueEntry => FINDINGS[code];

/** The functions that say it. */
export const saidBy = (code: FindingCode): readonly string[] =>
  catalogued(code).saidBy ??
  CODES_BY_FUNCTION.flatMap(([name, codes]) => (codes.includes(code) ? [name] : []));

export const isFindingCode = (text: string): text is FindingCode => Object.hasOwn(FINDINGS, text);

/** Something wrong, or worth knowing, as data. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What it is about, for example `binding edge-logs` or `job 700123 (http_requests of shop.example)`. */
  readonly subject: string;
  /** The evidence: what was seen. Never holds a secret. */
  readonly detail: string;
  readonly todo: string;
  /** Who mends it. */
  readonly repair: Repair;
  /** Since when it has been so, as far as the evidence goes. */
  readonly since?: number;
  /** The findings that explain this one, each as `findingKey` names it. */
  readonly because?: readonly string[];
  /** Codes of what it may hide of what explains its subject: not found beside it, they are not gone. */
  readonly hides?: readonly FindingCode[];
}

/** Names a finding in a run, and from one run to the next. */
export const findingKey = ({ code, subject }: Pick<Finding, 'code' | 'subject'>): string =>
  `${code} ${subject}`;

/** What several looks found alike, as the first of them says it. */
export function toldOnce(findings: readonly Finding[]): readonly Finding[] {
  const told = new Map<string, Finding>();
  for (const one of findings) if (!told.has(findingKey(one))) told.set(findingKey(one), one);
  return [...told.values()];
}

/**
 * Makes a finding with the severity and advice its code stands for.
 *
 * @param more - who mends it here, where that is not as for others of its code; and what explains it
 */
export function finding(
  code: FindingCode,
  subject: string,
  detail: string,
  since?: number,
  more: Partial<Pick<Finding, 'repair' | 'because' | 'hides' | 'todo'>> = {},
): Finding {
  const { severity, repair, todo } = catalogued(code);
  return {
    code,
    severity,
    subject,
    detail,
    todo,
    repair,
    ...(since === undefined ? {} : { since }),
    ...more,
  };
}
