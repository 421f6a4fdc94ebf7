import type { WorldFile, WorldJob } from '../../infra/local/world-file.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';

/**
 * Log minutes that a job of a world loses without a keeper, from the file alone. Nobody repairs anything there: what is
 * broken when it begins stays so, for the platform disables it a day after its last push, before a role comes back. A
 * key that ends stops minting tokens, and the token cached last serves for one token life at most.
 */
export function lossWithoutKeeper(file: WorldFile, job: WorldJob): number {
  if (job.traffic === false || (!job.enabled && job.disabledBy !== 'platform')) return 0;
  const endsAt = days(file.days);
  if (isBroken(file, job)) return endsAt / minutes(1);
  const keyEndsAt = days(keyOf(file, job)?.key.expiresInDays ?? Infinity);
  if (keyEndsAt >= endsAt) return 0;
  const intervalMs = job.frequency === 'high' ? minutes(1) : minutes(5);
  const tokenLifeMs = minutes(file.settings.logpush.tokenCacheMinutes);
  // Tokens are minted with the first push and whenever the one before has ended; the last one minted in time ends here.
  const lastTokenEndsAt = intervalMs + Math.ceil((keyEndsAt - intervalMs) / tokenLifeMs) * tokenLifeMs;
  return Math.floor((endsAt - lastTokenEndsAt) / intervalMs + 1) * (intervalMs / minutes(1));
}

function isBroken(file: WorldFile, job: WorldJob): boolean {
  if (!job.enabled) return true;
  const owner = keyOf(file, job);
  if (owner === undefined) return false;
  if ((owner.key.expiresInDays ?? Infinity) <= 0) return true;
  const { cos, past } = job;
  if (file.buckets.some(({ name, firewall }) => name === cos?.bucket && firewall !== undefined)) return true;
  if (owner.policies.length > 0) return false;
  const disabledAt = hours(file.settings.logpush.disableAfterHours - (past?.pushedHoursAgo ?? 0));
  if (file.timeline.some(({ afterHours }) => hours(afterHours) <= disabledAt))
    throw new Error('a role comes back before the platform disables the job');
  return true;
}

function keyOf(file: WorldFile, { apiKey }: WorldJob) {
  for (const { serviceIds } of file.accounts)
    for (const { apiKeys, policies } of serviceIds)
      for (const key of apiKeys) if (key.name === apiKey) return { key, policies };
  return undefined;
}
