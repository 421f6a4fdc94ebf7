import type { Binding } from '../domain/binding.ts';
import { type Declared, declaredKey, isMatch, jobToBe } from '../domain/declared/job.ts';
import { CREATE_MS, fulfilled, type Predecessor, SETTLE_MS } from '../domain/declared/record.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { type CosDestination, destinationName, type LogpushJob } from '../domain/logpush.ts';
import type { Waiting } from '../domain/report.ts';
import type { Secret } from '../domain/secret.ts';
import { seconds } from '../domain/time.ts';
import { ApiError, DeadlineError, LedgerConflictError, NotPermittedError, SchemaError } from '../errors.ts';
import type { CisInstance, SweepContext } from './context.ts';
import { describeError, isExpected } from './context.ts';
import type { DeclaredMemory } from './declared-records.ts';
import { heldFinding, refusedFinding, subjectOf } from './declared-refusals.ts';
import { keyStoreOf } from './key-store.ts';
import { JobHeldError, mayWrite, permitted } from './permission.ts';
import { probeKey } from './qualify.ts';

/** What a job is made from. */
export interface Creation {
  /** Its services are under the lease of the secret whose key the job gets. */
  readonly context: SweepContext;
  readonly instance: CisInstance;
  readonly memory: DeclaredMemory;
  readonly declared: Declared;
  /** The job that goes once the new one has pushed. */
  readonly predecessor?: Predecessor;
  /** Lists the zone again. @returns undefined when the job is not to be made any more */
  readonly again: () => Promise<readonly LogpushJob[] | undefined>;
}

/** What came of it: a job, or why there is none. */
export type Created =
  | { readonly kind: 'made'; readonly job: LogpushJob; readonly at: number }
  | { readonly kind: 'not'; readonly finding?: Finding; readonly waiting?: Waiting };

type Proof = { readonly apiKey: Secret } | { readonly ownershipChallenge: Secret };

const not = (found: Finding): Created => ({ kind: 'not', finding: found });

/** Whether a list misses a job that was just made is looked at again after these. */
const LOOKS_MS = [seconds(5), seconds(15), seconds(40)];
/** The file of a challenge is written some time after the answer. */
const TOKEN_PAUSES_MS = [1, 2, 4, 8, 16, 29].map(seconds);

/** The key of a binding that may go into a job for this destination, or why not. */
export async function keyFor(
  context: SweepContext,
  binding: Binding,
  declared: Declared,
  job: LogpushJob,
): Promise<{ readonly key: Secret } | { readonly finding: Finding }> {
  const services = permitted(context, { job, zone: declared.zone });
  const trying = { ...context, ports: { ...context.ports, services } };
  const subject = subjectOf(declared);
  const key = await keyStoreOf(services, binding).read('current');
  if (key === undefined) {
    const detail = `the current version of the secret of binding ${binding.name} gives no key`;
    return { finding: finding('declared-key-missing', subject, detail) };
  }
  const probe = await probeKey(trying, binding, key, declared.wanted.destination);
  // What cannot be told CIS tells: it tries the destination itself.
  if (probe.verdict !== 'no') return { key };
  const code = probe.at === 'identity' ? 'identity-mismatch' : 'declared-key-refused';
  return { finding: finding(code, subject, probe.detail) };
}

/**
 * Makes a job that carries the key of a binding. Its key is tried first; CIS tries it once more.
 *
 * If the process dies while it tries the key, one record or one `test.txt.gz` is left.
 */
export async function createWithKey(creation: Creation, binding: Binding): Promise<Created> {
  const { context, declared } = creation;
  const found = await keyFor(context, binding, declared, jobToBe(declared));
  return 'finding' in found ? not(found.finding) : post(creation, { apiKey: found.key });
}

/**
 * Makes a bucket job that carries no key: CIS writes a token into the bucket, and who can read it may have jobs push there. The
 * way of before March 2026.
 *
 * If the process dies on the way, a file with a token is left in the bucket; it is good for nothing but this zone and path, for
 * a week. The next run asks for another.
 *
 * @param account - whose rights read the file
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export async function createWithOwnership(
  creation: Creation,
  destination: CosDestination,
  account: string,
): Promise<Created> {
  const { context, declared, instance } = creation;
  const subject = subjectOf(declared);
  const services = permitted(context, { job: jobToBe(declared), zone: declared.zone });
  const cis = services.cis(instance.account);
  const zone = { instanceCrn: instance.crn, zoneId: declared.zone.id };
  const { filename, valid } = await cis.challengeOwnership(zone, destination);
  const where = `bucket ${destination.bucket} (${destination.region})`;
  if (!valid) {
    const detail = `CIS could not write its token into ${where}`;
    return not(finding('declared-ownership-invalid', subject, detail));
  }
  const token = await readToken(context, account, destination, filename.replace(/^\/+/, ''));
  if (token.verdict !== 'yes') {
    const why = token.verdict === 'no' ? `it is answered ${token.status}` : token.reason;
    const detail = `the token file in ${where}, read with the rights of account ${account}: ${why}`;
    return not(finding('declared-token-unreadable', subject, detail));
  }
  if (!(await cis.validateOwnership(zone, destination, token.text))) {
    const detail = `CIS does not accept the token that it wrote into ${where}`;
    return not(finding('declared-ownership-invalid', subject, detail));
  }
  return post(creation, { ownershipChallenge: token.text });
}

async function readToken(
  { ports: { services, clock } }: SweepContext,
  account: string,
  { bucket, region }: CosDestination,
  key: string,
) {
  const buckets = services.buckets(account);
  for (const pauseMs of TOKEN_PAUSES_MS) {
    const read = await buckets.readText({ name: bucket, location: region }, key);
    if (read.verdict !== 'no' || read.status !== 404) return read;
    await clock.sleep(pauseMs);
  }
  return buckets.readText({ name: bucket, location: region }, key);
}

/**
 * The request that makes the job, sent once. What is to be made is written to the ledger before; that write fails for all but
 * one of two runs at once.
 *
 * If the process dies before the request the next run finds an intent and no job: it waits until no list can be late any more,
 * and makes the job. If it dies during the request or after it, the next run finds the job, which was not there before the
 * intent.
 */
async function post(creation: Creation, proof: Proof): Promise<Created> {
  const { context, instance, memory, declared, predecessor, again } = creation;
  const { clock } = context.ports;
  const { wanted, zone } = declared;
  const key = declaredKey(declared);
  const jobs = await again();
  if (jobs === undefined) {
    const waitsFor = 'the next run: its zone has changed a moment ago';
    return { kind: 'not', waiting: { subject: subjectOf(declared), waitsFor } };
  }
  const held = { job: jobToBe(declared), zone };
  const holds = await mayWrite(context, held);
  if (holds !== undefined) return not(heldFinding(declared, holds, clock.now()));
  const kept = memory.entry(key);
  const begunAt = clock.now();
  const intent = {
    at: memory.latest(),
    before: jobs.map(({ ref }) => ref.jobId),
    labels: wanted.labels,
    name: wanted.name,
    destination: destinationName(wanted.destination),
    ...(predecessor === undefined ? {} : { predecessor }),
  };
  await memory.keep(key, { ...kept, intent });
  // A process that was suspended must not make the job when another one has stopped waiting for it.
  const services = permitted(context, held).under(async () => begunAt + CREATE_MS);
  let made: Awaited<ReturnType<ReturnType<typeof services.cis>['createLogpushJob']>>;
  try {
    const ref = { instanceCrn: instance.crn, zoneId: zone.id };
    made = await services.cis(instance.account).createLogpushJob(ref, wanted, proof);
  } catch (error) {
    if (isUnclear(error)) return lookForIt(creation, intent, error);
    if (!wasNotSent(error)) throw error;
    await memory.keep(key, kept);
    if (error instanceof JobHeldError) return not(heldFinding(declared, error.holds, clock.now()));
    if (error instanceof ApiError) return not(refusedFinding(declared, error, jobs.length));
    throw error;
  }
  await memory.keep(key, fulfilled(intent, made.job.ref.jobId, memory.latest()));
  return { kind: 'made', job: made.job, at: made.answeredAt };
}

/** 408 is a gateway that did not wait for the answer. */
const isUnclear = (error: unknown): boolean =>
  error instanceof SchemaError ||
  (error instanceof ApiError && (error.effect === 'unknown' || error.status === 408));

/** Errors after which CIS surely has made nothing: it refused, or the request did not go out. */
const wasNotSent = (error: unknown): boolean =>
  error instanceof ApiError ||
  error instanceof DeadlineError ||
  error instanceof LedgerConflictError ||
  error instanceof NotPermittedError ||
  error instanceof JobHeldError;

/** Nobody knows whether it was made. It is never made again here: what these looks do not show a later run looks for. */
async function lookForIt(
  { context, instance, memory, declared }: Creation,
  intent: Parameters<typeof fulfilled>[0] & { readonly before: readonly number[]; readonly at: number },
  error: unknown,
): Promise<Created> {
  const { clock, services } = context.ports;
  for (const pauseMs of LOOKS_MS) {
    await clock.sleep(pauseMs);
    try {
      const { jobs, answeredAt } = await services
        .cis(instance.account)
        .listLogpushJobs(instance.crn, declared.zone.id);
      const [job, ...more] = jobs.filter(
        (candidate) => isMatch(declared, candidate) && !intent.before.includes(candidate.ref.jobId),
      );
      if (job === undefined || more.length > 0) continue;
      await memory.keep(declaredKey(declared), fulfilled(intent, job.ref.jobId, memory.latest()));
      return { kind: 'made', job, at: answeredAt };
    } catch (failed) {
      if (!isExpected(failed) || failed instanceof LedgerConflictError) throw failed;
    }
  }
  const subject = subjectOf(declared);
  return {
    kind: 'not',
    finding: finding('declared-create-unclear', subject, describeError(error)),
    waiting: { subject, waitsFor: 'whether CIS has made it', until: intent.at + SETTLE_MS },
  };
}
