import { minutes } from '../../../shared/domain/time.ts';
import type { CloudLogsForEngine, CosForEngine, Host, IamForServices, Principal } from '../host.ts';
import { addressOf } from '../logpush/addresses.ts';
import { objectFolder } from '../logpush/object-name.ts';
import { destinationConf, type JobDestination, sameDestination } from './destination.ts';
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
> & { readonly id?: number; readonly logpullOptions?: string };

/** What may change on a job, and how the event about it names each. */
const CHANGEABLE = {
  name: 'name',
  frequency: 'frequency',
  logpullOptions: 'logpull_options',
  applicationName: 'application name',
  subsystemName: 'subsystem name',
} as const;

type JobUpdate = Partial<Pick<JobState, keyof typeof CHANGEABLE | 'enabled' | 'destination'>>;

/** CIS: instances, zones and Logpush jobs. @see https://cloud.ibm.com/apidocs/cis */
export class Cis {
  readonly rateLimits: RateLimits;
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
    const state: JobState = {
      ...job,
      id,
      logpullOptions: job.logpullOptions ?? 'timestamps=rfc3339',
      enabledAt: now,
      wanted: job.enabled,
      wantedAt: now,
      replaced: [],
      lastCompleteAt: undefined,
      lastErrorAt: undefined,
      errorMessage: undefined,
    };
    this.#jobs.set(id, state);
    return state;
  }

  jobs(): IterableIterator<JobState> {
    return this.#jobs.values();
  }

  /** Whether the zone of this job produces logs to push at all. */
  pushes(job: JobState): boolean {
    const zone = this.#zones.get(job.zoneId);
    return zone !== undefined && zone.status === 'active' && !zone.paused && zone.retention;
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

  /** Tries a destination as CIS does when it is set: one record with a fresh token of the key. */
  probe({ instanceId, region, apiKey, bucket }: JobDestination): boolean {
    const now = this.#host.now();
    const granted = this.#iam.grantToken(apiKey, now);
    if (!granted.ok) return false;
    if (bucket !== undefined) {
      const write = { key: `${objectFolder(bucket, now)}test.txt.gz`, body: '{"content":"tests"}' };
      return (
        this.#cos?.push(region, bucket.name, granted.token, write, addressOf(0, now), now).status === 200
      );
    }
    const test = {
      applicationName: 'ibm-platform-log',
      subsystemName: 'internet-svcs:logpush',
      text: { content: 'tests' },
    };
    return this.#cloudLogs.ingest(instanceId, region, granted.token, [test], now).status === 200;
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
    this.setDestination(ref, { ...this.#required(ref).destination, apiKey });
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

  /** `destination_conf` as the API shows it. */
  shownDestination({ destination }: JobState): string {
    const { keysOnRead } = this.#host.settings.cis;
    const shown = destinationConf(destination, keysOnRead);
    if (keysOnRead === 'clear') this.#shown.add(shown);
    return shown;
  }

  /** Every destination string that was ever shown with its key. */
  secretValues(): readonly string[] {
    return [...this.#shown];
  }

  #required(ref: JobRef): JobState {
    const job = this.job(ref);
    if (job === undefined) throw new Error(`no Logpush job ${ref.jobId}`);
    return job;
  }
}
