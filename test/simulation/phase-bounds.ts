import type { Phase } from '../../shared/domain/rotation/record.ts';
import { days, formatDuration, hours, minutes } from '../../shared/domain/time.ts';
import type { SharedLedger } from './shared-ledger.ts';

/** How long each phase may last by docs/rotation.md, once nothing goes wrong any more. */
const BOUNDS_MS: Readonly<Record<Phase, number>> = {
  minting: minutes(10),
  qualifying: minutes(10),
  publishing: minutes(10),
  moving: 0,
  confirming: minutes(60),
  draining: minutes(135),
  proving: hours(24),
  disabling: hours(25) + minutes(75),
  deleting: days(7),
  'rolling-back': 0,
  restoring: minutes(15),
};
/** Two schedules, clocks that are ten minutes off to either side, and the lease of a run that died. */
const SLACK_MS = minutes(30 + 20 + 4);

/** @param disturbedAt - when something went wrong last. @returns what is wrong */
export function whyTooLong(ledger: SharedLedger, disturbedAt: number, now: number): string | undefined {
  const { phase, phaseSince } = ledger;
  if (phase === 'none') return undefined;
  const lasts = now - Math.max(phaseSince, disturbedAt);
  if (lasts <= BOUNDS_MS[phase] + SLACK_MS) return undefined;
  return `the phase ${phase} lasts ${formatDuration(lasts)} since it was entered or last disturbed`;
}
