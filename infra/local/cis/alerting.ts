import { formatInstant, hours, minutes } from '../../../shared/domain/time.ts';
import type { Deliver, Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { JobState } from './state.ts';

/** The alert about a job that the platform has disabled. */
export const FAILING_JOB_ALERT = 'failing_logpush_job_disabled_alert';
const ONCE_PER_JOB_MS = hours(24);

export interface AlertWebhook {
  readonly id: string;
  readonly instanceCrn: string;
  readonly createdAt: number;
  name: string;
  url: string;
  secret: string | undefined;
  lastSuccessAt: number | undefined;
  lastFailureAt: number | undefined;
}

/** What a policy says, as it is sent and shown. */
export interface AlertPolicyBody {
  readonly name: string;
  readonly description?: string | undefined;
  readonly enabled: boolean;
  readonly alert_type: string;
  readonly mechanisms: {
    readonly email?: readonly { readonly id: string }[] | undefined;
    readonly webhooks?: readonly { readonly id: string }[] | undefined;
  };
  readonly filters?: unknown;
  readonly conditions?: unknown;
}

export interface AlertPolicy {
  readonly id: string;
  readonly instanceCrn: string;
  readonly createdAt: number;
  modifiedAt: number;
  body: AlertPolicyBody;
}

/** A job that the platform has just disabled, and its destination with the key inside, as the alert carries it. */
interface DisabledJob {
  readonly job: JobState;
  readonly accountId: string;
  readonly destinationConf: string;
}

interface Delivery {
  readonly at: number;
  readonly webhook: AlertWebhook;
  readonly payload: object;
}

/** IBM shows ids of webhooks with dashes and without. */
const plainId = (id: string): string => id.replaceAll('-', '').toLowerCase();

/**
 * Alerting of CIS: webhooks, policies, and the alert about a job that the platform disabled.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-configuring-policies
 */
export class Alerting {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #webhooks = new Map<string, AlertWebhook>();
  readonly #policies = new Map<string, AlertPolicy>();
  readonly #alertedAt = new Map<number, number>();
  readonly #underWay = new Set<Promise<void>>();
  /** Of webhooks that are gone, or were never made, too. */
  readonly #secrets = new Set<string>();
  #due: readonly Delivery[] = [];
  #deliver: Deliver;

  constructor(host: Host) {
    this.#host = host;
    this.#random = host.random.fork('cis alerting');
    this.#deliver = () => Promise.reject(new Error('nothing here carries a request out of the cloud'));
  }

  /** Who carries alerts to the addresses of webhooks. */
  deliverThrough(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  webhooks(instanceCrn: string): readonly AlertWebhook[] {
    return [...this.#webhooks.values()].filter((webhook) => webhook.instanceCrn === instanceCrn);
  }

  webhook(instanceCrn: string, id: string): AlertWebhook | undefined {
    const webhook = this.#webhooks.get(plainId(id));
    return webhook?.instanceCrn === instanceCrn ? webhook : undefined;
  }

  /** Makes a webhook if its address takes a test. @returns undefined when it does not */
  async addWebhook(
    instanceCrn: string,
    body: Pick<AlertWebhook, 'name' | 'url'> & { readonly secret?: string | undefined },
  ): Promise<AlertWebhook | undefined> {
    const webhook: AlertWebhook = {
      id: this.#random.uuid(),
      instanceCrn,
      createdAt: this.#host.now(),
      name: body.name,
      url: body.url,
      secret: body.secret,
      lastSuccessAt: undefined,
      lastFailureAt: undefined,
    };
    this.#noteSecret(body.secret);
    const text = `This is a test of the webhook ${body.name}`;
    await this.#send(webhook, { name: body.name, text, data: {}, ts: this.#seconds(this.#host.now()) });
    if (webhook.lastSuccessAt === undefined) return undefined;
    this.#webhooks.set(plainId(webhook.id), webhook);
    return webhook;
  }

  changeWebhook(webhook: AlertWebhook, to: Partial<Pick<AlertWebhook, 'name' | 'url' | 'secret'>>): void {
    this.#noteSecret(to.secret);
    Object.assign(webhook, to);
  }

  #noteSecret(secret: string | undefined): void {
    if (secret !== undefined) this.#secrets.add(secret);
  }

  deleteWebhook({ id }: AlertWebhook): void {
    this.#webhooks.delete(plainId(id));
  }

  policies(instanceCrn: string): readonly AlertPolicy[] {
    return [...this.#policies.values()].filter((policy) => policy.instanceCrn === instanceCrn);
  }

  policy(instanceCrn: string, id: string): AlertPolicy | undefined {
    const policy = this.#policies.get(plainId(id));
    return policy?.instanceCrn === instanceCrn ? policy : undefined;
  }

  addPolicy(instanceCrn: string, body: AlertPolicyBody): AlertPolicy {
    const now = this.#host.now();
    const policy = { id: this.#random.hex(32), instanceCrn, createdAt: now, modifiedAt: now, body };
    this.#policies.set(policy.id, policy);
    return policy;
  }

  deletePolicy({ id }: AlertPolicy): void {
    this.#policies.delete(id);
  }

  /** The platform has disabled a job: every enabled policy about that tells its webhooks, at most once a day. */
  jobDisabled({ job, accountId, destinationConf }: DisabledJob, at: number): void {
    const { cloudLogsJobs } = this.#host.settings.alerting;
    const toCloudLogs = job.destination.elsewhere === undefined && job.destination.bucket === undefined;
    if (toCloudLogs && cloudLogsJobs === 'silent') return;
    const last = this.#alertedAt.get(job.id);
    if (last !== undefined && at - last < ONCE_PER_JOB_MS) return;
    for (const { id, body } of this.policies(job.instanceCrn)) {
      if (!body.enabled || body.alert_type !== FAILING_JOB_ALERT) continue;
      this.#alertedAt.set(job.id, at);
      const payload = {
        name: body.name,
        text: `Logpush job ${job.id} (${job.name}) was disabled after consistent failures`,
        data: { job_id: job.id, dataset: job.dataset, destination_conf: destinationConf },
        ts: this.#seconds(at),
        account_id: accountId,
        policy_id: id,
        policy_name: body.name,
        alert_type: body.alert_type,
        alert_correlation_id: this.#random.hex(32),
        alert_event: 'ALERT_STATE_EVENT_START',
      };
      for (const webhook of this.#webhooksOf(job.instanceCrn, body)) this.#schedule(webhook, payload, at);
    }
  }

  /** Starts every delivery that is due by now. */
  catchUp(now: number): void {
    const due = this.#due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
    this.#due = this.#due.filter(({ at }) => at > now);
    for (const { webhook, payload } of due) {
      const sent = this.#send(webhook, payload).finally(() => this.#underWay.delete(sent));
      this.#underWay.add(sent);
    }
  }

  /** When the deliveries that have started are over. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Every secret that a webhook ever had, for searches in what must not hold them. */
  secretValues(): readonly string[] {
    return [...this.#secrets];
  }

  #webhooksOf(instanceCrn: string, { mechanisms }: AlertPolicyBody): readonly AlertWebhook[] {
    return (mechanisms.webhooks ?? []).flatMap(({ id }) => this.webhook(instanceCrn, id) ?? []);
  }

  #schedule(webhook: AlertWebhook, payload: object, at: number): void {
    const { lost, doubled, delayMinutes } = this.#host.settings.alerting;
    const arrivesAt = (): number => at + this.#random.below(minutes(delayMinutes) + 1);
    if (this.#random.next() >= lost) this.#due = [...this.#due, { at: arrivesAt(), webhook, payload }];
    if (this.#random.next() < doubled) this.#due = [...this.#due, { at: arrivesAt(), webhook, payload }];
  }

  /** One try, without another: whether upstream tries again is not documented. */
  async #send(webhook: AlertWebhook, payload: object): Promise<void> {
    const { url, secret } = webhook;
    const status = await this.#deliver(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(secret === undefined ? {} : { 'cf-webhook-auth': secret }),
      },
      body: JSON.stringify(payload),
    }).catch(() => undefined);
    const now = this.#host.now();
    const taken = status !== undefined && status >= 200 && status < 300;
    if (taken) webhook.lastSuccessAt = now;
    else webhook.lastFailureAt = now;
    this.#host.emit({
      at: now,
      kind: taken ? 'alert-delivered' : 'alert-undelivered',
      text: `webhook ${webhook.name} was called and answered ${status ?? 'nothing'} (${formatInstant(now)})`,
    });
  }

  #seconds(at: number): number {
    return Math.floor(at / 1000);
  }
}
