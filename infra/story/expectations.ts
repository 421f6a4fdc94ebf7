import { days, formatDuration, formatInstant, minutes, seconds } from '../../shared/domain/time.ts';
import type { Schedule } from '../../shared/runtime/manifest/schedules.ts';
import { passesFirewall } from '../local/cos/blockers.ts';
import { addressOf } from '../local/logpush/addresses.ts';
import { keepsOut } from '../local/restrictions/restrictions.ts';
import { deedAt } from '../local/world.ts';
import type { WorldFile, WorldJob, WorldPolicy } from '../local/world-file.ts';
import { bindingsOf } from '../local/world-secrets.ts';

/** What the keeper owes a job. */
export type Duty =
  /** Whatever is done to it is planned: it must lose nothing. */
  | { readonly kind: 'lose-nothing' }
  /** It is broken by what we may repair. */
  | {
      readonly kind: 'repair';
      /** The function that repairs it. */
      readonly by: string;
      /** Its first start once the cause may be repaired. */
      readonly from: number;
      /** The most that may be lost after that start. */
      readonly mostMs: number;
    }
  /** Only a person can, or may, do something about it: it must stay as it is. */
  | { readonly kind: 'leave' };

/** How one job is when its world begins, and what follows from that. */
export interface Expectation {
  /** For people: `key ends in 10 d`. */
  readonly start: string;
  readonly duty: Duty;
}

/** When keys are due. */
export interface DuePolicy {
  readonly beforeMs: number;
  readonly maxAgeMs: number;
}

type Key = WorldFile['accounts'][number]['serviceIds'][number]['apiKeys'][number];

/** A push fails for as long as its interval at worst, and functions look every five minutes. */
const GRACE_MS = minutes(5);

/** What a world file says about each of its jobs, by job id, before anything has happened. */
export class Expectations {
  readonly #file: WorldFile;
  readonly #schedules: readonly Schedule[];
  readonly #due: DuePolicy;

  constructor(file: WorldFile, schedules: readonly Schedule[], due: DuePolicy) {
    this.#file = file;
    this.#schedules = schedules;
    this.#due = due;
  }

  of(job: WorldJob): Expectation {
    return this.#disabled(job) ?? this.#broken(job) ?? this.#sound(job);
  }

  /** Secrets with a binding whose key is due when the world begins. */
  dueSecrets(): readonly string[] {
    return this.#file.secretsManagers.flatMap(({ secrets }) =>
      secrets.flatMap((secret) =>
        bindingsOf(secret).some(({ apiKey }) => this.#whyDue(this.#keyOf(apiKey)?.key) !== undefined)
          ? [secret.id]
          : [],
      ),
    );
  }

  #disabled({ enabled, disabledBy, past }: WorldJob): Expectation | undefined {
    if (enabled) return undefined;
    if (disabledBy === 'platform')
      return this.#file.keeper.onFirstLook === 'repair'
        ? this.#repair('disabled by failures', 'reenable-logpush', this.#file.startsAt)
        : { start: 'disabled by failures', duty: { kind: 'leave' } };
    const failed = past?.failedHoursAgo === undefined ? '' : ', failing';
    return { start: `disabled by hand${failed}`, duty: { kind: 'leave' } };
  }

  #broken(job: WorldJob): Expectation | undefined {
    const wall = this.#wallOf(job);
    if (wall !== undefined) return { start: wall, duty: { kind: 'leave' } };
    const { startsAt, timeline } = this.#file;
    const owner = this.#keyOf(job.apiKey);
    if (owner === undefined) return undefined;
    const { key, serviceId } = owner;
    if ((key.expiresInDays ?? Infinity) <= 0 || key.disabled)
      return this.#repair('its key has expired', 'rotate-keys', startsAt, this.#qualifyingMs());
    const target = targetOf(job, this.#file);
    const takes = timeline.find(
      (deed) => deed.takes?.serviceId === serviceId.name && deed.takes.service === target.service,
    );
    if (takes !== undefined) return { start: 'will lose its role', duty: { kind: 'leave' } };
    if (serviceId.policies.some((policy) => covers(policy, target))) return undefined;
    const given = timeline.find(({ gives }) => gives?.serviceId === serviceId.name && covers(gives, target));
    if (given === undefined) return { start: 'its key has no role', duty: { kind: 'leave' } };
    const at = deedAt(this.#file, given);
    return this.#repair(`no role until ${formatInstant(at).slice(0, 10)}`, 'reenable-logpush', at);
  }

  #sound(job: WorldJob): Expectation {
    const duty = { kind: 'lose-nothing' } as const;
    const { cos, traffic, keysOnRead, apiKey } = job;
    const remarks = [
      this.#whyDue(this.#keyOf(apiKey)?.key),
      traffic === false ? 'idle' : undefined,
      cos?.ownership === undefined ? undefined : 'no key',
      keysOnRead === 'masked' || keysOnRead === 'absent' ? 'key hidden' : undefined,
      this.#sharesPath(job) ? 'path shared' : undefined,
    ].filter((remark) => remark !== undefined);
    return { start: remarks.length === 0 ? 'fine' : remarks.join(', '), duty };
  }

  #repair(start: string, by: string, causeGoneAt: number, qualifyingMs = 0): Expectation {
    const starts = this.#schedules
      .filter(({ action }) => action === by)
      .map((schedule) => schedule.nextAfter(causeGoneAt - 1));
    const propagationMs = minutes(this.#file.settings.logpush.propagationMinutes);
    const mostMs = GRACE_MS + propagationMs + qualifyingMs;
    return { start, duty: { kind: 'repair', by, from: Math.min(...starts), mostMs } };
  }

  /**
   * A new key is tried after pauses of 2 s, 4 s and so on until IAM knows it, which takes twice the world's delay and
   * 2 s at most; the keys of one run come one after the other.
   */
  #qualifyingMs(): number {
    const eachMs = seconds(2 * this.#file.settings.iam.newKeyDelaySeconds + 2);
    return eachMs * this.dueSecrets().length;
  }

  #whyDue(key: Key | undefined): string | undefined {
    if (key === undefined) return undefined;
    const { expiresInDays, createdDaysAgo } = key;
    if (expiresInDays !== undefined && days(expiresInDays) <= this.#due.beforeMs)
      return `key ends in ${formatDuration(days(expiresInDays))}`;
    if (days(createdDaysAgo) >= this.#due.maxAgeMs)
      return `key is ${formatDuration(days(createdDaysAgo))} old`;
    return undefined;
  }

  #keyOf(name: string | undefined) {
    for (const { serviceIds } of this.#file.accounts)
      for (const serviceId of serviceIds)
        for (const key of serviceId.apiKeys) if (key.name === name) return { key, serviceId };
    return undefined;
  }

  /** What keeps a job's pushes out, whatever its key may do. */
  #wallOf(job: WorldJob): string | undefined {
    const bucket = this.#file.buckets.find(({ name }) => name === job.cos?.bucket);
    const logs = this.#file.cloudLogs.find(({ name }) => name === job.cloudLogs);
    if ((bucket?.instanceState ?? logs?.state ?? 'active') !== 'active') return 'its instance is deleted';
    if (logs?.privateOnly === true) return 'its instance is private';
    const address = addressOf(job.id, this.#file.startsAt);
    if (bucket?.firewall !== undefined && !passesFirewall(bucket.firewall, { address, network: 'public' }))
      return 'kept out by a firewall';
    const account = this.#file.accounts.find(({ name }) => name === (bucket ?? logs)?.account);
    const { instance: instanceId, ...target } = targetOf(job, this.#file);
    const about = { ...target, ...(instanceId === undefined ? {} : { instanceId }) };
    const isKeptOut = account?.restrictions.some((restriction) => keepsOut(restriction, about, address));
    return isKeptOut === true ? 'kept out by a restriction' : undefined;
  }

  #sharesPath({ id, cos }: WorldJob): boolean {
    return jobsOf(this.#file).some(
      ({ job }) =>
        job.id !== id && cos !== undefined && job.cos?.bucket === cos.bucket && job.cos.path === cos.path,
    );
  }
}

/** Every job of a world file. */
export const jobsOf = ({ cis }: WorldFile) =>
  cis.flatMap(({ zones }) => zones.flatMap((zone) => zone.jobs.map((job) => ({ zone, job }))));

interface Target {
  readonly service: string;
  readonly instance: string | undefined;
  readonly bucket?: string;
}

function targetOf({ cloudLogs, cos }: WorldJob, file: WorldFile): Target {
  if (cos === undefined)
    return { service: 'logs', instance: file.cloudLogs.find(({ name }) => name === cloudLogs)?.guid };
  const instance = file.buckets.find(({ name }) => name === cos.bucket)?.instance;
  return { service: 'cloud-object-storage', instance, bucket: cos.bucket };
}

/** Any role of a world's service IDs lets them write; what it is for decides. */
const covers = ({ service, instance, bucket }: WorldPolicy, target: Target): boolean =>
  (service === undefined || service === target.service) &&
  (instance === undefined || instance === target.instance) &&
  (bucket === undefined || bucket === target.bucket);
