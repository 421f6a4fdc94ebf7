import type { Cause } from '../diagnosis/chain.ts';
import type { JobDiagnosis } from '../diagnosis/conclude.ts';
import { hintIn } from '../diagnosis/hints.ts';
import type { FindingCode } from '../finding.ts';
import { causeText, type SeenCause } from './seen-cause.ts';

/** A new key takes these away. */
const OF_THE_KEY: ReadonlySet<FindingCode> = new Set(['key-unknown', 'key-disabled', 'key-expired']);
/** What a key shows that does what a push does, whatever policies seem to say. */
const OF_THE_ROLE: ReadonlySet<FindingCode> = new Set(['sender-not-granted', 'bucket-write-not-granted']);

/** These stop pushes without an error: they disable nothing, so that they are gone says nothing of why a job was disabled. */
const QUIET: ReadonlySet<FindingCode> = new Set(['zone-inactive', 'log-retention-off']);

/** Causes that are certain, and that make pushes fail. */
export const failuresOf = (causes: readonly Cause[]): readonly Cause[] =>
  causes.filter(({ code, suspected }) => suspected !== true && !QUIET.has(code));

/**
 * Causes that are still there whatever key the job has: enabled now, it would fail again.
 *
 * @param isTried - its key is tried at what a push does before the job is enabled
 */
export const wallsOf = ({ causes }: JobDiagnosis, isTried: boolean): readonly Cause[] =>
  causes.filter(
    ({ code, suspected }) =>
      suspected !== true && !OF_THE_KEY.has(code) && !(isTried && OF_THE_ROLE.has(code)),
  );

/** What else is known when the cause is looked for and nothing more is seen of it. */
interface Evidence {
  /** A cause of failures that was seen since the job pushed last. */
  readonly seenCause: SeenCause | undefined;
  /** What CIS shows as the last error. */
  readonly errorMessage: string | undefined;
  /** The job gets another key with the request that enables it. */
  readonly givesKey: boolean;
  /** Its key did what a push does. */
  readonly isTried: boolean;
  /** Since it was disabled, another job with the same key and destination has pushed. */
  readonly isProven: boolean;
  /** A person asked for it. */
  readonly isAsked: boolean;
}

/**
 * Why it is not certain that the cause is gone, although nothing more is seen of it; undefined = it is. A cause that was seen and is
 * seen no more is gone, if it is still looked at as it was then; and so is an outage of the destination once that takes what it is
 * sent. Where no cause was ever seen, nothing may be left in which one could hide: the key is tried from the keeper's address, and
 * Logpush comes from others.
 */
export function whyUncertain(
  { causes, doubts, untried }: JobDiagnosis,
  { seenCause, errorMessage, givesKey, isTried, isProven, isAsked }: Evidence,
): string | undefined {
  if (isAsked || isProven) return undefined;
  const unseen = isTried ? untried : doubts.filter(({ link }) => link !== 'key');
  const suspects = causes
    .filter(({ suspected, triedAway }) => suspected === true && !(isTried && triedAway === true))
    .map(causeText);
  if (seenCause !== undefined) {
    const { text: seen, byAddress, blind } = seenCause;
    // What a try of ours would meet as well is gone when that passes.
    const links = isTried && !byAddress ? [] : seenCause.links;
    const open = [
      // A suspicion beside something certain was told as a doubt of its link.
      ...suspects.filter((suspect) => !blind.some((known) => known.endsWith(suspect))),
      ...unseen.flatMap(({ link, text }) => (links.includes(link) && !blind.includes(text) ? [text] : [])),
    ];
    if (open.length === 0) return undefined;
    return `what was seen before (${seen}) may still be there, where the keeper does not see it any more: ${open.join('; ')}`;
  }
  if (givesKey && causes.some(({ code }) => OF_THE_KEY.has(code))) return undefined;
  const isOutageOver = isTried && hintIn(errorMessage)?.link === 'outage';
  const open = [...suspects, ...(isOutageOver ? [] : unseen.map(({ text }) => text))];
  if (open.length === 0) return undefined;
  return `no cause was ever seen, and one may be where the keeper does not see: ${open.join('; ')}`;
}
