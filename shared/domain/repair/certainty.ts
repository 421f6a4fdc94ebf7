import type { Cause } from '../diagnosis/chain.ts';
import type { JobDiagnosis } from '../diagnosis/conclude.ts';
import type { FindingCode } from '../finding.ts';
import type { Incident } from './incident.ts';

/** A new key takes these away. */
const OF_THE_KEY: ReadonlySet<FindingCode> = new Set(['key-unknown', 'key-disabled', 'key-expired']);
/** What a key shows that does what a push does, whatever policies seem to say. */
const OF_THE_ROLE: ReadonlySet<FindingCode> = new Set(['sender-not-granted', 'bucket-write-not-granted']);

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

/** What else speaks for it that the cause is gone. */
interface Evidence {
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
 * seen no more is gone. Where none was ever seen, nothing may be left in which one could hide: the key is tried from the keeper's
 * address, and Logpush comes from others.
 */
export function whyUncertain(
  { causes, doubts, untried }: JobDiagnosis,
  { seenCause }: Incident,
  { givesKey, isTried, isProven, isAsked }: Evidence,
): string | undefined {
  const suspects = causes.filter(({ suspected }) => suspected === true);
  if (isAsked || isProven || (seenCause !== undefined && suspects.length === 0)) return undefined;
  if (givesKey && causes.some(({ code }) => OF_THE_KEY.has(code))) return undefined;
  const unseen = isTried ? untried : doubts;
  const open = [
    ...suspects.map(({ subject, detail }) => `${subject}: ${detail}`),
    ...unseen.filter((doubt) => /^(?:role|destination): /.test(doubt)),
  ];
  if (open.length === 0) return undefined;
  return `no cause was ever seen, and one may be where the keeper does not see: ${open.join('; ')}`;
}
