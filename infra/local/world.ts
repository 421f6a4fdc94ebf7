import { Hono } from 'hono';
import { hours } from '../../shared/domain/time.ts';
import { Breakages } from './breakages.ts';
import { Cis } from './cis/cis.ts';
import { cisRoutes } from './cis/routes.ts';
import type { MovableClock } from './clock.ts';
import { CloudLogs } from './cloud-logs/cloud-logs.ts';
import { cloudLogsRoutes } from './cloud-logs/routes.ts';
import { CodeEngine } from './code-engine/code-engine.ts';
import { functionDirectory } from './code-engine/function-directory.ts';
import { FunctionHost } from './code-engine/function-host.ts';
import { type StartInstance, startWorker } from './code-engine/function-instance.ts';
import { functionRoutes } from './code-engine/function-routes.ts';
import { codeEngineRoutes } from './code-engine/routes.ts';
import { cosConfigRoutes } from './cos/config-routes.ts';
import { Cos } from './cos/cos.ts';
import { cosRoutes } from './cos/routes.ts';
import { EventNotifications } from './event-notifications.ts';
import { FaultTable } from './faults.ts';
import type { Deliver, Host, WorldEvent } from './host.ts';
import type { CallRecord, RouteHost } from './http.ts';
import { Iam } from './iam/iam.ts';
import { simplePolicy } from './iam/populate.ts';
import { iamRoutes } from './iam/routes.ts';
import { LogpushEngine } from './logpush/engine.ts';
import { populate } from './populate.ts';
import { SeededRandom } from './random.ts';
import { ResourceController } from './resource-controller/resource-controller.ts';
import { resourceControllerRoutes } from './resource-controller/routes.ts';
import { Restrictions } from './restrictions/restrictions.ts';
import { restrictionRoutes } from './restrictions/routes.ts';
import { secretsManagerRoutes } from './secrets-manager/routes.ts';
import { SecretsManager } from './secrets-manager/secrets-manager.ts';
import type { Settings } from './settings.ts';
import { Webhook, webhookRoutes } from './webhook.ts';
import { ownerOf, type WorldDeed, type WorldFile } from './world-file.ts';

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
  /** What Event Notifications would deliver of Secrets Manager; nothing here delivers it. */
  readonly notifications: EventNotifications;
  /** Context-based restrictions, which refuse requests to Cloud Logs and COS. */
  readonly restrictions: Restrictions;
  readonly cloudLogs: CloudLogs;
  readonly cos: Cos;
  readonly cis: Cis;
  readonly logpush: LogpushEngine;
  readonly resourceController: ResourceController;
  readonly codeEngine: CodeEngine;
  /** Where functions of Code Engine run. */
  readonly functions: FunctionHost;
  /** Whom the keeper tells. It is no part of IBM Cloud. */
  readonly webhook: Webhook;
  /**
   * All services behind one address: `/iam`, `/secrets-manager/<guid>`, `/cis`, `/cloud-logs/<guid>`, `/cos`, `/cos-config`,
   * `/resource-controller`, `/cbr`, `/code-engine`, `/webhook`.
   */
  readonly app: Hono;
  readonly events: WorldEvent[] = [];
  /** What was broken in it on purpose. */
  readonly breakages: Breakages;
  readonly #keyValues: ReadonlyMap<string, string>;
  /** Still to come. */
  readonly #deeds: WorldDeed[];

  constructor(
    file: WorldFile,
    options: {
      readonly clock: MovableClock;
      readonly seed: number;
      /** Who carries alerts to their webhooks; absent = to functions of this world, and nowhere else, which `events` shows. */
      readonly deliver?: Deliver;
      /** How instances of functions are started: threads, when absent, whose time is real. */
      readonly startFunction?: StartInstance;
    },
  ) {
    this.file = file;
    this.clock = options.clock;
    this.random = new SeededRandom(options.seed);
    this.settings = file.settings;
    this.iam = new Iam(this);
    this.secretsManager = new SecretsManager(this, this.iam);
    this.notifications = new EventNotifications(this, this.secretsManager);
    this.restrictions = new Restrictions(this);
    this.cloudLogs = new CloudLogs(this, this.iam, this.restrictions);
    this.cos = new Cos(this, this.iam, this.restrictions);
    this.cis = new Cis(this, this.iam, this.cloudLogs, this.cos);
    this.logpush = new LogpushEngine(this, this.cis, this.iam, this.cloudLogs, this.cos);
    this.resourceController = new ResourceController(this, this.iam);
    this.codeEngine = new CodeEngine(this, this.iam, this.cos);
    const directory = functionDirectory(this.codeEngine, this.iam, () => this.now());
    const { startFunction: start = startWorker } = options;
    this.functions = new FunctionHost(this, directory, { clock: this.clock, start });
    this.cis.alerting.deliverThrough(options.deliver ?? ((...sent) => this.#toFunction(...sent)));
    this.webhook = new Webhook(this.random);
    for (const fault of file.faults) this.faults.add(fault);
    this.#deeds = file.timeline.toSorted((a, b) => a.afterHours - b.afterHours);
    this.breakages = new Breakages(this);
    this.#keyValues = populate(this);
    this.app = new Hono()
      .route('/iam', iamRoutes(this.iam, this))
      .route('/secrets-manager', secretsManagerRoutes(this.secretsManager, this))
      .route('/cis', cisRoutes(this.cis, this))
      .route('/cloud-logs', cloudLogsRoutes(this.cloudLogs, this))
      .route('/cos', cosRoutes(this.cos, this))
      .route('/cos-config', cosConfigRoutes(this.cos, this))
      .route('/resource-controller', resourceControllerRoutes(this.resourceController, this))
      .route('/cbr', restrictionRoutes(this.restrictions, this.iam, this))
      .route('/code-engine/fn', functionRoutes(this.functions))
      .route('/code-engine', codeEngineRoutes(this.codeEngine, this.iam, this))
      .route('/webhook', webhookRoutes(this.webhook, this));
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

  /** Every value that must be seen nowhere, whatever service it is of. */
  secretValues(): readonly string[] {
    const { iam, secretsManager, cis, webhook, codeEngine } = this;
    const values = [iam, secretsManager, cis, webhook, codeEngine].flatMap((one) => [...one.secretValues()]);
    return values.filter((value) => value !== '');
  }

  async #toFunction(...[url, request]: Parameters<Deliver>): Promise<number> {
    if (!this.functions.has(url)) throw new Error('nobody here has this address');
    return (await this.functions.send(url, request)).status;
  }

  /** Pushes, deeds and what becomes of keys that Secrets Manager made: all that was due before now happens, in its order. */
  catchUp(): void {
    const now = this.now();
    for (let at = this.#nextChangeAt(); at <= now; at = this.#nextChangeAt()) {
      this.logpush.runUntil(at);
      this.secretsManager.catchUp(at);
      const [deed] = this.#deeds;
      if (deed === undefined || deedAt(this.file, deed) > at) continue;
      this.#deeds.shift();
      this.#happen(deed);
    }
    this.logpush.runUntil(now);
    this.cis.alerting.catchUp(now);
  }

  #nextChangeAt(): number {
    const [deed] = this.#deeds;
    const deedIs = deed === undefined ? Number.POSITIVE_INFINITY : deedAt(this.file, deed);
    return Math.min(deedIs, this.secretsManager.nextChangeAt());
  }

  #happen({ gives, takes }: WorldDeed): void {
    const [at, about] = [this.now(), gives?.bucket === undefined ? '' : ` on bucket ${gives.bucket}`];
    if (takes !== undefined) {
      this.iam.removePolicy(ownerOf(this.file, takes.serviceId).iamId, takes.service);
      this.emit({
        at,
        kind: 'role-taken',
        text: `service ID ${takes.serviceId} loses its roles on ${takes.service}`,
      });
    }
    if (gives !== undefined) {
      const owner = ownerOf(this.file, gives.serviceId);
      this.iam.addPolicy({ ...owner, ...simplePolicy(owner.accountId, gives) });
      const text = `service ID ${gives.serviceId} gets ${gives.roles.join(', ')}${about}`;
      this.emit({ at, kind: 'role-given', text });
    }
  }

  /** The value of an API key of the world file, or of the first that Secrets Manager made for a secret. @throws {Error} when the file has no such key */
  keyValue(name: string): string {
    const value = this.#keyValues.get(name);
    if (value === undefined) throw new Error(`the world file has no API key named "${name}"`);
    return value;
  }
}

/** When a deed of a world's people is done. */
export const deedAt = ({ startsAt }: WorldFile, { afterHours }: WorldDeed): number =>
  startsAt + hours(afterHours);
