import { Hono } from 'hono';
import { days, hours } from '../../shared/domain/time.ts';
import { Cis } from './cis/cis.ts';
import type { JobDestination } from './cis/destination.ts';
import { cisRoutes } from './cis/routes.ts';
import type { MovableClock } from './clock.ts';
import { CloudLogs } from './cloud-logs/cloud-logs.ts';
import { cloudLogsRoutes } from './cloud-logs/routes.ts';
import { cosConfigRoutes } from './cos/config-routes.ts';
import { Cos } from './cos/cos.ts';
import { cosRoutes } from './cos/routes.ts';
import { FaultTable } from './faults.ts';
import type { Host, WorldEvent } from './host.ts';
import type { CallRecord, RouteHost } from './http.ts';
import { Iam } from './iam/iam.ts';
import { iamRoutes } from './iam/routes.ts';
import { LogpushEngine } from './logpush/engine.ts';
import { SeededRandom } from './random.ts';
import { secretsManagerRoutes } from './secrets-manager/routes.ts';
import { SecretsManager } from './secrets-manager/secrets-manager.ts';
import type { Settings } from './settings.ts';
import { cisCrn, type WorldFile, type WorldJob } from './world-file.ts';

/**
 * One simulated IBM Cloud: the state of every service, the Logpush engine, the faults still to come, and the record
 * of every call. It is built from a world file and a seed and moves only with its clock.
 */
export class World implements Host, RouteHost {
  readonly file: WorldFile;
  readonly clock: MovableClock;
  readonly random: SeededRandom;
  readonly settings: Settings;
  readonly faults = new FaultTable();
  readonly calls: CallRecord[] = [];
  readonly iam: Iam;
  readonly secretsManager: SecretsManager;
  readonly cloudLogs: CloudLogs;
  readonly cos: Cos;
  readonly cis: Cis;
  readonly logpush: LogpushEngine;
  /** All services behind one address: `/iam`, `/secrets-manager/<guid>`, `/cis`, `/cloud-logs/<guid>`, `/cos`, `/cos-config`. */
  readonly app: Hono;
  readonly events: WorldEvent[] = [];
  readonly #keyValues = new Map<string, string>();

  constructor(file: WorldFile, options: { readonly clock: MovableClock; readonly seed: number }) {
    this.file = file;
    this.clock = options.clock;
    this.random = new SeededRandom(options.seed);
    this.settings = file.settings;
    this.iam = new Iam(this);
    this.secretsManager = new SecretsManager(this, this.iam);
    this.cloudLogs = new CloudLogs(this, this.iam);
    this.cos = new Cos(this, this.iam);
    this.cis = new Cis(this, this.iam, this.cloudLogs, this.cos);
    this.logpush = new LogpushEngine(this, this.cis, this.iam, this.cloudLogs, this.cos);
    for (const fault of file.faults) this.faults.add(fault);
    this.#populate();
    this.app = new Hono()
      .route('/iam', iamRoutes(this.iam, this))
      .route('/secrets-manager', secretsManagerRoutes(this.secretsManager, this))
      .route('/cis', cisRoutes(this.cis, this))
      .route('/cloud-logs', cloudLogsRoutes(this.cloudLogs, this))
      .route('/cos', cosRoutes(this.cos, this))
      .route('/cos-config', cosConfigRoutes(this.cos, this));
    this.app.notFound((c) =>
      c.json(
        { error: `the local cloud has no route for ${c.req.method} ${new URL(c.req.url).pathname}` },
        501,
      ),
    );
  }

  now(): number {
    return this.clock.now();
  }

  emit(event: WorldEvent): void {
    this.events.push(event);
  }

  /** Pushes that were due before now happen now, each at its own time. */
  catchUp(): void {
    this.logpush.runUntil(this.now());
  }

  /** The value of an API key of the world file. @throws {Error} when the file has no such key */
  keyValue(name: string): string {
    const value = this.#keyValues.get(name);
    if (value === undefined) throw new Error(`the world file has no API key named "${name}"`);
    return value;
  }

  #populate(): void {
    const startsAt = this.file.startsAt;
    const accountIds = new Map(this.file.accounts.map((account) => [account.name, account.id]));
    const accountId = (name: string): string => {
      const id = accountIds.get(name);
      if (id === undefined) throw new Error(`the world file has no account named "${name}"`);
      return id;
    };
    const values = this.random.fork('key values');
    for (const account of this.file.accounts) {
      for (const serviceId of account.serviceIds) {
        this.iam.addServiceId({ id: serviceId.id, name: serviceId.name, accountId: account.id });
        for (const policy of serviceId.policies) {
          this.iam.addPolicy({
            iamId: `iam-${serviceId.id}`,
            accountId: account.id,
            service: policy.service,
            roles: policy.roles,
            ...(policy.instance === undefined ? {} : { instanceId: policy.instance }),
            ...(policy.bucket === undefined ? {} : { resource: policy.bucket }),
          });
        }
        for (const key of serviceId.apiKeys) {
          const value = `TRACER-${values.hex(37)}`;
          this.#keyValues.set(key.name, value);
          this.iam.addKey({
            id: key.id,
            name: key.displayName ?? key.name,
            iamId: `iam-${serviceId.id}`,
            accountId: account.id,
            value,
            createdAt: startsAt - days(key.createdDaysAgo),
            disabled: key.disabled,
            locked: key.locked,
            ...(key.expiresInDays === undefined ? {} : { expiresAt: startsAt + days(key.expiresInDays) }),
          });
        }
      }
    }
    for (const instance of this.file.cloudLogs) {
      this.cloudLogs.addInstance({
        guid: instance.guid,
        region: instance.region,
        accountId: accountId(instance.account),
      });
    }
    for (const instance of this.file.secretsManagers) {
      this.secretsManager.addInstance({
        guid: instance.guid,
        region: instance.region,
        accountId: accountId(instance.account),
      });
      for (const secret of instance.secrets) {
        this.secretsManager.addSecret({
          instanceId: instance.guid,
          id: secret.id,
          name: secret.name,
          payload: this.keyValue(secret.apiKey),
          createdAt: startsAt - days(90),
          ...(secret.expiresInDays === undefined ? {} : { expiresAt: startsAt + days(secret.expiresInDays) }),
        });
      }
    }
    const cloudLogs = new Map(this.file.cloudLogs.map((instance) => [instance.name, instance]));
    const buckets = new Map(this.file.buckets.map((bucket) => [bucket.name, bucket]));
    for (const { instance: instanceId, account, ...bucket } of this.file.buckets) {
      const createdAt = startsAt - days(90);
      this.cos.addBucket({ ...bucket, instanceId, accountId: accountId(account), createdAt });
    }
    for (const instance of this.file.cis) {
      const crn = cisCrn(accountId(instance.account), instance.guid);
      this.cis.addInstance({ crn, accountId: accountId(instance.account) });
      for (const zone of instance.zones) {
        this.cis.addZone({
          instanceCrn: crn,
          id: zone.id,
          name: zone.name,
          status: zone.status,
          retention: zone.retention,
        });
        for (const job of zone.jobs) {
          this.cis.addJob({
            instanceCrn: crn,
            zoneId: zone.id,
            id: job.id,
            name: job.name,
            dataset: job.dataset,
            frequency: job.frequency,
            enabled: job.enabled,
            destination: destinationOf(job, cloudLogs, buckets, this.keyValue(job.apiKey)),
          });
          // It has pushed before this world began.
          if (job.enabled)
            this.iam.liveKeyByValue(this.keyValue(job.apiKey))?.logins.push(startsAt - hours(1));
        }
      }
    }
  }
}

/** @throws {Error} for a job that names no destination of the file, or two */
function destinationOf(
  job: WorldJob,
  cloudLogs: ReadonlyMap<string, WorldFile['cloudLogs'][number]>,
  buckets: ReadonlyMap<string, WorldFile['buckets'][number]>,
  apiKey: string,
): JobDestination {
  const logs = cloudLogs.get(job.cloudLogs ?? '');
  const bucket = buckets.get(job.cos?.bucket ?? '');
  if (logs !== undefined && bucket === undefined)
    return { instanceId: logs.guid, region: logs.region, apiKey };
  if (bucket === undefined || logs !== undefined || job.cos === undefined)
    throw new Error(`job ${job.id} does not name one Cloud Logs instance or bucket that exists`);
  const { path, dailySubfolder, location = bucket.location, instance = bucket.instance } = job.cos;
  return {
    instanceId: instance,
    region: location,
    apiKey,
    bucket: { name: bucket.name, path, dailySubfolder },
  };
}
