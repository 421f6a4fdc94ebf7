import type { LogpushJob } from './logpush.ts';
import { advanceOutages, type Outages, type PushState } from './outage.ts';
import type { SeenCause } from './repair/seen-cause.ts';
import { formatDuration, formatInstant, hours, minutes } from './time.ts';

/** The states of a Logpush job. @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
export const HEALTHS = [
  'healthy',
  /** Enabled a short while ago, nothing pushed yet. */
  'starting',
  /** Enabled, no error, nothing arrived, and nothing says that something should have. */
  'idle',
  'failing',
  /** Silent although another dataset of the zone moves. */
  'stalled',
  /** The platform switched it off after 24 hours without one success. */
  'disabled-by-failures',
  /** It was failing when last seen, but not for long enough for the platform to have acted. */
  'disabled-unclear',
  'disabled-by-hand',
  'unknown',
] as const;
export type Health = (typeof HEALTHS)[number];

/** What earlier looks left behind about a job: CIS itself keeps no history. */
export interface JobMemory extends Outages {
  readonly firstSeenAt: number;
  readonly enabled: boolean;
  /** When it was last seen to change from disabled to enabled. */
  readonly enabledAt?: number;
  /** When it was last seen enabled and without an error. */
  readonly cleanAt?: number;
  /** End of the last pushed interval that the last look showed. */
  readonly pushedAt?: number;
  /** It was seen failing in the last look. */
  readonly failing: boolean;
  /** A cause that was seen since it pushed last. */
  readonly seenCause?: SeenCause;
}

export interface Classified {
  readonly health: Health;
  /** The evidence, in a sentence. */
  readonly reason: string;
  readonly since?: number;
}

/** The platform disables after 24 h without one success; half an hour of that may pass unseen. */
const BY_FAILURES_MS = hours(23.5);
/** A job that has failed for longer and is enabled was enabled in between. */
const OVERDUE_MS = hours(24.5);
const STARTING_MS = minutes(30);
const STALLED_MS = minutes(60);
/** Two push intervals and a bit: `low` pushes about every 5 minutes, `high` about every minute. */
const FRESH_MS: Readonly<Record<string, number>> = { low: minutes(15), high: minutes(10) };

/**
 * Says what state a job is in, from what CIS shows now and what earlier looks left behind.
 *
 * @param siblingMoves - another job of the same zone has pushed lately
 * @param now - CIS's clock
 * @param enabledByUs - when we enabled it, whatever else is remembered of it
 */
export function classifyJob(
  job: LogpushJob,
  memory: JobMemory | undefined,
  siblingMoves: boolean,
  now: number,
  enabledByUs?: number,
): Classified {
  return job.enabled
    ? classifyEnabled(job, memory, siblingMoves, now)
    : classifyDisabled(job, memory, enabledByUs);
}

function classifyEnabled(
  job: LogpushJob,
  memory: JobMemory | undefined,
  siblingMoves: boolean,
  now: number,
): Classified {
  const { lastCompleteAt, lastErrorAt } = job;
  if (lastErrorAt !== undefined && isFailing(job)) {
    const last = lastCompleteAt === undefined ? 'no push yet' : `last push ${formatInstant(lastCompleteAt)}`;
    return {
      health: 'failing',
      reason: `${last}; ${job.errorMessage ?? 'no message'}`,
      since: lastCompleteAt ?? lastErrorAt,
    };
  }
  if (lastCompleteAt === undefined) {
    const from = memory?.enabledAt ?? memory?.firstSeenAt ?? now;
    if (now - from < STARTING_MS)
      return { health: 'starting', reason: 'enabled, nothing pushed yet', since: from };
    return quiet(now - from, siblingMoves, 'has never pushed', from);
  }
  const age = now - lastCompleteAt;
  if (age <= (FRESH_MS[job.frequency] ?? minutes(15))) {
    // Joined: nearly every job of a fleet has this text, and a template keeps its parts.
    return { health: 'healthy', reason: ['last push', formatInstant(lastCompleteAt)].join(' ') };
  }
  return quiet(age, siblingMoves, `has pushed nothing for ${formatDuration(age)}`, lastCompleteAt);
}

function quiet(age: number, siblingMoves: boolean, what: string, since: number): Classified {
  if (siblingMoves && age >= STALLED_MS) {
    return { health: 'stalled', reason: `${what}, while another dataset of the zone moves`, since };
  }
  return { health: 'idle', reason: `${what}, and shows no error`, since };
}

function classifyDisabled(
  job: LogpushJob,
  memory: JobMemory | undefined,
  enabledByUs: number | undefined,
): Classified {
  const { lastErrorAt } = job;
  if (lastErrorAt === undefined) return { health: 'disabled-by-hand', reason: 'disabled without an error' };
  const failsFrom = failingFrom(job, memory, enabledByUs);
  if (failsFrom === undefined) {
    return { health: 'disabled-by-hand', reason: 'disabled; nothing shows for how long it had failed' };
  }
  const failedForMs = lastErrorAt - failsFrom;
  if (failedForMs >= BY_FAILURES_MS) {
    const reason = `it failed for ${formatDuration(failedForMs)}, until the platform disabled it`;
    return { health: 'disabled-by-failures', reason, since: lastErrorAt };
  }
  const reason = `disabled after failing for ${formatDuration(failedForMs)}, sooner than the platform acts`;
  return {
    health: memory?.failing === true ? 'disabled-unclear' : 'disabled-by-hand',
    reason,
    since: lastErrorAt,
  };
}

/** The latest instant at which it was fine, or was enabled: from then on it may have failed. */
function failingFrom(
  { lastCompleteAt }: LogpushJob,
  memory: JobMemory | undefined,
  enabledByUs?: number,
): number | undefined {
  const anchors = [lastCompleteAt, memory?.enabledAt, memory?.cleanAt, enabledByUs].filter(
    (at) => at !== undefined,
  );
  if (anchors.length > 0) return Math.max(...anchors);
  // It was enabled in every look so far and failed in the last one: it has failed since the first one at least.
  return memory?.failing === true ? memory.firstSeenAt : undefined;
}

/** When it was last enabled, as far as looks can tell; one that happened between two looks is dated to the later. */
function enabledSince(job: LogpushJob, memory: JobMemory | undefined, now: number): number | undefined {
  if (!job.enabled) return memory?.enabledAt;
  const isSwitchedOn = memory !== undefined && !memory.enabled;
  // CIS may forget the last push when a job is enabled.
  const isForgotten = memory?.pushedAt !== undefined && job.lastCompleteAt === undefined;
  const isOverdue = isFailing(job) && now - (failingFrom(job, memory) ?? now) > OVERDUE_MS;
  return isSwitchedOn || isForgotten || isOverdue ? now : memory?.enabledAt;
}

/** What this look leaves behind for the next. */
export function rememberJob(
  job: LogpushJob,
  memory: JobMemory | undefined,
  health: Health,
  now: number,
): JobMemory {
  const failing = isFailing(job);
  const enabledAt = enabledSince(job, memory, now);
  const cleanAt = job.enabled && !failing ? now : memory?.cleanAt;
  return {
    firstSeenAt: memory?.firstSeenAt ?? now,
    enabled: job.enabled,
    ...(enabledAt === undefined ? {} : { enabledAt }),
    ...(cleanAt === undefined ? {} : { cleanAt }),
    ...(job.lastCompleteAt === undefined ? {} : { pushedAt: job.lastCompleteAt }),
    // A disabled job keeps what was known when it was last enabled.
    failing: job.enabled ? failing : (memory?.failing ?? false),
    ...advanceOutages(outagesOf(memory), pushState(job, health, now), now),
  };
}

const outagesOf = ({ outage, outages, unwantedAt }: Outages = { outages: [] }): Outages => ({
  outages,
  ...(outage === undefined ? {} : { outage }),
  ...(unwantedAt === undefined ? {} : { unwantedAt }),
});

/** CIS clears the error on a success; if both are there, the later one tells. */
const isFailing = ({ lastErrorAt, lastCompleteAt }: LogpushJob): boolean =>
  lastErrorAt !== undefined && lastErrorAt > (lastCompleteAt ?? 0);

function pushState(job: LogpushJob, health: Health, now: number): PushState {
  const { lastErrorAt, lastCompleteAt } = job;
  if (health === 'disabled-by-failures') return { state: 'disabled', at: now, lastGoodAt: lastCompleteAt };
  if (health === 'disabled-by-hand') return { state: 'unwanted', at: now };
  if (!job.enabled)
    return { state: 'unclear', ...(lastErrorAt === undefined ? {} : { failedAt: lastErrorAt }) };
  if (lastErrorAt !== undefined && isFailing(job))
    return { state: 'fails', at: lastErrorAt, lastGoodAt: lastCompleteAt };
  return lastCompleteAt === undefined ? { state: 'unclear' } : { state: 'pushes', at: lastCompleteAt };
}
