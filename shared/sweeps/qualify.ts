import type { Binding } from '../domain/binding.ts';
import { destinationName, type KeyedDestination } from '../domain/logpush.ts';
import type { Secret } from '../domain/secret.ts';
import { minutes, seconds } from '../domain/time.ts';
import type { CloudLogsRecord, SendVerdict, TokenVerdict } from '../ports.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { keyStoreOf } from './key-store.ts';

/** Whether the new key may take over. `unclear`: nothing speaks against it, so one job tries it first. */
export type Qualification =
  | { readonly verdict: 'action' | 'token' }
  | { readonly verdict: 'unclear'; readonly detail: string }
  | { readonly verdict: 'no'; readonly detail: string };

/** IAM's regions learn of a new key within seconds, rarely minutes. */
const WAIT_FOR_KEY_MS = minutes(10);

/**
 * Tries a new key at what a job does with it: log in, and send one record, or write one object, to each destination.
 *
 * A record cannot be deleted; its names (`logpush-keeper`/`canary`) are fixed so that people can filter them. The object is
 * the one that Logpush itself writes when a destination is set, and is overwritten.
 * A refusal counts only if the old key, which is known to deliver, is not refused alike.
 *
 * If the process dies here nothing is lost but the key's value: the key is unused and becomes a stray.
 * @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs
 */
export async function qualifyKey(
  context: SweepContext,
  binding: Binding,
  value: Secret,
  destinations: readonly KeyedDestination[],
): Promise<Qualification> {
  const token = await loginWhenKnown(context, binding, value);
  if (token.verdict === 'no')
    return { verdict: 'no', detail: `IAM does not accept the new key (${token.code})` };
  if (token.verdict === 'unknown') return { verdict: 'unclear', detail: token.reason };
  if (token.iamId !== binding.iamId || token.accountId !== binding.accountId) {
    return { verdict: 'no', detail: `the new key belongs to ${token.iamId}, not to ${binding.iamId}` };
  }
  if (binding.qualify === 'token') return { verdict: 'token' };
  const unclear: string[] = [];
  for (const destination of destinations) {
    const sent = await tryDestination(context, token.token, destination);
    if (sent.verdict === 'yes') continue;
    if (sent.verdict === 'unknown') {
      unclear.push(sent.reason);
      continue;
    }
    const where = destinationName(destination);
    if ((await probeCurrentKey(context, binding, destination)) === 'yes') {
      return {
        verdict: 'no',
        detail: `${where} refuses the new key (${sent.status}) and accepts the old one`,
      };
    }
    unclear.push(`${where} refuses the new key (${sent.status}), and the old one was not accepted either`);
  }
  return unclear.length === 0 ? { verdict: 'action' } : { verdict: 'unclear', detail: unclear.join('; ') };
}

async function loginWhenKnown(context: SweepContext, binding: Binding, value: Secret): Promise<TokenVerdict> {
  const { clock, services } = context.ports;
  const giveUpAt = clock.now() + WAIT_FOR_KEY_MS;
  // IBM advises two seconds before the first use of a new key.
  for (let pauseMs = seconds(2); ; pauseMs = Math.min(pauseMs * 2, minutes(1))) {
    await clock.sleep(pauseMs);
    const verdict = await services.iam(binding.account).mintToken(value);
    if (verdict.verdict === 'yes' || clock.now() + pauseMs > giveUpAt) return verdict;
  }
}

/** Whether the old key still delivers: the control of the experiment. */
async function probeCurrentKey(
  context: SweepContext,
  binding: Binding,
  destination: KeyedDestination,
): Promise<SendVerdict['verdict']> {
  const { services, log } = context.ports;
  try {
    // Where others make the key, the secret holds the new one already.
    const old = await keyStoreOf(services, binding).read(
      binding.managedBy === 'keeper' ? 'current' : 'previous',
    );
    return old === undefined
      ? 'unknown'
      : (await probeKey(context, { account: binding.account }, old, destination)).verdict;
  } catch (error) {
    if (!isExpected(error)) throw error;
    log.warn('could not probe the old key', { binding: binding.name, error: describeError(error) });
    return 'unknown';
  }
}

/**
 * What came of trying a key. `login`: IAM refuses it; `identity`: it is somebody else's; `destination`: IAM takes it, the
 * destination does not.
 */
export type Probe =
  | { readonly verdict: 'yes' }
  | { readonly verdict: 'no'; readonly at: 'login' | 'identity' | 'destination'; readonly detail: string }
  | { readonly verdict: 'unknown'; readonly detail: string };

/** Whose key it must be, and whether it is tried at all; a key of nobody's binding is tried as it is. */
export type KeyOwner = Pick<Binding, 'account'> & Partial<Pick<Binding, 'iamId' | 'accountId' | 'qualify'>>;

/** Whether a key does what a job does with it: log in, as who it should be, and send one record. */
export async function probeKey(
  context: SweepContext,
  { account, iamId, accountId, qualify }: KeyOwner,
  value: Secret,
  destination: KeyedDestination,
): Promise<Probe> {
  const { services } = context.ports;
  const token = await services.iam(account).mintToken(value);
  if (token.verdict === 'no')
    return { verdict: 'no', at: 'login', detail: `IAM does not accept the key (${token.code})` };
  if (token.verdict === 'unknown') return { verdict: 'unknown', detail: token.reason };
  if ((iamId ?? token.iamId) !== token.iamId || (accountId ?? token.accountId) !== token.accountId)
    return { verdict: 'no', at: 'identity', detail: `the key belongs to ${token.iamId}, not to ${iamId}` };
  if (qualify === 'token') return { verdict: 'yes' };
  const sent = await tryDestination(context, token.token, destination);
  if (sent.verdict === 'yes') return sent;
  if (sent.verdict === 'unknown') return { verdict: 'unknown', detail: sent.reason };
  const detail = `${destinationName(destination)} refuses it (${sent.status})`;
  return { verdict: 'no', at: 'destination', detail };
}

/** The very action of a job: one record, or one object. */
const tryDestination = (
  context: SweepContext,
  token: Secret,
  destination: KeyedDestination,
): Promise<SendVerdict> =>
  destination.kind === 'cloud-logs'
    ? context.ports.services.cloudLogs.send(destination, token, canaryRecord(context))
    : context.ports.services.cos.writeTestObject(destination, token, context.ports.clock.now());

function canaryRecord({ ports, runId }: SweepContext): CloudLogsRecord {
  return {
    applicationName: 'logpush-keeper',
    subsystemName: 'canary',
    severity: 3,
    timestamp: ports.clock.now(),
    text: { kind: 'canary', run: runId, nonce: ports.random.hex(8) },
  };
}
