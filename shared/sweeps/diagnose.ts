import pLimit from 'p-limit';
import { type Binding, keyBindingOf } from '../domain/binding.ts';
import { doubtful, good, type LinkLook, together } from '../domain/diagnosis/chain.ts';
import { type Conclusion, conclude, type LookedJob } from '../domain/diagnosis/conclude.ts';
import { doesPush, FOUND_AS } from '../domain/diagnosis/does-push.ts';
import { hintIn } from '../domain/diagnosis/hints.ts';
import { judgeKey, type SeenKey } from '../domain/diagnosis/key.ts';
import { judgeRetention, judgeZone } from '../domain/diagnosis/zone.ts';
import { findingKey } from '../domain/finding.ts';
import { isKeyed, jobKey, type KeyedDestination } from '../domain/logpush.ts';
import type { SweepContext } from './context.ts';
import { DestinationLooks, type PushingJob } from './destination-looks.ts';
import { JobKeys } from './job-keys.ts';
import type { SeenJob } from './observe.ts';
import type { Retention } from './retention.ts';
import type { ShownKeys } from './shown-keys.ts';
import { WriteAccess } from './write-access.ts';

/** Jobs that are looked into at once; what they share is looked at once, whoever comes first. */
const PARALLEL_JOBS = 4;

/**
 * Finds out why jobs do not push: along the way of a push (zone, log retention, key, role, destination), all causes of each, those
 * that jobs share once. It only reads: no key is tried and nothing is sent, so it may be done in any mode and as often as one
 * likes. What cannot be seen is said, with the right that is missing.
 */
export class Diagnoser {
  readonly #context: SweepContext;
  readonly #access: WriteAccess;
  readonly #keys: JobKeys;
  readonly #destinations: DestinationLooks;

  constructor(context: SweepContext, shown: ShownKeys) {
    this.#context = context;
    this.#access = new WriteAccess(context);
    this.#keys = new JobKeys(context, shown);
    this.#destinations = new DestinationLooks(context, this.#access);
  }

  /**
   * Looks into the jobs that do not push. Never throws for what a service answers.
   *
   * @param retention - what is known of log retention in the zones of these jobs
   * @param asked - `walls`: a job that a binding selects gets its key anyway, so the one that it has is not looked for
   */
  async of(
    seen: readonly SeenJob[],
    retention: Retention,
    asked: 'all' | 'walls' = 'all',
  ): Promise<Conclusion> {
    const jobs = seen.filter(({ classified }) => doesPush(classified.health) !== 'not asked');
    const keyed = jobs.flatMap((one) => {
      const { destination } = one.job;
      return isFailing(one) && isKeyed(destination) ? [{ ...one, destination }] : [];
    });
    const limit = pLimit(PARALLEL_JOBS);
    const looked = jobs.map((one) => limit(() => this.#look(one, retention, keyed, asked)));
    return conclude(await Promise.all(looked));
  }

  async #look(
    seen: SeenJob,
    retention: Retention,
    all: readonly KeyedJob[],
    asked: 'all' | 'walls',
  ): Promise<LookedJob> {
    const { job, zone, label, classified } = seen;
    const flag = retention.get(zone.id) ?? { unread: 'it was not looked at' };
    const links = [judgeZone(zone), judgeRetention(zone, flag), ...(await this.#way(seen, all, asked))];
    const code = FOUND_AS[classified.health];
    return {
      key: jobKey(job.ref),
      label,
      ...(code === undefined ? {} : { foundAs: findingKey({ code, subject: `job ${label}` }) }),
      fails: isFailing(seen),
      links,
      ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
      ...(classified.since === undefined ? {} : { since: classified.since }),
    };
  }

  /** Its key, its role and its destination. */
  async #way(seen: SeenJob, all: readonly KeyedJob[], asked: 'all' | 'walls'): Promise<readonly LinkLook[]> {
    const { job, label } = seen;
    const { destination } = job;
    if (!isKeyed(destination)) return [elsewhere(seen)];
    const binding = this.#bindingOf(seen);
    const isGiven = asked === 'walls' && binding !== undefined;
    const key: SeenKey = isGiven ? GIVEN : await this.#keys.of(seen, binding);
    const now = this.#context.ports.clock.now();
    const holder = {
      label,
      loginRefused: hintIn(job.errorMessage)?.link === 'key',
      ...(binding === undefined ? {} : { binding }),
    };
    const pushing = this.#pushing(seen, destination, binding, key);
    return [
      isGiven ? good('key') : judgeKey(key, holder, now),
      await this.#role(pushing, key, binding),
      await this.#destinations.of(
        pushing,
        all.filter((other) => isSamePlace(other.destination, destination)),
      ),
    ];
  }

  #bindingOf({ job, zone }: SeenJob): Binding | undefined {
    return keyBindingOf(this.#context.bindings, job, zone);
  }

  /** With whose rights its destination is looked at, and in which IBM account that is, as far as it is known. */
  #pushing(
    { job, label, memory, remembered }: SeenJob,
    destination: KeyedDestination,
    binding: Binding | undefined,
    key: SeenKey,
  ): PushingJob {
    const { instances, bindings } = this.#context;
    const owner = key.seen === 'key' ? key.key?.accountId : undefined;
    const accountId = binding?.accountId ?? owner;
    const account =
      binding?.account ??
      bindings.find((other) => other.accountId === accountId)?.account ??
      instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ??
      '';
    const { outage, outages } = remembered;
    const pushes = [job.lastCompleteAt, memory?.pushedAt, outage?.from, ...outages.map(({ from }) => from)];
    const hasPushed = pushes.some((at) => at !== undefined);
    return { label, destination, account, hasPushed, ...(accountId === undefined ? {} : { accountId }) };
  }

  /** Whether whoever the key is of may do what a push does. */
  async #role(pushing: PushingJob, key: SeenKey, binding: Binding | undefined): Promise<LinkLook> {
    if (key.seen === 'none')
      return doubtful('role', 'IBM’s own identity (cislogp@us.ibm.com) pushes; what it may do does not show');
    const iamId = (key.seen === 'key' ? key.key?.iamId : undefined) ?? binding?.iamId;
    if (iamId === undefined) return doubtful('role', 'whose key it is does not show', TRIED);
    const { account, destination } = pushing;
    const accountId = pushing.accountId ?? (await this.#destinations.accountOf(pushing));
    if (accountId === undefined)
      return doubtful('role', 'the account of the destination does not show', TRIED);
    const judged = await this.#access.judge({ account, accountId, iamId, destination });
    if (judged.verdict === 'yes') return together('role', []);
    if (judged.verdict === 'unknown') return doubtful('role', `${iamId}: ${judged.detail}`, TRIED);
    const cause =
      destination.kind === 'cos'
        ? {
            code: 'bucket-write-not-granted' as const,
            subject: `${iamId} on bucket ${destination.bucket}`,
          }
        : {
            code: 'sender-not-granted' as const,
            subject: `${iamId} on Cloud Logs instance ${destination.instanceId}`,
          };
    return { link: 'role', causes: [{ ...cause, detail: judged.detail }], doubts: [] };
  }
}

/** A job that fails, and pushes to Cloud Logs or a bucket. */
type KeyedJob = SeenJob & { readonly destination: KeyedDestination };

/** Whatever key it has, it gets another one. */
const GIVEN: SeenKey = { seen: 'nothing', why: 'it is given the key of its secret' };

const TRIED = { triedAway: true } as const;

const isFailing = ({ classified }: SeenJob): boolean => doesPush(classified.health) === 'fails';

const isSamePlace = (a: KeyedDestination, b: KeyedDestination): boolean =>
  a.kind === 'cos' && b.kind === 'cos' ? a.bucket === b.bucket && a.region === b.region : false;

/** Systems that the keeper does not look into. */
function elsewhere({ job: { destination }, label }: SeenJob): LinkLook {
  if (destination.kind === 'unreadable')
    return doubtful('destination', `it cannot be read: ${destination.reason}`);
  const system = destination.kind === 'other' ? destination.system : destination.kind;
  if (system !== 'logdna')
    return doubtful('destination', `it pushes to ${system}, which the keeper does not look into`);
  const detail = 'it pushes to IBM Log Analysis, which ended on 30 March 2025';
  return {
    link: 'destination',
    causes: [{ code: 'logdna-job', subject: `job ${label}`, detail }],
    doubts: [],
  };
}
