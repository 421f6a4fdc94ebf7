import { finding } from '../domain/finding.ts';
import { changedDestination, jobKey } from '../domain/logpush.ts';
import type { Action, RotationView } from '../domain/rotation/steps.ts';
import { TIMING } from '../domain/rotation/timing.ts';
import { formatInstant } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import type { IamPort } from '../ports.ts';
import { type Applied, done, required } from './applied.ts';
import { describeError, type SweepContext } from './context.ts';
import type { FleetCache } from './fleet-cache.ts';
import { keyStoreOf } from './key-store.ts';
import { probeKey, qualifyKey } from './qualify.ts';
import { extendSecret, publish, requestVersion, restoreVersion } from './version-effects.ts';

/**
 * Performs one action. What it does not handle it throws, and the next run looks again: every action here can be
 * repeated, or is found done by a look (`decideRecovery`), if the process dies before, during or after it.
 */
export async function applyAction(
  context: SweepContext,
  fleet: FleetCache,
  view: RotationView,
  action: Action,
): Promise<Applied> {
  const { binding } = view;
  const { clock, services } = context.ports;
  const iam = services.iam(binding.account);
  const store = keyStoreOf(services, binding);
  switch (action.kind) {
    case 'lock-version':
      await store.guard();
      return done(clock.now());
    case 'mint-key':
      return mintKey(context, view, action);
    case 'enable-key':
      await iam.enableApiKey(action.keyId);
      return done(clock.now());
    case 'qualify-key':
      return qualify(context, view, action);
    case 'extend-secret':
      return extendSecret(context, view, action, store);
    case 'publish-key':
      return publish(context, view, action, store);
    case 'request-version':
      return requestVersion(context, view, store);
    case 'move-job':
      return moveJob(context, fleet, view, action);
    case 'disable-key':
      // Whether IAM disables a locked key is not documented, so it is unlocked first.
      if (action.unlockFirst) await iam.unlockApiKey(action.keyId);
      await iam.disableApiKey(action.keyId);
      return done(clock.now());
    case 'enable-old-key': {
      await iam.enableApiKey(action.keyId);
      const needed = finding('old-key-needed', `key ${action.keyId}`, action.detail, clock.now());
      return done(clock.now(), {}, [needed]);
    }
    case 'cut-key':
      return cutKey(context, iam, action.keyId);
    case 'delete-key':
      await iam.deleteApiKey(action.keyId);
      return done(clock.now());
    case 'release-previous':
      await store.guard({ rollingBack: action.rollingBack, leavePrevious: true });
      return done(clock.now());
    case 'probe-old-key':
      return probeOldKey(context, view, action);
    case 'mark-rollback':
      await store.guard({ rollingBack: true });
      return done(clock.now());
    case 'restore-version':
      return restoreVersion(context, view, action, store);
    case 'disable-new-key':
      await ifStillThere(iam.disableApiKey(action.keyId));
      return done(clock.now());
    case 'disable-stray-key':
      await ifStillThere(iam.disableApiKey(action.keyId));
      return done(clock.now());
    case 'delete-stray-key':
      await iam.deleteApiKey(action.keyId);
      return done(clock.now());
  }
}

/**
 * Disables a key that somebody else has. Its tokens work until they end. Repeated without harm; if the process dies before it,
 * nothing has changed, and the person who asked sees no report.
 */
async function cutKey({ ports: { clock } }: SweepContext, iam: IamPort, keyId: string): Promise<Applied> {
  const key = await iam.getApiKey(keyId);
  if (key !== undefined && !key.disabled) {
    if (key.locked) await iam.unlockApiKey(keyId);
    await ifStillThere(iam.disableApiKey(keyId));
  }
  const at = clock.now();
  const detail =
    key === undefined
      ? 'IAM does not know it any more'
      : `disabled; tokens that were made with it before may work until ${formatInstant(at + TIMING.tokenLifeMs)}`;
  return done(at, {}, [finding('key-cut', `key ${keyId}`, detail, at)]);
}

/** A key that is gone needs no disabling. */
async function ifStillThere(disabling: Promise<void>): Promise<void> {
  try {
    await disabling;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
}

/** Sends one record with the old key: whether the destination takes it decides between roll back and outage. */
async function probeOldKey(
  context: SweepContext,
  view: RotationView,
  action: Extract<Action, { kind: 'probe-old-key' }>,
): Promise<Applied> {
  const { binding, memory } = view;
  const probe = await probeKey(
    context,
    { account: binding.account },
    required(memory.oldValue),
    action.destination,
  );
  const isDead = probe.verdict === 'no' && probe.at === 'login';
  return done(context.ports.clock.now(), { probe: isDead ? 'dead' : probe.verdict });
}

/** Not idempotent: after an unclear answer nothing is repeated; the next run finds the key by its name. */
async function mintKey(
  context: SweepContext,
  { binding, runId }: RotationView,
  action: Extract<Action, { kind: 'mint-key' }>,
): Promise<Applied> {
  try {
    const { key, value } = await context.ports.services.iam(binding.account).createApiKey({
      name: action.name,
      description: `made by logpush-keeper for binding ${binding.name}, run ${runId}`,
      iamId: binding.iamId,
      accountId: binding.accountId,
      expiresAt: action.expiresAt,
    });
    const expiry = key.expiresAt === undefined ? {} : { keyExpiresAt: key.expiresAt };
    return done(context.ports.clock.now(), { keyId: key.id, value, ...expiry });
  } catch (error) {
    if (!(error instanceof ApiError) || error.effect === 'unknown') throw error;
    return {
      kind: 'end',
      note: { kind: 'close', outcome: 'mint-failed', detail: describeError(error) },
      finding: finding('mint-failed', `binding ${binding.name}`, describeError(error)),
    };
  }
}

async function qualify(
  context: SweepContext,
  { binding, memory }: RotationView,
  action: Extract<Action, { kind: 'qualify-key' }>,
): Promise<Applied> {
  const verdict = await qualifyKey(context, binding, required(memory.value), action.destinations);
  const now = context.ports.clock.now();
  if (verdict.verdict === 'no') {
    return {
      kind: 'end',
      note: {
        kind: 'close',
        outcome: 'qualification-refused',
        detail: verdict.detail,
        ...(binding.managedBy === 'keeper' ? { strayKeyId: action.keyId } : {}),
      },
      finding: finding('qualification-refused', `key ${action.keyId}`, verdict.detail),
    };
  }
  if (verdict.verdict === 'unclear') {
    const unclear = finding('qualification-unclear', `key ${action.keyId}`, verdict.detail);
    return done(now, { qualified: 'unclear' }, [unclear]);
  }
  return done(now, { qualified: verdict.verdict });
}

/** A PUT of the destination object and nothing else. Idempotent. What others have changed meanwhile is not undone. */
async function moveJob(
  context: SweepContext,
  fleet: FleetCache,
  { memory }: RotationView,
  action: Extract<Action, { kind: 'move-job' }>,
): Promise<Applied> {
  const key = jobKey(action.job);
  const subject = `job ${action.label}`;
  const instance = context.instances.find((candidate) => candidate.crn === action.job.instanceCrn);
  if (instance === undefined) throw new Error(`job ${key} belongs to no configured instance`);
  try {
    const current = await fleet.current(context, action.job);
    const since =
      current === undefined ? 'it is gone' : changedDestination(action.destination, current.destination);
    if (since !== undefined) {
      const detail = `it is not as it was observed: ${since}`;
      return { kind: 'skip-job', key, refused: false, finding: finding('job-move-failed', subject, detail) };
    }
    const { job, answeredAt } = await context.ports.services
      .cis(instance.account)
      .updateLogpushJob(action.job, {
        destination: {
          ...action.destination,
          apiKey: required(action.role === 'back' ? memory.oldValue : memory.value),
        },
      });
    const detail = changedDestination(action.destination, job.destination);
    if (detail === undefined) return done(answeredAt);
    const changed = finding('job-destination-changed', subject, detail);
    return { kind: 'skip-job', key, refused: false, finding: changed };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const failed = finding('job-move-failed', subject, describeError(error));
    return { kind: 'skip-job', key, refused: error.status === 400, finding: failed };
  }
}
