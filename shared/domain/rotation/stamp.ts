import type { Binding } from '../binding.ts';
import type { ApiKey } from '../keys.ts';
import { type Slot, slotOf } from '../slot.ts';
import type { OldKeyOrigin } from './record.ts';

/**
 * The stamp: how a key says that the keeper made it, for which slot, and in which attempt of which run.
 *
 * Names of IAM keys are not unique and can be edited, so the stamp is found in the name; a key without it is never
 * changed or deleted unless a binding adopts it.
 */

const PREFIX = 'logpush-keeper';

export interface Stamp {
  /** Where it is stored, as `slotOf` writes it. */
  readonly slot: string;
  readonly runId: string;
  readonly attempt: number;
}

/** The key's name, for example `logpush-keeper.0f7c6a52-….7f3a9c.1`. */
export const formatStamp = (stamp: Stamp): string =>
  `${PREFIX}.${stamp.slot}.${stamp.runId}.${stamp.attempt}`;

/** @returns undefined when the name is not one of ours */
export function parseStamp(name: string): Stamp | undefined {
  const [prefix, slot, runId, attempt, ...rest] = name.split('.');
  if (prefix !== PREFIX || slot === undefined || runId === undefined || attempt === undefined)
    return undefined;
  if (rest.length > 0 || !/^\d{1,4}$/.test(attempt)) return undefined;
  return { slot, runId, attempt: Number(attempt) };
}

/** Whether a key of this name was minted by the keeper for this secret. */
export const isStampedFor = (name: string, slot: Slot): boolean => parseStamp(name)?.slot === slotOf(slot);

/** What a key is to us, which decides what may be done to it. */
export function originOf(binding: Binding, key: ApiKey | undefined): OldKeyOrigin {
  if (key === undefined) return 'none';
  if (isStampedFor(key.name, binding.secret)) return 'stamped';
  if (binding.adopt?.apiKeyId !== key.id) return 'unstamped';
  return binding.adopt.retire === 'disable' ? 'adopted-disable' : 'adopted-never';
}
