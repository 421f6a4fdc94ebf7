import { seconds } from '../../../shared/domain/time.ts';
import type { CosForCodeEngine, Host, ObjectChange } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Alarms } from './alarms.ts';
import { CronSchedule } from './cron.ts';
import { type CloudEvent, cosEvent, cronEvent, eventVariables, withNanoseconds } from './events.ts';
import type { JobRuns } from './job-runs.ts';
import type { Projects } from './projects.ts';
import { type Condition, conditionsOf, type ReadinessParts } from './readiness.ts';
import { type CosSpec, type CronSpec, type Subscription, Subscriptions } from './subscriptions.ts';

/** What became of one event; nothing that is lost is ever tried again. */
export interface Delivery {
  readonly at: number;
  readonly subscription: string;
  readonly eventId: string;
  /** The run that it started. */
  readonly run?: string;
  /** Why it started none. */
  readonly lost?: string;
}

interface Parts extends ReadinessParts {
  readonly projects: Projects;
  readonly runs: JobRuns;
  readonly cos: CosForCodeEngine;
  readonly due: Alarms;
}

/** Ticks come up to half a second late, so that not all come at once. */
const JITTER_MS = 500;

/** Subscriptions, and the events that they bring: ticks of a clock, changes in buckets. Every event starts one run. */
export class EventSources {
  readonly subscriptions: Subscriptions;
  /** Of every event, in the order they came. */
  readonly deliveries: Delivery[] = [];
  readonly #host: Host;
  readonly #parts: Parts;
  readonly #random: SeededRandom;

  constructor(host: Host, parts: Parts) {
    this.#host = host;
    this.#parts = parts;
    this.#random = host.random.fork('code engine events');
    this.subscriptions = new Subscriptions(host, (subscription) => {
      if (subscription.kind === 'cron') this.#arm(subscription, host.now());
    });
    parts.cos.onChange((change) => this.#changed(change));
  }

  /** Whether a subscription is ready, and what it lacks. */
  conditions(subscription: Subscription): readonly Condition[] {
    const project = this.#parts.projects.get(subscription.projectId);
    if (project === undefined) return [{ type: 'Ready', status: 'False', message: 'the project is gone' }];
    return conditionsOf(subscription, project, this.#parts);
  }

  /** Waits for the next tick. Ticks of a subscription that was changed or deleted meanwhile do not come. */
  #arm(subscription: Subscription<CronSpec>, after: number): void {
    const { schedule, timezone } = subscription;
    const next = new CronSchedule(schedule, timezone).next(after);
    if (next === undefined) return;
    this.#parts.due.set(next, (at) => {
      if (!this.subscriptions.isCurrent(subscription)) return;
      this.#tick(subscription, at);
      this.#arm(subscription, at);
    });
  }

  #tick(subscription: Subscription<CronSpec>, at: number): void {
    const { missed, doubled, late, lateSeconds } = this.#host.settings.codeEngine.cron;
    const project = this.#parts.projects.get(subscription.projectId);
    if (project === undefined || this.#draws(missed)) return;
    const delayMs = this.#random.below(JITTER_MS) + (this.#draws(late) ? this.#within(lateSeconds) : 0);
    const time = withNanoseconds(at + delayMs, this.#random);
    const event = cronEvent(subscription, project, this.#random.uuid(), time);
    this.#bring(subscription, event, at + delayMs);
    if (this.#draws(doubled)) this.#bring(subscription, event, at + delayMs + this.#within(3));
  }

  #changed(change: ObjectChange): void {
    for (const subscription of this.subscriptions.ofBucket(change.bucket)) {
      const { eventType, prefix = '', suffix = '', projectId } = subscription;
      const wanted = eventType === 'all' || eventType === change.operation;
      if (!wanted || !change.key.startsWith(prefix) || !change.key.endsWith(suffix)) continue;
      const { lost, doubled, delaySeconds } = this.#host.settings.codeEngine.cosEvents;
      if (this.#parts.projects.get(projectId) === undefined || this.#draws(lost)) continue;
      const event = cosEvent(subscription, change, this.#random.uuid());
      const comesAt = change.at + this.#within(delaySeconds);
      this.#bring(subscription, event, comesAt);
      if (this.#draws(doubled)) this.#bring(subscription, event, comesAt + this.#within(delaySeconds));
    }
  }

  #bring(subscription: Subscription<CronSpec> | Subscription<CosSpec>, event: CloudEvent, at: number): void {
    this.#parts.due.set(at, () => {
      const { kind, name } = subscription;
      const about = { at, subscription: `${kind} ${name}`, eventId: event.attributes['id'] ?? '' };
      const came = this.#deliver(subscription, event);
      this.deliveries.push({ ...about, ...came });
      if (came.lost === undefined) return;
      this.#host.emit({ at, kind: 'event-lost', text: `an event of ${kind} ${name} is lost: ${came.lost}` });
    });
  }

  #deliver(subscription: Subscription, event: CloudEvent): Pick<Delivery, 'run' | 'lost'> {
    const { destination, projectId, kind, name } = subscription;
    const { projects, runs, jobs } = this.#parts;
    const project = projects.get(projectId);
    const isGoing = ({ goneAt }: { readonly goneAt: number }): boolean => goneAt < Number.POSITIVE_INFINITY;
    if (
      project === undefined ||
      isGoing(project) ||
      this.subscriptions.get(projectId, kind, name) === undefined
    )
      return { lost: 'the subscription is gone' };
    const ready = this.conditions(subscription).at(-1);
    if (ready?.status !== 'True') return { lost: ready?.message ?? 'not ready' };
    const job = destination.type === 'job' ? jobs.get(projectId, destination.name) : undefined;
    if (job === undefined) return { lost: 'events go to jobs only here' };
    if (isGoing(job)) return { lost: 'the job is being deleted' };
    const run = runs.start({
      project,
      jobName: job.name,
      spec: job.spec,
      origin: 'subscription',
      event: eventVariables(event),
    });
    if (typeof run !== 'string') return { run: run.name };
    return {
      lost: run === 'quota' ? 'the project keeps as many job runs as it may' : 'the run is too large',
    };
  }

  #draws(share: number): boolean {
    return share > 0 && this.#random.next() < share;
  }

  #within(most: number): number {
    return this.#random.below(Math.max(1, seconds(most)));
  }
}
