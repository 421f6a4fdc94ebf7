import { finding } from '../finding.ts';
import { whyDead } from './old-key.ts';
import type { Rotation } from './record.ts';
import { act, type Compromised, look, note, type RotationView, rest, type Step } from './steps.ts';

/**
 * Somebody else has a key. With `cut: now` it is disabled before anything else; the rotation that follows finds it dead and
 * gives all jobs another at once. With `after-move` the jobs are moved first, and then it is disabled without a drain.
 *
 * It may be a key without our stamp: the person who asked has been told who uses it.
 *
 * @returns undefined when what is to be done is what the rotation does anyway
 */
export function decideCompromised(view: RotationView, compromised: Compromised): Step | undefined {
  const { keyId, cut } = compromised;
  const { current, carried, compromisedKeyId } = view.record;
  if (cut === 'now') return decideNow(view, keyId);
  if (view.memory.isCut === true) return undefined;
  const { compromisedKey } = view.facts;
  if (compromisedKey === undefined) return look('compromised-key');
  // Whoever saw to that: it is replaced as any dead key is.
  if (whyDead(compromisedKey, view.now) !== undefined)
    return compromisedKeyId === keyId ? note({ kind: 'forget-compromise' }) : undefined;
  // It outlives this run, whatever keeps its rotation from beginning or from ending.
  if (compromisedKeyId !== keyId) return note({ kind: 'compromise', keyId });
  if (current === undefined) {
    const { currentKeyId } = view.facts;
    // Before that is known, the looks of a rotation that begins come first. What the jobs were given last is replaced by one.
    if (currentKeyId === undefined || currentKeyId === keyId || carried?.keyId === keyId) return undefined;
    return inUse(view, compromised);
  }
  if (current.oldKeyId === keyId)
    return current.compromised === true ? undefined : note({ kind: 'compromise', keyId });
  if (current.newKeyId !== keyId) return inUse(view, compromised);
  // Nobody answers any more: the rotation that follows replaces it.
  if (compromised.isRemembered === true) return undefined;
  const detail = `key ${keyId} is the one that its rotation moves the jobs to: cut it now, and another replaces it`;
  return rest('a person: to cut the key now', undefined, [
    finding('compromised-new-key', `binding ${view.binding.name}`, detail),
  ]);
}

/** No rotation of this binding takes it from the jobs that carry it; and none waits for that. */
function inUse({ binding }: RotationView, { keyId, isInJobs, isRemembered }: Compromised): Step | undefined {
  if (isRemembered === true) return undefined;
  if (!isInJobs) return act({ kind: 'cut-key', keyId });
  return rest('a person: to cut the key now, or to give its jobs another', undefined, [
    finding(
      'compromised-in-use',
      `binding ${binding.name}`,
      `jobs carry key ${keyId}, or may, although its secret holds another`,
    ),
  ]);
}

function decideNow({ record: { current }, memory }: RotationView, keyId: string): Step | undefined {
  // Somebody may have enabled it again: whether it is off is looked at each time.
  if (memory.isCut !== true) return act({ kind: 'cut-key', keyId });
  return current?.oldKeyId === keyId && current.compromised !== true
    ? note({ kind: 'compromise', keyId })
    : undefined;
}

/** Every job has the new key: the old one stops working now, before any drain. */
export function decideCut(rotation: Rotation): Step | undefined {
  const { compromised, oldKeyId, disabledAt, oldKeyGone } = rotation;
  if (compromised !== true || oldKeyId === undefined || disabledAt !== undefined || oldKeyGone)
    return undefined;
  return act({ kind: 'cut-key', keyId: oldKeyId });
}
