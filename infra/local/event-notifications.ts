import { minutes } from '../../shared/domain/time.ts';
import type { Host } from './host.ts';
import { type NoticeSubject, notice, noticedSecret } from './notice.ts';
import type { SeededRandom } from './random.ts';
import type { Happening } from './secrets-manager/happenings.ts';
import { type Instance, instant } from './secrets-manager/wire.ts';

const SECRETS_PER_NOTICE = 100;
/** How much later than others a notice may arrive, where the world reorders or doubles them. */
const MAX_DELAY_MS = minutes(10);
/** As in IBM's example of the test event; there is no such secret. */
const TEST_SECRET = {
  secret_group_id: 'default',
  secret_id: '11111111-2222-4333-8444-555555555555',
  secret_name: 'test_secret_name',
};

/** Secrets Manager, as far as it is listened to. */
interface Source {
  takeHappenings(): readonly Happening[];
  instance(id: string): Instance;
}

type NoticeSecrets = Parameters<typeof notice>[1];

/**
 * Event Notifications: collects what happens in Secrets Manager for one to two minutes and words it as notices. They
 * may be lost, doubled or reordered, as the world says; who takes them hands them on.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-event-notifications
 */
export class EventNotifications {
  readonly #host: Host;
  readonly #source: Source;
  readonly #random: SeededRandom;
  #pending: readonly Happening[] = [];
  #batches = 0;
  #notices = 0;
  #underWay: readonly { readonly at: number; readonly text: string }[] = [];

  constructor(host: Host, source: Source) {
    this.#host = host;
    this.#source = source;
    this.#random = host.random.fork('event notifications');
  }

  /** What an instance sends when somebody asks it for a test. @throws {Denied} 404 without the instance */
  sendTest(instanceId: string, by: string): void {
    const [at, instance] = [this.#host.now(), this.#source.instance(instanceId)];
    const test = {
      at,
      instance,
      eventType: 'test_event',
      subType: undefined,
      secretType: 'test_secret_type',
    };
    this.#send(test, [{ event_time: instant(at), event_triggered_by: by, ...TEST_SECRET }]);
  }

  /** The notices that have arrived since the last call, each as JSON text, in the order of their arrival. */
  take(): readonly string[] {
    const now = this.#host.now();
    this.#pending = [...this.#pending, ...this.#source.takeHappenings()];
    this.#closeBatches(now);
    const arrived = this.#underWay.filter(({ at }) => at <= now);
    this.#underWay = this.#underWay.filter(({ at }) => at > now);
    return arrived.toSorted((a, b) => a.at - b.at).map(({ text }) => text);
  }

  /** A batch opens with the first thing that happens, and is sent when it closes. */
  #closeBatches(now: number): void {
    for (let [first] = this.#pending; first !== undefined; [first] = this.#pending) {
      const open = this.#random.fork(`batch ${this.#batches}`).below(minutes(1));
      const closesAt = first.at + minutes(1) + open;
      if (closesAt > now) return;
      this.#batches += 1;
      const batch = this.#pending.filter(({ at }) => at <= closesAt);
      this.#pending = this.#pending.slice(batch.length);
      this.#sendBatch(batch, closesAt);
    }
  }

  #sendBatch(batch: readonly Happening[], at: number): void {
    const { secretId } = this.#host.settings.eventNotifications;
    const groups = Map.groupBy(batch, ({ instanceId, kind, subKind, secret }) =>
      [instanceId, kind, subKind, secret.type].join(' '),
    );
    for (const group of groups.values()) {
      for (let from = 0; from < group.length; from += SECRETS_PER_NOTICE) {
        const [first] = group;
        if (first === undefined) continue;
        const instance = this.#source.instance(first.instanceId);
        const secrets = group
          .slice(from, from + SECRETS_PER_NOTICE)
          .map((happening) => noticedSecret(instance, happening, secretId));
        const { kind: eventType, subKind: subType } = first;
        this.#send({ at, instance, eventType, subType, secretType: first.secret.type }, secrets);
      }
    }
  }

  #send(subject: Omit<NoticeSubject, 'id' | 'notificationId'>, secrets: NoticeSecrets): void {
    const random = this.#random.fork(`notice ${this.#notices++}`);
    const text = JSON.stringify(
      notice({ ...subject, id: random.uuid(), notificationId: random.uuid() }, secrets),
    );
    const { lost, doubled, reordered } = this.#host.settings.eventNotifications;
    const delay = (): number => random.below(MAX_DELAY_MS);
    const arrivesAt = subject.at + (reordered ? delay() : 0);
    const copies = [
      ...(random.next() < lost ? [] : [arrivesAt]),
      ...(random.next() < doubled ? [arrivesAt + delay()] : []),
    ];
    this.#underWay = [...this.#underWay, ...copies.map((at) => ({ at, text }))];
  }
}
