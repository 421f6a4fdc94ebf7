import { gzipSync } from 'node:zlib';
import { formatInstant, hours, minutes } from '../../../shared/domain/time.ts';
import type { Cis } from '../cis/cis.ts';
import { instanceGuid, type JobRef, type JobState } from '../cis/state.ts';
import type { CloudLogsForEngine, CosForEngine, Host, IamForServices } from '../host.ts';
import { addressOf } from './addresses.ts';
import { attempts } from './attempts.ts';
import { deliver } from './deliver.ts';
import { objectName } from './object-name.ts';
import { Tally } from './tally.ts';
import { TokenCache } from './token-cache.ts';

/** What really happened to one job's logs. */
export interface JobTruth {
  readonly ref: JobRef;
  readonly name: string;
  readonly enabled: boolean;
  /** The owner wants it enabled: false only after a person or the API disabled it. */
  readonly wanted: boolean;
  /** Pushes that arrived. */
  readonly deliveries: number;
  /** Whole minutes of logs that arrived. */
  readonly deliveredMinutes: number;
  /** Minutes, rounded up, in which the owner wanted logs and no push delivered them. */
  readonly lostMinutes: number;
  /** Pushes that arrived with a key that is not the one the API shows. */
  readonly byPreviousKey: number;
}

interface Data {
  readonly tally: Tally;
  readonly tokens: TokenCache;
  /** The labels of its records, unless it has its own. */
  readonly defaults: { readonly applicationName: string; readonly subsystemName: string };
}

/** State that people change without a request, and that must not be changed for pushes that were due before. */
interface Changeable {
  beforeEachChange(settle: () => void): void;
}

/** What is in every object: one record. Thousands of them are pushed in a second. */
const BATCH = gzipSync('{"EdgeResponseStatus":200}\n').toString('latin1');

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
  readonly #cos: (CosForEngine & Partial<Changeable>) | undefined;
  readonly #data = new Map<number, Data>();
  #doneUntil: number;

  constructor(
    host: Host,
    cis: Cis,
    iam: IamForServices,
    cloudLogs: CloudLogsForEngine & Partial<Changeable>,
    cos?: CosForEngine & Partial<Changeable>,
  ) {
    this.#cos = cos;
    this.#host = host;
    this.#cis = cis;
    this.#iam = iam;
    this.#cloudLogs = cloudLogs;
    this.#doneUntil = Math.floor(host.now() / TICK_MS) * TICK_MS;
    const settle = (): void => this.runUntil(host.now());
    cis.beforeEachChange(settle);
    cloudLogs.beforeEachChange?.(settle);
    cos?.beforeEachChange?.(settle);
  }

  /** Does every push that is due up to and including `now`, in the order of time, each judged at its own time. */
  runUntil(now: number): void {
    for (let at = this.#doneUntil + TICK_MS; at <= now; at += TICK_MS) {
      for (const job of this.#cis.jobs()) if (at % intervalOf(job) === 0) this.#tick(job, at);
      this.#doneUntil = at;
    }
  }

  /** One entry for each job that CIS has; a deleted job takes its past with it. */
  truth(): readonly JobTruth[] {
    return [...this.#cis.jobs()].map((job) => ({
      ref: { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId: job.id },
      name: job.name,
      enabled: job.enabled,
      wanted: job.wanted,
      ...this.#dataOf(job).tally.truth(),
    }));
  }

  /** The value of the key that the job carries. For truth only: no API shows it. */
  apiKeyValue(ref: JobRef): string | undefined {
    return this.#cis.job(ref)?.destination.apiKey;
  }

  /** The value of the key that the last delivery was made with. For truth only: no API shows it. */
  lastDeliveredWith(ref: JobRef): string | undefined {
    return this.#data.get(ref.jobId)?.tally.lastKey;
  }

  /** Milliseconds of a job's logs that were lost between two instants. For truth only: no API shows it. */
  lostBetween(ref: JobRef, from: number, until: number): number {
    return this.#data.get(ref.jobId)?.tally.lostBetween(from, until) ?? 0;
  }

  #tick(job: JobState, at: number): void {
    const { tally } = this.#dataOf(job);
    const wantedFrom = tally.advance(at, job.wantedAt);
    // Without traffic, without retention, or against its owner's will, no log is lost.
    if (!job.wanted || !this.#cis.pushes(job)) return;
    if (!job.enabled) {
      tally.lost(wantedFrom, at);
      return;
    }
    const answer = this.#push(job, at);
    if (!answer.ok) {
      tally.lost(wantedFrom, at);
      this.#failed(job, at, answer.problem);
      return;
    }
    // Nothing from before the job was enabled is pushed.
    const from = Math.max(wantedFrom, job.enabledAt);
    tally.lost(wantedFrom, from);
    tally.delivered(from, at, answer.key, answer.key !== job.destination.apiKey);
    if (job.lastErrorAt !== undefined) {
      this.#host.emit({ at, kind: 'job-recovered', text: `job ${job.id} pushes again` });
    }
    job.lastCompleteAt = at;
    job.lastErrorAt = undefined;
    job.errorMessage = undefined;
  }

  /** Pushes once. @returns the key that did it, where one was needed, or what went wrong at first */
  #push(
    job: JobState,
    at: number,
  ): { readonly ok: true; readonly key?: string } | { readonly ok: false; readonly problem: string } {
    const { tokens, defaults } = this.#dataOf(job);
    const settings = this.#host.settings.logpush;
    const services = {
      cloudLogs: this.#cloudLogs,
      cos: this.#cos,
      login: (apiKey: string) => tokens.get(apiKey, at),
    };
    const { applicationName = defaults.applicationName, subsystemName = defaults.subsystemName } = job;
    const record = { applicationName, subsystemName, text: '' };
    const from = addressOf(job.id, at);
    let problem: string | undefined;
    for (const destination of attempts(job, at, settings)) {
      const { apiKey, bucket, region } = destination;
      const key = bucket === undefined ? '' : objectName(bucket, at - intervalOf(job), at, job.id);
      const failed =
        region !== undefined && settings.probeOnlyRegions.includes(region)
          ? 'error writing to destination: no answer'
          : deliver(destination, services, { object: { key, body: BATCH }, record }, settings, { from, at });
      if (failed === undefined) return { ok: true, ...(apiKey === undefined ? {} : { key: apiKey }) };
      problem ??= failed;
    }
    return { ok: false, problem: problem ?? '' };
  }

  #failed(job: JobState, at: number, problem: string): void {
    if (job.lastErrorAt === undefined) {
      this.#host.emit({ at, kind: 'job-failing', text: `job ${job.id} cannot push: ${problem}` });
    }
    job.lastErrorAt = at;
    job.errorMessage = problem;
    const since = Math.max(job.lastCompleteAt ?? 0, job.enabledAt);
    if (at - since < hours(this.#host.settings.logpush.disableAfterHours)) return;
    this.#cis.disableFailing(job, at);
    this.#host.emit({
      at,
      kind: 'job-disabled-by-platform',
      text: `the platform disables job ${job.id}: no push since ${formatInstant(since)}`,
    });
  }

  #dataOf(job: JobState): Data {
    let data = this.#data.get(job.id);
    if (data === undefined) {
      const subsystemName = `internet-svcs:${instanceGuid(job.instanceCrn)}`;
      const defaults = { applicationName: 'ibm-platform-log', subsystemName };
      data = { tally: new Tally(), tokens: new TokenCache(this.#host, this.#iam), defaults };
      this.#data.set(job.id, data);
    }
    return data;
  }
}
