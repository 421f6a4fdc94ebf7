import { formatInstant, hours, minutes } from '../../../shared/domain/time.ts';
import type { Cis, JobState } from '../cis/cis.ts';
import type { CloudLogsForEngine, Host, IamForServices } from '../host.ts';

/** What really happened to one job's logs. */
export interface JobTruth {
  readonly ref: { readonly instanceCrn: string; readonly zoneId: string; readonly jobId: number };
  readonly name: string;
  readonly enabled: boolean;
  /** The owner wants it enabled: false only after a person or the API disabled it. */
  readonly wanted: boolean;
  readonly deliveries: number;
  readonly deliveredMinutes: number;
  readonly lostMinutes: number;
  readonly byPreviousKey: number;
}

interface Push {
  deliveries: number;
  deliveredMinutes: number;
  lostMinutes: number;
  byPreviousKey: number;
  /** Tokens by key value: the pusher keeps them while it may. */
  readonly tokens: Map<string, { readonly token: string; readonly until: number }>;
}

const TICK_MS = minutes(1);
const intervalOf = (job: JobState): number => (job.frequency === 'high' ? minutes(1) : minutes(5));

/**
 * The data plane: pushes every enabled job's logs at whole minutes, with the job's key, in virtual time.
 *
 * A push that fails loses its interval: batches that cannot be delivered are dropped for good, and nothing is pushed
 * later (the pessimistic reading of what is documented). @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export class LogpushEngine {
  readonly #host: Host;
  readonly #cis: Cis;
  readonly #iam: IamForServices;
  readonly #cloudLogs: CloudLogsForEngine;
  readonly #pushes = new Map<number, Push>();
  #doneUntil: number;

  constructor(host: Host, cis: Cis, iam: IamForServices, cloudLogs: CloudLogsForEngine) {
    this.#host = host;
    this.#cis = cis;
    this.#iam = iam;
    this.#cloudLogs = cloudLogs;
    this.#doneUntil = Math.floor(host.now() / TICK_MS) * TICK_MS;
  }

  /** Does every push that is due up to and including `now`, in the order of time. */
  runUntil(now: number): void {
    for (let at = this.#doneUntil + TICK_MS; at <= now; at += TICK_MS) {
      for (const job of this.#cis.jobs()) if (at % intervalOf(job) === 0) this.#tick(job, at);
      this.#doneUntil = at;
    }
  }

  truth(): readonly JobTruth[] {
    return [...this.#cis.jobs()].map((job) => {
      const { deliveries, deliveredMinutes, lostMinutes, byPreviousKey } = this.#push(job);
      const ref = { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId: job.id };
      const { name, enabled, wanted } = job;
      return { ref, name, enabled, wanted, deliveries, deliveredMinutes, lostMinutes, byPreviousKey };
    });
  }

  /** The key that the job carries. For truth only: no API shows it. */
  apiKeyValue(ref: JobTruth['ref']): string | undefined {
    return [...this.#cis.jobs()].find((job) => job.id === ref.jobId)?.destination.apiKey;
  }

  #tick(job: JobState, at: number): void {
    const push = this.#push(job);
    const spanMinutes = intervalOf(job) / TICK_MS;
    if (!this.#cis.pushes(job)) return;
    if (!job.enabled) {
      if (job.wanted) push.lostMinutes += spanMinutes;
      return;
    }
    const used = this.#deliver(job, push, at);
    if (used === undefined) {
      push.lostMinutes += spanMinutes;
      this.#failed(job, at);
      return;
    }
    push.deliveries += 1;
    push.deliveredMinutes += spanMinutes;
    if (used !== job.destination.apiKey) push.byPreviousKey += 1;
    if (job.lastErrorAt !== undefined) {
      this.#host.emit({ at, kind: 'job-recovered', text: `job ${job.id} pushes again` });
    }
    job.lastCompleteAt = at;
    job.lastErrorAt = undefined;
    job.errorMessage = undefined;
  }

  /** Pushes once. @returns the key that did it, or undefined when none could */
  #deliver(job: JobState, push: Push, at: number): string | undefined {
    for (const key of this.#keysInForce(job, at)) {
      const token = this.#token(push, key, at);
      if (token === undefined) continue;
      const { instanceId, region } = job.destination;
      const record = {
        applicationName: 'ibm-platform-log',
        subsystemName: `internet-svcs:${job.instanceCrn}`,
        text: '',
      };
      const answer = this.#cloudLogs.ingest(instanceId, region, token, [record], at);
      if (answer.status === 200 && answer.message === undefined) return key;
    }
    return undefined;
  }

  /** A changed key is used after the propagation; the previous one helps out within its window. */
  #keysInForce(job: JobState, at: number): readonly string[] {
    const { propagationMinutes, previousKeyWindowMinutes } = this.#host.settings.logpush;
    const change = job.keyChange;
    if (change === undefined) return [job.destination.apiKey];
    if (at < change.at + minutes(propagationMinutes)) return [change.previousKey];
    if (at < change.at + minutes(previousKeyWindowMinutes))
      return [job.destination.apiKey, change.previousKey];
    return [job.destination.apiKey];
  }

  #token(push: Push, key: string, at: number): string | undefined {
    const cached = push.tokens.get(key);
    if (cached !== undefined && at < cached.until) return cached.token;
    const granted = this.#iam.grantToken(key, at);
    if (!granted.ok) {
      push.tokens.delete(key);
      return undefined;
    }
    const cacheMs = minutes(this.#host.settings.logpush.tokenCacheMinutes);
    push.tokens.set(key, { token: granted.token, until: Math.min(granted.expiresAt, at + cacheMs) });
    return granted.token;
  }

  #failed(job: JobState, at: number): void {
    if (job.lastErrorAt === undefined) {
      this.#host.emit({
        at,
        kind: 'job-failing',
        text: `job ${job.id} cannot push: the destination refuses its key`,
      });
    }
    job.lastErrorAt = at;
    job.errorMessage = 'error writing to destination: permission denied';
    const since = Math.max(job.lastCompleteAt ?? 0, job.enabledAt);
    if (at - since < hours(this.#host.settings.logpush.disableAfterHours)) return;
    job.enabled = false;
    this.#host.emit({
      at,
      kind: 'job-disabled-by-platform',
      text: `the platform disables job ${job.id}: no push since ${formatInstant(since)}`,
    });
  }

  #push(job: JobState): Push {
    let push = this.#pushes.get(job.id);
    if (push === undefined) {
      push = { deliveries: 0, deliveredMinutes: 0, lostMinutes: 0, byPreviousKey: 0, tokens: new Map() };
      this.#pushes.set(job.id, push);
    }
    return push;
  }
}
