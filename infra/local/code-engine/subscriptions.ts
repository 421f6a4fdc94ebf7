import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { checkSubscription } from './subscription-rules.ts';

interface Common {
  /** Unique among those of its kind in the project; up to 253 characters. */
  readonly name: string;
  readonly destination: { readonly type: 'app' | 'function' | 'job'; readonly name: string };
  /** Attributes of the event beside its own; a job sees `CE_<NAME>`. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron */
export interface CronSpec extends Common {
  readonly kind: 'cron';
  readonly schedule: string;
  readonly timezone: string;
  /** Text, decoded. */
  readonly data?: string | undefined;
  readonly contentType?: string | undefined;
}

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-eventing-cosevent-producer */
export interface CosSpec extends Common {
  readonly kind: 'cos';
  readonly bucket: string;
  readonly eventType: 'all' | 'write' | 'delete';
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
}

export type SubscriptionSpec = CronSpec | CosSpec;

export type Subscription<Spec extends SubscriptionSpec = SubscriptionSpec> = Spec & {
  readonly id: string;
  readonly projectId: string;
  readonly createdAt: number;
};

/** In one project, of each kind. */
const MOST = 100;

/** Subscriptions: only the command line and Kubernetes know them, the REST API does not. */
export class Subscriptions {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #all = new Map<string, Subscription>();
  readonly #onChange: (subscription: Subscription) => void;

  /** @param onChange - told of one that is new, or has changed */
  constructor(host: Host, onChange: (subscription: Subscription) => void) {
    this.#host = host;
    this.#random = host.random.fork('code engine subscriptions');
    this.#onChange = onChange;
  }

  list(projectId: string): readonly Subscription[] {
    return [...this.#all.values()].filter((one) => one.projectId === projectId);
  }

  /** Those of every project that a bucket has. */
  ofBucket(bucket: string): readonly Subscription<CosSpec>[] {
    return [...this.#all.values()].filter((one) => one.kind === 'cos').filter((one) => one.bucket === bucket);
  }

  get(projectId: string, kind: 'cron' | 'cos', name: string): Subscription | undefined {
    return this.#all.get(`${projectId}/${kind}/${name}`);
  }

  /** Whether it is still there, and has not been changed. */
  isCurrent(subscription: Subscription): boolean {
    const { projectId, kind, name } = subscription;
    return this.get(projectId, kind, name) === subscription;
  }

  /** @throws {Error} for a person, when the name is taken or something in it is wrong */
  add(projectId: string, spec: SubscriptionSpec): Subscription {
    const { kind, name } = spec;
    if (this.get(projectId, kind, name) !== undefined)
      throw new Error(`a ${kind} subscription named "${name}" exists`);
    if (this.list(projectId).filter((one) => one.kind === kind).length >= MOST)
      throw new Error(`the project has ${MOST} ${kind} subscriptions already`);
    return this.#set({ ...spec, id: this.#random.uuid(), projectId, createdAt: this.#host.now() });
  }

  /** @throws {Error} for a person, when there is none of that name or something in it is wrong */
  update(projectId: string, spec: SubscriptionSpec): Subscription {
    const before = this.#existing(projectId, spec.kind, spec.name);
    if (before.kind === 'cos' && spec.kind === 'cos' && before.bucket !== spec.bucket)
      throw new Error('the bucket of a subscription cannot be changed');
    return this.#set({ ...spec, id: before.id, projectId, createdAt: before.createdAt });
  }

  /** @throws {Error} when there is none of that name */
  remove(projectId: string, kind: 'cron' | 'cos', name: string): void {
    this.#existing(projectId, kind, name);
    this.#all.delete(`${projectId}/${kind}/${name}`);
  }

  #existing(projectId: string, kind: 'cron' | 'cos', name: string): Subscription {
    const found = this.get(projectId, kind, name);
    if (found === undefined) throw new Error(`there is no ${kind} subscription named "${name}"`);
    return found;
  }

  #set(subscription: Subscription): Subscription {
    checkSubscription(subscription);
    const { projectId, kind, name } = subscription;
    this.#all.set(`${projectId}/${kind}/${name}`, subscription);
    this.#onChange(subscription);
    return subscription;
  }
}
