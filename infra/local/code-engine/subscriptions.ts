import type { Host } from '../host.ts';

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

/** Subscriptions: only the command line and Kubernetes know them, the REST API does not. */
export class Subscriptions {
  readonly #host: Host;
  readonly #all = new Map<string, Subscription>();

  constructor(host: Host) {
    this.#host = host;
  }

  list(projectId: string): readonly Subscription[] {
    return [...this.#all.values()].filter((one) => one.projectId === projectId);
  }

  get(projectId: string, kind: 'cron' | 'cos', name: string): Subscription | undefined {
    return this.#all.get(`${projectId}/${kind}/${name}`);
  }

  /** @throws {Error} for a person, when the name is taken or something in it is wrong */
  add(projectId: string, spec: SubscriptionSpec): Subscription {
    const { kind, name } = spec;
    if (this.get(projectId, kind, name) !== undefined)
      throw new Error(`a ${kind} subscription named "${name}" exists`);
    return this.#set({ ...spec, id: this.#host.random.uuid(), projectId, createdAt: this.#host.now() });
  }

  /** @throws {Error} for a person, when there is none of that name or something in it is wrong */
  update(projectId: string, spec: SubscriptionSpec): Subscription {
    const { id, createdAt } = this.#existing(projectId, spec.kind, spec.name);
    return this.#set({ ...spec, id, projectId, createdAt });
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
    const { projectId, kind, name } = subscription;
    this.#all.set(`${projectId}/${kind}/${name}`, subscription);
    return subscription;
  }
}
