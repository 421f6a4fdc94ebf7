import { type Cause, CODES_OF, LINKS, type Link } from '../diagnosis/chain.ts';
import type { JobDiagnosis } from '../diagnosis/conclude.ts';
import type { FindingCode } from '../finding.ts';

/** What made pushes of a job fail, as it was seen, and what could not be told beside it. */
export interface SeenCause {
  /** In words. */
  readonly text: string;
  /** The links that have to be looked at to see it; none for what our own try of the key has shown. */
  readonly links: readonly Link[];
  /** It is about where Logpush comes from: a try of ours that passes does not show that it is gone. */
  readonly byAddress: boolean;
  /** What could not be told, or was only suspected, when it was seen: it was not what hid it. */
  readonly blind: readonly string[];
}

const BY_ADDRESS: ReadonlySet<FindingCode> = new Set([
  'bucket-firewall-refuses',
  'restriction-refuses',
  'logs-instance-private',
]);

export const causeText = ({ subject, detail }: Cause): string => `${subject}: ${detail}`;

/** What is remembered of causes that a diagnosis has shown. */
export const seenIn = (diagnosis: JobDiagnosis, causes: readonly Cause[]): SeenCause => ({
  text: causes.map(causeText).join('; '),
  links: LINKS.filter((link) => causes.some(({ code }) => CODES_OF[link].includes(code))),
  byAddress: causes.some(({ code }) => BY_ADDRESS.has(code)),
  blind: blindIn(diagnosis),
});

/** What is remembered of a key that was refused when we tried it; the next try looks for that again. */
export const seenByTrying = (diagnosis: JobDiagnosis, text: string): SeenCause => ({
  text,
  links: [],
  byAddress: false,
  blind: blindIn(diagnosis),
});

const blindIn = ({ causes, doubts }: JobDiagnosis): readonly string[] => [
  ...doubts.map(({ text }) => text),
  ...causes.filter(({ suspected }) => suspected === true).map(causeText),
];

/** Both: what one of them has looked at and seen is no blind spot any more. */
export function bothSeen(before: SeenCause | undefined, now: SeenCause): SeenCause {
  if (before === undefined) return now;
  return {
    text: now.text,
    links: LINKS.filter((link) => before.links.includes(link) || now.links.includes(link)),
    byAddress: before.byAddress || now.byAddress,
    blind: before.blind.filter((text) => now.blind.includes(text)),
  };
}

/** Whether there is nothing new to remember. Links only become more, and blind spots fewer: their number tells. */
export const isKnown = (before: SeenCause | undefined, now: SeenCause): boolean =>
  before !== undefined &&
  before.text === now.text &&
  before.links.length === now.links.length &&
  before.byAddress === now.byAddress &&
  before.blind.length === now.blind.length;
