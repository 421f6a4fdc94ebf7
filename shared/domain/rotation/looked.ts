import { omit } from '../omit.ts';
import type { Facts, Memory, RotationView } from './steps.ts';
import { versionOf } from './versions.ts';

/** What a look found out, to be merged into the view. */
export interface Looked {
  readonly facts?: Partial<Facts>;
  readonly memory?: Partial<Memory>;
}

type Seen = Pick<RotationView, 'facts' | 'memory'>;

/**
 * What a run knows after a look. A newer list of versions may name another current version: then what was read from the one
 * before says nothing of it.
 */
export function afterLook({ facts, memory }: Seen, looked: Looked): Seen {
  const before = versionOf(facts.versions ?? [], 'current')?.id;
  const after = versionOf(looked.facts?.versions ?? [], 'current')?.id;
  const isOther = looked.facts?.versions !== undefined && facts.versions !== undefined && after !== before;
  return {
    facts: {
      ...(isOther ? omit(facts, 'currentKeyId', 'keys', 'currentValueGone') : facts),
      ...looked.facts,
    },
    memory: { ...(isOther ? omit(memory, 'currentValue') : memory), ...looked.memory },
  };
}
