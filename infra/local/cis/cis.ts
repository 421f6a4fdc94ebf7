import { minutes } from '../../../shared/domain/time.ts';
import type { CloudLogsForEngine, CosForEngine, Host, IamForServices, Principal } from '../host.ts';
import { addressOf } from '../logpush/addresses.ts';
import { deliver } from '../logpush/deliver.ts';
import { objectFolder } from '../logpush/object-name.ts';
import { Alerting } from './alerting.ts';
import { destinationConf, type JobDestination, sameDestination } from './destination.ts';
import { secretsOf } from './elsewhere.ts';
import { Ownership } from './ownership.ts';
import { RateLimits } from './rate-limits.ts';
import { instanceGuid, type JobRef, type JobState, type ZoneState } from './state.ts';

type NewJob = Pick<
  JobState,
  | 'instanceCrn'
  | 'zoneId'
  | 'name'
  | 'dataset'
  | 'frequency'
  | 'enabled'
  | 'destination'
  | 'applicationName'
  | 'subsystemName'
  | 'keysOnRead'
> & {
  readonly id?: number;
  readonly logpullOptions?: string;
  /** Absent = long ago. */
  readonly createdAt?: number;
  readonly traffic?: boolean;
  /** Its owner wants it enabled, whether or not it is. */
  readonly wanted?: boolean;
  /** What it went through before. */
  readonly past?: { readonly pushedAt: number; readonly failedAt?: number; readonly error: string };
};

/** What may change on a job, and how the event about it names each. */
const CHANGEABLE = {
  name: 'name',
  frequency: 'frequency',
  logpullOptions: 'logpull_options',
  applicationName: 'application name',
  subsystemName: 'subsystem name',
} as const;

type JobUpdate = Partial<Pick<JobState, keyof typeof CHANGEABLE | 'enabled' | 'destination'>>;

/** CIS: instances, zones, Logpush jobs and alerting. @see https://cloud.ibm.com/apidocs/cis */
export class Cis {
  readonly rateLimits: RateLimits;
  readonly ownership: Ownership;
  readonly alerting: Alerting;
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #cloudLogs: CloudLogsForEngine;
  readonly #cos: CosForEngine | undefined;
  readonly #instances = new Map<string, { readonly crn: string; readonly accountId: string }>();
  readonly #zones = new Map<string, ZoneState>();
  readonly #jobs = new Map<number, JobState>();
  readonly #shown = new Set<string>();
  #lastJobId = 700_000;
  #settle: () => void = () => {};

  constructor(host: Host, iam: IamForServices, cloudLogs: CloudLogsForEngine, cos?: CosForEngine) {
    this.#cos = cos;
    this.#host = host;
    this.#iam = iam;
    this.#cloudLogs = cloudLogs;
    this.rateLimits = new RateLimits(host);
    this.ownership = new Ownership(host, cos);
    this.alerting = new Alerting(host);
  }

  /**
   * For the engine: `settle` does every push that was due before now. It runs before each change, so that a person at
   * the console, who makes no request, cannot reach back in time either.
   */
  beforeEachChange(settle: () => void): void {
    this.#settle = settle;
  }

  addInstance(instance: { readonly crn: string; readonly accountId: string }): void {
    this.#instances.set(instance.crn, instance);
  }

  addZone(zone: Pick<ZoneState, 'instanceCrn' | 'id' | 'name' | 'status' | 'retention'>): void {
    this.#zones.set(zone.id, { ...zone, paused: false, createdAt: this.#host.now() });
  }

  /** @throws {Error} when the id is taken: ids are unique and never used again */
  addJob(job: NewJob): JobState {
    this.#settle();
    const id = job.id ?? this.#lastJobId + 1;
    if (this.#jobs.has(id)) throw new Error(`there already is a Logpush job ${id}`);
    this.#lastJobId = Math.max(this.#lastJobId, id);
    const now = this.#host.now();
    const { past, ...rest } = job;
    const state: JobState = {
      ...rest,
      id,
      createdAt: job.createdAt ?? 0,
      logpullOptions: job.logpullOptions ?? 'timestamps=rfc3339',
      traffic: job.traffic ?? true,
      enabledAt: past?.pushedAt ?? now,
      wanted: job.wanted ?? job.enabled,
      wantedAt: now,
      replaced: [],
      lastCompleteAt: past?.pushedAt,
      lastErrorAt: past?.failedAt,
      errorMessage: past?.failedAt === undefined ? undefined : past.error,
    };
    this.#jobs.set(id, state);
    return state;
  }

  jobs(): IterableIterator<JobState> {
    return this.#jobs.values();
  }

  /** Whether there are logs of this job to push at all. */
  pushes(job: JobState): boolean {
    const zone = this.#zones.get(job.zoneId);
    return job.traffic && zone !== undefined && zone.status === 'active' && !zone.paused && zone.retention;
  }

  instance(crn: string) {
    return this.#instances.get(crn);
  }

  zones(instanceCrn: string): readonly ZoneState[] {
    return [...this.#zones.values()].filter((zone) => zone.instanceCrn === instanceCrn);
  }

  zone(instanceCrn: string, zoneId: string): ZoneState | undefined {
    const zone = this.#zones.get(zoneId);
    return zone?.instanceCrn === instanceCrn ? zone : undefined;
  }

  jobsOf(zoneId: string): readonly JobState[] {
    return [...this.#jobs.values()].filter((job) => job.zoneId === zoneId);
  }

  job(ref: JobRef): JobState | undefined {
    const job = this.#jobs.get(ref.jobId);
    return job?.zoneId === ref.zoneId && job.instanceCrn === ref.instanceCrn ? job : undefined;
  }

  principal(header: string | undefined): Principal | undefined {
    return this.#iam.authenticate(header, this.#host.now());
  }

  allows(principal: Principal, crn: string, action: 'read' | 'update' | 'manage'): boolean {
    const accountId = this.#instances.get(crn)?.accountId ?? '';
    const target = { service: 'internet-svcs', accountId, instanceId: instanceGuid(crn) };
    return this.#iam.allows(principal.iamId, `internet-svcs.zones.${action}`, target, this.#host.now());
  }

  /** Tries a destination as CIS does when it is set: one record, or one object, with a fresh token of the key. */
  probe(destination: JobDestination): boolean {
    const now = this.#host.now();
    const services = {
      cloudLogs: this.#cloudLogs,
      cos: this.#cos,
      login: (apiKey: string) => this.#iam.grantToken(apiKey, now),
    };
    const { bucket } = destination;
    const folder = bucket === undefined ? '' : objectFolder(bucket, now);
    const load = {
      object: { key: `${folder}test.txt.gz`, body: '{"content":"tests"}' },
      record: {
        applicationName: 'ibm-platform-log',
        subsystemName: 'internet-svcs:logpush',
        text: { content: 'tests' },
      },
    };
    const from = addressOf(0, now);
    return deliver(destination, services, load, this.#host.settings.logpush, { from, at: now }) === undefined;
  }

  /** Whether another job pushes to the same bucket and path already. */
  isPathTaken({ bucket }: JobDestination, exceptJobId?: number): boolean {
    if (bucket === undefined) return false;
    return [...this.#jobs.values()].some(
      ({ id, destination: { bucket: other } }) =>
        id !== exceptJobId && other?.name === bucket.name && other.path === bucket.path,
    );
  }

  /** Changes a job as a PUT does, all at once, and tells the world what changed. */
  update(ref: JobRef, { enabled, destination, ...rest }: JobUpdate): void {
    const job = this.#required(ref);
    const changes: string[] = [];
    if (destination !== undefined && this.differs(job, destination)) {
      this.setDestination(ref, destination);
      changes.push('destination');
    }
    if (enabled !== undefined) {
      if (enabled !== job.enabled) changes.push(enabled ? 'enabled' : 'disabled');
      this.setEnabled(ref, enabled);
    }
    for (const [member, label] of Object.entries(CHANGEABLE) as [keyof typeof CHANGEABLE, string][]) {
      const value = rest[member];
      if (value === undefined || value === job[member]) continue;
      this.#settle();
      job[member] = value;
      changes.push(label);
    }
    if (changes.length === 0) return;
    const text = `job ${job.id} changed: ${changes.join(', ')}`;
    this.#host.emit({ at: this.#host.now(), kind: 'job-updated', text });
  }

  setEnabled(ref: JobRef, enabled: boolean): void {
    const job = this.#required(ref);
    this.#settle();
    const now = this.#host.now();
    if (enabled && !job.wanted) job.wantedAt = now;
    job.wanted = enabled;
    if (enabled && !job.enabled) {
      // No backfill: pushing starts now. What the last error said stays until the first success.
      job.enabledAt = now;
      if (this.#host.settings.logpush.enablingClearsLastComplete) job.lastCompleteAt = undefined;
    }
    job.enabled = enabled;
  }

  setDestination(ref: JobRef, destination: JobDestination): void {
    const job = this.#required(ref);
    if (!this.differs(job, destination)) return;
    this.#settle();
    const now = this.#host.now();
    const { propagationMinutes, previousKeyWindowMinutes } = this.#host.settings.logpush;
    const usedForMs = minutes(Math.max(propagationMinutes, previousKeyWindowMinutes));
    const stillUsed = job.replaced.filter(({ at }) => at + usedForMs > now);
    job.replaced = [...stillUsed, { at: now, destination: job.destination }];
    job.destination = destination;
  }

  setDestinationKey(ref: JobRef, apiKey: string): void {
    const { destination } = this.#required(ref);
    if (destination.elsewhere !== undefined) throw new Error(`job ${ref.jobId} carries no IBM Cloud API key`);
    this.setDestination(ref, { ...destination, apiKey });
  }

  differs({ destination: held }: JobState, destination: JobDestination): boolean {
    return !sameDestination(held, destination);
  }

  deleteJob(ref: JobRef): void {
    this.#required(ref);
    this.#settle();
    this.#jobs.delete(ref.jobId);
  }

  setRetention(zone: Pick<ZoneState, 'instanceCrn' | 'id'>, flag: boolean): void {
    const state = this.zone(zone.instanceCrn, zone.id);
    if (state === undefined) throw new Error(`no zone ${zone.id}`);
    this.#settle();
    state.retention = flag;
  }

  /** Somebody pauses a zone, or goes on with it. */
  setPaused(zone: Pick<ZoneState, 'instanceCrn' | 'id'>, paused: boolean): void {
    const state = this.zone(zone.instanceCrn, zone.id);
    if (state === undefined) throw new Error(`no zone ${zone.id}`);
    this.#settle();
    state.paused = paused;
  }

  /** The platform gives up on a job that has failed for too long. Its alert carries the destination as it is, key and all. */
  disableFailing(job: JobState, at: number): void {
    job.enabled = false;
    const conf = destinationConf(job.destination, 'clear');
    if (conf !== destinationConf(job.destination, 'absent')) this.#shown.add(conf);
    const accountId = this.#instances.get(job.instanceCrn)?.accountId ?? '';
    this.alerting.jobDisabled({ job, accountId, destinationConf: conf }, at);
  }

  /** `destination_conf` as the API shows it. */
  shownDestination({ destination, keysOnRead = this.#host.settings.cis.keysOnRead }: JobState): string {
    const shown = destinationConf(destination, keysOnRead);
    if (shown !== destinationConf(destination, 'absent') && keysOnRead === 'clear') this.#shown.add(shown);
    return shown;
  }

  /** Every destination string that was ever shown with its key, and what else there is besides API keys. */
  secretValues(): readonly string[] {
    const elsewhere = [...this.#jobs.values()].flatMap(({ destination }) =>
      destination.elsewhere === undefined ? [] : secretsOf(destination),
    );
    return [...this.#shown, ...elsewhere, ...this.ownership.secretValues(), ...this.alerting.secretValues()];
  }

  #required(ref: JobRef): JobState {
    const job = this.job(ref);
    if (job === undefined) throw new Error(`no Logpush job ${ref.jobId}`);
    return job;
  }
}
