import { days, hours, minutes } from '../time.ts';

/**
 * The safety times of a rotation. Each is the longest that something of IBM's may take; shortening one can lose logs,
 * so policies may only lengthen the drain.
 */
export const TIMING = {
  /** A changed destination may be used up to 15 minutes late: a push before that proves nothing about the new key. */
  propagationMs: minutes(15),
  /** 15 propagation + 60 longest previous-key window + 60 token life: after that only the new key can have pushed. */
  drainMs: minutes(135),
  /** `activity.last_authn` may lag by a day; one token life on top. */
  activityLagMs: hours(25),
  /** Somebody who still used the old key counts as gone when IAM has shown no login for this long. */
  usersGoneMs: days(7),
  /** Where others make the keys: how often all jobs are looked at for one that lost its key, or came without it. */
  carriedCheckMs: days(1),
  /** Where others make the keys: how long jobs are waited for that could not be moved or read, and may be soon. */
  leftPatienceMs: hours(2),
  /** A token lives an hour, whatever becomes of its key. */
  tokenLifeMs: minutes(60),
  /** The longest a token of the disabled key may still work (60), and one push interval and a schedule on top. */
  watchMs: minutes(75),
  deleteAfterMs: hours(24),
  /** When anything is unproven the disabled key is kept longer, for a person to notice. */
  deleteUnprovenAfterMs: days(7),
  /** A canary that neither pushes nor fails for this long says nothing: the next job is tried. */
  canarySilentMs: minutes(60),
  /** A failing canary counts as failed when no push succeeded for this long. */
  canaryFailingMs: minutes(10),
  idleUnprovenMs: hours(24),
  mintWindowMs: hours(24),
  /** A refused or failed attempt is not tried again sooner; each further failure doubles it. */
  retryAfterMs: hours(1),
  retryAtMostMs: hours(24),
  /** A key that ends soon is tried again sooner: after this share of the time it has left. */
  retryShareOfLife: 0.1,
  retryAtLeastMs: minutes(15),
  /** IAM may not list a key yet that was made this long ago. */
  listLagMs: minutes(10),
  /** How long the answer to a probe of the old key is believed. */
  probeFreshMs: minutes(10),
  /** While the fleet drains it is looked at this long after the last move: once CIS has taken the key over, and once
   * the previous key has stopped helping (60 minutes at most). */
  drainLooksMs: [minutes(30), minutes(90)],
  /** Old keys are about to end: with that little left, moving jobs can only help. */
  lastDayMs: hours(24),
  /** Two looks at a stray key lie at least this far apart. */
  secondLookMs: minutes(15),
  /** A younger key may belong to an attempt that nobody has written down yet. */
  strayAgeMs: hours(1),
  /** A stray key that was in use is left alone until IAM has shown no login for this long: lag and token life, twice. */
  unusedMs: hours(50),
} as const;

/** At most this many keys are minted per secret within `TIMING.mintWindowMs`. */
export const MINTS_PER_WINDOW = 3;

/** After this many failed moves and none that worked, the others are not tried in the same run. */
export const FAILED_MOVES_PER_RUN = 3;

/** At most this many jobs are tried as canary before silence is taken for an answer. */
export const CANARIES = 3;

/** The moves of a fleet are noted in at most so many writes of a run: one a job up to this many jobs. */
export const MOVE_NOTES = 50;

/** IAM's limit of API keys per identity. @see https://cloud.ibm.com/docs/account?topic=account-known-issues */
export const KEYS_PER_IDENTITY = 20;

/** Name of the keeper's lock on the secret version that jobs run on. */
export const GUARD_LOCK = 'logpush-keeper-guard';
