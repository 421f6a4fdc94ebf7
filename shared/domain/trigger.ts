import { type Finding, finding } from './finding.ts';
import { omit } from './omit.ts';
import type { TriggerReport } from './report.ts';
import { isIn, type Shard } from './shard.ts';

/** What a notification says of itself. Anybody may have written it: it says where to look, and nothing else is believed. */
export interface SecretEvent {
  /** As it may be shown; absent when it is not the short word that it should be. */
  readonly id?: string;
  /** `secret_rotated`, for example; `unknown` when it is no word of that kind. */
  readonly type: string;
  /** `in_30_days`, for example. */
  readonly subType?: string;
  /** Secrets Manager ids of the secrets it names, in lower case. */
  readonly secretIds: readonly string[];
}

/** What started a run. */
export type Trigger =
  | { readonly kind: 'schedule' }
  | { readonly kind: 'hand' }
  /** Somebody rang at the webhook; what about is only told. */
  | { readonly kind: 'ring'; readonly about: string }
  | { readonly kind: 'event'; readonly event: SecretEvent }
  /** A notification that is not one, and why. */
  | { readonly kind: 'event'; readonly unreadable: string };

/** All that the configuration names, or the bindings of these secrets. */
export type Scope = 'all' | ReadonlySet<string>;

/** What a run works on. */
export interface Narrowed {
  readonly scope: Scope;
  /** Why that is nothing. */
  readonly ignored?: string;
  readonly finding?: Finding;
}

/**
 * Events after which a look at a secret's rotation may find something new. What is to be done is decided from that look.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-event-notifications
 */
const ROTATION_EVENTS: ReadonlySet<string> = new Set([
  'secret_created',
  'secret_rotated',
  'secret_rotation_failed',
  'secret_rotation_blocked',
  'secret_about_to_expire',
  'secret_expired',
  'secret_expiration_blocked',
  'secret_deleted',
  'secret_revoked',
  // IBM's pages disagree about the name for a version whose data were taken out.
  'secret_data_removed',
  'secret_version_data_deleted',
]);

const nothing = (ignored: string): Narrowed => ({ scope: new Set(), ignored });

/** Which secrets a rotation run works on. An event that is lost, or not understood, costs nothing: the schedule comes. */
export function narrowRotation(trigger: Trigger): Narrowed {
  if (trigger.kind !== 'event') return { scope: 'all' };
  if ('unreadable' in trigger) {
    const why = trigger.unreadable;
    return { ...nothing(why), finding: finding('event-unreadable', 'the event that started this run', why) };
  }
  const { type, secretIds } = trigger.event;
  if (type === 'test_event') return nothing('it is a test event');
  if (!ROTATION_EVENTS.has(type)) return nothing('no event of this type says anything about a rotation');
  return secretIds.length === 0 ? nothing('it names no secret') : { scope: new Set(secretIds) };
}

/** What of it is a shard's: the secrets of an event belong to some of them, and what is wrong with the event itself the first tells. */
export function ofShard(shard: Shard, narrowed: Narrowed): Narrowed {
  const { scope } = narrowed;
  if (scope === 'all' || shard.of === 1) return narrowed;
  const ours = new Set([...scope].filter((secretId) => isIn(shard, secretId)));
  const ignored = narrowed.ignored ?? 'other instances of this run see to the secrets that it names';
  if (ours.size === 0 && scope.size > 0) return { scope: ours, ignored };
  return shard.index === 0 ? { ...narrowed, scope: ours } : { ...omit(narrowed, 'finding'), scope: ours };
}

/**
 * What started a run and what came of that, for people.
 *
 * @param narrowedTo - names of the bindings that a narrowed run worked on; absent = it was not narrowed
 */
export function reportTrigger(
  trigger: Trigger,
  narrowed: Narrowed,
  narrowedTo: readonly string[] | undefined,
): TriggerReport {
  const { kind } = trigger;
  if (kind === 'ring') return { kind, type: trigger.about };
  if (kind !== 'event') return { kind };
  const ignored =
    narrowed.ignored ?? (narrowedTo?.length === 0 ? 'it names no secret of a binding' : undefined);
  return {
    kind,
    ...('event' in trigger ? words(trigger.event) : {}),
    ...(narrowedTo === undefined || narrowedTo.length === 0 ? {} : { bindings: narrowedTo }),
    ...(ignored === undefined ? {} : { ignored }),
  };
}

const words = ({ id, type, subType }: SecretEvent): Pick<TriggerReport, 'id' | 'type'> => ({
  ...(id === undefined ? {} : { id }),
  type: subType === undefined ? type : `${type}:${subType}`,
});

/** Whether a run that is narrowed like this has to do with a secret. */
export const reaches = (scope: Scope, secretId: string): boolean => scope === 'all' || scope.has(secretId);
