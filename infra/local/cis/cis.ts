import type { CloudLogsForEngine, Host, IamForServices, Principal } from '../host.ts';

/** Where a job pushes, with its key. */
export interface JobDestination {
  readonly instanceId: string;
  readonly region: string;
  readonly apiKey: string;
}

/** A Logpush job as the platform holds it. */
export interface JobState {
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly id: number;
  name: string;
  readonly dataset: string;
  frequency: string;
  logpullOptions: string;
  enabled: boolean;
  /** Its owner wants it enabled; the platform's own disabling does not change that. */
  wanted: boolean;
  enabledAt: number;
  destination: JobDestination;
  /** The last change of the key: the previous one may still be used for a while. */
  keyChange: { readonly at: number; readonly previousKey: string } | undefined;
  lastCompleteAt: number | undefined;
  lastErrorAt: number | undefined;
  errorMessage: string | undefined;
}

export interface ZoneState {
  readonly id: string;
  readonly instanceCrn: string;
  readonly name: string;
  status: string;
  paused: boolean;
  retention: boolean;
  readonly createdAt: number;
}

export interface JobRef {
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly jobId: number;
}

type NewJob = Pick<
  JobState,
  'instanceCrn' | 'zoneId' | 'name' | 'dataset' | 'frequency' | 'enabled' | 'destination'
> & {
  readonly id?: number;
  readonly logpullOptions?: string;
};

/** CIS: instances, zones and Logpush jobs. @see https://cloud.ibm.com/apidocs/cis */
export class Cis {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #cloudLogs: CloudLogsForEngine;
  readonly #instances = new Map<string, { readonly crn: string; readonly accountId: string }>();
  readonly #zones = new Map<string, ZoneState>();
  readonly #jobs = new Map<number, JobState>();
  readonly #shown = new Set<string>();
  readonly #requests = new Map<string, number[]>();

  constructor(host: Host, iam: IamForServices, cloudLogs: CloudLogsForEngine) {
    this.#host = host;
    this.#iam = iam;
    this.#cloudLogs = cloudLogs;
  }

  addInstance(instance: { readonly crn: string; readonly accountId: string }): void {
    this.#instances.set(instance.crn, instance);
  }

  addZone(zone: Pick<ZoneState, 'instanceCrn' | 'id' | 'name' | 'status' | 'retention'>): void {
    this.#zones.set(zone.id, { ...zone, paused: false, createdAt: this.#host.now() });
  }

  addJob(job: NewJob): JobState {
    const state: JobState = {
      ...job,
      id: job.id ?? this.#nextId(),
      logpullOptions: job.logpullOptions ?? 'timestamps=rfc3339',
      wanted: job.enabled,
      enabledAt: this.#host.now(),
      keyChange: undefined,
      lastCompleteAt: undefined,
      lastErrorAt: undefined,
      errorMessage: undefined,
    };
    this.#jobs.set(state.id, state);
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
    const target = { service: 'internet-svcs', accountId, instanceId: crn.split(':')[7] ?? '' };
    return this.#iam.allows(principal.iamId, `internet-svcs.zones.${action}`, target, this.#host.now());
  }

  /**
   * Counts a request of an identity and says how long it is shut out, in seconds; undefined = it may go on.
   * Both published limits count per user. @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues
   */
  throttle(
    iamId: string,
  ): { readonly seconds: number; readonly limit: number; readonly windowMinutes: number } | undefined {
    const now = this.#host.now();
    const seen = (this.#requests.get(iamId) ?? []).filter((at) => at > now - 300_000);
    const { perMinute, perFiveMinutes } = this.#host.settings.cis.rateLimits;
    const limits = [
      { limit: perMinute, windowMinutes: 1 },
      { limit: perFiveMinutes, windowMinutes: 5 },
    ];
    for (const { limit, windowMinutes } of limits) {
      const windowMs = windowMinutes * 60_000;
      const inWindow = seen.filter((at) => at > now - windowMs);
      const oldest = inWindow[0];
      if (limit !== null && oldest !== undefined && inWindow.length >= limit) {
        this.#requests.set(iamId, seen);
        return { seconds: Math.ceil((oldest + windowMs - now) / 1_000), limit, windowMinutes };
      }
    }
    seen.push(now);
    this.#requests.set(iamId, seen);
    return undefined;
  }

  /** Tries a destination as CIS does when it is set: one record with a token of the key. */
  probe({ instanceId, region, apiKey }: JobDestination): boolean {
    const now = this.#host.now();
    const granted = this.#iam.grantToken(apiKey, now);
    if (!granted.ok) return false;
    const test = {
      applicationName: 'ibm-platform-log',
      subsystemName: 'internet-svcs:logpush',
      text: { content: 'tests' },
    };
    return this.#cloudLogs.ingest(instanceId, region, granted.token, [test], now).status === 200;
  }

  setEnabled(ref: JobRef, enabled: boolean): void {
    const job = this.#required(ref);
    if (enabled && !job.enabled) {
      // No backfill: pushing starts now.
      job.enabledAt = this.#host.now();
      if (this.#host.settings.logpush.enablingClearsLastComplete) job.lastCompleteAt = undefined;
    }
    job.enabled = enabled;
    job.wanted = enabled;
  }

  setDestination(ref: JobRef, destination: JobDestination): void {
    const job = this.#required(ref);
    if (destination.apiKey !== job.destination.apiKey) {
      job.keyChange = { at: this.#host.now(), previousKey: job.destination.apiKey };
    }
    job.destination = destination;
  }

  /** Tells the world what a PUT changed. */
  updated(job: JobState, changes: readonly string[]): void {
    if (changes.length === 0) return;
    this.#host.emit({
      at: this.#host.now(),
      kind: 'job-updated',
      text: `job ${job.id} changed: ${changes.join(', ')}`,
    });
  }

  setDestinationKey(ref: JobRef, apiKey: string): void {
    this.setDestination(ref, { ...this.#required(ref).destination, apiKey });
  }

  deleteJob(ref: JobRef): void {
    this.#required(ref);
    this.#jobs.delete(ref.jobId);
  }

  /** `destination_conf` as the API shows it. */
  shownDestination({ destination }: JobState): string {
    const { instanceId, region, apiKey } = destination;
    const base = `ibmcl://${instanceId}.ingress.${region}.logs.cloud.ibm.com/logs/v1/singles`;
    const mode = this.#host.settings.cis.keysOnRead;
    if (mode === 'absent') return base;
    if (mode === 'masked') return `${base}?ibm_api_key=***`;
    const shown = `${base}?ibm_api_key=${apiKey}`;
    this.#shown.add(shown);
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

  #nextId(): number {
    return Math.max(700_000, ...this.#jobs.keys()) + 1;
  }
}
