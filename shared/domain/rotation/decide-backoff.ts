import type { Finding } from '../finding.ts';
import { type RotationView, rest, type Step } from './steps.ts';

/** After a failure the next attempt waits, unless a person wants it now. @returns undefined when nothing waits */
export function decideBackoff(
  { record: { notBefore }, now, forced, compromised }: RotationView,
  notices: readonly Finding[],
): Step | undefined {
  const isAsked = forced || (compromised !== undefined && compromised.isRemembered !== true);
  if (notBefore === undefined || now >= notBefore || isAsked) return undefined;
  return rest('the next try after a failed one', notBefore, notices);
}
